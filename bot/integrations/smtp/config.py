"""What stands under `integrations:` for a mail server."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Duration, Strict

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_LONGEST = timedelta(seconds=15)


class Security(StrEnum):
    """How the connection is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


def check_address(text: str) -> None:
    """ValueError unless this is one plain mail address: no name beside it, and nothing that would add another."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"not a mail address: {text!r}; write it like ann@example.net")


def _is_address(text: str) -> str:
    check_address(text)
    return text


def _is_host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(f"not a host: {text!r}; write it like mail.example.net")
    return text


def _is_short(length: timedelta) -> timedelta:
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError("it must be longer than 0 and 15s at most: somebody waits to be woken")
    return length


class SmtpConfig(Strict):
    """One mail server, and as whom it is used."""

    host: Annotated[str, AfterValidator(_is_host)] = Field(description="The mail server, such as `mail.example.net`.")
    port: int = Field(
        default=587, ge=1, le=65535, description="Usually 587 with `starttls`, 465 with `tls`, 25 with `none`."
    )
    security: Security = Field(
        default=Security.STARTTLS,
        description="`starttls`: TLS after a greeting, or nothing is sent. `tls`: from the first byte on. `none`: for a"
        " relay on the same machine; no password is sent over it.",
    )
    ca: Path | None = Field(default=None, description="PEM file of the authorities to trust in place of the system's.")
    username: str = Field(default="", description="Who Tocsin is to the server, where it asks.")
    password: SecretStr | None = Field(default=None, description="The password, as `{env: NAME}` or `{file: PATH}`.")
    sender: Annotated[str, AfterValidator(_is_address)] = Field(
        alias="from", description="The address that mail comes from, such as `tocsin@example.net`."
    )
    timeout: Annotated[Duration, AfterValidator(_is_short)] = Field(
        default=timedelta(seconds=10), description="How long to wait for one answer of the server; 15s at most."
    )

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("`username` and `password` are needed together")
        if self.password is not None and self.security is Security.NONE:
            raise ValueError("a password is not sent without TLS; write `security: starttls` or `security: tls`")
        return self
