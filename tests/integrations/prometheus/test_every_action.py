"""What a runbook asks of Prometheus only reads: a server that keeps what it was asked has seen no other request."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.integrations.prometheus import integration
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.remote_write import RemoteWriter
from bot.kit.plugin import Tools
from bot.kit.way_in import access
from bot.model.labels import LabelSet
from bot.model.plan import Outcome
from bot.model.runbook import Risk
from bot.model.sample import Recorded
from bot.ports.actions import Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.testing.contracts import WITHIN
from tests.integrations.http_server import Asked, HttpServer, raised, says

ACTIONS = [spec.name for spec in integration.specs]
READS = {("POST", "/api/v1/query"), ("POST", "/api/v1/query_range"), ("GET", "/api/v1/targets")}


def some_params(name: str) -> Mapping[str, Any]:
    """Parameters that this action succeeds with; an action without a line here fails every test below."""
    return {
        "prometheus.query": {"expr": "up"},
        "prometheus.wait_until": {"expr": "up > 0"},
        "prometheus.query_range": {"expr": "up"},
        "prometheus.alerts": {"labels": {"job": "shop"}},
        "prometheus.targets": {},
    }[name]


def answers(asked: Asked) -> bytes:
    """What a Prometheus would say, as far as these actions read it."""
    if asked.path.startswith("/api/v1/targets"):
        return json.dumps({"status": "success", "data": {"activeTargets": []}}).encode()
    is_range = asked.path.endswith("query_range")
    sample = {"metric": {"__name__": "up"}, **({"values": [[1, "1"]]} if is_range else {"value": [1, "1"]})}
    data = {"resultType": "matrix" if is_range else "vector", "result": [sample]}
    return json.dumps({"status": "success", "data": data}).encode()


def was_asked(server: HttpServer) -> set[tuple[str, str]]:
    return {(one.method, one.path.partition("?")[0]) for one in server.asked}


@pytest.mark.parametrize("name", ACTIONS)
async def test_planning_and_probing_write_nothing(name: str, impostor: HttpServer, tools: Tools) -> None:
    async with integration.open(PrometheusConfig(url=impostor.url), tools) as opened:
        action = opened.actions[name]
        with reads_only():
            plan = await action.plan(action.spec.params.model_validate(some_params(name)), Occasion())
    assert plan.risk is Risk.READ
    assert impostor.asked == []


@pytest.mark.parametrize("name", ACTIONS)
async def test_where_only_reading_is_allowed_no_action_writes(name: str, impostor: HttpServer, tools: Tools) -> None:
    async def script(asked: Asked, writer: Any) -> None:
        await says(200, answers(asked), Content_Type="application/json")(asked, writer)

    impostor.script = script
    async with integration.open(PrometheusConfig(url=impostor.url), tools) as opened:
        action = opened.actions[name]
        with reads_only():
            plan = await action.plan(action.spec.params.model_validate(some_params(name)), Occasion())
            result = await action.run(plan, WITHIN, nobody)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert was_asked(impostor)
    assert was_asked(impostor) <= READS


async def test_each_changes_something_where_writing_is_allowed(impostor: HttpServer, tools: Tools) -> None:
    """No action does; what else writes to a Prometheus is refused in a rehearsal."""
    impostor.script = says(204)
    recorder = RemoteWriter(access(PrometheusConfig(url=impostor.url), tools))
    samples = [Recorded(labels=LabelSet({"__name__": "a"}), value=1.0, at=tools.clock.now())]
    with reads_only():
        assert "would write" in str(await raised(recorder.record(samples)))
    assert impostor.asked == []
    await recorder.record(samples)
    assert was_asked(impostor) == {("POST", "/api/v1/write")}
    await recorder.aclose()
