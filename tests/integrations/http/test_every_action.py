"""Nothing is written where only reading is allowed, whatever method a step names."""

import pytest

from bot.errors import IntegrationError
from bot.integrations.http import integration
from bot.integrations.http.actions import Requests
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.testing.contracts import WITHIN
from tests.integrations.http_server import HttpServer

ACTIONS = [spec.name for spec in integration.specs]
METHODS = {"http.request": ("GET", "POST", "PUT", "DELETE")}


@pytest.fixture(params=[(name, method) for name in ACTIONS for method in METHODS[name]], ids=str)
async def plan(request: pytest.FixtureRequest, server: HttpServer, requests: Requests) -> Plan:
    name, method = request.param
    place = "/api/jobs/old/1" if method == "DELETE" else "/api/jobs"
    action = requests.actions()[name]
    params = action.spec.params.model_validate({"url": server.url + place, "method": method})
    with reads_only():
        return await action.plan(params, Occasion())


async def ran(requests: Requests, plan: Plan) -> ActionResult:
    try:
        return await requests.actions()[plan.action].run(plan, WITHIN, nobody)
    except IntegrationError as error:
        return ActionResult(outcome=Outcome.UNKNOWN, summary=str(error))


async def test_planning_and_probing_write_nothing(plan: Plan, server: HttpServer) -> None:
    assert plan.summary
    assert server.asked == []


async def test_where_only_reading_is_allowed_no_action_writes(
    plan: Plan, server: HttpServer, requests: Requests
) -> None:
    with reads_only():
        result = await ran(requests, plan)
    if plan.risk is Risk.READ:
        assert (result.outcome, [one.method for one in server.asked]) == (Outcome.SUCCEEDED, ["GET"])
    else:
        assert "would write, and this is a rehearsal" in result.summary
        assert server.connections == 0


async def test_each_changes_something_where_writing_is_allowed(
    plan: Plan, server: HttpServer, requests: Requests
) -> None:
    assert (await ran(requests, plan)).outcome is Outcome.SUCCEEDED
    assert [one.method for one in server.asked] == [plan.params["method"]]
