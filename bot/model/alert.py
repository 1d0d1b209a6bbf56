"""Alerts, as Alertmanager understands them, and the groups they are told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet, Matcher


class AlertStatus(StrEnum):
    """Derived from the end and the time of asking, never stored."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One label set that is, or was, wrong. `source` names the integration or rule file it came from.

    `rule` is `file;group;name` of the rule of ours that found it, or empty for alerts others sent.
    `ends_at` None: no end is known.
    """

    labels: LabelSet
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None = None
    generator_url: str = ""
    source: str = ""
    rule: str = ""
    value: float | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The identity of the alert: that of its labels."""
        return self.labels.fingerprint

    @property
    def name(self) -> str:
        """The `alertname` label, or a dash."""
        return self.labels.get("alertname", "-")

    def status(self, now: datetime) -> AlertStatus:
        """FIRING until the end has passed."""
        return AlertStatus.RESOLVED if self.ends_at is not None and self.ends_at <= now else AlertStatus.FIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of Alertmanager's routing tree. `group_by` ("...",) means by all labels."""

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] = ()
    group_wait: timedelta = timedelta(0)
    continue_: bool = False
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A name that routes point to."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """Alerts told together: the route's group key, its receiver and the labels they share."""

    key: str
    receiver: str
    labels: LabelSet
    ready_at: datetime
    alerts: tuple[Fingerprint, ...] = field(default=())
