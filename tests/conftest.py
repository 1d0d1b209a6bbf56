"""What every suite may ask for: real servers, and the event loop that async tests run on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from tests.golang import Go
from tests.servers import Missing, Postgres, SimulatedKubernetes, Sshd, locate
from tests.soak import seed, soaking

# No deadline for an example: two cores are shared, and a slow second is no fault of the program.
# The examples of `make test` are the same on every run of the same code; `make soak` looks further each time.
settings.register_profile("test", deadline=None, derandomize=True, max_examples=100, database=None)
settings.register_profile("soak", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile("soak" if soaking() else "test")


def pytest_report_header() -> str:
    """Says how to draw the same samples again."""
    return f"soak: {'in full' if soaking() else 'samples'}, TOCSIN_SEED={seed()}"


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
def victoria_metrics_binary() -> str:
    """The path of a real VictoriaMetrics; `tests.servers.VictoriaMetricsServer` starts one."""
    with needed():
        return locate("victoria-metrics")


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of promtool."""
    with needed():
        return locate("promtool")


@pytest.fixture(scope="session")
def golang() -> Go:
    """Go itself, to ask what our templates ought to give."""
    with needed():
        return Go()


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


@pytest.fixture(scope="session")
def kubernetes_server() -> Iterator[SimulatedKubernetes]:
    """A running simulated API server, as the tests before left it; `kubernetes` gives it empty."""
    with SimulatedKubernetes() as server:
        yield server


@pytest.fixture
def kubernetes(kubernetes_server: SimulatedKubernetes) -> SimulatedKubernetes:
    """A simulated cluster of three nodes, empty but for the namespace `shop`; see bot/testing/kubernetes/README.md."""
    kubernetes_server.reset()
    return kubernetes_server
