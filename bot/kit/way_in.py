"""How Tocsin comes to a server over HTTP: address, credentials, certificates, as they are configured and as used."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Duration, Strict
from bot.errors import Permanent
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor


def _address(url: str) -> str:
    wanted = "not an address; write it like https://prometheus.example.net or http://127.0.0.1:9090"
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(wanted) from None
    if parts.scheme not in ("http", "https") or not named:
        raise ValueError(wanted)
    if parts.username or parts.password:
        raise ValueError("no password in the address; write `basic_auth: {username: ..., password: {env: NAME}}`")
    if parts.query or parts.fragment:
        raise ValueError("an address ends before `?` and `#`")
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""A field of a document that holds the address of a server, without a slash at its end."""


def _positive(length: timedelta) -> timedelta:
    if length <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return length


def _header(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        if not name.replace("-", "").isalnum() or not name.isascii():
            raise ValueError(f"{name!r} is not the name of a header")
        if name.lower() == "authorization":
            raise ValueError("write `basic_auth` or `bearer_token` instead of an Authorization header")
        if not value.get_secret_value().isprintable():
            raise ValueError(f"the value of {name!r} holds a line break or a control character")
    return headers


class BasicAuth(Strict):
    """A name and a password, sent with every request."""

    username: str = Field(description="Who Tocsin is to the server.")
    password: SecretStr = Field(description="The password, as `{env: NAME}` or `{file: PATH}`.")


class Tls(Strict):
    """How the server proves who it is, and how Tocsin does."""

    ca: Path | None = Field(default=None, description="PEM file of the authorities to trust in place of the system's.")
    cert: Path | None = Field(
        default=None, description="PEM file of Tocsin's own certificate, for servers that ask for one."
    )
    key: Path | None = Field(default=None, description="PEM file of that certificate's private key.")

    @model_validator(mode="after")
    def _cert_with_key(self) -> Self:
        if bool(self.cert) != bool(self.key):
            raise ValueError("`cert` and `key` are needed together")
        return self


class WayIn(Strict):
    """What stands under `integrations:` for a server at an address."""

    url: Address = Field(description="Address of the server, with the path it is served under, without `/api`.")
    basic_auth: BasicAuth | None = Field(default=None, description="Name and password, where the server asks for them.")
    bearer_token: SecretStr | None = Field(
        default=None, description="Token for `Authorization: Bearer`, as `{env: NAME}` or `{file: PATH}`."
    )
    headers: Annotated[dict[str, SecretStr], AfterValidator(_header)] = Field(
        default_factory=dict, description="Further headers, such as `X-Scope-OrgID` for Mimir."
    )
    tls: Tls = Field(default=Tls(), description="Certificates, where the system's are not enough.")
    timeout: Annotated[Duration, AfterValidator(_positive)] = Field(
        default=timedelta(seconds=10), description="How long to wait for one answer."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.basic_auth and self.bearer_token:
            raise ValueError("use `basic_auth` or `bearer_token`, not both")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`name` is what tocsin.yaml calls the server; `timeout` is in seconds. `headers` hold secrets: never shown."""

    name: str
    url: str
    timeout: float
    headers: Mapping[str, str] = field(repr=False)
    tls: Tls
    redactor: Redactor

    def context(self) -> ssl.SSLContext | None:
        """TLS with the files of tocsin.yaml; None when there are none. Permanent when one cannot be read.

        It is the same one as long as they are: connections are kept by it.
        """
        if self.tls == Tls():
            return None
        files = (self.tls.ca, self.tls.cert, self.tls.key)
        try:
            return _context(self.tls, tuple(file.stat().st_mtime_ns for file in files if file))
        except OSError as error:  # also what ssl raises for a file that is no certificate
            message = f"{self.name}: its certificates cannot be used: {error.strerror or 'not PEM'}"
            hint = f"see that Tocsin may read the files under `integrations: {self.name}: tls:` and that they are PEM"
            raise Permanent(message, integration=self.name, reason="auth", hint=hint) from None


@lru_cache(maxsize=64)
def _context(tls: Tls, _written_at: tuple[int, ...]) -> ssl.SSLContext:
    """Files that were renewed make another one."""
    context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key)
    return context


def access(config: WayIn, tools: Tools) -> Access:
    """What the configuration says, ready to be used."""
    headers = {name: value.get_secret_value() for name, value in config.headers.items()}
    if config.bearer_token:
        headers["Authorization"] = f"Bearer {config.bearer_token.get_secret_value().strip()}"
    if config.basic_auth:
        pair = f"{config.basic_auth.username}:{config.basic_auth.password.get_secret_value()}"
        tools.redactor.add(pair)
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return Access(
        name=tools.name,
        url=config.url,
        timeout=config.timeout.total_seconds(),
        headers=headers,
        tls=config.tls,
        redactor=tools.redactor,
    )
