"""A server whose certificate is of an authority of one's own."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.model.sample import Window
from tests.integrations.http_server import raised
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator


@pytest.fixture
async def behind_tls(splunk: Simulator, certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """The simulator's address behind TLS."""
    port = urlsplit(splunk.url).port

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pumped(reader, outer), pumped(inner, writer))

    async def pumped(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_an_authority_of_ones_own_is_trusted_where_it_is_named(
    splunk: Simulator, opened: Open, behind_tls: str, certificate: tuple[Path, Path], at: datetime
) -> None:
    splunk.index((at - timedelta(seconds=1), "here"))
    window = Window(start=at - timedelta(minutes=1), end=at)
    known = (await opened(behind_tls, tls={"ca": str(certificate[0])})).logs
    assert known is not None
    for _ in range(2):
        assert (await known.search("here", {}, window, 1)).total == 1
    unknown = (await opened(behind_tls)).logs
    assert unknown is not None
    assert (await raised(unknown.search("here", {}, window, 1))).reason == "connection"


async def test_a_file_that_is_no_certificate_is_said(opened: Open, at: datetime, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    logs = (await opened("https://127.0.0.1:1", tls={"ca": str(tmp_path / "ca.pem")})).logs
    assert logs is not None
    error = await raised(logs.search("a", {}, Window(start=at, end=at + timedelta(seconds=1)), 1))
    assert (error.reason, "PEM" in error.hint) == ("auth", True)
