"""What every suite may ask for: real servers, and the event loop that async tests run on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import Missing, Postgres, Sshd, locate


@contextmanager
def needed() -> Iterator[None]:
    """Skips the test when a server is missing, saying how to get it; in CI nothing is skipped."""
    try:
        yield
    except Missing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on plain asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def prometheus_binary() -> str:
    """The path of a real Prometheus; `tests.servers.PrometheusServer` starts one."""
    with needed():
        return locate("prometheus")


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of promtool."""
    with needed():
        return locate("promtool")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser, for playwright's `executable_path`."""
    with needed():
        libatomic = Path(locate("libatomic"))
        if not libatomic.is_relative_to("/usr") and not libatomic.is_relative_to("/lib"):
            os.environ["LD_LIBRARY_PATH"] = str(libatomic.parent)  # for playwright's driver, which pytest starts
        return locate("chromium")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; `postgres.database()` gives the URL of a fresh database."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A running sshd that lets in whoever runs the tests."""
    with needed():
        server = Sshd(tmp_path_factory.mktemp("sshd"))
    with server:
        yield server
