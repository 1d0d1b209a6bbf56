"""Reports: claims that each stand on evidence, and the document they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.escalation import Escalation
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import EvidenceId
from bot.model.incident import Incident
from bot.model.link import Related
from bot.model.page import Page
from bot.model.run import Approval, JournalEntry, RunbookRun
from bot.model.task import Task
from bot.model.timeline import TimelineEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim and the evidence it stands on; one without evidence cannot be made."""

    claim: str
    evidence: tuple[EvidenceId, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"a finding needs evidence: {self.claim!r}")


class ReportFormat(StrEnum):
    """The forms a document comes in."""

    MD = "md"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that is known of one incident, as a report needs it. Evidence carries its attachments.

    What was merged into it is in it too: entries, evidence, runs and questions say whose they were.
    """

    incident: Incident
    timeline: tuple[TimelineEntry, ...]
    evidence: tuple[Evidence, ...]
    runs: tuple[tuple[RunbookRun, tuple[JournalEntry, ...]], ...]
    approvals: tuple[Approval, ...]
    related: tuple[Related, ...] = ()
    pages: tuple[Page, ...] = ()
    escalation: Escalation | None = None
    follow_ups: tuple[Task, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Whether bad events were counted, of what its services promise."""
        return any(one.kind is EvidenceKind.IMPACT and not one.unavailable for one in self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmortem:
    """The draft for one incident. `questions` are the gaps, named instead of filled."""

    incident: Incident
    drafted_at: datetime
    summary: str
    impact: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    questions: tuple[str, ...]
    duration: timedelta | None
    case: Case
    links: tuple[tuple[str, str], ...] = ()
