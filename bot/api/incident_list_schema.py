"""What the list of incidents says under /api/v1, and what it can be narrowed to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bot.api.schema import IncidentOut, Out
from bot.model.ids import IncidentId
from bot.model.incident import IncidentKind, IncidentStatus, Severity
from bot.model.incident_query import FoundIncidents, IncidentQuery

Name = Annotated[str, StringConstraints(max_length=200)]
MOST_NAMES = 20


class IncidentsIn(BaseModel):
    """All that is named must hold; what may be given several times holds when one of them does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str = Field("", max_length=300, description="words of the story; as `tocsin incident search` takes them")
    status: list[IncidentStatus] = Field([], max_length=5)
    severity: list[Severity] = Field([], max_length=5)
    kind: list[IncidentKind] = Field([], max_length=3)
    service: list[Name] = Field([], max_length=MOST_NAMES)
    team: list[Name] = Field([], max_length=MOST_NAMES)
    since: AwareDatetime | None = Field(None, description="opened then or later")
    before: AwareDatetime | None = Field(None, description="opened before")
    after: str | None = Field(None, max_length=40, description="`next` of the page before this one")
    limit: int = Field(100, ge=1, le=500)

    def query(self) -> IncidentQuery:
        """The same as a noun, without the words."""
        return IncidentQuery(
            statuses=tuple(self.status),
            severities=tuple(self.severity),
            kinds=tuple(self.kind),
            services=tuple(self.service),
            teams=tuple(self.team),
            since=self.since,
            before=self.before,
            after=None if self.after is None else IncidentId(self.after),
            limit=self.limit,
        )


class PieceOut(Out):
    """A stretch of text; `is_meant`: it is what was searched for."""

    text: str
    is_meant: bool


class PassageOut(Out):
    """Where the words stand: in the timeline's entry `seq`. Its text is its pieces, one after the other."""

    seq: int
    at: datetime
    pieces: list[PieceOut]


class Incidents(Out):
    """The newest first. `next` is to be asked for as `after`; null: there are no more.

    `passages` holds, by incident, where the words stand that were searched for.
    """

    incidents: list[IncidentOut]
    next: str | None
    passages: dict[str, list[PassageOut]]

    @classmethod
    def of(cls, page: FoundIncidents) -> Incidents:
        """One page of what was found."""
        return cls(
            incidents=[IncidentOut.model_validate(one.incident) for one in page.found],
            next=page.next,
            passages={
                one.incident.id: [PassageOut.model_validate(passage) for passage in one.passages]
                for one in page.found
                if one.passages
            },
        )
