"""The command as it is installed, and a Tocsin for it to talk to."""

import asyncio
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from bot.cli.main import main
from bot.kit.http_in import Origins
from tests.integrations.web.conftest import played
from tests.integrations.web.house import House, open_house

__all__ = ["played"]

COMMAND = Path(sys.executable).with_name("tocsin")


@dataclass(frozen=True)
class Said:
    """What a command wrote, and how it ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs the real command in a folder of its own, with an environment of its own."""

    folder: Path
    env: Mapping[str, str]

    def __call__(self, *arguments: str, feed: str = "", **env: str) -> Said:
        """One run; nothing it writes may be a traceback."""
        ran = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "100", **self.env, **env},
            input=feed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Said(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell without any Tocsin."""
    return Shell(tmp_path, {})


@dataclass(frozen=True)
class Served:
    """A Tocsin that answers over HTTP, in the middle of an incident."""

    house: House
    address: str
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def token(self, name: str) -> Path:
        """The file with this person's token."""
        token = self.folder / f"{name}.token"
        token.touch(mode=0o600)
        token.write_text(self.house.tokens[name] + "\n")
        return token

    def shell(self, name: str) -> Shell:
        """A shell in which this person's token is at hand."""
        return Shell(self.folder, {"TOCSIN_TOKEN_FILE": str(self.token(name))})

    def says(self, name: str, *arguments: str) -> Said:
        """The same command, run by this person within this process, which is quicker."""
        self.monkeypatch.chdir(self.folder)
        self.monkeypatch.setenv("TOCSIN_TOKEN_FILE", str(self.token(name)))
        self.capture.readouterr()
        status = main(arguments)
        written = self.capture.readouterr()
        return Said(status, written.out, written.err)


@pytest.fixture
def served(
    tmp_path: Path, played: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Served]:
    """The API over a store with a scene in it, on a port of its own, in a thread of its own."""
    shutil.copy(played, tmp_path / "scene.db")
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ready, houses = threading.Event(), list[House]()
    server = uvicorn.Server(uvicorn.Config(lambda *_: None, log_config=None, ws="none"))

    async def serve() -> None:
        async with open_house(tmp_path / "scene.db", origins=Origins([address])) as house:
            houses.append(house)
            server.config.app = house.root
            ready.set()
            await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20), "the server did not come up"
    (tmp_path / "tocsin.yaml").write_text(
        f"http: {{listen: '{address.removeprefix('http://')}'}}\ntime_zone: Europe/Berlin\n"
    )
    monkeypatch.delenv("TZ", raising=False)
    yield Served(houses[0], address, tmp_path, monkeypatch, capsys)
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def httpd() -> Iterator[str]:
    """Somebody else's server, which has never heard of any of this."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(20)
