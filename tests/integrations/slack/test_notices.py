"""A channel sees how incidents stand: one message each, edited as they go on, however Slack behaves meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incidents.boards import BUDGET
from bot.model.incident import Severity
from bot.model.matchers import parse_matcher
from bot.model.runbook import Trigger
from bot.model.service import Service
from bot.model.statistics import Grouping
from bot.response import statistics_asked
from tests.integrations.slack.board import Board, alert, showing, who
from tests.integrations.slack.test_messages import words
from tests.integrations.slack.test_questions import clicks
from tests.integrations.slack_simulator.simulated import Slack
from tests.integrations.web.scene import RUNBOOK

RED, AMBER, GREEN = "#d92d20", "#e8a33d", "#2e7d32"


@pytest.fixture
async def board(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Board]:
    async with showing(slack, config, tmp_path / "tocsin.db", thread=True) as made:
        yield made


async def test_an_incident_is_one_message_from_its_beginning_to_its_end(board: Board) -> None:
    ours = await board.declares()
    await board.catches_up()
    [message] = await board.said()
    assert message["text"] == "Triggered: *SEV2 INC-1* The cart is empty"
    assert message["attachments"][0]["color"] == RED
    assert "nobody has it yet" in words(message)
    assert "ack INC-1" in str(message)
    await board.acknowledges(ours)
    await board.catches_up()
    [message] = await board.said()
    assert (message["attachments"][0]["color"], "ben has it" in words(message)) == (AMBER, True)
    assert "ack INC-1" not in str(message)
    await board.notes(ours, "it was the <!channel> cache")
    await board.resolves(ours)
    await board.catches_up()
    [message] = await board.said()
    assert (message["attachments"][0]["color"], message["text"][:9]) == (GREEN, "Resolved:")
    told = await board.below()
    for sentence in ("declared as SEV2", "acknowledged by ben", "it was the <!channel> cache", "resolved after"):
        assert "\n".join(words(one) for one in told).count(sentence) == 1, "each is read once"
    assert all(not one["calls"] for one in told)


async def test_what_changes_while_slack_is_away_is_one_edit_and_the_timeline_says_why(board: Board) -> None:
    ours = await board.declares()
    await board.catches_up()
    board.slack.breaks({"path": "/api/chat.update", "status": 503})
    await board.acknowledges(ours)
    await board.catches_up(within=5)
    await board.resolves(ours)
    await board.catches_up(within=5)
    [entry] = [one for one in await board.timeline(ours) if "does not show how it stands" in one.text]
    assert "503" in entry.why
    board.slack.mended()
    before = len(board.slack.calls("chat.update"))
    await board.catches_up(within=600)
    assert (await board.said())[0]["text"].startswith("Resolved:")
    assert len(board.slack.calls("chat.update")) - before <= 2
    assert any("shows how it stands by now" in one.text for one in await board.timeline(ours))


@pytest.mark.parametrize("effect", [True, False])
async def test_an_answer_that_is_lost_doubles_nothing(board: Board, effect: bool) -> None:
    board.slack.breaks({"path": "/api/chat.postMessage", "times": 1, "cut": True, "effect": effect})
    await board.declares()
    await board.catches_up()
    assert len(await board.said()) == 1


async def test_too_many_messages_wait_in_their_order_and_the_gravest_comes_first(board: Board) -> None:
    board.slack.set(limits=True, channel_s=0.2)
    for number in range(4):
        await board.declares(f"number {number}", Severity.SEV4)
    await board.declares("the grave one", Severity.SEV1)
    fault = {"path": "/api/chat.postMessage", "times": 2, "status": 429, "headers": {"retry-after": "30"}}
    board.slack.breaks(fault)
    began = board.clock.now()
    await board.catches_up(within=120)
    assert (board.clock.now() - began).total_seconds() >= 60
    texts = [one["text"].rpartition("* ")[2] for one in await board.said()]
    assert texts == ["the grave one", *(f"number {number}" for number in range(4))]
    assert not any("does not show" in one for one in await board.every_timeline())


async def test_a_grave_incident_is_up_to_date_though_there_were_too_many_edits(
    slack: Slack, config: dict[str, object], tmp_path: Path
) -> None:
    async with showing(slack, config, tmp_path / "tocsin.db") as board:
        grave = await board.declares("nobody can pay", Severity.SEV1)
        small = await board.declares("it flaps", Severity.SEV4)
        await board.catches_up()
        for number in range(50):
            await board.changes(small, title=f"it flaps, {number}")
            await board.notes(small, f"note {number}")
            await board.catches_up(within=0)
        assert "flaps, 49" not in (await board.said())[1]["text"], "there were too many"
        await board.acknowledges(grave)
        await board.catches_up(within=5)
        assert "ben has it" in words((await board.said())[0])
        await board.catches_up(within=120)
        assert "flaps, 49" in (await board.said())[1]["text"]


async def test_what_waits_when_tocsin_ends_is_said_in_its_order_when_it_is_back(
    slack: Slack, config: dict[str, object], tmp_path: Path
) -> None:
    post = "/api/chat.postMessage"
    async with showing(slack, config, tmp_path / "tocsin.db") as board:
        slack.breaks({"path": post, "times": 1, "cut": True, "effect": True})
        await board.declares("its outcome is unknown", Severity.SEV4)
        await board.catches_up(within=0)
        slack.breaks({"path": post, "status": 429, "headers": {"retry-after": "30"}})
        for number in range(4):
            await board.declares(f"number {number}", Severity.SEV4)
        await board.declares("the grave one", Severity.SEV1)
        await board.catches_up(within=5)
        assert len(await board.said()) == 1
    slack.mended()
    async with showing(slack, config, tmp_path / "tocsin.db", board.clock) as board:
        await board.catches_up(within=120)
        texts = [one["text"].rpartition("* ")[2] for one in await board.said()]
    assert texts == ["its outcome is unknown", "the grave one", *(f"number {number}" for number in range(4))]


async def test_a_channel_bears_two_messages_of_an_incident_in_each_phase(board: Board) -> None:
    ours = await board.declares()
    await board.catches_up()
    board.slack.breaks({"path": "/api/chat.update", "error": "message_not_found"})
    for number in range(4):
        await board.changes(ours, title=f"title {number}")
        await board.notes(ours, f"note {number}")
        await board.catches_up()
    assert len(await board.said()) == BUDGET
    [card] = await board.cards(ours.id)
    assert card.posts == {"triggered": BUDGET}
    assert card.held
    length = timedelta(days=1)
    found = await statistics_asked.statistics_of(board.world, who("ann"), length=length, by=Grouping.SERVICE)
    [use] = found.chats
    assert (use.messages, use.most, use.budget, use.incidents) == (BUDGET, BUDGET, BUDGET, 1)
    assert use.held == card.held


async def test_a_storm_of_alerts_is_one_message_with_counts(board: Board) -> None:
    ours = await board.declares()
    await board.changes(ours, alerts=[alert(pod=f"cart-{number}") for number in range(300)])
    await board.catches_up()
    [message] = await board.said()
    assert "300 firing" in words(message)
    assert "and 295 more" in words(message)
    assert "silence INC-1 1h" in str(message)


async def test_the_runbooks_that_fit_its_alerts_are_a_click_away(board: Board) -> None:
    fits = replace(
        RUNBOOK, name="warm-the-cache", triggers=(Trigger(matchers=(parse_matcher("alertname=CartFails"),)),)
    )
    other = replace(RUNBOOK, name="another", triggers=(Trigger(matchers=(parse_matcher("alertname=Other"),)),))
    shop = Service(name="shop", runbooks=("undo",))
    books = {one.name: one for one in (fits, other, replace(RUNBOOK, name="undo"))}
    board.world.setup = replace(board.world.setup, runbooks=books, services={"shop": shop})
    ours = await board.declares(service="shop")
    await board.changes(ours, alerts=[alert()])
    await board.catches_up()
    [message] = await board.said()
    offered = [one for one in clicks(message).values() if one.startswith("runbook")]
    assert offered == ["runbook rehearse warm-the-cache INC-1", "runbook rehearse undo INC-1"]


async def test_somebody_archived_the_channel_and_it_is_brought_up_to_date_afterwards(
    board: Board, slack: Slack
) -> None:
    slack.does("channels", name="sre", archived=True)
    ours = await board.declares()
    await board.catches_up(within=5)
    [entry] = [one for one in await board.timeline(ours) if "does not show" in one.text]
    assert "is_archived" in entry.why
    assert "open it again" in entry.why
    await board.acknowledges(ours)
    slack.does("channels", name="sre", archived=False)
    await board.catches_up(within=600)
    [message] = await board.said()
    assert "ben has it" in words(message)
