"""What a scenario is: one rule group, the data it sees, and what must have happened for it to have tried anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

STALE = "stale"
"""In place of a value: the series ends here, as Prometheus' staleness marker says it."""

Points = Mapping[float, float | str]
"""Seconds after the beginning -> the value from then on."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One rule group. `$m` in its rules is the name of its own metric, `$n` that of the scenario.

    `series`: the labels of each series, as `a="x",b="y"`, and its points.
    `sees`: what must be in Prometheus' story, or nothing was tried: states, `err`, `keeps`, `told`, `resolved`.
    `writes`: its recordings and ALERTS are written back. `reloads`: from the reload on the keys of `later` are its own;
    None: the group is gone. `from_the_start`: it fires before the data begins, so its times are not the same.
    """

    name: str
    rules: Sequence[Mapping[str, Any]]
    series: Mapping[str, Points] = field(default_factory=dict)
    sees: frozenset[str] = frozenset()
    group: Mapping[str, Any] = field(default_factory=dict)
    writes: bool = False
    reloads: bool = False
    later: Mapping[str, Any] | None = None
    from_the_start: bool = False

    @property
    def metric(self) -> str:
        """The name that `$m` stands for."""
        return "m_" + self.name.replace("-", "_")

    def written(self, *, later: bool = False) -> Mapping[str, Any] | None:
        """The group as it stands in a rule file; None where it is gone."""
        group: Mapping[str, Any] = {"name": self.name, "interval": "1s", **self.group, "rules": self.rules}
        if later and self.reloads:
            if self.later is None:
                return None
            group = {**group, **self.later}
        return {key: _filled(value, {"$m": self.metric, "$n": self.name}) for key, value in group.items()}


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, meant in names.items():
            value = value.replace(name, meant)
        return value
    if isinstance(value, Mapping):
        return {key: _filled(item, names) for key, item in value.items()}
    return [_filled(item, names) for item in value] if isinstance(value, list | tuple) else value


def rule_file(scenarios: Sequence[Scenario], *, later: bool = False) -> str:
    """The text of a file with these groups."""
    groups = [scenario.written(later=later) for scenario in scenarios]
    return yaml.safe_dump(
        {"groups": [group for group in groups if group is not None]}, width=10_000, allow_unicode=True
    )
