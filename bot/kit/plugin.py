"""The door through which every integration comes in, ours and anyone else's.

An integration is a module-level `Integration` found through the entry-point group `tocsin.integrations`. Its package's
`__init__.py` holds that manifest and imports no vendor library, so that `tocsin check` can read it without one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from bot.kit.http_out import HttpOut
from bot.kit.redaction import Redactor
from bot.ports.actions import Action, ActionSpec, Health
from bot.ports.alert_hook import AlertHook, Reader
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

GROUP = "tocsin.integrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What Tocsin lends an integration. `name` is what `integrations:` in tocsin.yaml calls this one.

    `redactor` knows every configured secret: what a vendor says goes through it before it is shown. `commands` does
    what people ask in a chat; None where nobody is there to do it, as in `tocsin check`, and then no chat listens.
    """

    name: str
    clock: Clock
    http: HttpOut
    redactor: Redactor
    commands: Commands | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an opened integration can do: data, one optional field a port, visible in `tocsin doctor`.

    `actions` maps an action's name to the action; `examine` is what `tocsin doctor` asks: reachable, permission,
    version, clock skew. It answers for failures and never raises an IntegrationError.
    """

    examine: Callable[[], Awaitable[Sequence[Health]]]
    metrics: MetricSource | None = None
    searches: SearchSource | None = None
    saved: SavedSearches | None = None
    logs: LogSource | None = None
    events: EventSink | None = None
    hook: AlertHook | None = None
    recorder: Recorder | None = None
    alertmanager: AlertSink | None = None
    notifier: Notifier | None = None
    watcher: Watcher | None = None
    pager: Pager | None = None
    messenger: Messenger | None = None
    mirror: Mirror | None = None
    board: Board | None = None
    chat: ChatHook | None = None
    listener: ChatListener | None = None
    calendar: Calendar | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One step that uses one action. `step` is `RUNBOOK/STEP`; `params` are as its file has them, templates and all."""

    step: str
    spec: ActionSpec
    params: Mapping[str, Any]  # Any: plain JSON as written under `with`


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One vendor, before it is opened.

    `provides` names ports (`metrics`, `actions`) for references to be checked; `sends` among them: it sends alerts as
    to an Alertmanager, which needs no code of ours.

    `open` takes the validated config and the tools; entering it does no I/O that can fail for want of the vendor:
    an integration that cannot be reached is opened all the same, and says so when asked. `reads` gives, without opening
    anything, what reads the posts of its vendor under this name; with None for a config as far as that goes, else None.
    `app` writes what the vendor must know of us as an app of theirs, from what stands in tocsin.yaml before its secrets
    are there, our name for it, and our address.
    `reaches` raises ValueError for what cannot be the address of a person there. `grants` writes, from what each action
    `needs`, what the vendor must grant to an account for these steps to be able to do what they say; with the config.
    """

    name: str
    help: str
    config: type[BaseModel]
    provides: frozenset[str]
    # Any: each integration has a config model of its own; config/ validates with it first.
    open: Callable[[Any, Tools], AbstractAsyncContextManager[Capabilities]]
    # Any: as above.
    reads: Callable[[Any, str], Reader | None] | None = None
    reaches: Callable[[str], None] | None = None
    # Any: plain YAML.
    app: Callable[[Mapping[str, Any], str, str], str] | None = None
    specs: tuple[ActionSpec, ...] = ()
    # Any: as above.
    grants: Callable[[Sequence[Use], Any, str], str] | None = None
