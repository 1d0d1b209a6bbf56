"""What a client may send to /api/v1: each body with its limits."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bot.model.incident import IncidentKind, Severity
from bot.model.link import Link

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(max_length=20_000)]

IncidentName = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Fields = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=200)],
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)],
    ],
    Field(max_length=100),
]
"""Names of the team's own fields to their values."""


def _said(value: object) -> object:
    """A number or a yes as a person would have typed it: inputs are texts, and a client's JSON knows more."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Given = Annotated[str, BeforeValidator(_said, json_schema_input_type=str | int | float | bool)]
"""What an input of a runbook is given."""


class In(BaseModel):
    """The base of every body; a key we do not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclareIn(In):
    """An incident a person declares. `service` and the names of `fields` are those that tocsin.yaml knows."""

    title: Line
    severity: Severity
    text: Text = ""
    kind: IncidentKind = IncidentKind.NORMAL
    service: Word = ""
    team: Word = ""
    fields: Fields = Field(default_factory=dict)


class EditIn(In):
    """What is to be different about an incident; what is left out stays. An empty text is taken away."""

    title: Line | None = None
    severity: Severity | None = None
    kind: IncidentKind | None = None
    service: Word | None = None
    team: Word | None = None
    fields: Fields = Field(default_factory=dict)
    reason: Text = ""


class ReasonIn(In):
    """Why it is mitigated, over, closed or opened again."""

    reason: Text = ""


class AssignIn(In):
    """Who has it from now on, by the name under `people` in tocsin.yaml."""

    person: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class MergeIn(In):
    """Which incident it becomes part of."""

    into: IncidentName
    reason: Text = ""


class LinkIn(In):
    """What the incident is of which other one."""

    kind: Link
    to: IncidentName


class UnlinkIn(In):
    """What the incident is no more."""

    kind: Link


class NoteIn(In):
    """Something worth remembering."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class RunIn(In):
    """What a runbook is to be run, or rehearsed, with."""

    incident_id: Annotated[str, StringConstraints(max_length=40)] | None = None
    inputs: dict[str, Annotated[Given, StringConstraints(max_length=4096)]] = Field(
        default_factory=dict, max_length=100
    )


class Answer(StrEnum):
    """What a person says: to a plan, or to whether a step ran that nobody saw end."""

    APPROVE = "approve"
    REJECT = "reject"
    DID = "did"
    DID_NOT = "did_not"
    GIVE = "give"
    """The `values` that a question of the runbook's own wants."""


class AnswerIn(In):
    """An answer. With `plan_hash`, the plan the person saw: another one is refused with 409."""

    answer: Answer
    reason: Text = ""
    plan_hash: Annotated[str, StringConstraints(max_length=64)] = ""
    values: dict[str, Annotated[str, StringConstraints(max_length=4096)]] = Field(default_factory=dict, max_length=100)
