"""An incident here and its incident at PagerDuty are one: what people do to either is done to both, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from bot.integrations.pagerduty.hook import PagerDutyHook
from bot.model.incident import IncidentStatus
from bot.model.timeline import EntryKind
from bot.testing.pagerduty.account import ROUTING_KEY
from tests.integrations.both_ways import Tocsin, until
from tests.integrations.pagerduty.conftest import WEBHOOK_SECRET, PagerDuty


async def test_somebody_is_woken_and_sees_what_for(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares("The cart is empty")
    there = await pagerduty.one()
    assert (there["title"], there["status"], there["urgency"]) == ("The cart is empty", "triggered", "high")
    await tocsin.says(ours, "paged ann through pager")
    [event] = [one["body"] for one in await pagerduty.asked("/v2/enqueue")]
    assert event["client_url"] == f"https://tocsin.example.net/incidents/{ours}"
    assert event["payload"]["severity"] == "error"
    assert event["payload"]["custom_details"]["person"] == "ann"


async def test_what_is_done_here_is_done_there(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await tocsin.acknowledges(ours, by="ben")
    await pagerduty.becomes("acknowledged")
    await tocsin.notes(ours, 'looking at <the> pool & its "friends"')
    await tocsin.resolves(ours, reason="the pool is full again")
    await pagerduty.becomes("resolved")
    await tocsin.all_told()
    assert await pagerduty.notes() == [
        "[tocsin] ben: acknowledged",
        '[tocsin] ann: looking at <the> pool & its "friends"',
        "[tocsin] ann: resolved",
    ]
    assert await pagerduty.events() == ["trigger", "acknowledge", "resolve"]


async def test_what_is_done_there_is_done_here_by_whoever_did_it(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await pagerduty.one()
    await pagerduty.does({"status": "acknowledged"}, by="ann@example.net")
    incident = await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    assert incident.acknowledged_by == "ann"  # her contact says which user she is
    await pagerduty.writes("The pool is dry.", by="ben@example.net")
    entry = await tocsin.says(ours, "The pool is dry.")
    assert (entry.kind, entry.actor.name, entry.actor.via) == (EntryKind.NOTE, "Ben Nevis (pager)", "pager")
    await pagerduty.passes_on("PBEN")
    await tocsin.says(ours, "assigned to Ben Nevis (pager) at pager, by ann")
    assert (await tocsin.incident(ours)).acknowledged_by == "Ben Nevis (pager)"
    await pagerduty.does({"status": "resolved", "resolution": "full again"}, by="ben@example.net")
    await tocsin.becomes(ours, IncidentStatus.RESOLVED)
    assert (await tocsin.timeline(ours))[-1].why == "full again"
    await tocsin.all_told()
    # nothing goes round in circles: what was done there is not told there, but that it is over, which may be news
    assert await pagerduty.events() == ["trigger", "resolve"]
    assert await pagerduty.notes() == ["The pool is dry."]


async def test_whom_people_ask_there_does_not_have_it_here_until_they_say_so(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    ours = await tocsin.declares()
    await pagerduty.one()
    await pagerduty.passes_on("PBEN")
    await tocsin.says(ours, "assigned to Ben Nevis (pager) at pager, by ann")
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED


async def test_timeouts_there_are_told_of_and_change_nothing_here(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await pagerduty.one()
    await pagerduty.does({"status": "acknowledged"})
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    await pagerduty.times_out("acknowledgement")
    await tocsin.says(ours, "not acknowledged at pager any more, by itself after a while")
    await pagerduty.times_out("patience")
    await tocsin.says(ours, "resolved at pager, by nobody; here it goes on")
    assert (await tocsin.incident(ours)).status is IncidentStatus.ACKNOWLEDGED


async def test_an_incident_that_goes_on_is_a_new_one_there_and_late_news_of_the_old_one_are_none(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await pagerduty.knob("PUT", "webhooks", {"held": True})
    await pagerduty.does({"status": "acknowledged"})
    await pagerduty.does({"status": "resolved"})
    await tocsin.resolves(ours)
    await tocsin.all_told()
    await tocsin.reopens(ours)

    async def two() -> bool:
        return len(await pagerduty.incidents()) == 2

    await until(two)
    await pagerduty.knob("PUT", "webhooks", {"held": False})
    await pagerduty.writes("Here we are again.")
    await tocsin.says(ours, "Here we are again.")  # which comes after all that was held
    assert (await tocsin.incident(ours)).status is IncidentStatus.TRIGGERED
    await pagerduty.does({"status": "acknowledged"})
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)


async def test_what_the_webhook_did_not_bring_is_asked_for_and_told_once(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await pagerduty.one()
    await pagerduty.writes("This one arrives.")
    await tocsin.says(ours, "This one arrives.")
    await pagerduty.knob("PUT", "webhooks", {"lost": True})
    await pagerduty.does({"status": "acknowledged"})
    await pagerduty.writes("This one was lost.")
    await tocsin.hears_later()
    await tocsin.says(ours, "This one was lost.")
    assert (await tocsin.incident(ours)).acknowledged_by == "ann"
    await tocsin.hears_later()
    await tocsin.looked()
    said = await tocsin.said(ours)
    assert [said.count(text) for text in ("This one arrives.", "This one was lost.", "acknowledged by ann")] == [
        1,
        1,
        1,
    ]


async def test_an_incident_that_stands_for_a_group_of_alerts_is_known_by_theirs(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    await pagerduty.knob("PUT", "account", {"grouped": True})
    ours = await tocsin.declares()
    there = await pagerduty.one()
    assert there["incident_key"] is None
    await pagerduty.does({"status": "acknowledged"})
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    await tocsin.notes(ours, "and back")

    async def noted() -> bool:
        return "[tocsin] ann: and back" in await pagerduty.notes()

    await until(noted)


async def test_an_entry_that_takes_incidents_of_others_as_alerts_takes_none_of_ours(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    others = PagerDutyHook.of([SecretStr(WEBHOOK_SECRET)], (), "others")
    tocsin.world.hooks = {**tocsin.world.hooks, "others": others}
    await pagerduty.knob("PUT", "webhooks", {"forgotten": True})
    await pagerduty.knob("PUT", "webhooks", {"url": tocsin.hook.replace("pager", "others"), "secret": WEBHOOK_SECRET})
    ours = await tocsin.declares()
    await pagerduty.one()
    await pagerduty.does({"status": "acknowledged"})
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
    assert not tocsin.world.alerts.table.active(datetime.now(UTC).timestamp())
    theirs = {"routing_key": ROUTING_KEY, "event_action": "trigger", "dedup_key": "theirs"}
    payload = {"summary": "Something of others", "source": "them", "severity": "error"}
    await pagerduty.sends({**theirs, "payload": payload})

    async def fires() -> bool:
        found = tocsin.world.alerts.table.active(datetime.now(UTC).timestamp())
        return [entry.alert().name for entry in found] == ["Something of others"]

    await until(fires)


async def test_our_own_pages_never_come_back_as_alerts(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await pagerduty.one()
    await pagerduty.does({"status": "resolved"})
    await tocsin.becomes(ours, IncidentStatus.RESOLVED)
    assert not tocsin.world.alerts.table.active(datetime.now(UTC).timestamp())
    later = datetime.now(UTC) - timedelta(hours=1)
    posted = await tocsin.world.store.read(lambda tx: tx.posted.since(later, 0, 100))
    assert posted
    assert all(one.alerts == 0 for one in posted)
