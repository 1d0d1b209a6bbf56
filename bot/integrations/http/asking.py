"""Which request a step means: its address put together from parts, and held to what the configuration allows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from pydantic import Field, model_validator

from bot.documents import Strict
from bot.errors import Permanent
from bot.integrations.http.config import READS, Method, Place
from bot.ports.actions import ANY_TEXT

_WORD = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which some servers take for a slash."""
_CLIMBS = re.compile(r"(?i)(?:^|/)(?:\.|%2e){1,2}(?:[/;]|$)|//|%2f|%5c|%25|%3b|%[01][0-9a-f]|%7f|%c[01]|%e0%80|%f0%80")
"""Also by what only lenient servers read so: a dot or a slash as more bytes than it needs, a line break in the path."""
_PARAMETERS = re.compile(r";[^/]*")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_OURS = re.compile(
    r"(?i)accept-encoding|authorization|connection|content-(?:encoding|length)|cookie|expect|host|keep-alive|proxy-.*|te"
    r"|trailer|transfer-encoding|upgrade"
)
_LEADS_ELSEWHERE = re.compile(
    r"(?i)forwarded|x-(?:forwarded|original|rewrite)-.*|x-(?:host|real-ip)|x-(?:http-)?method(?:-override)?"
)
"""By these some servers take a request for another method, another path, another host's or somebody else's."""

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
    url = _written(params.url, integration)
    segments = [_segment(str(part), integration) for part in params.path]
    place = _place(url, "/".join([url.path, *segments]), places, integration)
    if params.method not in place.methods:
        names = ", ".join(place.methods)
        raise _refused(f"{params.method} is not allowed at {place.url}: {names}", integration)
    allowed = urlsplit(place.url)
    content, kind = _content(params)
    return Asked(
        place=place,
        method=params.method,
        address="/".join([f"{allowed.scheme}://{allowed.netloc}{url.path}", *segments]),
        query=urlencode({name: _said(value) for name, value in params.query.items()}, errors="replace"),
        content=content,
        headers={**kind, **_headers(params.headers, place, integration)},
    )


def _written(url: str, integration: str) -> SplitResult:
    """The address as written, without a slash at its end."""
    try:
        parts = urlsplit(url) if _WORD.fullmatch(url) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or "@" in parts.netloc or "?" in url or "#" in url:
        raise _refused("the address is not one of http or https without user, query and fragment", integration)
    path = parts.path.rstrip("/")
    if _CLIMBS.search(path):
        raise _refused("the path of the address leads elsewhere", integration)
    return parts._replace(path=path)


def _place(url: SplitResult, path: str, places: Sequence[Place], integration: str) -> Place:
    """The place it lies in, the narrowest of several. `path` is the whole path, with the segments added to the URL's.

    The URL must lie below a place just as it is written. Which place is the narrowest is seen as the most lenient of
    servers reads the path: no way to write it leads around a place that allows less.
    """
    there = [(place, urlsplit(place.url).path) for place in places if _is_at(place, url)]
    if not any(_below(url.path, allowed) for _, allowed in there):
        raise _refused(f"{url.scheme}://{url.netloc}{url.path} lies below no address that is allowed", integration)
    lenient = _PARAMETERS.sub("", unquote(path)).casefold()
    fitting = [
        (place, allowed) for place, allowed in there if _below(path, allowed) or _below(lenient, _plain(allowed))
    ]
    return max(fitting, key=lambda one: len(one[1]))[0]


def _plain(path: str) -> str:
    return unquote(path).casefold()


def _below(path: str, allowed: str) -> bool:
    return f"{path}/".startswith(f"{allowed}/")


def _is_at(place: Place, url: SplitResult) -> bool:
    allowed = urlsplit(place.url)
    same = _with_port(allowed.netloc.lower(), url.scheme) == _with_port(url.netloc.lower(), url.scheme)
    return allowed.scheme == url.scheme and same


def _with_port(netloc: str, scheme: str) -> str:
    usual = ":443" if scheme == "https" else ":80"
    return netloc.removesuffix(usual)


def _segment(text: str, integration: str) -> str:
    """Also one that only servers which decode it twice would take for several is refused."""
    if not text or "/" in text or "\\" in text or not text.isprintable() or _CLIMBS.search(text):
        raise _refused(f"{text[:60]!r} cannot be one segment of a path", integration)
    return quote(text, safe="", errors="replace")


def _headers(headers: dict[str, str], place: Place, integration: str) -> dict[str, str]:
    set_there = {name.lower() for name in place.headers}
    for name, value in headers.items():
        taken = _OURS.fullmatch(name) or _LEADS_ELSEWHERE.fullmatch(name) or name.lower() in set_there
        if not _HEADER.fullmatch(name) or taken or not (value.isascii() and value.isprintable()):
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
