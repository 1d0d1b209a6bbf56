"""Posts that begin runs: those that fit, once for each delivery, with what is in them as inputs that can be checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.integrations.json_source.config import JsonSourceConfig
from bot.integrations.json_source.hook import JsonSourceHook
from bot.kit.json_mapping import JsonMapping
from bot.model.actor import TOCSIN
from bot.model.run import RunbookRun
from bot.runbooks.spec import read_runbook
from bot.testing.hook_contract import Answer, Attempt
from tests.integrations.hooks.conftest import SECRETS, WayIn

RUNBOOK = """\
runbook: release-failed
title: A release failed
triggers:
  - webhook: {integration: ci, when: action == 'failed', inputs: {name: release.name, note: release.note, count: n}}
inputs:
  name: {type: k8s_name}
  note: {required: false}
  count: {type: int, default: 1}
steps:
  - {id: look, uses: prometheus.query, with: {expr: up}}
"""
FAILED = {"id": "d-1", "action": "failed", "release": {"name": "cart", "note": "-- $(id)"}, "n": 3}


@pytest.fixture
def ci(way_in: Callable[..., WayIn]) -> WayIn:
    """A source of JSON that tells no alerts, and begins runs."""
    mapping = JsonMapping(alerts="`[]`", labels={"alertname": "action"}, delivery="id")
    into = way_in(
        JsonSourceHook(name="ci", config=JsonSourceConfig(mapping=mapping)), "ci", secrets=(SECRETS["current"],)
    )
    book = read_runbook(RUNBOOK, "book.yaml")
    into.house.world.setup = replace(into.house.world.setup, runbooks={book.name: book})
    return into


async def post(ci: WayIn, body: object, secret: str = SECRETS["current"]) -> Answer:
    return await ci.post(Attempt(path=f"/hooks/ci/{secret}", body=json.dumps(body).encode()))


async def begun(ci: WayIn) -> list[RunbookRun]:
    found = await ci.house.store.read(lambda tx: tx.runs.list())
    return [run for run in found if run.runbook.name == "release-failed"]


async def test_a_post_that_fits_begins_a_run_with_what_is_in_it(ci: WayIn) -> None:
    assert (await post(ci, FAILED)).status == 200
    (run,) = await begun(ci)
    assert run.inputs == {"name": "cart", "note": "-- $(id)", "count": "3"}
    assert (run.trigger, run.started_by, run.incident) == ("webhook", TOCSIN, None)


async def test_the_same_delivery_begins_it_once(ci: WayIn) -> None:
    for _ in range(3):
        assert (await post(ci, FAILED)).status == 200
    assert len(await begun(ci)) == 1
    await post(ci, FAILED | {"id": "d-2"})
    assert len(await begun(ci)) == 2


@pytest.mark.parametrize(
    "change",
    [{"action": "done"}, {"action": None}, {"release": {"name": "x; rm"}}, {"release": None}, {"n": -1}, {"n": [1]}],
)
async def test_what_does_not_fit_begins_nothing(ci: WayIn, change: dict[str, Any]) -> None:
    assert (await post(ci, FAILED | change)).status == 200
    found = await begun(ci)
    assert [run.inputs["count"] for run in found] == (["1"] if change == {"n": [1]} else [])


async def test_what_fits_and_cannot_begin_is_on_record(ci: WayIn) -> None:
    await post(ci, FAILED | {"release": {"name": "x; rm -rf /"}})
    audit = await ci.house.store.read(lambda tx: tx.audit.list(limit=5))
    assert any("input 'name' is not the name of an object in Kubernetes" in str(entry.details) for entry in audit)


async def test_the_sender_reads_what_began_and_why_something_did_not(ci: WayIn) -> None:
    begun_one = json.loads((await post(ci, FAILED)).body)
    assert begun_one == {"alerts": 0, "outcome": "taken", "runs": [(await begun(ci))[0].id], "refused": []}
    refused = json.loads((await post(ci, FAILED | {"id": "d-2", "release": {"name": "x; rm"}})).body)
    assert (refused["outcome"], refused["runs"]) == ("ignored", [])
    assert refused["refused"][0].startswith("runbook release-failed cannot start: input 'name' is not the name of")
    again = json.loads((await post(ci, FAILED)).body)
    assert (again["outcome"], again.get("runs")) == ("known already", None)
    other = json.loads((await post(ci, FAILED | {"id": "d-3", "action": "done"})).body)
    assert (other["outcome"], "runs" in other) == ("ignored", False)


async def test_nobody_begins_a_run_without_the_secret(ci: WayIn) -> None:
    assert (await post(ci, FAILED, SECRETS["strange"])).status == 401
    assert await begun(ci) == []


async def test_what_is_no_json_begins_nothing(ci: WayIn) -> None:
    answer = await ci.post(Attempt(path=f"/hooks/ci/{SECRETS['current']}", body=b"action=failed"))
    assert answer.status == 202
    assert await begun(ci) == []
