"""What every HTTP door of ours does before anything else, and the headers every answer leaves with.

Is the request addressed to us (a name that merely resolves to us is not), does somebody we know ask, is the body small,
plain and quick enough, does a change come from a page of ours? Only then is the application behind the door asked.

Plain ASGI and the standard library alone: this is loaded before Tocsin is ready, Starlette and FastAPI after it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from bot.errors import (
    Complaint,
    Conflict,
    DocumentError,
    Fenced,
    IntegrationError,
    NotAllowed,
    NotFound,
    StoreUnavailable,
    Temporary,
    TocsinError,
)
from bot.kit.json_in import storable, unfit_json
from bot.model.evidence import PICTURES

# Any: ASGI's scopes and messages are open dictionaries.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 1024 * 1024
MAX_SECONDS = 30.0
MAX_FIELDS = 100
RETRY_AFTER = 5

SAFE = frozenset({"GET", "HEAD"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""For a self-contained document with styles and pictures of its own: no script runs in it, and it is of no origin."""

_log = logging.getLogger("tocsin.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is not what was asked for. `error` says what is wrong, `hint` what to do about it."""

    status: int
    error: str
    hint: str
    retry_after: int | None = None
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer; as an ASGI application it sends itself. Header names are lower case."""

    body: bytes
    status: int = 200
    media_type: str = "text/plain; charset=utf-8"
    headers: Sequence[tuple[str, str]] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it; without the body where only the headers were asked for."""
        headers = [("content-type", self.media_type), ("content-length", str(len(self.body))), *self.headers]
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": self.status, "headers": lines})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})


def refused(_scope: Scope, refusal: Refusal) -> Reply:
    """A refusal in plain JSON, for whoever sends from a program: what is wrong, and what to do about it."""
    body = json.dumps({"error": refusal.error, "hint": refusal.hint}).encode()
    wait = [("retry-after", str(refusal.retry_after))] if refusal.retry_after is not None else []
    return Reply(body=body, status=refusal.status, media_type="application/json", headers=wait)


def as_refusal(error: TocsinError) -> Refusal:
    """How an error of ours is told over HTTP: the status, and the error's own words."""
    status, retry_after = 500, None
    match error:
        case NotAllowed():
            status = 403
        case NotFound():
            status = 404
        case Conflict() | Fenced():
            status = 409
        case DocumentError():
            status = 422
        case StoreUnavailable():
            status, retry_after = 503, RETRY_AFTER
        case Temporary():
            status, retry_after = 503, math.ceil(error.retry_after or RETRY_AFTER)
        case IntegrationError():
            status = 502
        case _:
            pass
    complaints = error.complaints if isinstance(error, DocumentError) else ()
    return Refusal(status=status, error=error.message, hint=error.hint, retry_after=retry_after, complaints=complaints)


def as_fault(error: Exception) -> Refusal:
    """What a person is told of a fault of ours: nothing but the id under which the log has the rest."""
    fault = secrets.token_hex(4)
    _log.error("fault %s while answering a request", fault, exc_info=error)
    return Refusal(
        status=500,
        error=f"something went wrong inside Tocsin (fault {fault})",
        hint=f"look for {fault} in Tocsin's log; what was accepted before is kept",
    )


def header(scope: Scope, name: str) -> str:
    """The header's value, or nothing; one sent twice is joined by a comma, as HTTP reads it, and so matches nothing."""
    wanted = name.encode("latin-1")
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted)


class Origins:
    """The addresses people and programs reach Tocsin by: `http://127.0.0.1:9393`, `https://tocsin.example.com`."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Addresses with anything after host and port are cut there; a default port is left out, as browsers do."""
        self._by_host = {urlsplit(origin).netloc: origin for origin in map(_origin, addresses)}

    @classmethod
    def listening(cls, host: str, port: int, public_url: str = "") -> Origins:
        """Those that follow from where Tocsin listens, with the address that people were told."""
        local = host in {"127.0.0.1", "::1", "localhost", "", "0.0.0.0", "::"}  # noqa: S104  # compared, not bound
        names = ["127.0.0.1", "localhost", "[::1]"] if local else [f"[{host}]" if ":" in host else host]
        return cls([f"http://{name}:{port}" for name in names] + ([public_url] if public_url else []))

    def of(self, scope: Scope) -> str:
        """The origin this request is addressed to; nothing when it is none of ours."""
        return self._by_host.get(header(scope, "host").lower(), "")

    def foreign(self, scope: Scope, *, required: bool) -> bool:
        """Whether the request comes from another page than ours. `required`: one that does not say is foreign too."""
        said = header(scope, "origin")
        return said != self.of(scope) if said else required


class Porter(Protocol):
    """Who stands at a door: says who may come in, and puts who it is into the scope (see `bot.kit.who_asks`)."""

    async def admit(self, scope: Scope) -> Refusal | None:
        """Judges by the headers alone, before the body is read."""
        ...

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Judges a change once its body is here."""
        ...


class Guard:
    """An application behind its door. `refuse` words a refusal as this door's clients read it.

    Without `checks_json` the body is not looked into: whoever reads it has to see first who sent it.
    """

    def __init__(
        self,
        app: App,
        *,
        origins: Origins,
        porter: Porter,
        refuse: Callable[[Scope, Refusal], Reply],
        max_seconds: float = MAX_SECONDS,
        max_body: int = MAX_BODY,
        checks_json: bool = True,
    ) -> None:
        self.app = app
        self._origins = origins
        self._porter = porter
        self._refuse = refuse
        self._max_seconds = max_seconds
        self._max_body = max_body
        self._checks_json = checks_json

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Asks the application, or answers for it: a refusal, an error of ours in its own words, a fault by its id."""
        answer = _Answer(send, secure=self._origins.of(scope).startswith("https:"))
        try:
            read = await self._come_in(scope, receive)
            if not isinstance(read, Refusal):
                await self.app(scope, read, answer.send)
                return
            refusal = read
        except TocsinError as error:
            refusal = as_refusal(error)
        except Exception as error:  # the last resort: nobody is ever shown a traceback
            refusal = as_fault(error)
        if not answer.begun:  # else half of an answer is out; the log has the rest
            await self._refuse(scope, refusal)(scope, receive, answer.send)

    async def _come_in(self, scope: Scope, receive: Receive) -> Receive | Refusal:
        if not self._origins.of(scope):
            return Refusal(
                status=421,
                error="this request is addressed to a host that Tocsin does not answer to",
                hint="use the address that `tocsin run` prints, or set `http.public_url` in tocsin.yaml to yours",
            )
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return Refusal(status=400, error="the address holds a NUL", hint="leave it out")
        refusal = await self._porter.admit(scope)
        if refusal or scope["method"] in SAFE:
            return refusal or receive
        body = await read_body(
            scope, receive, max_seconds=self._max_seconds, max_body=self._max_body, checks_json=self._checks_json
        )
        if isinstance(body, Refusal):
            return body
        return self._porter.inspect(scope, body) or _again(body, receive)


def file_headers(name: str, media_type: str, sha256: str) -> dict[str, str]:
    """For a file that never changes and whose content is not ours: a picture may be shown, the rest is only saved."""
    shown = "inline" if media_type in PICTURES else "attachment"
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return {
        "content-disposition": f'{shown}; filename="{plain}"',
        "cache-control": "private, max-age=86400, immutable",
        "etag": f'"{sha256}"',
    }


async def read_body(
    scope: Scope,
    receive: Receive,
    *,
    max_seconds: float = MAX_SECONDS,
    max_body: int = MAX_BODY,
    checks_json: bool = True,
) -> bytes | Refusal:
    """The whole body, if it is plain, small, here in time and, where it is JSON, JSON that means one thing.

    Without `checks_json` that last is left to who reads it.
    """
    if header(scope, "content-encoding") not in {"", "identity"}:
        return Refusal(status=415, error="the body is compressed", hint="send it without Content-Encoding")
    length = header(scope, "content-length")
    if length.isdecimal() and int(length) > max_body:
        return _too_large(max_body)
    try:
        async with asyncio.timeout(max_seconds):
            body = await _collect(receive, max_body)
    except TimeoutError:
        return Refusal(status=408, error=f"the body took longer than {max_seconds:g} s", hint="send it again, faster")
    if checks_json and isinstance(body, bytes) and "json" in header(scope, "content-type"):
        unfit = unfit_json(body)
        if unfit:
            return Refusal(status=400, error=f"the body is not JSON Tocsin reads: {unfit}", hint="correct the body")
    return body


async def _collect(receive: Receive, max_body: int) -> bytes | Refusal:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Refusal(status=400, error="the client went away before its body was here", hint="send it again")
        body += message.get("body", b"")
        if len(body) > max_body:
            return _too_large(max_body)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(max_body: int) -> Refusal:
    return Refusal(status=413, error=f"the body is larger than {max_body // 1024} KiB", hint="send less at once")


def read_form(body: bytes) -> dict[str, str]:
    """The fields of an HTML form. Raises ValueError for what no page of ours sends: a field twice, no UTF-8, NUL."""
    pairs = parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=bool(body),
        errors="strict",
        max_num_fields=MAX_FIELDS,
    )
    fields = dict(pairs)
    if len(fields) != len(pairs) or not all(map(storable, fields.values())):
        raise ValueError("a form that no page of ours sends")
    return fields


def _origin(address: str) -> str:
    parts = urlsplit(address.lower())
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    return f"{parts.scheme}://{parts.netloc.removesuffix(default)}"


def _again(body: bytes, receive: Receive) -> Receive:
    """The body as one message, then whatever comes after it: that the client went away."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return waiting.pop() if waiting else await receive()

    return read


class _Answer:
    """Sends an answer with the headers that all of them carry; an application's own value of one stands."""

    def __init__(self, send: Send, *, secure: bool) -> None:
        self._send = send
        self._secure = secure
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            own = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(line for line in self._lines() if line[0] not in own)]
        await self._send(message)

    def _lines(self) -> Iterable[tuple[bytes, bytes]]:
        yield b"content-security-policy", POLICY.encode()
        yield b"x-content-type-options", b"nosniff"
        # Not no-referrer: with it browsers send `Origin: null` with our own forms.
        yield b"referrer-policy", b"same-origin"
        yield b"cross-origin-opener-policy", b"same-origin"
        yield b"cross-origin-resource-policy", b"same-origin"
        yield b"cache-control", b"no-store"
        if self._secure:
            yield b"strict-transport-security", b"max-age=31536000"
