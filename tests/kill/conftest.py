"""One real Prometheus for all cases; each writes and asks under a label of its own."""

from collections.abc import Iterator

import pytest

from tests.servers import PrometheusServer


@pytest.fixture(scope="session")
def prometheus(prometheus_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    with PrometheusServer(tmp_path_factory.mktemp("prometheus")) as server:
        yield server
