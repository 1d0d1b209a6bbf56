"""Every route of the API and of the pages, asked by everybody: a new route without a line here fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from starlette.routing import Route, Router

from bot.api import about, incidents, prometheus, runs, why
from bot.kit.http_in import Guard
from bot.web.app import make_web
from tests.integrations.web import scene
from tests.integrations.web.house import ADDRESS, House

API = "/api/v1"
WHO = ("anonymous", "viewer", "responder", "approver")
NAMES = {"viewer": "vera", "responder": "rudi", "approver": "ann"}

LOOK = (401, 200, 200, 200)
LOOK_FOR = (401, 422, 422, 422)
"""They may, and have not said at what."""
CHANGE = (401, 403, 200, 200)
MAKE = (401, 403, 201, 201)
APPROVE = (401, 403, 403, 200)
EVERYBODY_MAKES = (401, 201, 201, 201)

NOTE = {"text": "x"}
ANSWER = {"answer": "approve", "plan_hash": scene.PLAN.hash}
API_CALLS: Mapping[tuple[str, str], tuple[tuple[int, ...], Any]] = {
    ("GET", "/incidents"): (LOOK, None),
    ("POST", "/incidents"): (MAKE, {"title": "x", "severity": "SEV5"}),
    ("GET", "/incidents/{incident_id}"): (LOOK, None),
    ("POST", "/incidents/{incident_id}/acknowledge"): (CHANGE, None),
    ("POST", "/incidents/{incident_id}/resolve"): (CHANGE, {}),
    ("POST", "/incidents/{incident_id}/notes"): (MAKE, NOTE),
    ("GET", "/incidents/{incident_id}/report"): (LOOK, None),
    ("GET", "/evidence/{evidence_id}/{name}"): (LOOK, None),
    ("GET", "/runbooks"): (LOOK, None),
    ("GET", "/runbooks/{name}"): (LOOK, None),
    ("POST", "/runbooks/{name}/rehearse"): (LOOK, {}),
    ("POST", "/runbooks/{name}/runs"): (MAKE, {}),
    ("GET", "/runs/{run_id}"): (LOOK, None),
    ("GET", "/approvals"): (LOOK, None),
    ("POST", "/approvals/{approval_id}"): (APPROVE, ANSWER),
    ("GET", "/rule-states"): (LOOK, None),
    ("GET", "/why"): (LOOK_FOR, None),
    ("GET", "/rules"): (LOOK, None),
    ("GET", "/alerts"): (LOOK, None),
    ("GET", "/status/buildinfo"): (LOOK, None),
    ("GET", "/doctor"): (CHANGE, None),
    ("POST", "/links"): (EVERYBODY_MAKES, None),
    ("GET", "/openapi.json"): (LOOK, None),
}

SEE = (401, 200, 200, 200)
DO = (401, 403, 303, 303)
ANSWERS = (401, 403, 403, 303)
OPEN = (200, 200, 200, 200)
UNUSABLE = (403, 403, 403, 403)
LEAVE = (401, 303, 303, 303)
STREAM = (401, 200, 200, 200)
PAGES: Mapping[tuple[str, str], tuple[tuple[int, ...], Mapping[str, str] | None]] = {
    ("GET", "/"): (SEE, None),
    ("GET", "/events"): (STREAM, None),
    ("POST", "/incidents"): (DO, {"title": "x", "severity": "SEV5"}),
    ("GET", "/incidents/{key}"): (SEE, None),
    ("GET", "/incidents/{key}/events"): (STREAM, None),
    ("GET", "/incidents/{key}/report.{form}"): (SEE, None),
    ("POST", "/incidents/{key}/acknowledge"): (DO, {}),
    ("POST", "/incidents/{key}/resolve"): (DO, {}),
    ("POST", "/incidents/{key}/notes"): (DO, NOTE),
    ("GET", "/runs/{key}"): (SEE, None),
    ("GET", "/runs/{key}/events"): (STREAM, None),
    ("POST", "/approvals/{key}"): (ANSWERS, ANSWER),
    ("GET", "/rules"): (SEE, None),
    ("GET", "/rules/events"): (STREAM, None),
    ("GET", "/evidence/{key}/{name}"): (SEE, None),
    ("GET", "/open/{secret}"): (OPEN, None),
    ("POST", "/open/"): (UNUSABLE, {"secret": "nobody's"}),
    ("POST", "/leave"): (LEAVE, {}),
    ("GET", "/static/{name}"): ((404, 404, 404, 404), None),
}


def filled(path: str) -> str:
    """The path with the ids of the scene; triggered incidents alone can be acknowledged."""
    key = {"/runs": "RUN-1", "/approvals": "APR-1", "/evidence": "EV-1"}.get("/" + path.split("/")[1], "INC-2")
    name = {"/runbooks": "roll-back-release"}.get("/" + path.split("/")[1], "signal.csv")
    return path.format(
        incident_id="INC-2",
        evidence_id="EV-1",
        run_id="RUN-1",
        approval_id="APR-1",
        key=key,
        name=name,
        form="md",
        secret="unknown",
    )


async def triggered(house: House) -> None:
    """An incident that nobody has yet."""
    fresh = scene.incident(id="INC-2", status="triggered", acknowledged_at=None, acknowledged_by="", group_key="")
    await house.store.write(lambda tx: tx.incidents.put(fresh))


def test_every_call_of_the_api_has_a_line() -> None:
    routes = {
        (method, route.path)
        for part in (incidents, runs, about, why, prometheus)
        for route in part.router.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert routes == set(API_CALLS)


async def test_every_page_has_a_line(house: House) -> None:
    guard = make_web(house.world, house.door)
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
