"""The connections to one server: a form or a message is posted, and what comes back is handed on as it is.

aiohttp costs a sixth of httpx's CPU for each query. Compression is not asked for: it costs a nearby server five times
the query itself, and a small answer could unpack without end.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus import answers
from bot.kit.http_out import retry_after
from bot.kit.way_in import Access

if TYPE_CHECKING:
    import aiohttp

_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "tocsin"}
_CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered: any status, its body up to a cap, and the seconds it wants us to wait, if it says so.

    `took` is how many seconds it needed, without those that the request waited for a connection.
    """

    status: int
    body: bytes
    retry_after: float | None = None
    took: float = 0.0


class Wire:
    """Opens connections with the first request; `aclose` ends them. At most eight requests are under way at once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._opened: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(_CONNECTIONS)  # waiting for one is not the server's time

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """The reply, whatever its status. What is posted must do no harm when it comes twice.

        Raises Temporary where the server cannot be reached or is too slow, Permanent for a certificate or an answer
        that cannot be.
        """
        name, loop = self._access.name, asyncio.get_running_loop()
        session = await self._session()
        try:
            async with self._free, asyncio.timeout(self._access.timeout):
                began = loop.time()
                try:
                    reply = await self._once(session, url, content, headers)
                except _Dropped:
                    # The server closed a connection that we had kept, as it does when it restarts. Asking again
                    # harms nothing, and saves the slot of a rule.
                    reply = await self._once(session, url, content, headers)
                return replace(reply, took=loop.time() - began)
        except _Dropped:
            message = f"{name} closed the connection without an answer"
            raise Temporary(message, integration=name, reason="connection") from None
        except TimeoutError:
            message = f"{name} did not answer within {self._access.timeout:g} s"
            hint = "see whether the server is overloaded, or give it longer with `timeout:`"
            raise Temporary(message, integration=name, reason="timeout", hint=hint) from None

    async def aclose(self) -> None:
        """Closes the connections. A later request opens new ones."""
        if self._opened is not None:
            session, self._opened = self._opened, None
            await session.close()

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

    async def _once(
        self, session: aiohttp.ClientSession, url: str, content: bytes, headers: Mapping[str, str]
    ) -> Reply:
        import aiohttp

        name, host = self._access.name, urlsplit(url).netloc
        try:
            async with session.post(url, data=content, headers=headers, allow_redirects=False) as response:
                if response.status == 200:
                    return Reply(status=200, body=await _read(response, answers.MAX_BODY, name))
                return Reply(
                    status=response.status,
                    body=await _read(response, answers.MAX_COMPLAINT, name),
                    retry_after=retry_after(response.headers.get("Retry-After"), datetime.now(UTC)),
                )
        except aiohttp.ServerDisconnectedError:
            raise _Dropped from None
        except aiohttp.ClientConnectorCertificateError:
            hint = f"name its authority under `integrations: {name}: tls: {{ca: FILE}}`"
            message = f"{name}: the certificate of {host} is not trusted"
            raise Permanent(message, integration=name, reason="auth", hint=hint) from None
        except aiohttp.ClientError as error:
            raise _cannot_reach(name, host, error) from None


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


def _cannot_reach(name: str, host: str, error: aiohttp.ClientError) -> IntegrationError:
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        hint = f"see `integrations: {name}: tls:`; the server may ask for a certificate of Tocsin's own"
        return Permanent(f"{name}: {host} refuses our TLS", integration=name, reason="auth", hint=hint)
    if isinstance(error, ConnectionResetError):
        return Temporary(f"{host} broke the connection off", integration=name, reason="connection")
    if isinstance(error, OSError):
        # aiohttp's text of a refused connection names the address once more; a name that is not found has no errno.
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror or type(error).__name__
        return Temporary(f"{name} cannot be reached at {host}: {why}", integration=name, reason="connection")
    return Temporary(f"{host} does not answer like {name} should", integration=name, reason="connection")
