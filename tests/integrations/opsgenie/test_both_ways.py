"""An incident here and its alert at Opsgenie are one; and Opsgenie down or refusing loses nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.incident import IncidentStatus
from bot.response import person_paged
from tests.integrations.both_ways import Tocsin, contacts, until, who
from tests.integrations.opsgenie.conftest import Opsgenie


async def test_somebody_is_woken_and_sees_what_for(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    ours = await tocsin.declares("The cart is empty, and so is " + "x" * 200)
    await tocsin.says(ours, "paged ann through pager")
    alert = await opsgenie.becomes(status="open", priority="P2", source="tocsin")
    assert (alert["message"][:17], len(alert["message"])) == ("The cart is empty", 130)
    assert alert["responders"] == [{"type": "user", "username": "ann@example.net"}]


async def test_somebody_else_is_woken_for_the_same_alert(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await person_paged.page(tocsin.world, who("ann"), ours, "ben")
    tocsin.world.nudge()
    await tocsin.says(ours, "paged ben through pager")
    [alert] = await opsgenie.alerts()
    assert [one["username"] for one in alert["responders"]] == ["ann@example.net", "ben@example.net"]


async def test_what_is_done_here_is_done_there(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await tocsin.acknowledges(ours, by="ben")
    await opsgenie.becomes(acknowledged=True)
    await tocsin.notes(ours, "looking")
    await tocsin.resolves(ours)
    await opsgenie.becomes(status="closed")
    await tocsin.all_told()
    assert await opsgenie.notes() == [
        "[tocsin] ben: acknowledged",
        "[tocsin] ann: looking",
        "[tocsin] ann: resolved",
    ]
    assert await opsgenie.posted("/v2/alerts") == [
        "alerts", "responders", "acknowledge", "notes", "notes", "close", "notes",
    ]  # fmt: skip


async def test_what_is_done_there_is_done_here_by_whoever_did_it(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await opsgenie.does("acknowledge")
    incident = await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    assert incident.acknowledged_by == "ann"  # by her e-mail address
    await opsgenie.does("notes", by="cyd@example.net", note="The pool is dry.")
    entry = await tocsin.says(ours, "The pool is dry.")
    assert entry.actor.name == "cyd@example.net (pager)"
    await opsgenie.does("assign", by="ann@example.net", owner={"username": "cyd@example.net"})
    await tocsin.says(ours, "assigned to cyd@example.net (pager) at pager, by ann")
    await opsgenie.does("unacknowledge")
    await tocsin.says(ours, "not acknowledged at pager any more, by ann")
    await opsgenie.does("close", by="cyd@example.net")
    await tocsin.becomes(ours, IncidentStatus.RESOLVED)
    await tocsin.all_told()
    assert await opsgenie.posted("/v2/alerts") == ["alerts", "responders", "close"]


async def test_what_the_webhook_did_not_bring_is_asked_for_and_told_once(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await opsgenie.does("notes", note="This one arrives.")
    await tocsin.says(ours, "This one arrives.")
    await opsgenie.knob("PUT", "webhooks", {"lost": True})
    await opsgenie.does("acknowledge")
    await opsgenie.does("notes", note="This one was lost.")
    await tocsin.hears_later()
    await tocsin.says(ours, "This one was lost.")
    assert (await tocsin.incident(ours)).acknowledged_by == "ann"
    await tocsin.looked()
    said = await tocsin.said(ours)
    assert [said.count(text) for text in ("This one arrives.", "This one was lost.", "acknowledged by ann")] == [
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 503}, "answered 503"),
        ({"status": 429, "headers": {"retry-after": "30"}}, "answered 429"),
        ({"garbage": True}, "something that is not JSON"),
        ({"latency": 30}, "did not answer pager within 2 s"),
        ({"status": 422}, "answered 422"),
    ],
    ids=["down", "busy", "nonsense", "slow", "refused"],
)
async def test_the_next_way_to_somebody_is_taken_at_once(
    tocsin: Tocsin, opsgenie: Opsgenie, fault: dict[str, object], why: str
) -> None:
    await opsgenie.breaks({"path": "/v2/alerts", **fault})
    ours = await tocsin.declares()

    async def rings() -> bool:
        return [call.person for call in tocsin.phone.calls] == ["ann"]

    await until(rings)
    entry = await tocsin.says(ours, "could not page ann through pager; phone is tried")
    assert why in entry.why


async def test_what_it_did_not_hear_it_hears_in_order_as_soon_as_it_answers(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await opsgenie.breaks({"path": "/v2/alerts", "status": 500})
    await tocsin.acknowledges(ours)
    await tocsin.notes(ours, "one")
    await tocsin.resolves(ours)
    await tocsin.says(ours, "pager does not know yet that it was acknowledged")
    await opsgenie.breaks()
    await opsgenie.becomes(status="closed", acknowledged=True)
    await tocsin.all_told()
    assert await opsgenie.notes() == ["[tocsin] ann: acknowledged", "[tocsin] ann: one", "[tocsin] ann: resolved"]


async def test_a_page_that_it_takes_and_then_cannot_do_has_failed(tocsin: Tocsin, opsgenie: Opsgenie) -> None:
    """Requests are answered before they are done; whether they were is asked for."""
    await opsgenie.knob("PUT", "account", {"refuses": "No such responder"})
    ours = await tocsin.declares()
    entry = await tocsin.says(ours, "could not page ann through pager; phone is tried")
    assert "pager could not do it: No such responder" in entry.why


async def test_an_address_that_means_nobody_is_said_at_once(tocsin: Tocsin) -> None:
    people = tocsin.world.setup.people
    ann = replace(people["ann"], contacts=contacts(("pager", "ann"), ("phone", "1")))
    tocsin.world.setup = replace(tocsin.world.setup, people={**people, "ann": ann})
    ours = await tocsin.declares()
    entry = await tocsin.says(ours, "could not page ann through pager; phone is tried")
    assert "pager knows nobody by the address 'ann'" in entry.why
