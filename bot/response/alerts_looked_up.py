"""Somebody looks at what is active: alerts, their groups, the silences, and the routes they take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.alerts import maintenance, silencing, standing
from bot.alerts.groups import Group
from bot.alerts.maintenance import Window
from bot.alerts.standing import SeenGroup, SeenRoute, Tally
from bot.alerts.table import Entry, fingerprint_all
from bot.errors import NotFound
from bot.incidents import severity
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Incident, Severity
from bot.model.labels import Matcher
from bot.model.setup import Setup
from bot.model.silence import Silence, SilenceState
from bot.model.telling import Decision
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

MOST_GROUPS = 50
MOST_ALERTS = ((1, 100), (25, 20), (MOST_GROUPS, 10))
"""Of each group, where there are so many groups at most: somebody who asks for a single one sees more of it."""
MOST_SILENCES = 50
MOST_HELD = 50
"""Alerts of one incident that are shown."""
_WINDOWS = 20
_DECISIONS = 50
_GRAVEST_FIRST = tuple(Severity)
_AT_A_TIME = 2000
"""Alerts looked at before others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What fires now that the matchers take, and what keeps quiet: counted whole, the first of it shown.

    `leads` False: another process tells, and knows the groups. `known`: alerts that were heard of, over or not.
    `count` alerts fire in `group_count` groups; `incidents` are the open ones of those shown, by the group's key.
    """

    leads: bool
    known: bool
    count: int
    group_count: int
    groups: tuple[SeenGroup, ...]
    incidents: Mapping[str, IncidentId]
    silences: tuple[Silence, ...]
    silence_count: int
    windows: tuple[Window, ...]

    @property
    def more(self) -> tuple[int, int]:
        """The groups that are not shown, and the alerts in them."""
        return self.group_count - len(self.groups), self.count - sum(group.count for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWay:
    """One alert, its way as it stands, what was decided before (the newest first), and the incidents that hold it.

    `heard_at` None: it is over for long, and known because somebody was told of it.
    """

    alert: Alert
    firing: bool
    timeout: bool
    heard_at: datetime | None
    routes: tuple[SeenRoute, ...]
    before: tuple[Decision, ...]
    incidents: tuple[Incident, ...]


def active(world: World, actor: Actor) -> Sequence[Entry]:
    """The alerts that fire now, in no order."""
    now = world.clock.now()
    require(actor, Act.LOOK, "alerts", now)
    return world.alerts.table.active(now.timestamp())


def groups(world: World, actor: Actor) -> Sequence[Group]:
    """The groups they are told in, in no order."""
    require(actor, Act.LOOK, "alerts", world.clock.now())
    return list(world.alerts.groups)


def silences(world: World, actor: Actor) -> Sequence[Silence]:
    """Every silence that is kept, in no order."""
    require(actor, Act.LOOK, "silences", world.clock.now())
    return world.alerts.silences.all()


def setup(world: World, actor: Actor) -> Setup:
    """What the documents say."""
    require(actor, Act.LOOK, "configuration", world.clock.now())
    return world.setup


async def board(world: World, actor: Actor, wanted: Sequence[Matcher] = ()) -> Board:
    """What fires, with the gravest groups first; the silences that are not over, and the next maintenance."""
    at = world.clock.now()
    require(actor, Act.LOOK, "alerts", at)
    now, pipeline = at.timestamp(), world.alerts
    tallies = await _tallied(world, wanted, now)
    if world.setup.inhibit_rules:
        await _fingerprinted(world, now)
    first = standing.gravest(tallies, MOST_GROUPS)
    each = _share(len(first))
    shown = [standing.seen_group(pipeline, one, _rank, wanted, each, now) for one in first]
    waiting = [one for one in pipeline.silences.all() if one.state(at) is not SilenceState.EXPIRED]
    return Board(
        leads=pipeline.table.leads,
        known=len(pipeline.table) > 0,
        count=sum(one.count for one in tallies),
        group_count=sum(one.count > 0 for one in tallies),
        groups=tuple(shown),
        incidents=await world.store.read(lambda tx: _open_of(tx, shown)),
        silences=tuple(silencing.listed(waiting, at)[:MOST_SILENCES]),
        silence_count=len(waiting),
        windows=_windows(world.setup, at),
    )


async def way(world: World, actor: Actor, fingerprint: Fingerprint) -> SeenWay:
    """One alert; NotFound when nobody was told of it and it is over for long, or never was."""
    at = world.clock.now()
    require(actor, Act.LOOK, "alerts", at)
    now = at.timestamp()
    await _fingerprinted(world, now)
    entry = world.alerts.table.find(fingerprint)
    alert = entry.alert() if entry is not None else await world.store.read(lambda tx: tx.alerts.get(fingerprint))
    if alert is None:
        hint = "an alert that nobody was told of is forgotten half an hour after it is over"
        raise NotFound(f"no alert is known by the fingerprint {fingerprint}", hint=hint)
    routes = tuple(standing.routes(world.alerts, alert.labels, entry, now))
    about = [*(route.group_key for route in routes), fingerprint]
    before = await world.store.read(lambda tx: tx.decisions.of(about, _DECISIONS))
    return SeenWay(
        alert=alert,
        firing=entry is not None and entry.firing(now),
        timeout=entry is not None and entry.timeout,
        heard_at=_heard_at(entry),
        routes=routes,
        before=tuple(decision for _, decision in before),
        incidents=await world.store.read(lambda tx: _holding(tx, fingerprint)),
    )


async def of_incident(world: World, actor: Actor, incident: Incident) -> Mapping[Fingerprint, Alert]:
    """The first of an incident's alerts as they were last told, those that fire first."""
    require(actor, Act.LOOK, incident.id, world.clock.now())
    held = dict.fromkeys((*incident.firing, *incident.alerts))
    return await world.store.read(lambda tx: tx.alerts.known(list(held)[:MOST_HELD]))


def _rank(word: str) -> int:
    return _GRAVEST_FIRST.index(severity.of_word(word))


def _share(groups: int) -> int:
    return next(most for at_most, most in MOST_ALERTS if groups <= at_most)


def _windows(setup: Setup, at: datetime) -> tuple[Window, ...]:
    """The one of each that is open or comes next, the earliest first."""
    found = [window for one in setup.maintenance for window in maintenance.next_windows((one,), at, 1)]
    return tuple(sorted(found, key=lambda window: (window.starts_at, window.maintenance.name))[:_WINDOWS])


async def _tallied(world: World, wanted: Sequence[Matcher], now: float) -> Sequence[Tally]:
    found, weighed = list[Tally](), 0
    for group in world.alerts.groups:
        found.append(standing.tally(group, _rank, wanted, now))
        weighed += len(group.entries)
        if weighed >= _AT_A_TIME:
            weighed = 0
            await asyncio.sleep(0)
    return found


async def _fingerprinted(world: World, now: float) -> None:
    """So that finding one among very many need not compute all of them at once, while others wait."""
    entries = world.alerts.table.active(now)
    for first in range(0, len(entries), _AT_A_TIME):
        fingerprint_all(entries[first : first + _AT_A_TIME])
        await asyncio.sleep(0)


def _open_of(tx: Tx, groups: Sequence[SeenGroup]) -> Mapping[str, IncidentId]:
    found = {group.key: tx.incidents.open_for_group(group.key) for group in groups}
    return {key: incident.id for key, incident in found.items() if incident is not None}


def _heard_at(entry: Entry | None) -> datetime | None:
    return datetime.fromtimestamp(entry.updated_at, UTC) if entry is not None else None


def _holding(tx: Tx, fingerprint: Fingerprint) -> tuple[Incident, ...]:
    """Open ones, and those of the latest that are over."""
    lately = [incident for incident in tx.incidents.list() if fingerprint in incident.alerts]
    found = {incident.id: incident for incident in (*tx.incidents.holding(fingerprint), *lately)}
    return tuple(found.values())
