"""HTTP to vendors: one client with deadlines, budgeted retries, a cap on answers, and failures in our own words.

httpx says it and aiohttp carries it: a request costs a fifth of the processor time that httpx's own client and
connections take, and nothing that we do not want of that client (redirects, cookies, proxies) is there. Both are loaded
when the first request is made: a Tocsin that never asks never loads them.
"""

from __future__ import annotations

import asyncio
import email.utils
import importlib
import json
import random
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from bot.errors import IntegrationError, Permanent, Temporary
from bot.kit.http_body import complaint, read, refuse_compressed
from bot.kit.http_trouble import host_of, in_our_words, too_slow, unusable
from bot.kit.networks import Networks
from bot.ports.reads_only import require_read

if TYPE_CHECKING:
    import httpx
    from httpx_aiohttp import AiohttpTransport

MAX_BODY = 5 * 1024 * 1024
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT = _READS | {"PUT", "DELETE"}
_ATTEMPTS = 3
_FIRST_PAUSE = 0.2  # seconds, doubled for each further attempt, then drawn at random below that
_BUDGET = 10.0  # retries that may be made at once; every request earns a tenth of one
_CONNECTIONS = 8
_KEPT = 5.0  # seconds for which a connection is kept without a request
_CONNECT = 3.0
_LONGEST_HEADER = 64 * 1024
_LONGEST_WAIT = 24 * 3600.0  # seconds; a server may write any number, and no clock goes as far as some
_OURS = {"accept-encoding": "identity", "user-agent": "tocsin"}

Refused: TypeAlias = Callable[[int, bytes, float | None], IntegrationError]
"""What a vendor means by a status that is no success, the body it came with, and the seconds it wants us to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    url: str
    integration: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None
    tls: ssl.SSLContext | None
    refused: Refused | None
    silence: float = 10.0
    streams: bool = False
    reads: bool = False
    networks: Networks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A successful answer, read to its end. `headers` have lower-case names."""

    integration: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # Any: what a vendor sends has no type until it was looked at
        """The body as JSON; Temporary (`server`) when it is not, as when a proxy puts a page of its own in the way."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Temporary(
                f"{self.integration} answered {self.status} with something that is not JSON",
                integration=self.integration,
                reason="server",
                hint="see whether a proxy or a sign-in page stands between Tocsin and this address",
            ) from None


def failure(integration: str, status: int, detail: str = "", retry_after: float | None = None) -> IntegrationError:
    """What a status that is not a success means. `detail` is added to the message; it must hold no secret."""
    said = f"{integration} answered {status}" + (f": {detail}" if detail else "")
    if status == 429:
        return Temporary(said, integration=integration, reason="rate_limited", retry_after=retry_after)
    if status == 408:
        return Temporary(said, integration=integration, reason="timeout", retry_after=retry_after)
    if status >= 500:
        return Temporary(said, integration=integration, reason="server", retry_after=retry_after)
    if status in (401, 403, 407):
        return Permanent(said, integration=integration, reason="auth")
    if 300 <= status < 400:
        hint = "redirects are not followed: write the address they lead to into tocsin.yaml"
        return Permanent(said, integration=integration, reason="client", hint=hint)
    return Permanent(said, integration=integration, reason="client")


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a `Retry-After` header: a number or a date; None when it says nothing sensible."""
    if not header:
        return None
    if header.strip().isdecimal():
        return min(float(header), _LONGEST_WAIT)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), _LONGEST_WAIT)


class HttpOut:
    """The shared way out. Nothing is opened before the first request.

    Each integration has connections of its own for each TLS identity, so that a slow one holds up no other.
    Proxy variables of the environment are ignored, redirects are refused, compressed answers are not asked for.
    """

    def __init__(self) -> None:
        self._ways: dict[tuple[str, ssl.SSLContext | None, bool, Networks | None], AiohttpTransport] = {}
        self._opening = asyncio.Lock()
        self._trusted: ssl.SSLContext | None = None
        self._budget = _BUDGET

    async def request(
        self,
        method: str,
        url: str,
        *,
        integration: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline: float = 10.0,
        repeatable: bool | None = None,
        tls: ssl.SSLContext | None = None,
        refused: Refused | None = None,
        most: int = MAX_BODY,
        reads: bool = False,
        networks: Networks | None = None,
    ) -> HttpAnswer:
        """Sends a request and reads its whole answer, at most `most` bytes, within `deadline` seconds with its retries.

        Temporary failures are tried again when the method is idempotent or `repeatable` says that it does no harm.
        Raises Temporary and Permanent; their messages name the integration and the host, never path, query or headers,
        and what `refused` says of the vendor's own words. `reads`: although its method could change something, this
        only asks; nothing else leaves a rehearsal. `networks`: where the host may lie; without it, anywhere.
        """
        asked = _Request(
            method=method,
            url=url,
            integration=integration,
            headers=headers or {},
            content=content,
            tls=tls,
            refused=refused,
            reads=reads,
            networks=networks,
        )
        again = method in _IDEMPOTENT if repeatable is None else repeatable
        self._budget = min(_BUDGET, self._budget + 0.1)
        end = asyncio.get_running_loop().time() + deadline
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout_at(end):
                    return await self._once(asked, most)
            except TimeoutError:
                raise too_slow(integration, url, deadline) from None
            except Temporary as error:
                pause = self._pause(error, attempt)
                if not again or attempt == _ATTEMPTS or self._budget < 1 or _now() + pause >= end:
                    raise
                self._budget -= 1
                await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        integration: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        silence: float = 60.0,
        tls: ssl.SSLContext | None = None,
        refused: Refused | None = None,
        reads: bool = False,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """An answer piece by piece, however long it is; asked for once. `silence`: seconds between two pieces.

        It has a connection of its own beside those of `request`: whoever asks says how many there are at once.
        Raises as `request` does, at the beginning and at any piece.
        """
        asked = _Request(
            method=method,
            url=url,
            integration=integration,
            headers=headers or {},
            content=content,
            tls=tls,
            refused=refused,
            silence=silence,
            streams=True,
            reads=reads,
        )
        async with self._answering(asked) as response:
            yield response.aiter_raw()

    async def warm(self) -> None:
        """Loads what the first request would wait for."""
        async with self._opening:
            self._trusted = self._trusted or await asyncio.to_thread(_loaded)

    async def aclose(self) -> None:
        """Closes every connection. A later request opens new ones."""
        while self._ways:
            _, way = self._ways.popitem()
            await way.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    @staticmethod
    def _pause(error: Temporary, attempt: int) -> float:
        if error.retry_after is not None:
            return error.retry_after
        return random.SystemRandom().uniform(0, _FIRST_PAUSE * 2 ** (attempt - 1))

    async def _once(self, asked: _Request, most: int) -> HttpAnswer:
        async with self._answering(asked) as response:
            return HttpAnswer(
                integration=asked.integration,
                status=response.status_code,
                headers=dict(response.headers.items()),  # each looked up alone would be read through them all
                body=await read(response, asked.integration, most),
            )

    @asynccontextmanager
    async def _answering(self, asked: _Request) -> AsyncIterator[httpx.Response]:
        """An answer that is a success and not compressed, its body still to be read."""
        is_read = asked.reads or asked.method in _READS
        require_read(f"{asked.method} to {host_of(asked.url)}", integration=asked.integration, reads=is_read)
        response = await self._opened(asked)
        with in_our_words(asked.integration, asked.url):
            async with aclosing(response):
                if response.status_code >= 300:
                    wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
                    if asked.refused is None:
                        raise failure(asked.integration, response.status_code, host_of(asked.url), wait)
                    raise asked.refused(response.status_code, await complaint(response), wait)
                refuse_compressed(response, asked.integration)
                yield response

    async def _opened(self, asked: _Request) -> httpx.Response:
        """An answer, whatever it is, of which only status and headers were read."""
        way = await self._way(asked)
        import httpx

        with in_our_words(asked.integration, asked.url):
            try:
                return await way.handle_async_request(_worded(asked))
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):  # of a name that DNS cannot have
                raise unusable(asked.integration) from None

    async def _way(self, asked: _Request) -> AiohttpTransport:
        if asked.networks is not None:
            asked.networks.check_url(asked.url, asked.integration)
        key = (asked.integration, asked.tls, asked.streams, asked.networks)
        if key not in self._ways:
            async with self._opening:
                # once for all integrations: to read every authority takes longer than a request
                if self._trusted is None:
                    self._trusted = await asyncio.to_thread(_loaded)
                if key not in self._ways:  # another request may have been quicker
                    self._ways[key] = _connections(asked, asked.tls or self._trusted)
        return self._ways[key]


def _loaded() -> ssl.SSLContext:
    """Loads what carries requests, a third of a second's work, and the authorities to trust."""
    import httpx

    importlib.import_module("httpx_aiohttp")  # so that it is there when `_connections` wants it
    return httpx.create_ssl_context(trust_env=False)


def _connections(asked: _Request, tls: ssl.SSLContext) -> AiohttpTransport:
    """Connections of one kind: of a kind that streams, as many as are asked for."""
    import aiohttp
    from httpx_aiohttp import AiohttpTransport

    networks, integration = asked.networks, asked.integration

    class Judging(aiohttp.ThreadedResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[Any]:  # Any: as aiohttp says it
            found = await super().resolve(host, port, family)
            if networks is not None:
                networks.check(host, [one["host"] for one in found], integration)
            return found

    async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        try:
            return await send(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            if request.method in _READS:
                raise
            # aiohttp would send a PUT or DELETE again by itself: whether it may be sent again is for us to say
            raise aiohttp.ClientConnectionError from error

    most = 0 if asked.streams else _CONNECTIONS
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=most, ssl=tls, keepalive_timeout=_KEPT, resolver=Judging()),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers={"content-type"},
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
        trust_env=False,
        middlewares=(once,),
    )
    return AiohttpTransport(verify=tls, client=session)


def _worded(asked: _Request) -> httpx.Request:
    """The request in httpx's words. Permanent for what cannot be sent, as a token with a line break in it."""
    import httpx

    headers = {**_OURS, **asked.headers}
    if not all(text.isascii() and text.isprintable() for pair in headers.items() for text in pair):
        message = f"{asked.integration} would have to send a header that HTTP does not have"
        hint = "see whether its token or a header of its own holds a line break or a letter outside ASCII"
        raise Permanent(message, integration=asked.integration, reason="client", hint=hint)
    silence = {"connect": _CONNECT, "read": asked.silence, "write": asked.silence, "pool": asked.silence}
    return httpx.Request(
        asked.method, _read_url(asked.url), headers=headers, content=asked.content, extensions={"timeout": silence}
    )


@lru_cache(maxsize=256)
def _read_url(url: str) -> httpx.URL:
    """Reading an address takes httpx half the time of a request, and many are asked again and again."""
    import httpx

    return httpx.URL(url)


def _now() -> float:
    return asyncio.get_running_loop().time()
