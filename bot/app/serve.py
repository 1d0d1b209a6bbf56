"""One running Tocsin: what `tocsin run` opens, in this order, and closes again in the other.

    documents -> log -> socket -> store -> integrations -> engine -> HTTP -> ready

SIGTERM and SIGINT end it; SIGHUP, and a secret's file that changes, make it read its documents again: all or nothing.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

from bot.api.root import Root, later
from bot.app import keys
from bot.app.chores import CARRY_EVERY, LOOK_FOR_DATA_EVERY, PRUNE_EVERY, beat, carry, kept_alive, look_for_data, prune
from bot.app.connections import Connections
from bot.app.counted import CountedStore
from bot.app.operator import local_operator, token_in
from bot.app.server import Server, bind
from bot.charts.client import ChartWorker
from bot.chat.commands import Chat
from bot.config import loading, places
from bot.config.examine import Loaded
from bot.config.schema import is_loopback
from bot.engine.bell import Bells
from bot.engine.dispatch import Dispatch
from bot.engine.errands import Errands
from bot.engine.evaluation import KEEP_EVERY, Evaluation
from bot.engine.runner import Runner
from bot.engine.telling import Telling
from bot.engine.timers import Timers
from bot.engine.watch import Life, Watch
from bot.errors import DocumentError, TocsinError
from bot.kit.http_in import Origins
from bot.kit.http_out import HttpOut
from bot.kit.redaction import Redactor
from bot.kit.telemetry import Telemetry, log_to
from bot.kit.who_asks import Door, TokenPorter, secret_hash
from bot.model.actor import TOCSIN, person
from bot.model.setup import Setup
from bot.model.silence import SilenceState
from bot.ports.store import Store
from bot.response import own
from bot.response.world import World
from bot.store.store import open_store

_log = logging.getLogger(__name__)

Say = Callable[[str], None]
"""How Tocsin speaks to whoever started it: whole lines, for people."""
OpenStore = Callable[[str], AbstractAsyncContextManager[Store]]

_LOOK_AT_SECRETS = timedelta(seconds=5)
_GRACE_S = 10.0
"""How long an integration that was replaced stays open for what was asked of it before."""


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whence:
    """Where the documents are. Without a `path` it is `tocsin.yaml` in `cwd`; without that, the embedded defaults."""

    path: Path | None
    env: Mapping[str, str]
    cwd: Path

    def load(self) -> Loaded:
        """Everything they say; DocumentError with every mistake."""
        return loading.load(self.path or places.default_path(self.cwd), self.env, self.cwd)


def main(path: Path | None, say: Say, *, open_a_store: OpenStore = open_store) -> int:
    """Runs until it is told to stop; 0 then. TocsinError when it cannot start.

    `open_a_store` is there for tests that watch what is written, and when.
    """
    whence = Whence(path=path, env=os.environ, cwd=Path.cwd())
    return uvloop.run(_serve(whence, say, open_a_store))


async def _serve(whence: Whence, say: Say, open_a_store: OpenStore) -> int:
    loaded = whence.load()
    for warning in loaded.warnings:
        say(str(warning))
    redactor = Redactor()
    _guard_secrets(redactor, loaded)
    log_to(sys.stderr, level=loaded.config.log.level, style=loaded.config.log.format, redactor=redactor)
    async with AsyncExitStack() as stack:
        listening = bind(loaded.config.http.host, loaded.config.http.port)
        stack.callback(listening.close)
        store = await stack.enter_async_context(open_a_store(places.database_url(loaded.config)))
        tocsin = await Tocsin.open(stack, whence, loaded, store, redactor, listening)
        collect_garbage_seldom()
        await tocsin.run(say)
    return 0


def collect_garbage_seldom() -> None:
    """Alerts stay for hours and hold no cycles: to look through them all again and again is a tenth of the work."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


class Tocsin:
    """Everything that is open, and what happens to it while it runs."""

    def __init__(
        self, whence: Whence, loaded: Loaded, world: World, connections: Connections, redactor: Redactor
    ) -> None:
        self._whence = whence
        self._loaded = loaded
        self._connections = connections
        self._redactor = redactor
        self.world = world
        self.telemetry = Telemetry()
        world.store = CountedStore(world.store, self.telemetry)
        self.telemetry.counts_notifications(
            lambda: {name: sink.tally for name, sink in world.alertmanagers.items()},
        )
        self.telemetry.alerts.counts_standing(self._standing)
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._bells = Bells(world.store)
        self._runs_bell, self._errands_bell, self._groups_bell = (self._bells.new() for _ in range(3))
        world.nudge, world.writer, world.counts = self._nudge, owner, self.telemetry.alerts
        self._evaluation = Evaluation(world, owner, self.telemetry)
        self._runner = Runner(world, owner, self._runs_bell, self.telemetry)
        self._errands = Errands(world, owner, self._errands_bell, self.telemetry)
        self._telling = Telling(world, owner, self.telemetry)
        self._dispatch = Dispatch(world, self._groups_bell, self.telemetry, lambda: self._evaluation.epoch)
        self._watch = Watch(world, lambda: self._evaluation.epoch, self.telemetry)
        self._timers = Timers(world, lambda: self._evaluation.epoch, self._bells, self.telemetry)
        self._life = Life(world, owner, self._evaluation.on_time)
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._ready = False

    @classmethod
    async def open(
        cls,
        stack: AsyncExitStack,
        whence: Whence,
        loaded: Loaded,
        store: Store,
        redactor: Redactor,
        listening: socket.socket,
    ) -> Tocsin:
        """Opens what needs closing onto the stack."""
        clock = WallClock()
        http = HttpOut()
        stack.push_async_callback(http.aclose)
        drawer = ChartWorker()
        stack.push_async_callback(drawer.close)
        world = World(
            store=store,
            clock=clock,
            drawer=drawer,
            setup=Setup(),
            sources={},
            actions={},
            nudge=lambda: None,
            clean=redactor.clean,
        )
        connections = Connections(clock, http, redactor, Chat(world))
        stack.push_async_callback(connections.close)
        await connections.become(loaded.integrations)
        tocsin = cls(whence, loaded, world, connections, redactor)
        tocsin._open_door(listening)
        return tocsin

    def _open_door(self, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        config = self._loaded.config
        self._listening = listening
        self._address = config.http.public_url or places.address_of(host, port)
        origins = Origins.listening(host, port, config.http.public_url)
        self.door = Door(self.world, origins, {})
        self.root = Root(
            ready=lambda: "" if self._ready else "Tocsin is starting.",
            metrics=self.telemetry.exposition,
            mounts={
                "/hooks/": later("bot.api.hooks", "make_hooks", self.world, self.door, self._redactor),
                "/v2/": later("bot.api.hooks", "make_hooks", self.world, self.door, self._redactor),
                "/calendars/": later("bot.api.calendars", "make_calendars", self.world, self.door),
                "/ping/": later("bot.api.ping", "make_ping", self.world, self.door),
                "/api/v2/": later("bot.api.alertmanager.app", "make_alertmanager_api", self.world, self.door),
                "/api/": later(
                    "bot.api.app", "make_api", self.world, self.door, self._connections.examine, Chat(self.world)
                ),
                "/": later("bot.web.app", "make_web", self.world, self.door, Chat(self.world)),
            },
            origins=origins,
            metrics_porter=None if is_loopback(host) else TokenPorter(self.door),
        )
        self._take(self._loaded)

    def _take(self, loaded: Loaded) -> None:
        """Makes these documents the ones in force."""
        operator = local_operator(loaded.setup.people)
        token = token_in(places.token_file(loaded.config, self._whence.env, loaded.base))
        self._redactor.add(token)
        setup = replace(
            loaded.setup,
            people={**loaded.setup.people, operator.name: operator},
            public_url=loaded.setup.public_url or self._address,
        )
        self._loaded, self._operator = loaded, operator
        self.world.setup, before = setup, self.world.sources
        self.world.alerts.become(setup, self.world.clock.now().timestamp())
        open_now = self._connections
        self.world.sources, self.world.recorders = open_now.sources, open_now.recorders
        self.world.searches, self.world.logs, self.world.events = open_now.searches, open_now.logs, open_now.events
        self.world.alertmanagers = open_now.alertmanagers
        self.world.actions = {**open_now.actions, **own.offered(self.world, TOCSIN)}
        self.world.hooks, self.world.chats, self.world.notifiers = open_now.hooks, open_now.chats, open_now.notifiers
        self.world.boards, self.world.mirrors, self.world.pagers = open_now.boards, open_now.mirrors, open_now.pagers
        self.world.messengers, self.world.watchers = open_now.messengers, open_now.watchers
        self.world.listeners, self.world.calendars = open_now.listeners, open_now.calendars
        self.telemetry.alerts.knows(self.world.notifiers, [deadman.name for deadman in setup.deadmen])
        self._bells.stir()
        self.door.tokens = {secret_hash(token): operator, **keys.tokens(loaded)}
        self.door.hooks, self.door.pings = keys.hooks(loaded), keys.pings(loaded)
        for source in self.world.sources.keys() - before.keys():
            self.telemetry.knows(source)
        for source in before.keys() - self.world.sources.keys():
            self.telemetry.forgets(source)

    def _standing(self) -> Mapping[str, Mapping[str, int]]:
        """What there is now, by the kind of thing and its state; for the metrics."""
        now, alerts = self.world.clock.now(), self.world.alerts
        silences = Counter(str(silence.state(now)) for silence in alerts.silences.all())
        return {
            "alerts": {"firing": len(alerts.table.active(now.timestamp())), "known": len(alerts.table)},
            "groups": {"standing": len(alerts.groups)},
            "silences": {state: silences[state] for state in SilenceState},
        }

    def _nudge(self) -> None:
        self._runs_bell.ring()
        self._errands_bell.ring()
        self._groups_bell.ring()

    async def _warm(self) -> None:
        """Whoever is woken comes first, then those who look."""
        await self._connections.warm()
        await self.root.warm()

    async def run(self, say: Say) -> None:
        """Serves until it is told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        server = Server(self.root, self.telemetry)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[self._listening]), name="http")
            tasks = [
                group.create_task(kept_alive(name, work, self.telemetry), name=name)
                for name, work in self._works().items()
            ]
            await self._begin(say)
            tasks.append(group.create_task(self._warm(), name="warming"))
            await self._stop.wait()
            say("stopping")
            self._ready = False
            await self._evaluation.give_up()
            self.door.closing.set()  # pages that are kept up to date would hold the server open
            server.should_exit = True
            for task in tasks:
                task.cancel()

    def _works(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {
            "runs": self._runner.run,
            "errands": self._errands.run,
            "records": self._telling.run,
            "deadmen": self._watch.run,
            "timers": self._timers.run,
            "life sign": self._life.run,
            "groups": self._dispatch.run,
            "heartbeat": lambda: beat(self.world, self.telemetry, self._bells.stir),
            "reload": self._watch_for_reload,
        }

    async def _begin(self, say: Say) -> None:
        self._evaluation.ticker.start()
        self._evaluation.ticker.every(KEEP_EVERY, self._evaluation.keep_lease)
        self._evaluation.ticker.every(_LOOK_AT_SECRETS, self._look_at_secrets)
        self._evaluation.ticker.every(PRUNE_EVERY, self._prune)
        self._evaluation.ticker.every(LOOK_FOR_DATA_EVERY, self._look_for_data)
        self._evaluation.ticker.every(CARRY_EVERY, self._carry)
        await self._evaluation.keep_lease()
        self._ready = True
        link, _ = await self.door.make_link(person(self._operator, "cli"))
        rules = sum(len(group.rules) for group in self.world.setup.groups)
        counts = (
            _count(rules, "rule"),
            _count(len(self.world.setup.runbooks), "runbook"),
            _count(len(self._loaded.integrations), "integration"),
        )
        say(f"ready at {self._address}: {', '.join(counts)}")
        say(f"open the page, once and within 10 minutes: {self._address}{link}")

    async def _look_at_secrets(self) -> None:
        if loading.secrets_changed(self._loaded):
            _log.info("a secret's file has changed; reading everything again")
            self._reload.set()

    async def _look_for_data(self) -> None:
        if self._evaluation.active:
            await look_for_data(self.world, self.telemetry)

    async def _carry(self) -> None:
        if self._evaluation.active:
            await carry(self.world)

    async def _prune(self) -> None:
        if self._evaluation.active:
            await prune(self.world, self._loaded.config.retention.noun)

    async def _watch_for_reload(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            await self._reread()

    async def _reread(self) -> None:
        """All or nothing: the new documents, or the old ones with a log line that says what is wrong."""
        try:
            loaded = await asyncio.to_thread(self._whence.load)
            _guard_secrets(self._redactor, loaded)
            close_old = await self._connections.become(loaded.integrations)
            self._take(loaded)
            await self._evaluation.set_groups(self.world.setup.groups)
        except DocumentError as error:
            self.telemetry.reloaded(ok=False)
            for complaint in error.complaints:
                _log.error("reload refused, the old configuration stays: %s", complaint)
        except TocsinError as error:
            self.telemetry.reloaded(ok=False)
            _log.error("reload refused, the old configuration stays: %s; %s", error, error.hint)
        else:
            self.telemetry.reloaded(ok=True)
            for warning in loaded.warnings:
                _log.warning("reloaded all the same: %s", warning)
            _log.info("reloaded: %d rule groups, %d runbooks", len(loaded.setup.groups), len(loaded.setup.runbooks))
            await asyncio.sleep(_GRACE_S)
            await close_old()


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _guard_secrets(redactor: Redactor, loaded: Loaded) -> None:
    for secret in loaded.secrets:
        redactor.add(secret.get_secret_value())
