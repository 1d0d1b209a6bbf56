"""Groups of very many alerts: others have their turn, and what one of them costs does not grow with all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.alerts.groups import Group
from bot.alerts.table import Entry
from bot.alerts.telling import Suppressed
from bot.alerts.wire import Received, canonical
from bot.api.alertmanager.app import AlertmanagerApi
from bot.engine.bell import Bell
from bot.engine.dispatch import Dispatch
from bot.kit.http_in import Scope
from bot.kit.telemetry import Telemetry
from bot.kit.who_asks import Asker, let_in
from bot.model.actor import TOCSIN
from bot.model.ids import Fingerprint
from bot.model.incident import Incident, IncidentStatus
from bot.model.route import Route
from bot.model.setup import Setup
from bot.ports.store import Store, Tx
from bot.response import alerts_over, alerts_rebuilt, alerts_taken, group_ready
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock

T = TypeVar("T")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MANY = 5000
AT_ONCE = 1000
"""So many alerts may be looked at before others have their turn."""
LEASE = "rules"


class NoDrawer:
    """Nothing here asks for a picture."""

    async def draw(self, chart: object, *, width: int, height: int) -> bytes:
        raise AssertionError("nobody should draw")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    """A process that leads, with one group of very many alerts."""
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        setup = Setup(route=Route(receiver="sre", group_by=("alertname",)))
        world = World(
            store=store, clock=clock, drawer=NoDrawer(), setup=setup, sources={}, actions={}, nudge=lambda: None,
            writer="one",
        )  # fmt: skip
        await alerts_rebuilt.rebuild(world, TOCSIN)
        await alerts_taken.take(world, TOCSIN, [said(number) for number in range(MANY)])
        yield world


def said(number: int, *, ends: timedelta = timedelta(hours=1)) -> Received:
    return Received(
        labels=canonical({"alertname": "Down", "instance": f"host-{number}"}),
        starts_at=START.timestamp(),
        ends_at=(START + ends).timestamp(),
    )


async def epoch(world: World) -> int:
    taken = await world.store.write(lambda tx: tx.leases.acquire(LEASE, world.writer, timedelta(hours=9)))
    assert taken is not None
    return taken


class Turns:
    """How many alerts are weighed, at most, between two turns of whoever else is there."""

    def __init__(self, world: World) -> None:
        self.most = self._since = 0
        self._weigh = world.alerts.why_not
        world.alerts.why_not = self  # type: ignore[method-assign]
        self._others = asyncio.get_running_loop().create_task(self._come_and_go())

    def __call__(self, entry: Entry, route: Route, now: float) -> Suppressed:
        self._since += 1
        self.most = max(self.most, self._since)
        return self._weigh(entry, route, now)

    async def _come_and_go(self) -> None:
        while True:
            self._since = 0
            await asyncio.sleep(0)

    def stop(self) -> int:
        self._others.cancel()
        return self.most


async def test_others_have_their_turn_while_a_group_is_told(world: World) -> None:
    [group] = world.alerts.groups
    here, turns = await epoch(world), Turns(world)
    telling = await group_ready.flush(world, TOCSIN, group, lease=LEASE, epoch=here)
    assert 0 < turns.stop() <= AT_ONCE
    assert len(telling.firing) == MANY


async def test_what_joins_a_group_while_it_is_weighed_is_weighed_too(world: World) -> None:
    [group] = world.alerts.groups
    here, weigh = await epoch(world), world.alerts.why_not
    late = said(MANY)

    def weighed(entry: Entry, route: Route, now: float) -> Suppressed:
        if entry.labels == late.labels:
            return Suppressed(muted_by=("at night",))
        if not any(one == late.labels for one in group.entries):
            alerts_taken.know(world, TOCSIN, [late], START)
        return weigh(entry, route, now)

    world.alerts.why_not = weighed  # type: ignore[method-assign]
    telling = await group_ready.flush(world, TOCSIN, group, lease=LEASE, epoch=here)
    assert late.labels in group.entries
    assert len(telling.firing) == MANY


async def test_others_have_their_turn_while_groups_are_shown(world: World) -> None:
    api, turns, sent = AlertmanagerApi(world), Turns(world), bytearray()
    scope: Scope = {
        "type": "http", "method": "GET", "path": "/api/v2/alerts/groups", "query_string": b"", "headers": []
    }  # fmt: skip
    let_in(scope, Asker(actor=TOCSIN))

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sent.extend(body)

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    await api(scope, receive, send)
    assert 0 < turns.stop() <= AT_ONCE
    [shown] = json.loads(bytes(sent))
    names = [alert["labels"]["instance"] for alert in shown["alerts"]]
    assert names == sorted(f"host-{number}" for number in range(MANY))


class Reading:
    """A transaction, or a part of one, that counts how often incidents are looked for by what they hold."""

    def __init__(self, inner: object, counted: list[Sequence[Fingerprint]]) -> None:
        self._inner, self._counted = inner, counted

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        return Reading(found, self._counted) if name == "incidents" else found

    def holding(self, *fingerprints: Fingerprint) -> Sequence[Incident]:
        self._counted.append(fingerprints)
        found: Sequence[Incident] = self._inner.holding(*fingerprints)  # type: ignore[attr-defined]
        return found


class Counting:
    """A store that counts the same."""

    def __init__(self, inner: Store) -> None:
        self._inner, self.asked = inner, list[Sequence[Fingerprint]]()

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        return await self._inner.write(lambda tx: work(Reading(tx, self.asked)), first=first)  # type: ignore[arg-type]

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._inner.read(work)


async def test_an_incident_is_read_once_however_many_of_its_alerts_are_over(world: World) -> None:
    """One that holds a hundred thousand takes a while to read: once for each would keep everybody out for hours."""
    [group] = world.alerts.groups
    here = await epoch(world)
    await group_ready.flush(world, TOCSIN, group, lease=LEASE, epoch=here)
    await alerts_taken.take(world, TOCSIN, [said(number, ends=timedelta(0)) for number in range(MANY)])
    over = {key: entry.alert() for key, entry in world.alerts.takes_over().items()}
    world.store = counting = Counting(world.store)  # type: ignore[assignment]
    await alerts_over.clear(world, TOCSIN, over, lease=LEASE, epoch=here)
    assert [len(asked) for asked in counting.asked] == [MANY]
    [incident] = await world.store.read(lambda tx: tx.incidents.list())
    assert (incident.status, incident.firing) == (IncidentStatus.RESOLVED, ())
    assert told(group) == frozenset()


async def test_others_have_their_turn_while_very_many_alerts_are_over(world: World) -> None:
    """One that fires again in between is not told to be over."""
    here, turns, seen = await epoch(world), list[int](), list[int]()
    await alerts_taken.take(world, TOCSIN, [said(number, ends=timedelta(0)) for number in range(MANY)])
    last = world.alerts.table.over()[-1]

    async def comes_and_goes() -> None:
        while True:
            turns.append(len(turns))
            last.over = False
            await asyncio.sleep(0)

    class Watched(Counting):
        async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
            seen.append(len(turns))
            return await super().write(work, first=first)

    world.store = watched = Watched(world.store)  # type: ignore[assignment]
    dispatch = Dispatch(world, Bell(), Telemetry(), lambda: here)
    others = asyncio.get_running_loop().create_task(comes_and_goes())
    await dispatch._clear(here)
    others.cancel()
    assert seen[0] >= MANY // AT_ONCE
    assert [len(asked) for asked in watched.asked] == [MANY - 1]


def told(group: Group) -> frozenset[Fingerprint]:
    return frozenset().union(*(one.firing for one in (group.told or {}).values()))
