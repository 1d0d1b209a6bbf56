"""Signs of life: those that others owe us, and the one that we owe somebody outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.labels import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadman:
    """Something that has to be heard of every `interval`, and is missing `grace` after that.

    It is heard by a ping, or by an alert of others that matches, such as a Watchdog that always fires. `labels` are put
    on its alert beside its name and `severity`.
    """

    name: str
    interval: timedelta
    grace: timedelta
    matchers: tuple[Matcher, ...] = ()
    severity: str = "critical"
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeSign:
    """Which integration is told how often that Tocsin is alive."""

    integration: str
    every: timedelta
