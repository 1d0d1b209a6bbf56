"""HTTP to vendors: one client with deadlines, budgeted retries, a cap on answers, and failures in our own words.

httpx is imported when the first request is made: a Tocsin that only evaluates rules never loads it.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import random
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import urlsplit

from bot.errors import IntegrationError, Permanent, Temporary

if TYPE_CHECKING:
    import httpx

MAX_BODY = 5 * 1024 * 1024
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_ATTEMPTS = 3
_FIRST_PAUSE = 0.2  # seconds, doubled for each further attempt, then drawn at random below that
_BUDGET = 10.0  # retries that may be made at once; every request earns a tenth of one
_CONNECTIONS = 8
_MOST_OF_A_COMPLAINT = 64 * 1024

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
        return float(header)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


class HttpOut:
    """The shared way out. Nothing is opened before the first request.

    Each integration has connections of its own for each TLS identity, so that a slow one holds up no other.
    Proxy variables of the environment are ignored, redirects are refused, compressed answers are not asked for.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[str, ssl.SSLContext | None, bool], httpx.AsyncClient] = {}
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
    ) -> HttpAnswer:
        """Sends a request and reads its whole answer, at most `most` bytes, within `deadline` seconds with its retries.

        Temporary failures are tried again when the method is idempotent or `repeatable` says that it does no harm.
        Raises Temporary and Permanent; their messages name the integration and the host, never path, query or headers,
        and what `refused` says of the vendor's own words.
        """
        asked = _Request(
            method=method,
            url=url,
            integration=integration,
            headers=headers or {},
            content=content,
            tls=tls,
            refused=refused,
        )
        again = method in _IDEMPOTENT if repeatable is None else repeatable
        self._budget = min(_BUDGET, self._budget + 0.1)
        end = asyncio.get_running_loop().time() + deadline
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout_at(end):
                    return await self._once(asked, most)
            except TimeoutError:
                message = f"{_host(url)} did not answer {integration} within {deadline:g} s"
                raise Temporary(message, integration=integration, reason="timeout") from None
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
        )
        async with self._answering(asked) as response:
            yield response.aiter_raw()

    async def aclose(self) -> None:
        """Closes every connection. A later request opens new ones."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

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
                headers=dict(response.headers),
                body=await _read(response, asked.integration, most),
            )

    @asynccontextmanager
    async def _answering(self, asked: _Request) -> AsyncIterator[httpx.Response]:
        """An answer that is a success and not compressed, its body still to be read."""
        import httpx  # noqa: PLC0415 - 0.3 s that a Tocsin which never asks need not spend

        client, integration, host = self._client(asked), asked.integration, _host(asked.url)
        try:
            async with client.stream(
                asked.method,
                asked.url,
                headers=dict(asked.headers),
                content=asked.content,
                timeout=httpx.Timeout(asked.silence, connect=3),
            ) as response:
                if response.status_code >= 300:
                    wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
                    if asked.refused is None:
                        raise failure(integration, response.status_code, host, wait)
                    raise asked.refused(response.status_code, await _complaint(response), wait)
                _refuse_compressed(response, integration)
                yield response
        except httpx.TimeoutException:
            message = f"{host} did not answer {integration} in time"
            raise Temporary(message, integration=integration, reason="timeout") from None
        except httpx.TransportError as error:
            message = f"{integration} cannot reach {host}: {type(error).__name__}"
            raise Temporary(message, integration=integration, reason="connection") from None
        except (httpx.InvalidURL, httpx.HTTPError):
            message = f"{integration} has an address that cannot be used"
            raise Permanent(message, integration=integration, reason="client") from None

    def _client(self, asked: _Request) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415 - as above

        key = (asked.integration, asked.tls, asked.streams)
        if key not in self._clients:
            self._clients[key] = httpx.AsyncClient(
                verify=asked.tls or True,
                trust_env=False,
                follow_redirects=False,
                limits=httpx.Limits(max_connections=None if asked.streams else _CONNECTIONS),
                headers={"accept-encoding": "identity", "user-agent": "tocsin"},
            )
        return self._clients[key]


def _refuse_compressed(response: httpx.Response, integration: str) -> None:
    """An answer compressed unasked is refused: a small one could unpack without end."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Permanent(
            f"{integration} sent a compressed answer that nobody asked for", integration=integration, reason="server"
        )


async def _complaint(response: httpx.Response) -> bytes:
    """The beginning of what a server says of its refusal; nothing where it cannot be read."""
    said = bytearray()
    if response.headers.get("content-encoding", "identity") == "identity":
        async for chunk in response.aiter_raw():
            said += chunk
            if len(said) > _MOST_OF_A_COMPLAINT:
                break
    return bytes(said[:_MOST_OF_A_COMPLAINT])


async def _read(response: httpx.Response, integration: str, most: int) -> bytes:
    """The raw body up to the cap."""
    _refuse_compressed(response, integration)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            message = f"{integration} sent more than {most // 1024} KiB"
            raise Permanent(message, integration=integration, reason="server", hint="ask for less")
    return bytes(body)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "an address without a host"
    except ValueError:
        return "an address that cannot be read"


def _now() -> float:
    return asyncio.get_running_loop().time()
