"""Stands between the store and PostgreSQL, and can lose a COMMIT or the answer to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_SOCKET = ".s.PGSQL.5432"


class Loss(Enum):
    """What happens to the next COMMIT."""

    NOTHING = "it goes through"
    COMMIT = "the connection breaks before it reaches the server"
    ANSWER = "the connection breaks before its answer reaches the store"


class Proxy:
    """Forwards every connection to a server's Unix socket. `lose` is used up by one COMMIT; `down` refuses all."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self.lose = Loss.NOTHING
        self.down_afterwards = False
        self._down = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if self._down:
            writer.close()
            return
        from_server, to_server = await asyncio.open_unix_connection(self._server / _SOCKET)
        back = asyncio.create_task(_pump(from_server, writer))
        try:
            while data := await reader.read(65536):
                loss = self.lose if b"COMMIT\0" in data else Loss.NOTHING
                if loss is not Loss.NOTHING:
                    self.lose = Loss.NOTHING
                    self._down = self.down_afterwards
                    back.cancel()
                    await asyncio.wait([back])
                    if loss is Loss.ANSWER:
                        to_server.write(data)
                        await from_server.read(65536)
                    return
                to_server.write(data)
                await to_server.drain()
        finally:
            back.cancel()
            to_server.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxied(url: str, folder: Path) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the server of this URL, and the URL that leads through it."""
    server = parse_qs(urlsplit(url).query)["host"][0]
    proxy = Proxy(Path(server))
    listening = await asyncio.start_unix_server(proxy.serve, folder / _SOCKET)
    try:
        yield proxy, url.replace(server, str(folder))
    finally:
        listening.close()
