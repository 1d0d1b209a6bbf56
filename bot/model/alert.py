"""Alerts, as Alertmanager understands them, and the groups they are told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet

BY_HAND = "api:"
"""What the `source` of an alert begins with that a person sent with a token of their own; their name follows."""


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
    def sender(self) -> str:
        """The person who sent it with a token of their own; empty: it came from a rule, or from a source."""
        return self.source.removeprefix(BY_HAND) if self.source.startswith(BY_HAND) else ""

    @property
    def name(self) -> str:
        """The `alertname` label, or a dash."""
        return self.labels.get("alertname", "-")

    def status(self, now: datetime) -> AlertStatus:
        """FIRING until the end has passed."""
        return AlertStatus.RESOLVED if self.ends_at is not None and self.ends_at <= now else AlertStatus.FIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """Alerts told together: the route's group key, its receiver and the labels they share."""

    key: str
    receiver: str
    labels: LabelSet
