"""All that a response may use: the ports, and what the documents say now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.alerts.pipeline import Pipeline
from bot.model.setup import Setup
from bot.ports.actions import Action
from bot.ports.alert_hook import AlertHook
from bot.ports.alertmanager import AlertSink
from bot.ports.board import Board
from bot.ports.calendar import Calendar
from bot.ports.chat_hook import ChatHook
from bot.ports.chat_listener import ChatListener
from bot.ports.clock import Clock
from bot.ports.counts import Counts, NoCounts
from bot.ports.drawer import Drawer
from bot.ports.event_sink import EventSink
from bot.ports.logs import LogSource
from bot.ports.metrics import MetricSource
from bot.ports.mirror import Mirror
from bot.ports.notifier import Notifier
from bot.ports.pager import Messenger, Pager
from bot.ports.recorder import Recorder
from bot.ports.searches import SearchSource
from bot.ports.store import Store
from bot.ports.watcher import Watcher

RUN_LEASE = timedelta(seconds=8)
"""After this long without a sign of life another process takes a run over: well within the 30 s that are promised."""


@dataclass(slots=True, kw_only=True)
class World:
    """Handed to every response. `setup` and what the integrations can do are replaced together on reload.

    By integration: `sources` answer PromQL, `searches` run saved searches, `logs` find log lines, `events` keep what we
    tell of ourselves, `hooks` and `chats` read what their vendors post, `listeners` follow what people say in a chat,
    `recorders` take what rules make, `alertmanagers` are told of alerts, `notifiers` of groups that receivers hear of,
    `watchers` that we are alive; `pagers` wake people, `messengers` bring them something to read, `mirrors` know our
    incidents and follow them, `boards` show how they stand, `calendars` say who is on call. `actions` maps an action's
    name to those who offer it, by the integration's name in tocsin.yaml. `nudge` tells the engine that a run or an
    errand may be due, so that nobody waits for its next look. `clean` takes every configured secret out of a text.
    `alerts` is the table of alerts with all that routes and tells them; `writer` is what this process is called in
    their log.
    """

    store: Store
    clock: Clock
    drawer: Drawer
    setup: Setup
    sources: Mapping[str, MetricSource]
    searches: Mapping[str, SearchSource] = field(default_factory=dict)
    logs: Mapping[str, LogSource] = field(default_factory=dict)
    events: Mapping[str, EventSink] = field(default_factory=dict)
    hooks: Mapping[str, AlertHook] = field(default_factory=dict)
    chats: Mapping[str, ChatHook] = field(default_factory=dict)
    listeners: Mapping[str, ChatListener] = field(default_factory=dict)
    recorders: Mapping[str, Recorder] = field(default_factory=dict)
    alertmanagers: Mapping[str, AlertSink] = field(default_factory=dict)
    alerts: Pipeline = field(init=False)
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    watchers: Mapping[str, Watcher] = field(default_factory=dict)
    pagers: Mapping[str, Pager] = field(default_factory=dict)
    messengers: Mapping[str, Messenger] = field(default_factory=dict)
    mirrors: Mapping[str, Mirror] = field(default_factory=dict)
    boards: Mapping[str, Board] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    counts: Counts = field(default_factory=NoCounts)
    actions: Mapping[str, Mapping[str, Action]]
    nudge: Callable[[], None]
    writer: str = ""
    clean: Callable[[str], str] = str

    def __post_init__(self) -> None:
        self.alerts = Pipeline(self.setup)
