"""How this team works on incidents: what its severities mean, which roles there are, which fields are its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import PlainSerializer

from bot.api.asked import AskedWorld, Asker
from bot.api.schema import Out
from bot.model.incident import Severity
from bot.response import looked_up

router = APIRouter(tags=["incidents"])

Seconds = Annotated[timedelta, PlainSerializer(lambda length: length.total_seconds(), return_type=float)]


class SeverityOut(Out):
    """What a severity means here; a time that is null is never."""

    severity: Severity
    means: str
    pages: bool
    update_every: Seconds | None
    commander_within: Seconds | None
    postmortem_within: Seconds | None


class RoleOut(Out):
    """A part somebody takes in an incident."""

    name: str
    title: str
    instructions: str


class CustomFieldOut(Out):
    """A field of incidents; with `choices` it takes no other value."""

    name: str
    title: str
    choices: list[str]


class PracticeOut(Out):
    """All of it: severities with the gravest first."""

    severities: list[SeverityOut]
    roles: list[RoleOut]
    fields: list[CustomFieldOut]


@router.get("/practice")
async def show_practice(world: AskedWorld, asker: Asker) -> PracticeOut:
    """What severities mean, which roles there are, and which fields incidents have here."""
    setup = looked_up.documents(world, asker)
    return PracticeOut(
        severities=[SeverityOut.model_validate(level) for level in setup.severities.values()],
        roles=[RoleOut.model_validate(role) for role in setup.roles.values()],
        fields=[CustomFieldOut.model_validate(field) for field in setup.custom_fields.values()],
    )
