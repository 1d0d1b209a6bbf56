"""What is kept of alerts on their way: the log, those that were told, silences, decisions, bodies, signs of life.

Part of `bot.ports.store.Tx`; what holds for every change of the store holds here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.model.alert import Alert
from bot.model.ids import Fingerprint, IncidentId, SilenceId
from bot.model.labels import LabelSet
from bot.model.silence import Silence
from bot.model.telling import Decision, Told


class LogKind(StrEnum):
    """What a row of the log holds."""

    RECEIVED = "received"
    """Alerts as they came in."""
    CARRIED = "carried"
    """Alerts that are still active, written anew so that older rows are not needed."""
    MARK = "mark"
    """Nothing: every alert that was active when it was written is in a row from `since` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One row of the log. `body` is what `bot.alerts.wire` encodes; `writer` the process that wrote it."""

    seq: int
    received_at: datetime
    kind: LogKind
    writer: str
    since: int
    body: bytes = field(repr=False)


class AlertLog(Protocol):
    """The append-only log that the table of active alerts is rebuilt from."""

    def append(self, kind: LogKind, body: bytes, received_at: datetime, writer: str, since: int = 0) -> int:
        """Adds a row; its sequence."""
        ...

    def begins(self) -> int:
        """The sequence from which on the rows make the table: that of the last mark; 0 where there is none."""
        ...

    def newest(self) -> int:
        """The highest sequence; 0 for an empty log."""
        ...

    def after(self, seq: int, limit: int, *, not_by: str = "") -> Sequence[LogRow]:
        """Rows with a higher sequence, the lowest first; without those of this writer, if one is named."""
        ...


class Alerts(Protocol):
    """The last known state of alerts that somebody was told of."""

    def put(self, alerts: Sequence[Alert]) -> None:
        """Creates or replaces."""
        ...

    def get(self, fingerprint: Fingerprint) -> Alert | None:
        """One of them."""
        ...

    def known(self, fingerprints: Sequence[Fingerprint]) -> Mapping[Fingerprint, Alert]:
        """Those of these that are known."""
        ...


class Silences(Protocol):
    """Silences, the expired ones too until they are old."""

    def put(self, silence: Silence) -> None:
        """Creates or replaces."""
        ...

    def get(self, silence: SilenceId) -> Silence:
        """One; NotFound."""
        ...

    def newest(self) -> int:
        """The newest sequence; 0 where there is no silence."""
        ...

    def changed_after(self, seq: int) -> tuple[int, Sequence[Silence]]:
        """Those changed since, and the newest sequence."""
        ...


class Tellings(Protocol):
    """What each way of each receiver was last told of each group: Alertmanager's notification log."""

    def put(self, told: Told) -> None:
        """Creates or replaces."""
        ...

    def of_group(self, group: str) -> Mapping[str, Told]:
        """By way."""
        ...

    def of_incident(self, incident: IncidentId, way: str) -> Sequence[Told]:
        """What this way was told of each group that is the incident's now."""
        ...


class Decisions(Protocol):
    """What was decided on groups and alerts, and why."""

    def add(self, about: str, decision: Decision) -> None:
        """`about`: the key of a group, or an alert's fingerprint."""
        ...

    def of(self, about: Sequence[str], limit: int) -> Sequence[tuple[str, Decision]]:
        """The newest first, each with what it is about."""
        ...


class Outcome(StrEnum):
    """What became of a body that was posted."""

    TAKEN = "taken"
    IGNORED = "ignored"
    """Understood, and nothing to take in: a ping, an event of a kind that says nothing of alerts."""
    QUARANTINED = "quarantined"
    """It could not be read; it is kept for people to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What one alert of a body became: its labels, whether it was said to be over, and the groups it went to.

    A group is written as its receiver and its key, `sre {}:{alertname="ShopSlow"}`.
    """

    labels: LabelSet
    over: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A body as a source posted it, secrets taken out. `delivery` is the vendor's id of it, or a hash of the body.

    `became`: what was made of it by the configuration of then.
    """

    source: str
    delivery: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    outcome: Outcome
    error: str = ""
    alerts: int = 0
    became: tuple[Became, ...] = ()
    seq: int = 0


class PostedBodies(Protocol):
    """Bodies that were posted, kept for replay."""

    def add(self, posted: Posted) -> bool:
        """Keeps it; False when this delivery of this source is kept already."""
        ...

    def since(self, at: datetime, after: int, limit: int) -> Sequence[Posted]:
        """Those received since, with a higher sequence than `after`, the oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """When a deadman was last heard, and since when it has been missed; None: it is not."""

    name: str
    seen_at: datetime
    missing_since: datetime | None = None


class Heartbeats(Protocol):
    """Signs of life."""

    def put(self, heartbeat: Heartbeat) -> None:
        """Creates or replaces."""
        ...

    def all(self) -> Sequence[Heartbeat]:
        """Every one, by name."""
        ...

    def drop(self, names: Sequence[str]) -> None:
        """Forgets these."""
        ...
