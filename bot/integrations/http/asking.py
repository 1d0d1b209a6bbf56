"""Which request a step means: its address put together from parts, and held to what the configuration allows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, model_validator

from bot.documents import Strict
from bot.errors import Permanent
from bot.integrations.http.config import READS, Method, Place
from bot.ports.actions import ANY_TEXT

_WORD = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which some servers take for a slash."""
_CLIMBS = re.compile(r"(?i)(?:^|/)(?:\.|%2e){1,2}(?:[/;]|$)|//|%2f|%5c|%25|%3b|%[01][0-9a-f]|%7f|%c[01]|%e0%80|%f0%80")
"""Also by what only lenient servers read so: a dot or a slash as more bytes than it needs, a line break in the path."""
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_OURS = frozenset(
    {"authorization", "connection", "content-length", "cookie", "host", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip

# Any: a JSON value.
Scalar = str | int | float | bool


class RequestParams(Strict):
    """`with:` of http.request."""

    url: str = Field(description="The address, without a query; it must lie below one that tocsin.yaml allows.")
    method: Method = Field(default="GET", description="What to do there.")
    path: list[str | int] = Field(
        default_factory=list,
        max_length=20,
        description="Segments to add to the address, each escaped: none can lead anywhere else.",
        json_schema_extra=ANY_TEXT,
    )
    query: dict[str, Scalar] = Field(
        default_factory=dict, description="Parameters of the query, escaped.", json_schema_extra=ANY_TEXT
    )
    body: Any = Field(
        default=None, alias="json", description="What to send, as JSON.", json_schema_extra=ANY_TEXT
    )  # Any: any JSON
    form: dict[str, Scalar] = Field(
        default_factory=dict, description="What to send, as a form, escaped.", json_schema_extra=ANY_TEXT
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Further headers. Secrets stand in tocsin.yaml, beside the address."
    )
    expect: list[int] = Field(default_factory=list, description="Statuses that are no failure; without it, 200 to 299.")

    @model_validator(mode="after")
    def _one_body(self) -> RequestParams:
        if self.body is not None and self.form:
            raise ValueError("send `json` or a `form`, not both")
        if self.method in READS and (self.body is not None or self.form):
            raise ValueError(f"{self.method} sends nothing; write `query`, or another method")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that may be made. `address` is its URL without the query; `headers` hold no secret."""

    place: Place
    method: Method
    address: str
    query: str
    content: bytes | None
    headers: dict[str, str]

    @property
    def url(self) -> str:
        """All of it."""
        return f"{self.address}?{self.query}" if self.query else self.address

    @property
    def host(self) -> str:
        """The host alone."""
        return urlsplit(self.address).hostname or ""


def asked(params: RequestParams, places: Sequence[Place], integration: str) -> Asked:
    """The request. Permanent: it is not one that the configuration allows, or none at all."""
    place, base = _allowed(params.url, places, integration)
    if params.method not in place.methods:
        names = ", ".join(place.methods)
        raise _refused(f"{params.method} is not allowed at {place.url}: {names}", integration)
    segments = [_segment(str(part), integration) for part in params.path]
    content, kind = _content(params)
    return Asked(
        place=place,
        method=params.method,
        address="/".join([base, *segments]),
        query=urlencode({name: _said(value) for name, value in params.query.items()}, errors="replace"),
        content=content,
        headers={**_headers(params.headers, integration), **kind},
    )


def _allowed(url: str, places: Sequence[Place], integration: str) -> tuple[Place, str]:
    """The place it lies in, the narrowest of several, and the address as written, without a slash at its end."""
    try:
        parts = urlsplit(url) if _WORD.fullmatch(url) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or "@" in parts.netloc or "?" in url or "#" in url:
        raise _refused("the address is not one of http or https without user, query and fragment", integration)
    path = parts.path.rstrip("/")
    if _CLIMBS.search(path):
        raise _refused("the path of the address leads elsewhere", integration)
    fitting = [place for place in places if _holds(place, parts.scheme, parts.netloc.lower(), path)]
    if not fitting:
        raise _refused(f"{parts.scheme}://{parts.netloc}{path} lies below no address that is allowed", integration)
    place = max(fitting, key=lambda one: len(one.url))
    allowed = urlsplit(place.url)
    return place, f"{allowed.scheme}://{allowed.netloc}{path}"


def _holds(place: Place, scheme: str, netloc: str, path: str) -> bool:
    allowed = urlsplit(place.url)
    same = (allowed.scheme, _with_port(allowed.netloc.lower(), scheme)) == (scheme, _with_port(netloc, scheme))
    return same and f"{path}/".startswith(f"{allowed.path}/")


def _with_port(netloc: str, scheme: str) -> str:
    usual = ":443" if scheme == "https" else ":80"
    return netloc.removesuffix(usual)


def _segment(text: str, integration: str) -> str:
    if not text or text in (".", "..") or "/" in text or "\\" in text or not text.isprintable():
        raise _refused(f"{text[:60]!r} cannot be one segment of a path", integration)
    return quote(text, safe="", errors="replace")


def _headers(headers: dict[str, str], integration: str) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS or not (value.isascii() and value.isprintable()):
            raise _refused(f"the header {name[:60]!r} cannot be set by a runbook", integration)
    return {name.lower(): value for name, value in headers.items()}


def _content(params: RequestParams) -> tuple[bytes | None, dict[str, str]]:
    if params.form:
        text = urlencode({name: _said(value) for name, value in params.form.items()}, errors="replace")
        return text.encode(), {"content-type": "application/x-www-form-urlencoded"}
    if params.body is not None:
        return json.dumps(params.body, sort_keys=True).encode(), {"content-type": "application/json"}
    return None, {}


def _said(value: Scalar) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _refused(why: str, integration: str) -> Permanent:
    return Permanent(
        f"{integration}: {why}",
        integration=integration,
        reason="client",
        hint=f"correct the step, or allow the address under `integrations: {integration}: allow:` in tocsin.yaml",
    )
