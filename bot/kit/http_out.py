"""HTTP to vendors: one client with deadlines, budgeted retries, a cap on answers, and failures in our own words.

httpx is imported when the first request is made: a Tocsin that only evaluates rules never loads it.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import random
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from bot.errors import IntegrationError, Permanent, Temporary

if TYPE_CHECKING:
    import httpx

MAX_BODY = 5 * 1024 * 1024
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_ATTEMPTS = 3
_FIRST_PAUSE = 0.2  # seconds, doubled for each further attempt, then drawn at random below that
_BUDGET = 10.0  # retries that may be made at once; every request earns a tenth of one


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
    """The shared way out. One connection pool for each TLS identity; nothing is opened before the first request.

    Proxy variables of the environment are ignored, redirects are refused, compressed answers are not asked for.
    """

    def __init__(self) -> None:
        self._clients: dict[ssl.SSLContext | None, httpx.AsyncClient] = {}
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
    ) -> HttpAnswer:
        """Sends a request and reads its whole answer within `deadline` seconds, retries included.

        Temporary failures are tried again when the method is idempotent or `repeatable` says that it does no harm.
        Raises Temporary and Permanent; their messages name the integration and the host, never path, query or headers.
        """
        again = method in _IDEMPOTENT if repeatable is None else repeatable
        self._budget = min(_BUDGET, self._budget + 0.1)
        end = asyncio.get_running_loop().time() + deadline
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout_at(end):
                    return await self._once(method, url, integration, headers, content, tls)
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

    async def _once(
        self,
        method: str,
        url: str,
        integration: str,
        headers: Mapping[str, str] | None,
        content: bytes | None,
        tls: ssl.SSLContext | None,
    ) -> HttpAnswer:
        import httpx  # noqa: PLC0415 - 0.3 s that a Tocsin which never asks need not spend

        if tls not in self._clients:
            self._clients[tls] = httpx.AsyncClient(
                verify=tls or True,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(10, connect=3),
                limits=httpx.Limits(max_connections=8),
                headers={"accept-encoding": "identity", "user-agent": "tocsin"},
            )
        client = self._clients[tls]
        try:
            async with client.stream(method, url, headers=dict(headers or {}), content=content) as response:
                if response.status_code >= 300:
                    wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
                    raise failure(integration, response.status_code, _host(url), wait)
                body = await _read(response, integration)
        except httpx.TimeoutException:
            message = f"{_host(url)} did not answer {integration} in time"
            raise Temporary(message, integration=integration, reason="timeout") from None
        except httpx.TransportError as error:
            message = f"{integration} cannot reach {_host(url)}: {type(error).__name__}"
            raise Temporary(message, integration=integration, reason="connection") from None
        except (httpx.InvalidURL, httpx.HTTPError):
            message = f"{integration} has an address that cannot be used"
            raise Permanent(message, integration=integration, reason="client") from None
        return HttpAnswer(
            integration=integration, status=response.status_code, headers=dict(response.headers), body=body
        )


async def _read(response: httpx.Response, integration: str) -> bytes:
    """The raw body up to the cap. An answer compressed unasked is refused: a small one could unpack without end."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Permanent(
            f"{integration} sent a compressed answer that nobody asked for", integration=integration, reason="server"
        )
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BODY:
            message = f"{integration} sent more than {MAX_BODY // 1024 // 1024} MiB"
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
