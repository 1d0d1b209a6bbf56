"""`automation:` of `tocsin.yaml`: how far Tocsin may go by itself, and how much it may touch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from bot.config.fields import Name
from bot.config.services_schema import Label
from bot.documents import Strict
from bot.model.automation import Automation, Autonomy, Limits

_LIMITS = Limits()
_DEFAULTS = Automation()
Place = Annotated[str, StringConstraints(pattern=r"^[a-z]+:\S{1,200}$")]
Runbook = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}(@\S{1,100})?$")]


class LimitsEntry(Strict):
    """How much may be touched, whatever people agree to."""

    targets: int = Field(
        default=_LIMITS.targets, ge=0, le=10_000, description="The most targets that the changes of one run may have."
    )
    runs_per_hour: int = Field(
        default=_LIMITS.runs_per_hour,
        ge=0,
        le=10_000,
        description="How many runs may change something within an hour, in all; further ones wait. `0`: none.",
    )
    per_service: bool = Field(
        default=_LIMITS.per_service, description="Whether the changes of one service are made by one run at a time."
    )
    protected: tuple[Place, ...] = Field(
        default=_LIMITS.protected,
        description="Places at which nothing is ever changed, each as `kind:name`, with `*`: `namespace:kube-*`,"
        " `host:db-*`, `cluster:prod`, `node:n1`, `service:cart` (by runs for its incidents).",
    )
    freeze: tuple[Name, ...] = Field(
        default=(), description="Names of `time_intervals` in which nothing is changed; changes wait for their end."
    )

    @property
    def noun(self) -> Limits:
        """The same for the rest of Tocsin."""
        return Limits(
            targets=self.targets,
            runs_per_hour=self.runs_per_hour,
            per_service=self.per_service,
            protected=self.protected,
            freeze=self.freeze,
        )


class AutomationEntry(Strict):
    """How far runs may go by themselves. `tocsin automation trust` gives one runbook more, or less."""

    autonomy: Autonomy = Field(
        default=_DEFAULTS.autonomy,
        description="What runs may do that no person began: `observe` (of changes only write down what they would do),"
        " `suggest` (every change asks), `approve` (one answer for all changes that were shown with it), `auto` (those"
        " of risk `write` run unasked; destructive ones still ask).",
    )
    ceilings: dict[Runbook, Autonomy] = Field(
        default={},
        description="The most that a runbook, or `RUNBOOK@ENVIRONMENT`, may ever be given. Where an alert does not say"
        " which environment it is about, the least of these holds.",
    )
    environment_label: Label = Field(
        default=_DEFAULTS.environment_label,
        description="The label of an alert that says which environment it is about.",
    )
    promote_after: int = Field(
        default=_DEFAULTS.promote_after,
        ge=1,
        le=1000,
        description="After so many recoveries in a row the next autonomy is offered; then after twice as many.",
    )
    limits: LimitsEntry = Field(default=LimitsEntry(), description="How much may be touched.")

    @property
    def noun(self) -> Automation:
        """The same for the rest of Tocsin."""
        return Automation(
            limits=self.limits.noun,
            autonomy=self.autonomy,
            ceilings=self.ceilings,
            environment_label=self.environment_label,
            promote_after=self.promote_after,
        )
