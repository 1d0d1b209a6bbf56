"""Saved searches in virtual time: the real responses and store, a Splunk that answers what it is told to.

What a run comes to is written with one sign for each alert:

    F  it fires and somebody is told     f  it fires, and who was told knows     q  it fires, and nobody is told
    R  it is over and somebody is told   r  it is over, and nobody is told       -  nothing
    ?  the search is unknown; behind another sign: that alert stands, or is told, all the same
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.alerts.pipeline import Pipeline
from bot.engine.bell import Bell
from bot.engine.dispatch import Dispatch
from bot.errors import IntegrationError, Permanent, Temporary
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.alert import Alert
from bot.model.route import Route
from bot.model.rule import GroupStatus, RuleAlert, RuleGroup, RuleState
from bot.model.search_job import Row, SearchJob
from bot.model.setup import Setup
from bot.ports.alertmanager import Tally
from bot.response import alerts_rebuilt, rule_due, search_due
from bot.response.world import World
from bot.rules import cron, schedule
from bot.rules.savedsearches import conf, stanza
from bot.store.store import open_store
from bot.testing.searches import FakeSearchSource, Rows, Script
from tests.scenarios.tocsin import Drawer
from tests.scenarios.virtual import StoreAtWork, VirtualLoop

BEGINNING = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Finds:
    """What one run finds."""

    rows: Rows = ()
    met: bool = False
    lacks: str = ""
    fails: IntegrationError | None = None
    takes: timedelta = timedelta(0)


def n(count: int) -> Finds:
    """So many results."""
    return Finds(rows=[{"host": f"web-{number}", "source": "/log"} for number in range(count)])


def by(**values: int | str) -> Finds:
    """A row for each host, with its value."""
    return Finds(rows=[{"host": host, "value": str(value)} for host, value in values.items()])


def lists(*rows: Row) -> Finds:
    """These rows."""
    return Finds(rows=rows)


def met(count: int, *, is_met: bool = True) -> Finds:
    """So many results, and whether the condition yields any."""
    return replace(n(count), met=is_met)


def lacking(found: Finds, why: str = "peer idx-2 did not answer") -> Finds:
    """The same, but the source says that data is missing."""
    return replace(found, lacks=why)


def slow(found: Finds, minutes: float) -> Finds:
    """The same, after a while."""
    return replace(found, takes=timedelta(minutes=minutes))


TIMEOUT = Finds(fails=Temporary("the search took too long", integration="splunk", reason="timeout"))
QUOTA = Finds(fails=Temporary("no room for another search", integration="splunk", reason="rate_limited"))
DOWN = Finds(fails=Temporary("connection refused", integration="splunk", reason="connection"))
MISTAKE = Finds(fails=Permanent("unknown command 'stast'", integration="splunk", reason="client"))


@dataclass
class Ears:
    """An Alertmanager that notes what it is told, and when."""

    now: Callable[[], datetime]
    told: list[tuple[datetime, Alert]] = field(default_factory=list)

    def tell(self, alerts: Sequence[Alert]) -> None:
        self.told += [(self.now(), alert) for alert in alerts]

    @property
    def tally(self) -> Tally:
        return Tally(sent=len(self.told))


class ClockFrom:
    """A `Clock` that goes with the loop, from any beginning."""

    def __init__(self, loop: VirtualLoop, beginning: datetime) -> None:
        self._loop = loop
        self._beginning = beginning - timedelta(seconds=loop.time())

    def now(self) -> datetime:
        return self._beginning + timedelta(seconds=self._loop.time())


@dataclass
class Run:
    """One evaluation of a search, as it was kept."""

    group: str
    slot: datetime
    at: datetime
    signs: Mapping[str, str]
    status: GroupStatus

    @property
    def sign(self) -> str:
        """All alerts of it: one sign, or with their hosts."""
        if set(self.signs) <= {""}:
            return self.signs.get("", "-")
        return ",".join(f"{host}{sign}" for host, sign in sorted(self.signs.items()))


@dataclass
class Searching:
    """What a scenario holds."""

    world: World
    splunk: FakeSearchSource
    ears: Ears
    runs: list[Run] = field(default_factory=list)
    _working: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def group(self) -> RuleGroup:
        """The first search."""
        return self.world.setup.groups[0]

    def finds(self, *found: Finds, by_name: str = "") -> None:
        """What the runs of a search find, in the order of their scheduled times from now on; the last for ever."""
        group = next((one for one in self.world.setup.groups if one.name == by_name), self.group)
        assert group.search is not None
        self.splunk.plays(group.search.search, _Scripted(tuple(found), group, self.world.clock.now()))

    async def passes(self, length: timedelta) -> None:
        """Lets time pass."""
        await asyncio.sleep(length.total_seconds())

    async def starts(self) -> None:
        """As the engine does: with the states that are kept, each search goes on from its last slot."""
        epoch = await self.world.store.write(lambda tx: tx.leases.acquire(rule_due.LEASE, "here", timedelta(days=3000)))
        assert epoch is not None
        self.world.alerts = Pipeline(self.world.setup)
        await alerts_rebuilt.rebuild(self.world, TOCSIN)
        self._dispatch = Dispatch(self.world, Bell(), Telemetry(), lambda: epoch)
        kept = {one.key: one for one in await self.world.store.read(lambda tx: tx.rules.statuses())}
        self._working = [
            asyncio.create_task(self._ticks(group, kept.get(group.key), epoch)) for group in self.world.setup.groups
        ]

    async def stops(self) -> None:
        """The process ends, as by `kill` when the Splunk's `clients_die`."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        self._working = []

    async def _ticks(self, group: RuleGroup, status: GroupStatus | None, epoch: int) -> None:
        """What the ticker does with one group."""
        clock = self.world.clock
        slot = schedule.next_slot(group, clock.now(), status.slot if status else None)
        while True:
            await asyncio.sleep(max(0.0, (slot - clock.now()).total_seconds()))
            before, heard = status, len(self.ears.told)
            made = await search_due.search_due(self.world, TOCSIN, group, before, slot=slot, epoch=epoch)
            await self._dispatch.look(epoch)
            status = made.status
            told = [alert for _, alert in self.ears.told[heard:] if alert.rule == group.rule_key(0)]
            signs = _signs(before, status, told)
            self.runs.append(Run(group=group.name, slot=slot, at=clock.now(), signs=signs, status=status))
            slot = schedule.slot_after(group, slot, clock.now())

    def signs(self, name: str = "") -> list[str]:
        """What the runs of a search came to, in order."""
        return [run.sign for run in self.runs if run.group == (name or self.group.name)]


class _Scripted:
    """Which run finds what: counted by the schedule, so that a skipped run skips its line."""

    def __init__(self, found: Sequence[Finds], group: RuleGroup, start: datetime) -> None:
        self._found = found
        self._group = group
        self._start = start

    def __call__(self, job: SearchJob) -> Script:
        assert self._group.search is not None
        runs = cron.runs_between(self._group.search.schedule, self._start, job.scheduled_at)
        found = self._found[min(sum(1 for _ in runs), len(self._found)) - 1]
        lacks = (found.lacks,) if found.lacks else ()
        return Script(rows=found.rows, met=found.met, warnings=lacks, fails=found.fails, takes=found.takes)


def _signs(before: GroupStatus | None, after: GroupStatus, told: Sequence[Alert]) -> Mapping[str, str]:
    (status,) = after.rules
    heard = {alert.labels for alert in told}
    sent = {alert.labels: alert.last_sent_at for alert in (before.rules[0].alerts if before else ())}
    signs = {alert.labels.get("host", ""): _sign(alert, after.slot, heard, sent) for alert in status.alerts}
    signs = {host: sign for host, sign in signs.items() if sign}
    if status.state is RuleState.UNKNOWN:
        return {host: f"{sign}?" for host, sign in signs.items()} or {"": "?"}
    return signs


def _sign(alert: RuleAlert, slot: datetime, heard: set[object], sent: Mapping[object, datetime | None]) -> str:
    if alert.state is RuleState.FIRING:
        assert alert.fired_at is not None
        last = sent.get(alert.labels)
        if last is not None and last >= alert.fired_at:
            return "f"
        return "F" if alert.labels in heard else "q"
    if alert.resolved_at != slot:
        return ""
    return "R" if alert.labels in heard else "r"


def groups_of(text: str, *, time_zone: str = "UTC", owner: str = "nobody") -> tuple[RuleGroup, ...]:
    """The searches of a `savedsearches.conf`, which must be without a mistake."""
    home = stanza.Home(file="savedsearches.conf", source="splunk", time_zone=time_zone, owner=owner)
    reading = stanza.read(conf.parse(text, "savedsearches.conf"), home)
    assert not reading.complaints, reading.complaints
    assert not reading.left, reading.left
    return tuple(replace(group, alertmanagers=("ears",)) for group in reading.groups)


@asynccontextmanager
async def searching(
    database: Path, groups: Sequence[RuleGroup], *, beginning: datetime = BEGINNING
) -> AsyncIterator[Searching]:
    """Saved searches at work, on a loop with virtual time."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    clock, splunk = ClockFrom(loop, beginning), FakeSearchSource()
    ears = Ears(clock.now)
    async with open_store(f"sqlite:///{database}") as store:
        world = World(
            store=StoreAtWork(store, loop),
            clock=clock,
            drawer=Drawer(),
            setup=Setup(groups=tuple(groups), route=Route(receiver="sre", group_by=("alertname",))),
            sources={},
            searches={"splunk": splunk},
            alertmanagers={"ears": ears},
            actions={},
            nudge=lambda: None,
        )
        living = Searching(world, splunk, ears)
        try:
            yield living
        finally:
            with suppress(Exception):
                await living.stops()
