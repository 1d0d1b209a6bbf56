"""Messages that people mark stand on the timeline, at their own time; what happens to them is noticed, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.model.incident import Incident, Severity
from bot.model.timeline import EntryKind, Told, as_told
from bot.response import timeline_amended
from bot.testing.slack.settings import APP_TOKEN
from tests.integrations.both_ways import until
from tests.integrations.slack.board import Board, showing, who
from tests.integrations.slack_simulator.simulated import Slack

OWN = {"severities": ["SEV1"], "invite": ["S0SRE"]}
NAME = "inc-1-no-checkout"


@pytest.fixture
async def board(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Board]:
    given = {**config, "app_token": APP_TOKEN}
    async with showing(slack, given, tmp_path / "tocsin.db", channel_of_its_own=OWN) as made:
        made.clock.at = datetime.now(UTC).replace(microsecond=0)
        await until(lambda: _are_open(slack, 1))
        yield made


async def _are_open(slack: Slack, sockets: int) -> bool:
    return int((await asyncio.to_thread(slack.knob, "GET", "sockets"))["opened"]) >= sockets


@pytest.fixture
async def ours(board: Board) -> Incident:
    made = await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    board.clock.at = datetime(2031, 1, 1, tzinfo=UTC)  # what is said from now on was said before
    return made


async def does(slack: Slack, what: str, **how: object) -> Any:
    return await asyncio.to_thread(lambda: slack.does(what, **how))


async def says(slack: Slack, text: str, user: str = "ben", channel: str = NAME, **how: object) -> str:
    """The time of what they said."""
    return str((await does(slack, "say", user=user, channel=channel, text=text, **how))["ts"])


async def kept(board: Board, incident: Incident) -> Sequence[Told]:
    """What was said in Slack, as it is read on the timeline."""
    return [told for told in as_told(await board.timeline(incident)) if "the message" in told.entry.links]


async def reads(board: Board, incident: Incident, *texts: str) -> Sequence[Told]:
    """Waits until these are read there, in the order of the timeline."""

    async def does() -> bool:
        return [told.text for told in await kept(board, incident)] == list(texts)

    await until(does)
    return await kept(board, incident)


async def heard(slack: Slack) -> None:
    """Waits until all that was brought was acknowledged."""

    async def is_so() -> bool:
        return all(one["acknowledged"] for one in await asyncio.to_thread(slack.knob, "GET", "deliveries"))

    await until(is_so)


async def test_an_emoji_puts_a_message_with_its_files_on_the_timeline_at_its_own_time(
    board: Board, slack: Slack, ours: Incident
) -> None:
    ts = await says(slack, "the cache of <https://shop.example|the shop> is cold &amp; slow", files=["heap.png"])
    await says(slack, "nobody marks this")
    await does(slack, "react", user="ann", channel=NAME, ts=ts, name="eyes")
    await does(slack, "react", user="ann", channel=NAME, ts=ts, name="pushpin")
    [told] = await reads(board, ours, "ben: the cache of https://shop.example is cold & slow")
    entry = told.entry
    assert (entry.kind, entry.actor.name, entry.why) == (EntryKind.NOTE, "ann", "marked there with :pushpin:")
    assert entry.at == datetime.fromtimestamp(float(ts), UTC)
    assert entry.recorded_at == board.clock.at
    channel = slack.channel(NAME)["id"]
    assert entry.links["the message"] == f"https://shop.slack.example/archives/{channel}/p{ts.replace('.', '')}"
    assert entry.links["heap.png"].endswith("/heap.png")


async def test_a_pin_does_so_too_and_twice_is_once(board: Board, slack: Slack, ours: Incident) -> None:
    first, second = await says(slack, "first"), await says(slack, "second", user="ann")
    await does(slack, "pin", user="ben", channel=NAME, ts=second)
    await reads(board, ours, "ann: second")
    for one in ("memo", "pushpin"):
        await does(slack, "react", user="ann", channel=NAME, ts=second, name=one)
    for delivery in await asyncio.to_thread(slack.knob, "GET", "deliveries"):
        await does(slack, "again", envelope_id=delivery["envelope_id"])
    await does(slack, "react", user="ann", channel=NAME, ts=first, name="memo")
    told = await reads(board, ours, "ben: first", "ann: second")
    assert [one.entry.why for one in told] == ["marked there with :memo:", "pinned there"]


async def test_an_edit_and_a_deletion_are_noticed_and_what_was_said_stays_on_record(
    board: Board, slack: Slack, ours: Incident
) -> None:
    ts, other = await says(slack, "it is the disk"), await says(slack, "this is not kept")
    await does(slack, "react", user="ann", channel=NAME, ts=ts, name="pushpin")
    await reads(board, ours, "ben: it is the disk")
    await does(slack, "edit", user="ben", channel=NAME, ts=other, text="nor is this")
    await does(slack, "edit", user="ben", channel=NAME, ts=ts, text="it is the network")
    [told] = await reads(board, ours, "ben: it is the network")
    assert [one.text for one in told.before] == ["ben: it is the disk"]
    assert (told.latest.actor.name, told.latest.why) == ("slack", "edited there")
    await does(slack, "delete", channel=NAME, ts=ts)
    [told] = await reads(board, ours, "")
    assert told.is_struck
    assert told.latest.why == "deleted there"


async def test_what_a_person_changed_here_is_not_changed_back(board: Board, slack: Slack, ours: Incident) -> None:
    ts = await says(slack, "my key is ABC")
    await does(slack, "react", user="ann", channel=NAME, ts=ts, name="pushpin")
    [told] = await reads(board, ours, "ben: my key is ABC")
    await timeline_amended.strike(board.world, who("ann"), ours.id, told.entry.seq, "a secret")
    await does(slack, "edit", user="ben", channel=NAME, ts=ts, text="my key is XYZ")
    last = await says(slack, "a last word")
    await does(slack, "react", user="ann", channel=NAME, ts=last, name="pushpin")
    await reads(board, ours, "", "ben: a last word")


@pytest.mark.parametrize(
    ("user", "why"), [("guest", "Guests can do nothing"), ("U0NEW", "Tocsin does not know who you are")]
)
async def test_who_may_do_nothing_keeps_nothing_and_is_told_why(
    board: Board, slack: Slack, ours: Incident, user: str, why: str
) -> None:
    await does(slack, "users", id="U0NEW", name="new", real_name="New Here")
    members = ["U0TOCSIN", "U0ANN", "U0BEN", "U0GUEST", "U0NEW"]
    await does(slack, "channels", name=NAME, members=members)
    ts = await says(slack, "look at me")
    await does(slack, "react", user=user, channel=NAME, ts=ts, name="pushpin")

    async def is_told() -> bool:
        unseen = (await asyncio.to_thread(slack.channel, NAME))["unseen"]
        return any(why in one["message"]["text"] for one in unseen)

    await until(is_told)
    assert await kept(board, ours) == []


async def test_below_the_message_of_an_incident_it_works_and_elsewhere_nothing_is_kept(
    board: Board, slack: Slack
) -> None:
    small = await board.declares("The cart is empty", Severity.SEV3)
    await board.catches_up()
    [shown] = await board.said()
    elsewhere, below = (
        await says(slack, "lunch?", channel="sre"),
        await says(slack, "it is DNS", channel="sre", thread_ts=shown["ts"]),
    )
    for ts in (elsewhere, shown["ts"], below):
        await does(slack, "react", user="ann", channel="sre", ts=ts, name="pushpin")
    await reads(board, small, "ben: it is DNS")


async def test_what_was_missed_is_made_up_for_when_a_socket_opens_and_none_is_doubled(
    board: Board, slack: Slack, ours: Incident
) -> None:
    await does(slack, "users", id="U0NEW", name="new", real_name="New Here")
    edited, deleted = await says(slack, "1 edited"), await says(slack, "2 deleted")
    for ts in (edited, deleted):
        await does(slack, "react", user="ann", channel=NAME, ts=ts, name="pushpin")
    await reads(board, ours, "ben: 1 edited", "ben: 2 deleted")
    await heard(slack)
    await asyncio.to_thread(lambda: slack.set(events=["app_mention"]))  # from now on nothing of it comes
    await does(slack, "edit", user="ben", channel=NAME, ts=edited, text="1 is another")
    await does(slack, "delete", channel=NAME, ts=deleted)
    marked, pinned = await says(slack, "3 marked", user="U0NEW"), await says(slack, "4 pinned")
    reply = await says(slack, "5 below", thread_ts=marked)
    for user in ("U0NEW", "ann"):  # whoever may not is passed over
        await does(slack, "react", user=user, channel=NAME, ts=marked, name="memo")
    await does(slack, "react", user="ben", channel=NAME, ts=reply, name="memo")
    await does(slack, "pin", user="ann", channel=NAME, ts=pinned)
    opened = (await asyncio.to_thread(slack.knob, "GET", "sockets"))["opened"]
    await does(slack, "disconnect", reason="refresh_requested")
    expected = ("ben: 1 is another", "", "New Here: 3 marked", "ben: 4 pinned", "ben: 5 below")
    await reads(board, ours, *expected)
    assert await _are_open(slack, opened + 1)
    for _ in range(2):
        calls = len(slack.calls("pins.list"))
        await does(slack, "disconnect", reason="refresh_requested")
        await until(partial(_read_again, slack, calls + 1))  # its channel, and the thread of its message
    told = await reads(board, ours, *expected)
    assert [len(one.amendments) for one in told] == [1, 1, 0, 0, 0]


async def _read_again(slack: Slack, before: int) -> bool:
    return len(await asyncio.to_thread(slack.calls, "pins.list")) > before


async def test_a_long_channel_is_read_page_by_page(board: Board, slack: Slack, ours: Incident) -> None:
    await asyncio.to_thread(lambda: slack.set(events=[]))
    first = await says(slack, "the oldest")
    for number in range(210):
        await says(slack, f"chatter {number}")
    await does(slack, "react", user="ann", channel=NAME, ts=first, name="pushpin")
    await does(slack, "disconnect", reason="refresh_requested")
    await reads(board, ours, "ben: the oldest")
    assert any(one.get("cursor") for one in slack.calls("conversations.history"))
