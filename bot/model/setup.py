"""What the documents say, all together: replaced whole on reload, never changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.actor import Person
from bot.model.alert import Receiver, Route
from bot.model.log_look import LogLook
from bot.model.rule import AlertRule, RuleGroup
from bot.model.runbook import Runbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Rules, routes, runbooks and people as they stand now. `public_url` is how people reach the page."""

    groups: tuple[RuleGroup, ...] = ()
    route: Route = field(default_factory=lambda: Route(receiver="default"))
    receivers: tuple[Receiver, ...] = (Receiver(name="default"),)
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    log_looks: tuple[LogLook, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    time_zone: str = "UTC"
    public_url: str = ""

    def rule(self, key: str) -> tuple[RuleGroup, AlertRule] | None:
        """The alerting rule with this `RuleGroup.rule_key`, and its group; None when it is not there any more."""
        for group in self.groups:
            if key.startswith(f"{group.key};"):
                for place, rule in enumerate(group.rules):
                    if isinstance(rule, AlertRule) and group.rule_key(place) == key:
                        return group, rule
        return None
