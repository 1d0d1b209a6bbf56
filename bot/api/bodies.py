"""What a client may send to /api/v1: each body with its limits."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.model.incident import Severity

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(max_length=20_000)]


class In(BaseModel):
    """The base of every body; a key we do not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclareIn(In):
    """An incident a person declares."""

    title: Line
    severity: Severity
    text: Text = ""


class ResolveIn(In):
    """Why it is over."""

    reason: Text = ""


class NoteIn(In):
    """Something worth remembering."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]


class RunIn(In):
    """What a runbook is to be run, or rehearsed, with."""

    incident_id: Annotated[str, StringConstraints(max_length=40)] | None = None
    inputs: dict[str, Annotated[str, StringConstraints(max_length=4096)]] = Field(default_factory=dict, max_length=100)


class Answer(StrEnum):
    """What a person says: to a plan, or to whether a step ran that nobody saw end."""

    APPROVE = "approve"
    REJECT = "reject"
    DID = "did"
    DID_NOT = "did_not"


class AnswerIn(In):
    """An answer. With `plan_hash`, the plan the person saw: another one is refused with 409."""

    answer: Answer
    reason: Text = ""
    plan_hash: Annotated[str, StringConstraints(max_length=64)] = ""
