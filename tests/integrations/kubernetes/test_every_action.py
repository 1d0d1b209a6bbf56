"""Nothing is written where only reading is allowed: the API server's own journal of what it was asked says so."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import IntegrationError
from bot.integrations.kubernetes import integration
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.kit.plugin import Capabilities, Tools
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import nobody
from bot.ports.reads_only import reads_only
from bot.testing.contracts import WITHIN
from tests.integrations.kubernetes.conftest import (
    ALL,
    OCCASION,
    OLD,
    bare_pod,
    cron_job,
    put,
    ready,
    rolled_out,
    twice,
    workload,
    writes,
)
from tests.integrations.kubernetes.test_contracts import CASES, CLUSTER_WIDE
from tests.servers.kubernetes import SimulatedKubernetes

ACTIONS = [spec.name for spec in integration.specs]


@pytest.fixture(scope="module")
def shop(kubernetes_server: SimulatedKubernetes) -> SimulatedKubernetes:
    """As in `test_contracts`; nothing here changes it, so that one does for all."""
    cluster = kubernetes_server
    cluster.reset()
    put(cluster, *(bare_pod(name) for name in ("web", "evict", "delete")))
    put(cluster, *(workload("Deployment", name, replicas=1) for name in ("pause", "image")))
    put(cluster, workload("StatefulSet", "db", replicas=1), cron_job("tidy"))
    for name in ("cart", "shop"):
        twice(cluster, "Deployment", name)
    cluster.execs({"argv": ["/pause", "-v"], "stdout": "pause.c"})
    ready(cluster, "web")
    rolled_out(cluster, "StatefulSet", "db", OLD)
    return cluster


@pytest.fixture(params=ACTIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def opened(shop: SimulatedKubernetes, tools: Tools) -> AsyncIterator[Capabilities]:
    config = KubernetesConfig(kubeconfig=shop.kubeconfig, allow=ALL)
    async with integration.open(config, tools) as capabilities:
        yield capabilities


def some_params(name: str) -> dict[str, Any]:
    """Parameters that this action succeeds with; an action without a case fails every test below."""
    case = name.removeprefix("kubernetes.")
    given = {key: "node-1" if value == "NODE" else value for key, value in CASES[case][0].items()}
    return given if case in CLUSTER_WIDE else {"namespace": "shop", **given}


async def planned(opened: Capabilities, name: str) -> Plan:
    action = opened.actions[name]
    with reads_only():
        return await action.plan(action.spec.params.model_validate(some_params(name)), OCCASION)


async def test_planning_and_probing_write_nothing(name: str, opened: Capabilities, shop: SimulatedKubernetes) -> None:
    before = len(shop.journal())
    plan = await planned(opened, name)
    probe = opened.actions[name].probe
    if plan.can_probe and probe is not None:
        with reads_only():
            await probe(plan)
    assert writes(shop, before) == []


async def test_where_only_reading_is_allowed_no_action_writes(
    name: str, opened: Capabilities, shop: SimulatedKubernetes
) -> None:
    """Not even one that is told to: below it, the way to the API server refuses."""
    plan = await planned(opened, name)
    before = len(shop.journal())
    with reads_only():
        try:
            result = await opened.actions[name].run(plan, WITHIN, nobody)
        except IntegrationError as error:
            result = ActionResult(outcome=Outcome.FAILED, summary=str(error))
    assert writes(shop, before) == []
    if plan.risk is Risk.READ:
        assert result.outcome is Outcome.SUCCEEDED, result
    else:
        assert result.outcome is not Outcome.SUCCEEDED or "it is so already" in result.summary, result


async def test_each_changes_something_where_writing_is_allowed(opened: Capabilities, shop: SimulatedKubernetes) -> None:
    """One of them, so that the journal is seen to tell; of the others `test_contracts` and `test_changes` say so."""
    assert {one.spec.name for one in opened.actions.values() if one.undo} == {
        one.spec.name for one in opened.actions.values() if one.spec.undoes
    }
    plan = await planned(opened, "kubernetes.cordon")
    before = len(shop.journal())
    assert (await opened.actions[plan.action].run(plan, WITHIN, nobody)).outcome is Outcome.SUCCEEDED
    assert writes(shop, before) == ["PATCH /api/v1/nodes/node-1"]
