"""Who hears of which alerts, in Alertmanager's words: the routing tree, receivers, and inhibition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.labels import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrences:
    """So many firings within this time, before a group is told: `3 within 10m`."""

    count: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree, complete: what it left out is filled in from the node above.

    `group_by` ("...",) means by all labels. The time intervals are names in `Setup.time_intervals`, and are not
    inherited. `hold`: an alert that resolves sooner is counted and never told. `shadow`: what this node would tell is
    recorded, and nothing is told.
    """

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] = ()
    group_wait: timedelta = timedelta(0)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    hold: timedelta = timedelta(0)
    occurrences: Occurrences | None = None
    shadow: bool = False
    continue_: bool = False
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that a receiver is told at, in Alertmanager's payload (version 4), through an integration of ours.

    `max_alerts` 0: all of them.
    """

    integration: str
    send_resolved: bool = True
    max_alerts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A name that routes point to, and how it hears."""

    name: str
    webhooks: tuple[Webhook, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """While a source alert fires, alerts that match the target and are equal in these labels are not told."""

    source: tuple[Matcher, ...] = ()
    target: tuple[Matcher, ...] = ()
    equal: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    """How words of others become ours, for alerts of one integration or of all.

    `severities` maps the value of the `severity` label, `labels` renames a label (old to new), `identity`: alerts alike
    in these labels are one; nothing: by all labels. `shadow`: what it would change is recorded, and nothing is changed.
    """

    source: str = ""
    severities: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    shadow: bool = False
