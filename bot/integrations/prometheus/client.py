"""Asks Prometheus for a value at one time: the path every rule goes, so it is the cheap one.

aiohttp costs a sixth of httpx's CPU for each query. Compression is not asked for: it costs a nearby server five times
the query itself. Range data comes through `ranges.py`.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from bot.documents import format_duration
from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus import answers, ranges
from bot.integrations.prometheus.expr import fill
from bot.kit.http_out import retry_after
from bot.kit.way_in import Access
from bot.model.sample import Answer, Series, Window

if TYPE_CHECKING:
    import aiohttp

_HEADERS = {
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "tocsin",
}
_CONNECTIONS = 8
_LARGE = 256 * 1024
"""A body beyond this many bytes is decoded in a thread, so that it does not hold up everything else."""


class PrometheusSource:
    """A `MetricSource`. Opens its connections with the first question; `aclose` ends them."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._opened: aiohttp.ClientSession | None = None

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        """See `MetricSource`. Without variables the expression is sent as it stands: `$` belongs to PromQL then."""
        name = self._access.name
        text = fill(expr, variables, name) if variables else expr
        form = {"query": text, "time": answers.exact(at), "timeout": f"{self._access.timeout:g}s"}
        body = await self._post("/api/v1/query", form)
        if len(body) > _LARGE:
            return await asyncio.to_thread(answers.instant, body, name)
        return answers.instant(body, name)

    async def query_all(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """See `MetricSource`."""
        return await asyncio.gather(*(self._answered(expr, at) for expr in exprs))

    async def _answered(self, expr: str, at: datetime) -> Answer | IntegrationError:
        try:
            return await self.query(expr, {}, at)
        except IntegrationError as error:
            return error

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        """See `MetricSource`."""
        text = fill(expr, variables, self._access.name) if variables else expr
        return await asyncio.to_thread(ranges.ask, self._access, text, window, step)

    def link(self, expr: str, window: Window | None = None) -> str:
        """Prometheus' own page; `/graph` is its address before 3.0 and leads on to the new one since."""
        if window is None:
            return f"{self._access.url}/graph?{urlencode({'g0.expr': expr, 'g0.tab': '1'})}"
        end = window.end.astimezone(UTC).replace(microsecond=0)
        end += timedelta(seconds=1) if end < window.end else timedelta(0)
        seconds = max(timedelta(seconds=1), -(-(end - window.start) // timedelta(seconds=1)) * timedelta(seconds=1))
        panel = {
            "g0.expr": expr,
            "g0.tab": "0",
            "g0.range_input": format_duration(seconds),
            "g0.end_input": f"{end:%Y-%m-%d %H:%M:%S}",
        }
        return f"{self._access.url}/graph?{urlencode(panel, quote_via=quote)}"

    async def aclose(self) -> None:
        """Closes the connections. A later question opens new ones."""
        if self._opened is not None:
            session, self._opened = self._opened, None
            await session.close()

    async def _post(self, path: str, form: Mapping[str, str]) -> bytes:
        name = self._access.name
        session = await self._session()
        body = urlencode(form).encode()
        try:
            async with asyncio.timeout(self._access.timeout):
                try:
                    return await self._once(session, path, body)
                except _Dropped:
                    # The server closed a connection that we had kept, as it does when it restarts. Asking again
                    # harms nothing, and saves the slot of a rule.
                    return await self._once(session, path, body)
        except _Dropped:
            message = f"{name} closed the connection without an answer"
            raise Temporary(message, integration=name, reason="connection") from None
        except TimeoutError:
            message = f"{name} did not answer within {self._access.timeout:g} s"
            hint = "see whether the server is overloaded, or give it longer with `timeout:`"
            raise Temporary(message, integration=name, reason="timeout", hint=hint) from None

    async def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            await asyncio.to_thread(importlib.import_module, "aiohttp")  # a third of a second, once
            tls = await asyncio.to_thread(self._access.context)
            import aiohttp

            if self._opened is None:
                self._opened = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=tls or True),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    timeout=aiohttp.ClientTimeout(total=None),
                    headers={**self._access.headers, **_HEADERS},
                    auto_decompress=False,
                    trust_env=False,
                )
        return self._opened

    async def _once(self, session: aiohttp.ClientSession, path: str, form: bytes) -> bytes:
        import aiohttp

        access = self._access
        try:
            async with session.post(access.url + path, data=form, allow_redirects=False) as response:
                if response.status != 200:
                    body = await _read(response, answers.MAX_COMPLAINT, access.name)
                    wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
                    raise answers.refusal(response.status, body, access.name, access.redactor, wait)
                return await _read(response, answers.MAX_BODY, access.name)
        except aiohttp.ServerDisconnectedError:
            raise _Dropped from None
        except aiohttp.ClientConnectorCertificateError:
            hint = f"name its authority under `integrations: {access.name}: tls: {{ca: FILE}}`"
            message = f"{access.name}: the certificate of {_host(access.url)} is not trusted"
            raise Permanent(message, integration=access.name, reason="auth", hint=hint) from None
        except aiohttp.ClientError as error:
            raise self._cannot_reach(error) from None

    def _cannot_reach(self, error: aiohttp.ClientError) -> IntegrationError:
        name, host = self._access.name, _host(self._access.url)
        if isinstance(error, ConnectionResetError):
            return Temporary(f"{host} broke the connection off", integration=name, reason="connection")
        if isinstance(error, OSError):
            # aiohttp's text of a refused connection names the address once more; a name that is not found has no errno.
            number = error.errno or 0
            why = os.strerror(number) if number > 0 else error.strerror or type(error).__name__
            return Temporary(f"{name} cannot be reached at {host}: {why}", integration=name, reason="connection")
        return Temporary(f"{host} does not answer like {name} should", integration=name, reason="connection")


class _Dropped(Exception):
    """The connection was closed before any of the answer came."""


async def _read(response: aiohttp.ClientResponse, most: int, integration: str) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        message = f"{integration} sent a compressed answer that nobody asked for"
        raise Permanent(message, integration=integration, reason="server")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            response.close()
            message = f"{integration} sent more than {most // 1024} KiB"
            raise Permanent(message, integration=integration, reason="server", hint="let the expression answer less")
    return bytes(body)


def _host(url: str) -> str:
    return urlsplit(url).netloc
