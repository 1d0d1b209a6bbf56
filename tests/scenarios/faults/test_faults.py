"""Each runbook we ship runs to its end where its fault is real, and says what became of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model.ids import RunId
from bot.model.run import JournalKind, RunStatus, RunVerdict, StepStatus
from bot.response import run_cancelled, run_taken_back
from tests.integrations.kubernetes.conftest import OLD, put, rolled_out, soon, workload
from tests.integrations.kubernetes.test_drain import budget
from tests.scenarios.faults import in_databases, in_kubernetes, in_sight, on_hosts
from tests.scenarios.faults.responding import responding
from tests.scenarios.faults.site import Site
from tests.scenarios.faults.stories import STORIES
from tests.scenarios.tocsin import actor
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


async def test_a_drain_stops_when_its_run_is_cancelled_and_the_node_can_be_opened_again(site: Site) -> None:
    cluster = site.shows_cluster()
    put(cluster, workload("Deployment", "cart", OLD), budget("cart", 2))
    rolled_out(cluster, "Deployment", "cart", OLD)
    node = next(one["spec"]["nodeName"] for one in cluster.ask("GET", "/api/v1/pods")["items"])
    cluster.node(node, ready=None)

    def evictions() -> int:
        return sum(line["path"].endswith("/eviction") and "dryRun" not in line["query"] for line in cluster.journal())

    async with responding(site, "node-not-ready", "KubeNodeNotReady", helps=False) as tocsin:
        await tocsin.agreed("cordon")
        await tocsin.agreed("drain")
        await asyncio.to_thread(soon, lambda: evictions() > 0, "it waits for the budget")
        await run_cancelled.cancel(tocsin.world, actor("ben"), RunId("RUN-1"), reason="not now")
        end = await tocsin.ended()
        tried = evictions()
        assert end.run.status is RunStatus.CANCELLED, end.told()
        assert end.statuses["drain"] == StepStatus.FAILED
        assert any("stopped, because RUN-1 is cancelled: 0 pods have left" in str(entry.data) for entry in end.journal)
        await run_taken_back.ask(tocsin.world, actor("ben"), RunId("RUN-1"))
        await tocsin.agreed("cordon.rollback")
        end = await tocsin.ended()
    assert end.run.status is RunStatus.ROLLED_BACK, end.told()
    assert not cluster.ask("GET", f"/api/v1/nodes/{node}")["spec"].get("unschedulable")
    assert evictions() == tried
