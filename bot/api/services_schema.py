"""Services as they go over the wire."""

from __future__ import annotations

from typing import Self

from bot.api.schema import IncidentOut, Out
from bot.model.rule import RuleState
from bot.model.service import Slo
from bot.response.services_looked_up import SeenService


class SloOut(Out):
    """A promise, and where the rules that watch it stand. `window` is seconds."""

    name: str
    objective: float
    good: str
    total: str
    source: str
    window: float
    state: RuleState

    @classmethod
    def of(cls, slo: Slo, state: RuleState) -> Self:
        """One promise."""
        return cls(
            name=slo.name,
            objective=slo.objective,
            good=slo.good,
            total=slo.total,
            source=slo.source,
            window=slo.window.total_seconds(),
            state=state,
        )


class ServiceOut(Out):
    """What the catalogue says of a service, and the ids of its open incidents. `matchers` say which alerts are its."""

    name: str
    title: str
    owner: str
    tier: int
    matchers: list[str]
    dependencies: list[str]
    dependents: list[str]
    dashboards: dict[str, str]
    runbooks: list[str]
    repository: str
    escalation: str
    slos: list[SloOut]
    open: list[str]

    @classmethod
    def of(cls, seen: SeenService) -> Self:
        """One service."""
        service = seen.service
        return cls(
            name=service.name,
            title=service.title,
            owner=service.owner,
            tier=service.tier,
            matchers=[str(matcher) for matcher in service.matchers],
            dependencies=list(service.dependencies),
            dependents=list(seen.dependents),
            dashboards=dict(service.dashboards),
            runbooks=list(service.runbooks),
            repository=service.repository,
            escalation=service.escalation,
            slos=[SloOut.of(slo, seen.promises[slo.name]) for slo in service.slos],
            open=[incident.id for incident in seen.open],
        )


class Services(Out):
    """Those that hurt most when they fail come first."""

    services: list[ServiceOut]


class ServiceDetail(Out):
    """One service and its last incidents, the newest first."""

    service: ServiceOut
    incidents: list[IncidentOut]

    @classmethod
    def of(cls, seen: SeenService) -> Self:
        """One service."""
        incidents = [IncidentOut.model_validate(incident) for incident in seen.incidents]
        return cls(service=ServiceOut.of(seen), incidents=incidents)
