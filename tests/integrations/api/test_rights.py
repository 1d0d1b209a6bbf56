"""Every route of the API and of the pages, asked by everybody: a new route without a line here fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.routing import Route, Router

from bot.alerts.wire import Received
from bot.api.app import PARTS
from bot.chat.commands import Chat
from bot.kit.http_in import Guard
from bot.model.alert import Alert
from bot.model.ids import IncidentId, OverrideId, SilenceId, TaskId
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matcher
from bot.model.merge import Merge
from bot.model.reminder import Reminder, ReminderKind
from bot.model.schedule import Override
from bot.model.silence import Silence
from bot.model.task import Task, TaskKind
from bot.web.app import make_web
from tests.integrations.web import scene
from tests.integrations.web.house import ADDRESS, House

API = "/api/v1"
WHO = ("anonymous", "viewer", "responder", "approver")
NAMES = {"viewer": "vera", "responder": "rudi", "approver": "ann"}

LOOK = (401, 200, 200, 200)
LOOK_FOR = (401, 422, 422, 422)
"""They may, and have not said at what."""
LOOK_IN_VAIN = (401, 404, 404, 404)
"""They may, and there is none."""
CHANGE = (401, 403, 200, 200)
CHANGE_ONCE = (401, 403, 200, 409)
"""Whoever comes second finds it done."""
CHANGE_IN_VAIN = (401, 403, 409, 409)
"""They may, and there is nothing to change."""
ADMINISTER = (401, 403, 403, 403)
"""Nobody here is an admin."""
MAKE = (401, 403, 201, 201)
APPROVE = (401, 403, 403, 200)
EVERYBODY_MAKES = (401, 201, 201, 201)

FIRING = Alert(labels=LabelSet({"alertname": "Down"}), annotations={}, starts_at=scene.NOW)
SILENCE = Silence(
    id=SilenceId("6f3a2c1e-0000-4000-8000-000000000001"), matchers=(parse_matcher("alertname=X"),), starts_at=scene.NOW,
    ends_at=scene.NOW + timedelta(days=9999), updated_at=scene.NOW, created_by="ann", comment="x",
)  # fmt: skip
COVER = Override(
    id=OverrideId("OVR-99"), schedule="shop", person="ben", starts_at=scene.NOW,
    ends_at=scene.NOW + timedelta(days=9999),
)  # fmt: skip
TASK = Task(
    id=TaskId("TASK-99"), incident=IncidentId("INC-2"), kind=TaskKind.TASK, text="x", created_at=scene.NOW,
    created_by="ann",
)  # fmt: skip
KEYS = {
    "runs": "RUN-1",
    "approvals": "APR-1",
    "evidence": "EV-1",
    "silences": SILENCE.id,
    "alerts": FIRING.fingerprint,
}
NOTE = {"text": "x"}
NOTED = 7
"""The number of the note in the scene."""
ANSWER = {"answer": "approve", "plan_hash": scene.PLAN.hash}
API_CALLS: Mapping[tuple[str, str], tuple[tuple[int, ...], Any]] = {
    ("POST", "/chat"): (LOOK, {"text": "ack INC-1"}),
    ("GET", "/people"): (LOOK, None),
    ("POST", "/people/me/code"): (EVERYBODY_MAKES, None),
    ("POST", "/people/{name}/links"): (ADMINISTER, {"integration": "slack", "user": "U1"}),
    ("POST", "/people/{name}/unlink"): (ADMINISTER, {"integration": "slack", "user": "U1"}),
    ("GET", "/incidents"): (LOOK, None),
    ("POST", "/incidents"): (MAKE, {"title": "x", "severity": "SEV5"}),
    ("GET", "/incidents/{incident_id}"): (LOOK, None),
    ("PATCH", "/incidents/{incident_id}"): (CHANGE, {"title": "y"}),
    ("POST", "/incidents/{incident_id}/acknowledge"): (CHANGE, None),
    ("POST", "/incidents/{incident_id}/assign"): (CHANGE, {"person": "ben"}),
    ("POST", "/incidents/{incident_id}/mitigate"): (CHANGE, {}),
    ("POST", "/incidents/{incident_id}/close"): (CHANGE, {}),
    ("POST", "/incidents/{incident_id}/reopen"): (CHANGE, {}),
    ("POST", "/incidents/{incident_id}/resolve"): (CHANGE, {}),
    ("GET", "/incidents/{incident_id}/pages"): (LOOK, None),
    ("POST", "/incidents/{incident_id}/pages"): (MAKE, {"whom": "rudi"}),
    ("POST", "/incidents/{incident_id}/merge"): (CHANGE, {"into": "INC-1"}),
    ("POST", "/incidents/{incident_id}/unmerge"): (CHANGE, {}),
    ("POST", "/incidents/{incident_id}/link"): (CHANGE, {"kind": "child", "to": "INC-1"}),
    ("POST", "/incidents/{incident_id}/unlink"): (CHANGE, {"kind": "duplicate"}),
    ("POST", "/incidents/{incident_id}/notes"): (MAKE, NOTE),
    ("PATCH", "/incidents/{incident_id}/timeline/{seq}"): (CHANGE, NOTE),
    ("POST", "/incidents/{incident_id}/timeline/{seq}/strike"): (CHANGE_ONCE, {}),
    ("GET", "/incidents/{incident_id}/response"): (LOOK, None),
    ("GET", "/incidents/{incident_id}/catch-up"): (LOOK, None),
    ("POST", "/incidents/{incident_id}/roles"): (CHANGE, {"role": "commander"}),
    ("POST", "/incidents/{incident_id}/roles/{role}/leave"): (CHANGE, None),
    ("POST", "/incidents/{incident_id}/tasks"): (MAKE, {"text": "x"}),
    ("POST", "/incidents/{incident_id}/reminders/snooze"): (CHANGE, {"seconds": 60}),
    ("POST", "/incidents/{incident_id}/reminders/stop"): (CHANGE, {}),
    ("POST", "/incidents/{incident_id}/updates/draft"): (LOOK, {}),
    ("POST", "/incidents/{incident_id}/updates"): (MAKE, {"text": "x"}),
    ("GET", "/tasks"): (LOOK, None),
    ("POST", "/tasks/{task_id}"): (CHANGE, {"owner": "ben"}),
    ("POST", "/tasks/{task_id}/end"): (CHANGE, {}),
    ("GET", "/incidents/{incident_id}/report"): (LOOK, None),
    ("GET", "/evidence/{evidence_id}/{name}"): (LOOK, None),
    ("GET", "/oncall"): (LOOK, None),
    ("GET", "/schedules/{schedule}/duties"): (LOOK, None),
    ("GET", "/schedules/{schedule}/calendar.ics"): (LOOK, None),
    ("POST", "/schedules/{schedule}/address"): (LOOK, {}),
    ("GET", "/overrides"): (LOOK, None),
    ("POST", "/schedules/{schedule}/overrides"): (MAKE, {"person": "ben", "ends_at": "2099-01-01T00:00:00Z"}),
    ("POST", "/overrides/{override_id}/drop"): (CHANGE, None),
    ("GET", "/runbooks"): (LOOK, None),
    ("GET", "/runbooks/{name}"): (LOOK, None),
    ("POST", "/runbooks/{name}/rehearse"): (LOOK, {}),
    ("POST", "/runbooks/{name}/runs"): (MAKE, {}),
    ("GET", "/runs"): (LOOK, None),
    ("GET", "/runs/{run_id}"): (LOOK, None),
    ("POST", "/runs/{run_id}/cancel"): (CHANGE_ONCE, {}),
    ("POST", "/runs/{run_id}/rollback"): (CHANGE_IN_VAIN, {}),
    ("GET", "/automation"): (LOOK, None),
    ("POST", "/automation/pause"): (CHANGE_ONCE, {"reason": "x"}),
    ("POST", "/automation/resume"): (CHANGE_IN_VAIN, {}),
    ("POST", "/automation/trust/{name}"): (ADMINISTER, {"autonomy": "auto", "reason": "x"}),
    ("GET", "/runs/{run_id}/output"): (LOOK, None),
    ("GET", "/approvals"): (LOOK, None),
    ("POST", "/approvals/{approval_id}"): (APPROVE, ANSWER),
    ("GET", "/practice"): (LOOK, None),
    ("GET", "/rule-states"): (LOOK, None),
    ("GET", "/stats"): (LOOK, None),
    ("GET", "/why"): (LOOK_FOR, None),
    ("GET", "/why/alerts"): (LOOK_FOR, None),
    ("GET", "/services"): (LOOK, None),
    ("GET", "/services/{service}"): (LOOK_IN_VAIN, None),
    ("GET", "/services/{service}/rules"): (LOOK_IN_VAIN, None),
    ("GET", "/rules"): (LOOK, None),
    ("GET", "/alerts"): (LOOK, None),
    ("GET", "/status/buildinfo"): (LOOK, None),
    ("GET", "/doctor"): (CHANGE, None),
    ("POST", "/links"): (EVERYBODY_MAKES, None),
    ("GET", "/openapi.json"): (LOOK, None),
}

SEE = (401, 200, 200, 200)
DO = (401, 403, 303, 303)
DO_ONCE = (401, 403, 303, 409)
ANSWERS = (401, 403, 403, 303)
OPEN = (200, 200, 200, 200)
UNUSABLE = (403, 403, 403, 403)
LEAVE = (401, 303, 303, 303)
STREAM = (401, 200, 200, 200)
PAGES: Mapping[tuple[str, str], tuple[tuple[int, ...], Mapping[str, str] | None]] = {
    ("GET", "/"): (SEE, None),
    ("GET", "/events"): (STREAM, None),
    ("GET", "/incidents"): (SEE, None),
    ("POST", "/incidents"): (DO, {"title": "x", "severity": "SEV5"}),
    ("GET", "/incidents/{key}"): (SEE, None),
    ("GET", "/incidents/{key}/catchup"): (SEE, None),
    ("GET", "/incidents/{key}/events"): (STREAM, None),
    ("GET", "/incidents/{key}/report.{form}"): (SEE, None),
    ("POST", "/incidents/{key}/acknowledge"): (DO, {}),
    ("POST", "/incidents/{key}/assign"): (DO, {"person": "ben"}),
    ("POST", "/incidents/{key}/pages"): (DO, {"whom": "rudi"}),
    ("POST", "/incidents/{key}/mitigate"): (DO, {}),
    ("POST", "/incidents/{key}/resolve"): (DO, {}),
    ("POST", "/incidents/{key}/close"): (DO, {}),
    ("POST", "/incidents/{key}/reopen"): (DO, {}),
    ("POST", "/incidents/{key}/change"): (DO, {"title": "y"}),
    ("POST", "/incidents/{key}/merge"): (DO, {"into": "INC-1"}),
    ("POST", "/incidents/{key}/unmerge"): (DO, {}),
    ("POST", "/incidents/{key}/link"): (DO, {"kind": "child", "to": "INC-1"}),
    ("POST", "/incidents/{key}/unlink"): (DO, {"kind": "duplicate"}),
    ("POST", "/incidents/{key}/notes"): (DO, NOTE),
    ("POST", "/incidents/{key}/timeline/{seq:int}/amend"): (DO, NOTE),
    ("POST", "/incidents/{key}/timeline/{seq:int}/strike"): (DO_ONCE, {}),
    ("POST", "/incidents/{key}/role"): (DO, {"role": "commander", "person": "ann"}),
    ("POST", "/incidents/{key}/task"): (DO, {"text": "x"}),
    ("POST", "/incidents/{key}/update"): (DO, {"audience": "responders", "text": "x"}),
    ("POST", "/incidents/{key}/remind"): (DO, {"kind": "no update", "how": "stop"}),
    ("POST", "/tasks/{key}/end"): (DO, {"how": "done"}),
    ("GET", "/runs/{key}"): (SEE, None),
    ("GET", "/runs/{key}/events"): (STREAM, None),
    ("POST", "/approvals/{key}"): (ANSWERS, ANSWER),
    ("GET", "/alerts"): (SEE, None),
    ("GET", "/alerts/events"): (STREAM, None),
    ("GET", "/alerts/{key}"): (SEE, None),
    ("GET", "/alerts/{key}/events"): (STREAM, None),
    ("POST", "/silences"): (DO, {"matchers": "alertname=X", "lasts": "1h", "comment": "x"}),
    ("POST", "/silences/{key}/expire"): (DO, {}),
    ("POST", "/runs/{key}/cancel"): (DO_ONCE, {}),
    ("POST", "/runs/{key}/rollback"): (CHANGE_IN_VAIN, {}),
    ("GET", "/automation"): (SEE, None),
    ("GET", "/automation/events"): (STREAM, None),
    ("POST", "/automation/pause"): (DO_ONCE, {"reason": "x"}),
    ("POST", "/automation/resume"): (CHANGE_IN_VAIN, {}),
    ("POST", "/automation/trust"): (ADMINISTER, {"runbook": "x", "autonomy": "auto", "reason": "x"}),
    ("GET", "/runbooks/{key}/rehearsal"): (SEE, None),
    ("GET", "/services"): (SEE, None),
    ("GET", "/services/events"): (STREAM, None),
    ("GET", "/oncall"): (SEE, None),
    ("GET", "/oncall/events"): (STREAM, None),
    ("POST", "/schedules/{key}/overrides"): (DO, {"person": "ben", "lasts": "1h"}),
    ("POST", "/overrides/{key}/drop"): (DO, {}),
    ("GET", "/people"): (SEE, None),
    ("GET", "/people/events"): (STREAM, None),
    ("POST", "/people/me/code"): ((401, 200, 200, 200), {}),
    ("POST", "/people/links"): ((401, 403, 403, 403), {"person": "ben", "chat": "slack", "user": "U1"}),
    ("POST", "/people/unlink"): ((401, 403, 403, 403), {"person": "nobody", "chat": "slack", "user": "U1"}),
    ("GET", "/rules"): (SEE, None),
    ("GET", "/stats"): (SEE, None),
    ("GET", "/rules/events"): (STREAM, None),
    ("GET", "/evidence/{key}/{name}"): (SEE, None),
    ("GET", "/open/{secret}"): (OPEN, None),
    ("POST", "/open/"): (UNUSABLE, {"secret": "nobody's"}),
    ("POST", "/leave"): (LEAVE, {}),
    ("GET", "/static/{name}"): ((404, 404, 404, 404), None),
}


def filled(path: str) -> str:
    """The path with the ids of the scene; each incident stands so that it can be done to it."""
    keys = {
        "runs": "RUN-1",
        "approvals": "APR-1",
        "evidence": "EV-1",
        "silences": SILENCE.id,
        "alerts": FIRING.fingerprint,
        "schedules": "shop",
        "overrides": COVER.id,
        "tasks": TASK.id,
        "runbooks": "roll-back-release",
    }
    standing = {"close": "INC-3", "reopen": "INC-3", "unmerge": "INC-4", "unlink": "INC-4"}
    incident = "INC-1" if "/timeline/" in path else standing.get(path.rpartition("/")[2], "INC-2")
    key = keys.get(path.split("/")[1], incident)
    name = {"/runbooks": "roll-back-release"}.get("/" + path.split("/")[1], "signal.csv")
    return path.replace(":int", "").format(
        incident_id=incident,
        evidence_id="EV-1",
        run_id="RUN-1",
        approval_id="APR-1",
        key=key,
        name=name,
        form="md",
        secret="unknown",
        schedule="shop",
        service="cart",
        override_id=COVER.id,
        role="scribe",
        task_id=TASK.id,
        seq=NOTED,
    )


async def triggered(house: House) -> None:
    """Incidents that nobody has yet, that is resolved, that is part of another; an alert that fires, and a silence."""
    house.world.alerts.table.take([Received.of(FIRING)], scene.NOW.timestamp())
    await house.store.write(lambda tx: tx.silences.put(SILENCE))
    await house.store.write(lambda tx: tx.overrides.put(COVER))
    fresh = scene.incident(id="INC-2", status="triggered", acknowledged_at=None, acknowledged_by="", group_key="")
    await house.store.write(lambda tx: tx.incidents.put(replace(fresh, roles={"scribe": "ben"})))
    await house.store.write(lambda tx: tx.tasks.put(TASK))
    await house.store.write(lambda tx: tx.reminders.put(Reminder(incident=fresh.id, kind=ReminderKind.NO_UPDATE)))
    over = scene.incident(id="INC-3", status="resolved", resolved_at=scene.NOW, group_key="")
    await house.store.write(lambda tx: tx.incidents.put(over))
    part = replace(over, id=IncidentId("INC-4"), merged_into=scene.INC, duplicate_of=scene.INC)
    await house.store.write(lambda tx: tx.incidents.put(part))
    made = Merge(
        other=part.id, into=scene.INC, at=house.world.clock.now(), by="ann", severity=part.severity, signal=part.signal
    )
    await house.store.write(lambda tx: tx.merges.put(made))


def test_every_call_of_the_api_has_a_line() -> None:
    routes = {
        (method, route.path)
        for part in PARTS
        for route in part.router.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert routes == set(API_CALLS)


async def test_every_page_has_a_line(house: House) -> None:
    guard = make_web(house.world, house.door, Chat(house.world))
    assert isinstance(guard, Guard)
    assert isinstance(guard.app, Router)
    routes = {(method, route.path) for route in guard.app.routes for method in route.methods if method != "HEAD"}
    assert routes == set(PAGES)


@pytest.mark.parametrize("call", API_CALLS, ids=" ".join)
async def test_the_api_lets_in_whom_it_should(house: House, call: tuple[str, str]) -> None:
    expected, body = API_CALLS[call]
    seen = []
    for who in WHO:
        await triggered(house)
        async with house.client() as client:
            if who != "anonymous":
                client.headers["authorization"] = f"Bearer {house.tokens[NAMES[who]]}"
            seen.append((await client.request(call[0], API + filled(call[1]), json=body)).status_code)
    assert tuple(seen) == expected


@pytest.mark.parametrize("call", PAGES, ids=" ".join)
async def test_the_pages_let_in_whom_they_should(house: House, call: tuple[str, str]) -> None:
    expected, form = PAGES[call]
    house.door.closing.set()  # a stream says hello and ends
    seen = []
    for who in WHO:
        await triggered(house)
        async with house.client() if who == "anonymous" else house.browser(NAMES[who]) as client:
            client.headers["origin"] = ADDRESS
            csrf = await house.csrf(client) if form is not None and who != "anonymous" else {}
            data = None if form is None else {**csrf, **form}
            seen.append((await client.request(call[0], filled(call[1]), data=data)).status_code)
    assert tuple(seen) == expected
