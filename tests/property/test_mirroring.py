"""An incident here and one at PagerDuty, whatever people do to either, and whatever is lost, late or told twice.

In the end both sides stand alike, every note is on both once, and nothing went round in circles.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import NotAllowed, Temporary
from bot.integrations.pagerduty import log_entries, webhook
from bot.integrations.pagerduty.people import MARK, signed
from bot.kit.posted import Part
from bot.model.actor import TOCSIN, Actor, ActorKind, Contact, Person
from bot.model.errand import Errand, ErrandKind
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.incident import IncidentStatus, Severity
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.model.page import Call as Page
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.alert_hook import Call
from bot.ports.alert_store import Outcome, Posted
from bot.ports.store import Store
from bot.response import incident_changed, incident_declared, mirrored, mirrors_due
from bot.response.mirror_told import mirror_due
from bot.response.page_due import page_due
from bot.response.rule_due import LEASE
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock
from bot.testing.pagerduty.account import ACKNOWLEDGED, RESOLVED, USERS, Account, Incident, Json, person
from bot.testing.pagers import FakePager
from tests.integrations.web.house import NoDrawer
from tests.soak import many

LATE = Temporary("nobody answers", integration="pager", reason="timeout")
SOURCE = Actor(kind=ActorKind.SOURCE, name="pager", via="hook")
PEOPLE = [
    Person(name=name, contacts=(Contact(integration="pager", address=f"P{name.upper()}"),)) for name in ("ann", "ben")
]
TARGETS = tuple(Target(kind=TargetKind.PERSON, name=one.name) for one in PEOPLE)
POLICY = EscalationPolicy(name="all", levels=(Level(targets=TARGETS[:1], wait=timedelta(minutes=5)),))
_HOW = {ErrandKind.PAGE: page_due, ErrandKind.MIRROR: mirror_due}


@dataclass
class There:
    """PagerDuty, as its integration has it: a `Pager` and a `Mirror`, and what goes wrong on the way."""

    clock: FakeClock
    weather: str = "fair"
    waiting: deque[Json] = field(default_factory=deque)
    late: deque[Json] = field(default_factory=deque)
    last: Json | None = None
    told: int = 0

    def __post_init__(self) -> None:
        self.account = Account(self.waiting.append, self.clock.now)

    @property
    def newest(self) -> Incident | None:
        return self.account.incidents[-1] if self.account.incidents else None

    async def page(self, call: Page) -> str:
        payload = {"summary": call.title, "source": "shop", "severity": "critical"}
        self._send({"event_action": "trigger", "dedup_key": call.key, "payload": payload})
        return call.key

    async def tell(self, change: OurChange, *, again: bool) -> None:
        self.told += 1
        if change.what is not Happening.NOTED:
            action = "acknowledge" if change.what is Happening.ACKNOWLEDGED else "resolve"
            self._send({"event_action": action, "dedup_key": change.key})
            return
        found = [one for one in self.account.incidents if one.key == change.key]
        content = signed(change.by, change.text)
        if self.weather == "down":
            raise LATE
        if found and not (again and content in [note["content"] for note in found[-1].notes]):
            self.account.annotate(found[-1], content, USERS[0])
        if self.weather == "lost":
            raise LATE

    def _send(self, event: Json) -> None:
        """It arrives, or does not, or its answer does not, or it arrives when nobody expects it any more."""
        if self.weather == "slow":
            self.late.append(event)
        elif self.weather != "down":
            self.account.take(event)
        if self.weather != "fair":
            raise LATE

    async def changes(self, since: datetime) -> Sequence[TheirChange]:
        if self.weather != "fair":
            raise LATE
        entries = [one for one in self.account.log if one["created_at"] >= since.isoformat(timespec="milliseconds")]
        read = [log_entries.read(Part({**one, "incident": self._whole(one["incident"]["id"])})) for one in entries]
        return [one for one in read if one is not None]

    def _whole(self, id: str) -> Json:
        incident = self.account.incident(id)
        assert incident is not None
        return self.account.shown(incident)


class Story:
    """One incident, and all that can happen to it."""

    def __init__(self, store: Store) -> None:
        self.clock = FakeClock(datetime(2026, 11, 22, 3, tzinfo=UTC))
        self.there = There(self.clock)
        self.deeds, self.notes = 0, 0
        self.world = World(
            store=store,
            clock=self.clock,
            drawer=NoDrawer(),
            setup=Setup(
                people={one.name: one for one in PEOPLE}, escalations={"all": POLICY}, default_escalation="all"
            ),
            sources={},
            actions={},
            nudge=lambda: None,
            pagers={"pager": self.there, "phone": FakePager()},
            mirrors={"pager": self.there},
        )

    async def begin(self) -> None:
        made = await incident_declared.declare(self.world, PERSONS[0], title="x", severity=Severity.SEV1)
        self.id = made.id
        self.epoch = await self.world.store.write(lambda tx: tx.leases.acquire(LEASE, "x", timedelta(days=9)))

    # ---- ours ----------------------------------------------------------------------------------------------------

    async def we_acknowledge(self) -> None:
        await self._do(incident_changed.acknowledge(self.world, PERSONS[0], self.id))

    async def we_resolve(self) -> None:
        await self._do(incident_changed.resolve(self.world, PERSONS[1], self.id))

    async def we_reopen(self) -> None:
        await self._do(incident_changed.reopen(self.world, PERSONS[0], self.id))

    async def we_note(self) -> None:
        self.notes += 1
        await self._do(incident_changed.note(self.world, PERSONS[0], self.id, f"ours {self.notes}"))

    async def _do(self, deed: Coroutine[Any, Any, object]) -> None:
        self.deeds += 1
        with suppress(NotAllowed):
            await deed

    # ---- theirs --------------------------------------------------------------------------------------------------

    async def they_acknowledge(self) -> None:
        self._theirs(lambda one: self.there.account.acknowledge(one, person(USERS[1])))

    async def they_resolve(self) -> None:
        self._theirs(lambda one: self.there.account.resolve(one, person(USERS[1])))

    async def they_reopen(self) -> None:
        self._theirs(lambda one: self.there.account.reopen(one, person(USERS[1])))

    async def they_assign(self) -> None:
        self._theirs(
            lambda one: self.there.account.assign(one, USERS[:1], person(USERS[1])) if one.status != RESOLVED else None
        )

    async def they_note(self) -> None:
        self.notes += 1
        self._theirs(lambda one: self.there.account.annotate(one, f"theirs {self.notes}", USERS[1]))

    async def it_times_out(self) -> None:
        self._theirs(lambda one: self.there.account.unacknowledge(one, None))

    def _theirs(self, deed: Callable[[Incident], object]) -> None:
        self.deeds += 1
        if self.there.newest is not None:
            deed(self.there.newest)

    # ---- the way between -----------------------------------------------------------------------------------------

    async def a_webhook_arrives(self) -> None:
        if self.there.waiting:
            self.there.last = self.there.waiting.popleft()
            await self._hear(self.there.last)

    async def a_webhook_comes_twice(self) -> None:
        if self.there.last is not None:
            await self._hear(self.there.last)

    async def a_webhook_is_lost(self) -> None:
        if self.there.waiting:
            self.there.waiting.popleft()

    async def an_errand_is_done(self) -> None:
        await self._errand()

    async def an_errand_is_lost(self) -> None:
        await self._errand("down")

    async def an_errands_answer_is_lost(self) -> None:
        await self._errand("lost")

    async def an_errand_is_slow(self) -> None:
        await self._errand("slow")

    async def something_slow_arrives(self) -> None:
        if self.there.late:
            self.there.account.take(self.there.late.popleft())

    async def they_are_asked(self) -> None:
        self.clock.advance(mirrors_due.EVERY)
        assert self.epoch is not None
        await mirrors_due.look(self.world, TOCSIN, lease=LEASE, epoch=self.epoch)

    async def _hear(self, event: Json) -> None:
        now = self.clock.now()
        heard = webhook.read(Call(body=json.dumps(event).encode(), received_at=now), "pager", pages=True)
        posted = Posted(
            source="pager", delivery=f"{self.id} {heard.delivery}", received_at=now, headers={}, body=b"",
            outcome=Outcome.TAKEN,
        )  # fmt: skip
        await mirrored.take(self.world, SOURCE, posted, heard.changes)

    async def _errand(self, weather: str = "fair") -> bool:
        now = self.clock.now()

        def claim(tx: Any) -> Errand | None:
            found: Errand | None = tx.outbox.claim("x", now, timedelta(seconds=1), list(_HOW))
            return found

        errand = await self.world.store.write(claim)
        if errand is None:
            return False
        self.there.weather = weather
        try:
            await _HOW[errand.kind](self.world, TOCSIN, errand)
            await self.world.store.write(lambda tx: tx.outbox.done(errand))
        except Temporary:
            again = now + timedelta(seconds=1)
            await self.world.store.write(lambda tx: tx.outbox.put_off(errand, again, "late"))
        finally:
            self.there.weather = "fair"
        return True

    # ---- the end -------------------------------------------------------------------------------------------------

    async def settles(self) -> None:
        """All that is on its way arrives; they are asked for what was lost."""
        for _ in range(5):
            while self.there.late:
                await self.something_slow_arrives()
            while self.there.waiting:
                await self.a_webhook_arrives()
            await self.they_are_asked()
            self.clock.advance(timedelta(minutes=1))
            while await self._errand():
                pass
        assert not self.there.waiting

    async def alike(self) -> None:
        """What holds in the end."""
        ours = await self.world.store.read(lambda tx: tx.incidents.get(self.id))
        theirs = self.there.account.incidents
        timeline = await self.world.store.read(lambda tx: tx.incidents.timeline(self.id))
        if not ours.is_open:
            assert {one.status for one in theirs} <= {RESOLVED}
        elif theirs and self._by_hand(RESOLVED, theirs[-1]):
            assert self._ours_began_after(ours.reopened_at or ours.opened_at)
        if theirs and theirs[-1].status == ACKNOWLEDGED and ours.is_open:
            assert ours.status is not IncidentStatus.TRIGGERED
        here = [entry.text for entry in timeline if entry.kind is EntryKind.NOTE]
        there = [note["content"] for one in theirs for note in one.notes]
        written_there = [text for text in there if text.startswith("theirs")]
        assert sorted(text for text in here if text.startswith("theirs")) == sorted(written_there)
        assert len(here) == len(set(here))
        assert not [text for text in here if text.startswith(MARK)]
        copied = [text for text in there if "ours" in text]
        assert len(copied) == len(set(copied))
        assert self.there.told <= 8 * (self.deeds + len(theirs)) + 8

    @staticmethod
    def _by_hand(status: str, incident: Incident) -> bool:
        return incident.status == status

    def _ours_began_after(self, at: datetime) -> bool:
        """Whether what they say last is of before our incident went on: then it is of another one of theirs."""
        ended = [one for one in self.there.account.log if one["type"] == "resolve_log_entry"]
        last = datetime.fromisoformat(ended[-1]["created_at"])
        return last <= at or ended[-1]["agent"] is None or not ended[-1]["agent"]["type"].startswith("user")


PERSONS = [Actor(kind=ActorKind.PERSON, name=one.name, via="cli") for one in PEOPLE]
STEPS = [
    Story.we_acknowledge, Story.we_resolve, Story.we_reopen, Story.we_note, Story.they_acknowledge, Story.they_resolve,
    Story.they_reopen, Story.they_assign, Story.they_note, Story.it_times_out, Story.a_webhook_arrives,
    Story.a_webhook_comes_twice, Story.a_webhook_is_lost, Story.an_errand_is_done, Story.an_errand_is_lost,
    Story.an_errands_answer_is_lost, Story.an_errand_is_slow, Story.something_slow_arrives, Story.they_are_asked,
]  # fmt: skip
Play = Callable[[Store], Coroutine[Any, Any, None]]
Run = Callable[[Play], None]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Plays on a store of its own."""
    folder = tmp_path_factory.mktemp("mirror")
    fresh, used = folder / "fresh.db", folder / "used.db"

    async def alone(play: Play) -> None:
        shutil.copy(fresh, used)
        async with open_store(f"sqlite:///{used}") as store:
            await play(store)
        for left in folder.glob("used.db-*"):
            left.unlink()

    with asyncio.Runner() as runner:

        async def prepare() -> None:
            async with open_store(f"sqlite:///{fresh}"):
                pass

        runner.run(prepare())
        yield lambda play: runner.run(alone(play))


@settings(max_examples=many(30, 5000))
@given(
    paged=st.booleans(), steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 40)), min_size=3, max_size=20)
)
def test_both_sides_come_to_stand_alike(run: Run, paged: bool, steps: list[tuple[Any, int]]) -> None:
    async def play(store: Store) -> None:
        story = Story(store)
        await story.begin()
        if paged:
            await story.an_errand_is_done()
        for step, seconds in steps:
            story.clock.advance(timedelta(seconds=seconds))
            await step(story)
        await story.settles()
        await story.alike()

    run(play)
