"""Each runbook we ship runs to its end where its fault is real, and says what became of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model.run import JournalKind, RunVerdict
from tests.scenarios.faults import in_databases, in_kubernetes, in_sight, on_hosts
from tests.scenarios.faults.site import Site
from tests.scenarios.faults.stories import STORIES
from tests.servers import PrometheusServer, SimulatedKubernetes
from tests.soak import sample

TOLD_IN = (in_databases, in_kubernetes, in_sight, on_hosts)  # their stories are in the list once they are imported
NAMED = {
    "crash-looping pod", "deployment stuck or bad rollout", "node not ready", "pod pending", "image pull failing",
    "OOM killed", "HPA at maximum", "disk almost full on a host", "host down", "service down on a host", "high load",
    "certificate expiring", "queue backing up", "PostgreSQL connections exhausted", "replication lag",
    "target down in Prometheus", "deadman missing",
}  # fmt: skip
ALWAYS = ("crash-looping pod", False)  # by which tests/bites sees that a verdict rests on what was seen
CASES = [(fault, helps) for fault in sorted(STORIES) for helps in (True, False)]


@pytest.fixture(scope="module")
def prometheus(prometheus_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    assert prometheus_binary
    with PrometheusServer(tmp_path_factory.mktemp("prometheus"), flags=["--web.enable-admin-api"]) as server:
        yield server


@pytest.fixture
def site(prometheus: PrometheusServer, kubernetes: SimulatedKubernetes, tmp_path: Path) -> Iterator[Site]:
    there = Site(prometheus, kubernetes, tmp_path)
    yield there
    there.close()


def test_each_fault_that_we_promise_a_runbook_for_has_its_story() -> None:
    assert set(STORIES) == NAMED


@pytest.mark.parametrize(
    ("fault", "helps"),
    [
        pytest.param(fault, helps, id=f"{fault}-{'recovered' if helps else 'not'}")
        for fault, helps in sorted({*sample(CASES, 6), ALWAYS})
    ],
)
async def test_the_verdict_is_what_became_of_the_fault(fault: str, helps: bool, site: Site) -> None:
    end = await STORIES[fault](site, helps)
    assert end.run.verdict is (RunVerdict.RECOVERED if helps else RunVerdict.NOT_RECOVERED), end.told()
    assert JournalKind.CHECKED in {entry.kind for entry in end.journal}
    assert any(text.startswith("verdict of RUN-1: ") for text in end.said), end.told()
