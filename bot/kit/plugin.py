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
from bot.ports.alert_hook import AlertHook
from bot.ports.alertmanager import AlertSink
from bot.ports.clock import Clock
from bot.ports.event_sink import EventSink
from bot.ports.logs import LogSource
from bot.ports.metrics import MetricSource
from bot.ports.recorder import Recorder
from bot.ports.searches import SavedSearches, SearchSource

GROUP = "tocsin.integrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What Tocsin lends an integration. `name` is what `integrations:` in tocsin.yaml calls this one.

    `redactor` knows every configured secret: what a vendor says goes through it before it is shown.
    """

    name: str
    clock: Clock
    http: HttpOut
    redactor: Redactor


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
    actions: Mapping[str, Action] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One vendor, before it is opened. `provides` names ports (`metrics`, `actions`) for references to be checked.

    `open` takes the validated config and the tools; entering it does no I/O that can fail for want of the vendor:
    an integration that cannot be reached is opened all the same, and says so when asked.
    """

    name: str
    help: str
    config: type[BaseModel]
    provides: frozenset[str]
    # Any: each integration has a config model of its own; config/ validates with it first.
    open: Callable[[Any, Tools], AbstractAsyncContextManager[Capabilities]]
    specs: tuple[ActionSpec, ...] = ()
