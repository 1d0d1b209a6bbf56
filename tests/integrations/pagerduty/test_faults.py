"""PagerDuty is down, slow, busy, or answers nonsense: nothing is lost or out of order, and all of it is told."""

from __future__ import annotations

from bot.model.incident import IncidentStatus
from tests.integrations.both_ways import Tocsin, until
from tests.integrations.pagerduty.conftest import PagerDuty

EVENTS, REST = "/v2/enqueue", "/incidents"


async def rings(tocsin: Tocsin, person: str) -> None:
    async def has() -> bool:
        return person in [call.person for call in tocsin.phone.calls]

    await until(has)


async def test_the_next_way_to_somebody_is_taken_at_once(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    for fault, why in (
        ({"status": 503}, "answered 503"),
        ({"status": 429, "headers": {"retry-after": "30"}}, "answered 429"),
        ({"garbage": True}, "something that is not JSON"),
        ({"latency": 30}, "did not answer pager within 2 s"),
        ({"status": 400}, "answered 400"),
        ({"status": 403}, "answered 403"),
    ):
        await pagerduty.breaks({"path": EVENTS, **fault})
        tocsin.phone.calls.clear()
        ours = await tocsin.declares(str(fault))
        await rings(tocsin, "ann")
        entry = await tocsin.says(ours, "could not page ann through pager; phone is tried")
        assert why in entry.why
        assert "0123456789abcdef" not in str(await tocsin.timeline(ours))
        await tocsin.resolves(ours)
    assert await pagerduty.incidents() == []


async def test_what_it_did_not_hear_it_hears_in_order_as_soon_as_it_answers(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await pagerduty.breaks({"path": EVENTS, "status": 500}, {"path": REST, "status": 502})
    await tocsin.acknowledges(ours)
    await tocsin.notes(ours, "one")
    await tocsin.notes(ours, "two")
    await tocsin.resolves(ours)
    entry = await tocsin.says(ours, "pager does not know yet that it was acknowledged")
    assert "answered 500" in entry.why
    await pagerduty.mended()
    await pagerduty.becomes("resolved")
    await tocsin.all_told()
    assert await pagerduty.notes() == [
        "[tocsin] ann: acknowledged",
        "[tocsin] ann: one",
        "[tocsin] ann: two",
        "[tocsin] ann: resolved",
    ]
    await tocsin.says(ours, "pager knows by now that it was acknowledged")
    taken = [one["body"]["event_action"] for one in await pagerduty.asked(EVENTS) if one["status"] == 202]
    assert taken == ["trigger", "acknowledge", "resolve"]


async def test_a_note_whose_answer_was_lost_is_written_once(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    lost = {"path": REST, "method": "POST", "status": 504, "effect": True, "times": 1}
    await pagerduty.breaks(lost)
    await tocsin.notes(ours, "only once")
    await tocsin.says(ours, "pager knows by now that it was noted")
    assert await pagerduty.notes() == ["[tocsin] ann: only once"]


async def test_a_page_whose_answer_was_lost_is_one_incident_which_ends_with_ours(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    await pagerduty.breaks({"path": EVENTS, "status": 504, "effect": True})
    ours = await tocsin.declares()
    await tocsin.says(ours, "could not page ann through pager; phone is tried")
    await pagerduty.mended()
    await pagerduty.becomes("triggered")
    await tocsin.acknowledges(ours)
    await pagerduty.becomes("acknowledged")
    await tocsin.resolves(ours)
    await pagerduty.becomes("resolved")
    assert len(await pagerduty.incidents()) == 1


async def test_a_page_that_is_slow_to_arrive_does_not_outlive_its_incident(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    """It is on its way while a person says that it is over: its end would be there before it is, and no webhook."""
    await pagerduty.knob("PUT", "webhooks", {"forgotten": True})
    await pagerduty.breaks({"path": EVENTS, "latency": 1.0, "times": 1})
    ours = await tocsin.declares()

    async def on_its_way() -> bool:
        return bool(await pagerduty.asked(EVENTS))

    await until(on_its_way)
    await tocsin.resolves(ours)
    await pagerduty.becomes("resolved")
    await tocsin.all_told()
    assert [one["status"] for one in await pagerduty.incidents()] == ["resolved"]


async def test_what_it_will_never_take_is_given_up_and_said(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    ours = await tocsin.declares()
    await tocsin.says(ours, "paged ann through pager")
    await pagerduty.breaks({"path": EVENTS, "status": 403})
    await tocsin.acknowledges(ours)
    entry = await tocsin.says(ours, "pager was not told that it was acknowledged: do it there by hand")
    assert "answered 403" in entry.why
    await pagerduty.mended()
    await tocsin.resolves(ours)
    await pagerduty.becomes("resolved")  # what came after it is told all the same


async def test_one_incident_that_it_does_not_hear_of_holds_up_no_other(tocsin: Tocsin, pagerduty: PagerDuty) -> None:
    first = await tocsin.declares("First")
    await tocsin.says(first, "paged ann through pager")
    second = await tocsin.declares("Second")
    await tocsin.says(second, "paged ann through pager")
    [place, _] = [one["id"] for one in await pagerduty.incidents()]
    await pagerduty.breaks({"path": f"/incidents/{place}", "status": 503})
    await tocsin.notes(first, "not yet")
    await tocsin.says(first, "pager does not know yet that it was noted")
    await tocsin.notes(second, "at once")

    async def noted() -> bool:
        return await pagerduty.notes() == ["[tocsin] ann: at once"]

    await until(noted)


async def test_while_it_cannot_be_asked_nothing_is_taken_for_news_and_nothing_is_forgotten(
    tocsin: Tocsin, pagerduty: PagerDuty
) -> None:
    ours = await tocsin.declares()
    await pagerduty.one()
    await tocsin.looked()
    await pagerduty.knob("PUT", "webhooks", {"lost": True})
    for fault in ({"status": 503}, {"garbage": True}, {"status": 401}):
        await pagerduty.breaks({"path": "/log_entries", **fault})
        asked = len(await pagerduty.asked("/log_entries"))
        await tocsin.hears_later()

        async def again(before: int = asked) -> bool:
            return len(await pagerduty.asked("/log_entries")) > before

        await until(again)
    await pagerduty.does({"status": "acknowledged"})
    await pagerduty.mended()
    await tocsin.hears_later()
    await tocsin.becomes(ours, IncidentStatus.ACKNOWLEDGED)
