"""A Tocsin whose chat is a simulated Slack: it shows what it has to, on a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.chat.commands import Chat
from bot.integrations.slack import integration
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.model.actor import ON_CALL, TOCSIN, Actor, Contact, Person, person
from bot.model.alert import Alert
from bot.model.board import Card
from bot.model.ids import IncidentId
from bot.model.incident import Incident, Severity
from bot.model.labels import LabelSet
from bot.model.setup import Setup
from bot.model.timeline import TimelineEntry
from bot.response import boards_due, incident_changed, incident_declared
from bot.response.rule_due import LEASE
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock
from tests.integrations.slack_simulator.simulated import Slack
from tests.integrations.web.house import NoDrawer

PEOPLE = {
    name: Person(
        name=name, roles=frozenset({ON_CALL}), contacts=(Contact(integration="slack", address=f"U0{name.upper()}"),)
    )
    for name in ("ann", "ben")
}


@dataclass
class Board:
    """What a test holds of it."""

    world: World
    clock: FakeClock
    slack: Slack
    epoch: int

    async def catches_up(self, within: float = 30.0) -> None:
        """All that is to be shown within so many seconds is shown."""
        end = self.clock.now() + timedelta(seconds=within)
        for _ in range(500):
            at = await boards_due.look(self.world, TOCSIN, lease=LEASE, epoch=self.epoch)
            if at is None or at > end:
                return
            self.clock.advance(max(timedelta(0), at - self.clock.now()))
        raise AssertionError("there is no end to it")

    async def declares(
        self, title: str = "The cart is empty", severity: Severity = Severity.SEV2, **how: Any
    ) -> Incident:
        """Somebody declares an incident."""
        return await incident_declared.declare(self.world, who("ann"), title=title, severity=severity, **how)

    async def changes(self, incident: Incident, *, alerts: Sequence[Alert] = (), **how: Any) -> None:
        """It is as a test says."""
        prints = tuple(one.fingerprint for one in alerts)

        def work(tx: Any) -> None:
            tx.alerts.put(alerts)
            known = tx.incidents.get(incident.id)
            held = {"alerts": prints, "firing": prints} if alerts else {}
            tx.incidents.put(replace(known, **{**held, **how}))

        await self.world.store.write(work)

    async def acknowledges(self, incident: Incident, by: str = "ben") -> None:
        """Somebody has it."""
        await incident_changed.acknowledge(self.world, who(by), incident.id)

    async def resolves(self, incident: Incident, by: str = "ben") -> None:
        """Somebody says that it is over."""
        await incident_changed.resolve(self.world, who(by), incident.id, "")

    async def reopens(self, incident: Incident) -> None:
        """It goes on."""
        await incident_changed.reopen(self.world, who("ben"), incident.id)

    async def notes(self, incident: Incident, text: str, by: str = "ann") -> None:
        """Somebody writes something down."""
        await incident_changed.note(self.world, who(by), incident.id, text)

    async def timeline(self, incident: Incident) -> Sequence[TimelineEntry]:
        """Its story."""
        return await self.world.store.read(lambda tx: tx.incidents.timeline(incident.id))

    async def every_timeline(self) -> list[str]:
        """What the stories of all incidents say."""
        found = await self.world.store.read(lambda tx: tx.records.timeline_after(0, 10_000))
        return [entry.text for entry in found]

    async def cards(self, incident: IncidentId) -> Sequence[Card]:
        """What is kept of what is shown of it."""
        return await self.world.store.read(lambda tx: tx.cards.of_incident(incident))

    async def said(self, channel: str = "sre") -> list[dict[str, Any]]:
        """The messages of a channel that stand below no other."""
        found = await asyncio.to_thread(self.slack.said, channel)
        return [one for one in found if one.get("thread_ts", one["ts"]) == one["ts"]]

    async def below(self, channel: str = "sre") -> list[dict[str, Any]]:
        """Those that do."""
        found = await asyncio.to_thread(self.slack.said, channel)
        return [one for one in found if one.get("thread_ts", one["ts"]) != one["ts"]]


def who(name: str) -> Actor:
    """One of our people."""
    return person(PEOPLE[name], "cli")


def alert(name: str = "CartFails", **labels: str) -> Alert:
    """One that fires."""
    return Alert(
        labels=LabelSet({"alertname": name, "severity": "critical", **labels}),
        annotations={"summary": labels.get("summary", "Orders fail")},
        starts_at=FakeClock().now(),
    )


@asynccontextmanager
async def showing(
    slack: Slack, config: dict[str, object], database: Path, clock: FakeClock | None = None, **incidents: object
) -> AsyncIterator[Board]:
    """`incidents` is what stands there in the configuration; with the `clock` of another it is that Tocsin again."""
    clock = clock or FakeClock()
    given = {"channel": slack.channel("sre")["id"], **incidents}
    async with open_store(f"sqlite:///{database}") as store, HttpOut() as http:
        setup = Setup(people=PEOPLE, public_url="https://tocsin.example.net")
        world = World(
            store=store, clock=clock, drawer=NoDrawer(), setup=setup, sources={}, actions={}, nudge=lambda: None
        )
        tools = Tools(name="slack", clock=clock, http=http, redactor=Redactor(), commands=Chat(world))
        read = integration.config.model_validate({**config, "timeout": "10s", "incidents": given})
        async with integration.open(read, tools) as opened:
            assert opened.board is not None
            world.boards = {"slack": opened.board}
            world.listeners = {"slack": opened.listener} if opened.listener is not None else {}
            world.chats = {"slack": opened.chat} if opened.chat is not None else {}
            epoch = await store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=1)))
            assert epoch is not None
            yield Board(world, clock, slack, epoch)
