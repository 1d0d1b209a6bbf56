"""What `tocsin.yaml` may say of who is woken: `escalations`, and the `contacts` of people."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from bot.config.fields import Name, Some
from bot.documents import Strict
from bot.model.actor import Contact
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.incident import Severity


class ContactEntry(Strict):
    """A way to reach a person."""

    integration: Name = Field(description="What reaches them: one that wakes people, by its name in `integrations`.")
    address: str = Field(
        default="", max_length=500, description="Where: what that integration understands, such as an e-mail address."
    )

    @property
    def noun(self) -> Contact:
        """The same for the rest of Tocsin."""
        return Contact(integration=self.integration, address=self.address)


class LevelEntry(Strict):
    """Those who are paged together."""

    people: tuple[Name, ...] = Field(default=(), description="By their names under `people`.")
    schedules: tuple[Name, ...] = Field(
        default=(), description="Whoever is on call then, by the names under `schedules`."
    )
    wait: Some = Field(description="After so long without somebody who has it, the next level is paged.")

    @model_validator(mode="after")
    def _pages_somebody(self) -> Self:
        if not self.people and not self.schedules:
            raise ValueError("it pages nobody; write `people: [...]`, `schedules: [...]` or both")
        return self

    @property
    def noun(self) -> Level:
        """The same for the rest of Tocsin; whoever is on call comes first."""
        schedules = (Target(kind=TargetKind.SCHEDULE, name=name) for name in self.schedules)
        people = (Target(kind=TargetKind.PERSON, name=name) for name in self.people)
        return Level(targets=(*schedules, *people), wait=self.wait)


class EscalationEntry(Strict):
    """Who is paged for an incident, one level after the other, until somebody has it."""

    name: Name = Field(description="What services and `default_escalation` call it.")
    levels: tuple[LevelEntry, ...] = Field(min_length=1, max_length=20, description="In this order.")
    repeat: int = Field(default=0, ge=0, le=20, description="How often all levels are paged once more.")
    during: str = Field(
        default="", description="A name under `time_intervals` outside of which nobody is woken. Default: always."
    )
    always: Severity = Field(
        default=Severity.SEV2, description="Incidents as grave as this, or graver, wake people outside `during` too."
    )

    @property
    def noun(self) -> EscalationPolicy:
        """The same for the rest of Tocsin."""
        return EscalationPolicy(
            name=self.name, levels=tuple(level.noun for level in self.levels), repeat=self.repeat, during=self.during,
            always=self.always,
        )  # fmt: skip
