"""The service catalogue: what a team runs, who answers for it, and what it promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.labels import Matcher

WINDOW = "$window"
"""Where the range goes in the expressions of a promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """A promise: `objective` (0.999) of all events are good, over `window`.

    `good` and `total` are PromQL with `$window` where the range goes: `sum(rate(x_total{code!~"5.."}[$window]))`.
    `source` is the integration that is asked. `counted`: they give numbers of events over the range, as `increase`
    does, and not events a second, as `rate` does.
    """

    name: str
    objective: float
    good: str
    total: str
    source: str
    window: timedelta = timedelta(days=30)
    counted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service. An alert is its when all of `matchers` fit, or else when its label `service` is the name.

    `owner` is the team; `tier` 1 is what hurts most; `dependencies` name the services it cannot do without;
    `escalation` names the policy that is paged for it; `dashboards` map a title to an address.
    """

    name: str
    title: str = ""
    owner: str = ""
    tier: int = 3
    matchers: tuple[Matcher, ...] = ()
    dependencies: tuple[str, ...] = ()
    dashboards: Mapping[str, str] = field(default_factory=dict)
    runbooks: tuple[str, ...] = ()
    repository: str = ""
    escalation: str = ""
    slos: tuple[Slo, ...] = ()
