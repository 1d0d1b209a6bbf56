"""What the documents say, all together: replaced whole on reload, never changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.actor import Person
from bot.model.automation import Automation
from bot.model.deadman import Deadman, LifeSign
from bot.model.escalation import EscalationPolicy
from bot.model.incident import Severity
from bot.model.log_look import LogLook
from bot.model.practice import ROLES, SEVERITIES, Correlation, CustomField, Role, SeverityLevel
from bot.model.route import FieldMap, InhibitRule, Receiver, Route
from bot.model.rule import AlertRule, RuleGroup
from bot.model.runbook import Runbook
from bot.model.schedule import Schedule
from bot.model.service import Service
from bot.model.status_update import READERS, Audience, Readers
from bot.model.time_interval import Maintenance, TimeInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Rules, routes, runbooks and people as they stand now. `public_url` is how people reach the page."""

    groups: tuple[RuleGroup, ...] = ()
    route: Route = field(default_factory=lambda: Route(receiver="default"))
    receivers: tuple[Receiver, ...] = (Receiver(name="default"),)
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: Mapping[str, TimeInterval] = field(default_factory=dict)
    maintenance: tuple[Maintenance, ...] = ()
    field_maps: tuple[FieldMap, ...] = ()
    deadmen: tuple[Deadman, ...] = ()
    life_sign: LifeSign | None = None
    resolve_timeout: timedelta = timedelta(minutes=5)
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    log_looks: tuple[LogLook, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    severities: Mapping[Severity, SeverityLevel] = field(default_factory=lambda: SEVERITIES)
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    readers: Mapping[Audience, Readers] = field(default_factory=lambda: READERS)
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)
    correlation: Correlation = field(default_factory=Correlation)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    escalations: Mapping[str, EscalationPolicy] = field(default_factory=dict)
    default_escalation: str = ""
    bundle_pages: timedelta = timedelta(0)
    automation: Automation = field(default_factory=Automation)
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
