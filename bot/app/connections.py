"""The integrations as they are open now, and how a reload swaps them: new ones first, then the old are closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TypeVar

from bot.config.examine import Configured
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.ports.actions import Action, Health
from bot.ports.alert_hook import AlertHook
from bot.ports.alertmanager import AlertSink
from bot.ports.board import Board
from bot.ports.calendar import Calendar
from bot.ports.chat_hook import ChatHook
from bot.ports.chat_listener import ChatListener
from bot.ports.clock import Clock
from bot.ports.commands import Commands
from bot.ports.event_sink import EventSink
from bot.ports.logs import LogSource
from bot.ports.metrics import MetricSource
from bot.ports.mirror import Mirror
from bot.ports.notifier import Notifier
from bot.ports.pager import Messenger, Pager
from bot.ports.recorder import Recorder
from bot.ports.searches import SavedSearches, SearchSource
from bot.ports.watcher import Watcher

_log = logging.getLogger(__name__)

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class _Open:
    configured: Configured
    capabilities: Capabilities
    stack: AsyncExitStack


class Connections:
    """Opened integrations by their names in tocsin.yaml."""

    def __init__(self, clock: Clock, http: HttpOut, redactor: Redactor, commands: Commands | None = None) -> None:
        self._clock = clock
        self._http = http
        self._redactor = redactor
        self._commands = commands
        self._open: dict[str, _Open] = {}

    @property
    def sources(self) -> Mapping[str, MetricSource]:
        """Those that answer PromQL."""
        return self._offering(lambda capabilities: capabilities.metrics)

    @property
    def searches(self) -> Mapping[str, SearchSource]:
        """Those that run saved searches."""
        return self._offering(lambda capabilities: capabilities.searches)

    @property
    def saved(self) -> Mapping[str, SavedSearches]:
        """Those that keep saved searches of their own."""
        return self._offering(lambda capabilities: capabilities.saved)

    @property
    def logs(self) -> Mapping[str, LogSource]:
        """Those that find log lines."""
        return self._offering(lambda capabilities: capabilities.logs)

    @property
    def events(self) -> Mapping[str, EventSink]:
        """Those that keep what Tocsin tells of itself."""
        return self._offering(lambda capabilities: capabilities.events)

    @property
    def hooks(self) -> Mapping[str, AlertHook]:
        """Those whose vendors post alerts."""
        return self._offering(lambda capabilities: capabilities.hook)

    @property
    def recorders(self) -> Mapping[str, Recorder]:
        """Those that take what rules make."""
        return self._offering(lambda capabilities: capabilities.recorder)

    @property
    def alertmanagers(self) -> Mapping[str, AlertSink]:
        """Those that are told of alerts."""
        return self._offering(lambda capabilities: capabilities.alertmanager)

    @property
    def notifiers(self) -> Mapping[str, Notifier]:
        """Those that are told of groups."""
        return self._offering(lambda capabilities: capabilities.notifier)

    @property
    def watchers(self) -> Mapping[str, Watcher]:
        """Those that notice when Tocsin is no more."""
        return self._offering(lambda capabilities: capabilities.watcher)

    @property
    def pagers(self) -> Mapping[str, Pager]:
        """Those that wake people."""
        return self._offering(lambda capabilities: capabilities.pager)

    @property
    def messengers(self) -> Mapping[str, Messenger]:
        """Those that bring people something to read."""
        return self._offering(lambda capabilities: capabilities.messenger)

    @property
    def mirrors(self) -> Mapping[str, Mirror]:
        """Those that know our incidents, and follow them."""
        return self._offering(lambda capabilities: capabilities.mirror)

    @property
    def boards(self) -> Mapping[str, Board]:
        """Those that show how incidents stand."""
        return self._offering(lambda capabilities: capabilities.board)

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """Those that say who is on call."""
        return self._offering(lambda capabilities: capabilities.calendar)

    @property
    def chats(self) -> Mapping[str, ChatHook]:
        """Those whose vendors post what people do in a chat."""
        return self._offering(lambda capabilities: capabilities.chat)

    @property
    def listeners(self) -> Mapping[str, ChatListener]:
        """Those that hear people in a chat."""
        return self._offering(lambda capabilities: capabilities.listener)

    @property
    def actions(self) -> Mapping[str, Mapping[str, Action]]:
        """Who offers each action."""
        offers: dict[str, dict[str, Action]] = {}
        for name, one in self._open.items():
            for action, how in one.capabilities.actions.items():
                offers.setdefault(action, {})[name] = how
        return offers

    def _offering(self, port: Callable[[Capabilities], P | None]) -> Mapping[str, P]:
        found = {name: port(one.capabilities) for name, one in self._open.items()}
        return {name: offered for name, offered in found.items() if offered is not None}

    async def become(self, wanted: Sequence[Configured]) -> Callable[[], Awaitable[None]]:
        """Opens what is new or changed; the answer closes what is no longer wanted, once nothing uses it."""
        kept = {
            one.name: self._open[one.name]
            for one in wanted
            if one.name in self._open and self._open[one.name].configured == one
        }
        opened = {one.name: await self._opened(one) for one in wanted if one.name not in kept}
        old = [one for name, one in self._open.items() if name not in kept]
        self._open = {**kept, **opened}

        async def close_old() -> None:
            await asyncio.gather(*(self._closed(one) for one in old))

        return close_old

    async def warm(self) -> None:
        """Where people are woken through one of them: loads what the first page would wait for."""
        if self.pagers:
            await self._http.warm()

    async def close(self) -> None:
        """Closes them all."""
        old, self._open = list(self._open.values()), {}
        await asyncio.gather(*(self._closed(one) for one in old))

    async def examine(self) -> Mapping[str, Sequence[Health]]:
        """What each finds out about itself, all asked at once."""
        names = list(self._open)
        found = await asyncio.gather(*(self._open[name].capabilities.examine() for name in names))
        return dict(zip(names, found, strict=True))

    async def _opened(self, one: Configured) -> _Open:
        stack = AsyncExitStack()
        tools = Tools(
            name=one.name,
            clock=self._clock,
            http=self._http,
            redactor=self._redactor,
            commands=self._commands,
        )
        capabilities = await stack.enter_async_context(one.integration.open(one.config, tools))
        return _Open(one, capabilities, stack)

    @staticmethod
    async def _closed(one: _Open) -> None:
        try:
            await one.stack.aclose()
        except Exception:
            # closing is a courtesy; a vendor that fails at it must not stop us from going on
            _log.exception("integration %s did not close cleanly", one.configured.name)
