"""What Slack was told that it came is on the disk: it is done once, or whoever said it is told that it was not.

Here nobody follows what was said before a test says so: as if Tocsin were killed in between. `tests/kill` does kill it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.engine.bell import Bell
from bot.engine.errands import Errands
from bot.errors import StoreUnavailable
from bot.integrations.slack import remembered
from bot.integrations.slack.hearing import Heard
from bot.kit.telemetry import Telemetry
from bot.model.errand import Errand, ErrandKind
from bot.model.incident import IncidentStatus, Severity
from bot.model.utterance import Filled, Utterance
from bot.ports.store import Store, Tx
from bot.response.chat_said import TOO_LATE
from bot.testing.clock import FakeClock
from tests.integrations.both_ways import followed, hooks_of, until
from tests.integrations.slack.board import Board, showing
from tests.integrations.slack.test_commands import DOORS, answer, button, does, filled, opened, unseen, words
from tests.integrations.slack.test_kept import heard
from tests.integrations.slack_simulator.simulated import Slack

T = TypeVar("T")
LEASE = timedelta(seconds=60)


@pytest.fixture(params=list(DOORS))
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Lives:
    """The lives of one Tocsin: a database, a clock, and a door that Slack comes through."""

    slack: Slack
    config: Mapping[str, object]
    database: Path
    door: str
    clock: FakeClock

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Board]:
        """One of them, which hears, and follows nothing."""
        before = int((await asyncio.to_thread(self.slack.knob, "GET", "sockets"))["opened"])
        async with AsyncExitStack() as stack:
            given = {**self.config, **DOORS[self.door]}
            board = await stack.enter_async_context(showing(self.slack, given, self.database, self.clock))
            if self.door == "posted":
                address = f"http://127.0.0.1:{await hooks_of(stack, board.world)}/hooks/slack"
                urls = dict.fromkeys(("events", "interactivity", "commands"), address)
                skew = (self.clock.now() - datetime.now(UTC)).total_seconds()
                self.slack.set(urls=urls, skew_s=skew, redeliveries=1000)
            else:
                await until(lambda: self._is_open(before))
            yield board

    async def _is_open(self, before: int) -> bool:
        return int((await asyncio.to_thread(self.slack.knob, "GET", "sockets"))["opened"]) > before


@pytest.fixture
def lives(slack: Slack, config: dict[str, object], tmp_path: Path, door: str) -> Lives:
    return Lives(slack, config, tmp_path / "tocsin.db", door, FakeClock())


async def all_done(board: Board) -> None:
    async def is_so() -> bool:
        far = board.clock.now() + timedelta(days=2)
        return await board.world.store.read(lambda tx: tx.outbox.oldest_due(far)) is None

    await until(is_so)


async def titles(board: Board) -> list[str]:
    return [one.title for one in await board.world.store.read(lambda tx: tx.incidents.list())]


async def types(slack: Slack, text: str) -> dict[str, Any]:
    return await does(slack, "command", user="ann", channel="sre", text=text)


async def written_to(slack: Slack) -> dict[str, Any]:
    """What Ann finds in her conversation with the app, whenever she comes."""

    async def is_there() -> bool:
        return bool(await asyncio.to_thread(slack.said, "@ann"))

    await until(is_there)
    return dict(slack.said("@ann")[0])


async def begins(board: Board) -> Errand:
    """Somebody took it, and was killed before anything came of it."""

    def work(tx: Tx) -> Errand:
        found = tx.outbox.claim("gone", board.clock.now(), LEASE, [ErrandKind.SAID])
        assert found is not None
        return found

    return await board.world.store.write(work)


async def test_what_was_acknowledged_is_done_by_the_next_life(lives: Lives, slack: Slack) -> None:
    async with lives.one() as first:
        incident = await first.declares("The cart is empty", Severity.SEV3)
        await types(slack, "declare sev2 customers cannot pay")
        await types(slack, "ack 1")
        await does(slack, "say", user="ann", channel="sre", text="<@U0TOCSIN> note 1 we look at it")
        await heard(slack)
        assert await titles(first) == ["The cart is empty"]
        assert unseen(slack) == []
    lives.clock.advance(TOO_LATE - timedelta(seconds=1))
    async with lives.one() as second, followed(second.world):
        await all_done(second)
        assert sorted(await titles(second)) == ["The cart is empty", "customers cannot pay"]
        taken = await second.world.store.read(lambda tx: tx.incidents.get(incident.id))
        assert (taken.status, taken.acknowledged_by) == (IncidentStatus.ACKNOWLEDGED, "ann")
        assert [one.text for one in await second.timeline(incident)].count("we look at it") == 1
        assert sorted(words(one).split("*")[1] for one in unseen(slack)) == [
            "INC-1 is yours, ann",
            "INC-2 is declared",
            "Noted in INC-1",
        ]


async def test_a_form_that_was_sent_is_not_lost_and_one_to_be_opened_is_opened_at_once(
    lives: Lives, slack: Slack
) -> None:
    async with lives.one() as first:
        await types(slack, "declare")  # nobody follows what is written down: this is not
        form = await opened(slack)
        values = filled({"title": "customers cannot pay", "severity": "SEV2"}, chosen=["severity"])
        await does(slack, "submit", user="ann", view_id=form["id"], values=values)
        assert await titles(first) == []
    async with lives.one() as second, followed(second.world):
        await all_done(second)
        assert await titles(second) == ["customers cannot pay"]


@pytest.mark.parametrize(("minutes", "place"), [(29, "sre"), (31, "@ann")])
async def test_what_is_old_is_not_done_and_whoever_said_it_is_told(
    lives: Lives, slack: Slack, minutes: int, place: str
) -> None:
    async with lives.one():
        await types(slack, "declare sev1 customers cannot pay")
    lives.clock.advance(timedelta(minutes=minutes))
    async with lives.one() as second, followed(second.world):
        told = await answer(slack, 0) if place == "sre" else await written_to(slack)
        assert f"Tocsin was away when you said this, {minutes}m ago, so it was not done" in words(told)
        assert "/tocsin declare sev1 customers cannot pay" in words(told)
        await all_done(second)
        assert await titles(second) == []
        again = button(told, "Say it again")
        before = len(unseen(slack, place))
        await does(slack, "click", user="ann", channel=place, ts=told["ts"], action_id=again["action_id"])
        assert "INC-1 is declared" in words(await answer(slack, before, place))
        assert await titles(second) == ["customers cannot pay"]


@pytest.mark.parametrize("door", ["socket"], indirect=True)
async def test_where_they_cannot_be_answered_any_more_they_are_written_to(lives: Lives, slack: Slack) -> None:
    async with lives.one():
        await does(slack, "say", user="ann", channel="sre", text="<@U0TOCSIN> declare sev1 customers cannot pay")
        await heard(slack)
    lives.clock.advance(timedelta(minutes=31))
    slack.does("channels", name="sre", members=["U0ANN"])
    async with lives.one() as second, followed(second.world):
        await all_done(second)
        [told] = slack.said("@ann")
        assert "so it was not done" in words(told)


async def test_what_was_begun_is_never_begun_again_and_whoever_said_it_is_told(lives: Lives, slack: Slack) -> None:
    async with lives.one() as first:
        await types(slack, "declare sev1 customers cannot pay")
        await begins(first)
    async with lives.one() as second, followed(second.world):
        assert "Nobody knows whether this was done" in words(await answer(slack, 0))
        await all_done(second)
        assert await titles(second) == []
        assert len(unseen(slack)) == 1


@pytest.mark.parametrize("door", ["socket"], indirect=True)
async def test_while_slack_is_away_the_word_waits_that_it_was_not_done(lives: Lives, slack: Slack) -> None:
    async with lives.one():
        await types(slack, "declare sev1 customers cannot pay")
    lives.clock.advance(timedelta(minutes=31))
    slack.breaks({"path": "/api/users.info", "status": 503})
    async with lives.one() as second, followed(second.world):

        async def was_tried() -> bool:
            return bool(await asyncio.to_thread(slack.calls, "users.info"))

        await until(was_tried)
        slack.mended()
        lives.clock.advance(timedelta(minutes=5))
        assert "customers cannot pay" in words(await written_to(slack))


async def test_two_processes_follow_it_once(lives: Lives, slack: Slack) -> None:
    async with lives.one() as board, asyncio.TaskGroup() as group:
        for number in range(20):
            await types(slack, f"declare sev4 lamp {number}")
        works = [
            group.create_task(Errands(board.world, owner, Bell(), Telemetry()).run()) for owner in ("here", "there")
        ]
        await all_done(board)
        assert sorted(await titles(board)) == sorted(f"lamp {number}" for number in range(20))
        for work in works:
            work.cancel()


async def test_who_ends_ends_first_what_was_begun(lives: Lives, slack: Slack) -> None:
    async with lives.one() as board:
        slack.breaks({"path": "/api/users.info", "latency": 0.5})
        async with followed(board.world):
            await types(slack, "declare sev2 customers cannot pay")

            async def is_asked() -> bool:
                return bool(await asyncio.to_thread(slack.calls, "auth.test"))

            await until(is_asked)
        assert await titles(board) == ["customers cannot pay"]
        assert "INC-1 is declared" in words(await answer(slack, 0))


async def homes(slack: Slack) -> dict[str, Any]:
    """The home tabs that anybody has, by who has them."""
    return dict((await asyncio.to_thread(slack.knob, "GET", "workspace"))["homes"])


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=1)], ids=["soon", "late"])
async def test_a_home_tab_that_was_opened_is_shown_by_the_next_life(
    lives: Lives, slack: Slack, late: timedelta
) -> None:
    async with lives.one() as first:
        await first.declares("The cart is empty", Severity.SEV3)
        await does(slack, "home", user="ann")
        assert await homes(slack) == {}
    lives.clock.advance(late)
    async with lives.one() as second, followed(second.world):
        await all_done(second)
        assert "The cart is empty" in str((await homes(slack))["U0ANN"]["blocks"])
        assert unseen(slack, "@ann") == []


@dataclass
class Full:
    """A store on a disk that is full."""

    inner: Store

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        raise StoreUnavailable("no space is left on the disk")

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self.inner.read(work)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_what_cannot_be_written_down_is_not_acknowledged(lives: Lives, slack: Slack) -> None:
    async with lives.one() as board:
        store = board.world.store
        await types(slack, "declare")
        form = await opened(slack)
        board.world.store = Full(store)
        typed = await asyncio.to_thread(
            lambda: slack.does("command", user="ann", channel="sre", text="declare sev1 customers cannot pay")
        )
        assert not typed["acknowledged"]
        assert typed["status"] in (0, 503)
        assert "could not write down what you said" in words(await answer(slack, 0))
        values = filled({"title": "customers cannot pay", "severity": "SEV2"}, chosen=["severity"])
        sent = await asyncio.to_thread(lambda: slack.does("submit", user="ann", view_id=form["id"], values=values))
        assert not sent["acknowledged"]
        assert form["id"] in slack.knob("GET", "workspace")["views"], "it stays open"
        board.world.store = store
        await does(slack, "submit", user="ann", view_id=form["id"], values=values)
        async with followed(board.world):
            await all_done(board)
        assert await titles(board) == ["customers cannot pay"]


@pytest.mark.parametrize("door", ["posted"], indirect=True)
async def test_an_event_that_cannot_be_written_down_comes_again_and_is_done_once(lives: Lives, slack: Slack) -> None:
    async with lives.one() as board:
        store = board.world.store
        board.world.store = Full(store)
        await does(slack, "say", user="ann", channel="sre", text="<@U0TOCSIN> declare sev4 the lamp is broken")

        async def is_refused() -> bool:
            return bool((await asyncio.to_thread(slack.knob, "GET", "deliveries"))[-1]["attempts"])

        await until(is_refused)
        board.world.store = store
        await heard(slack)
        assert unseen(slack) == [], "it comes again: nobody is told that it failed"
        async with followed(board.world):
            await all_done(board)
        assert await titles(board) == ["the lamp is broken"]


async def test_secrets_are_not_written_down_and_neither_is_a_book(lives: Lives, slack: Slack) -> None:
    async with lives.one() as board:
        board.world.clean = lambda text: text.replace("hunter2", "[redacted]")
        await types(slack, f"note 1 the password is hunter2 {'x' * 20_000}")
        kept = await begins(board)
        assert "hunter2" not in str(kept.payload)
        assert "[redacted]" in kept.payload["heard.text"]
        assert len(str(kept.payload)) < 12_000
        await board.world.store.write(lambda tx: tx.outbox.done(kept))


HEARD: Sequence[Heard] = (
    Heard(user="U1", what=Utterance(text="")),
    Heard(
        user="U1",
        what=Utterance(text="ack INC-1", place="C1", thread="1.2", prefix="/tocsin"),
        channel="C1",
        thread="1.2",
        back="https://hooks.slack.com/x",
        trigger="1.2.3",
        quiet=True,
        at_home=True,
        joined=True,
        inviter="U2",
        looked=True,
    ),
    Heard(user="U1", what=Filled(command="declare", values={"title": "x", "command": "y"}, prefix="/tocsin")),
)


@pytest.mark.parametrize("heard", HEARD, ids=range(len(HEARD)))
def test_what_is_written_down_is_read_as_it_was(heard: Heard) -> None:
    assert remembered.read(remembered.written(heard)) == heard
