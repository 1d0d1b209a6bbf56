"""What `tocsin.yaml` may say of how a team works: what severities mean, which roles there are, fields of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bot.config.fields import Name
from bot.documents import Duration, Strict
from bot.model.incident import Severity
from bot.model.practice import CustomField, Role, SeverityLevel

_TAKEN = frozenset({"title", "severity", "status", "kind", "signal", "service", "team"})
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]


def _is_free(name: str) -> str:
    if name in _TAKEN:
        raise ValueError(f"every incident has a {name} already; take another name")
    return name


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,49}$"), AfterValidator(_is_free)]


class SeverityEntry(Strict):
    """What a severity means here. What is left out is as Tocsin has it; `0s` means never."""

    name: Severity = Field(description="Which severity.")
    means: Name | None = Field(default=None, description="What has to be true for it; when in doubt, the higher.")
    update_every: Duration | None = Field(
        default=None,
        description="How often people are told how such an incident stands. Default: SEV1 30m, SEV2 1h, SEV3 4h.",
    )
    pages: bool | None = Field(default=None, description="Whether it wakes anybody. Default: SEV1 to SEV3 do.")
    commander_within: Duration | None = Field(
        default=None,
        description="How long it may be without a commander before somebody is reminded. Default: SEV1 5m, SEV2 10m.",
    )
    postmortem_within: Duration | None = Field(
        default=None, description="When its postmortem is due. Default: SEV1 after 5d, SEV2 after 10d."
    )
    stale_after: Duration | None = Field(
        default=None,
        description="How long nothing may happen before somebody is reminded. Default: 2h, 6h, 1d, 7d, 14d.",
    )

    def over(self, standing: SeverityLevel) -> SeverityLevel:
        """What Tocsin has of it, with what this entry says instead."""
        return replace(
            standing,
            means=standing.means if self.means is None else self.means,
            pages=standing.pages if self.pages is None else self.pages,
            update_every=_said(self.update_every, standing.update_every),
            commander_within=_said(self.commander_within, standing.commander_within),
            postmortem_within=_said(self.postmortem_within, standing.postmortem_within),
            stale_after=_said(self.stale_after, standing.stale_after),
        )


def _said(length: timedelta | None, standing: timedelta | None) -> timedelta | None:
    return standing if length is None else length or None


class RoleEntry(Strict):
    """A part that somebody takes in an incident."""

    name: RoleName = Field(description="What it is called at the command line, such as `scribe`.")
    title: Name = Field(description="What it is called on pages.")
    instructions: Annotated[str, StringConstraints(max_length=4000)] = Field(
        default="", description="What somebody is told who takes it."
    )

    @property
    def noun(self) -> Role:
        """The same for the rest of Tocsin."""
        return Role(name=self.name, title=self.title, instructions=self.instructions)


class CustomFieldEntry(Strict):
    """A field that incidents have here."""

    name: FieldName = Field(description="What it is called at the command line and in the API.")
    title: str = Field(default="", description="What it is called on pages. Default: its name.")
    choices: tuple[Name, ...] = Field(default=(), description="The only values it takes. Default: any text.")

    @property
    def noun(self) -> CustomField:
        """The same for the rest of Tocsin."""
        return CustomField(name=self.name, title=self.title, choices=self.choices)
