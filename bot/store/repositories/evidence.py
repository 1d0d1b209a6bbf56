"""Evidence, frozen when collected."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from bot.errors import NotFound
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.sample import Window
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import AttachmentRow, EvidenceRow, table

_evidence = table(EvidenceRow)
_attachments = table(AttachmentRow)
_OLDEST_FIRST = (_evidence.c.collected_at, func.length(_evidence.c.id), _evidence.c.id)


def evidence_row(evidence: Evidence) -> Values:
    """Evidence as a row; of attachments only the names."""
    return {
        "id": evidence.id,
        "incident": evidence.incident,
        "kind": evidence.kind,
        "question": evidence.question,
        "source": evidence.source,
        "query": evidence.query,
        "window_start": evidence.window.start,
        "window_end": evidence.window.end,
        "collected_at": evidence.collected_at,
        "summary": evidence.summary,
        "value": dict(evidence.value),
        "link": evidence.link,
        "alt_text": evidence.alt_text,
        "unavailable": evidence.unavailable,
        "attachment_names": [attachment.name for attachment in evidence.attachments] or list(evidence.attachment_names),
    }


def evidence_noun(row: Found) -> Evidence:
    """The evidence in a row, without the bytes of attachments."""
    return Evidence(
        id=EvidenceId(row.id),
        incident=IncidentId(row.incident),
        kind=EvidenceKind(row.kind),
        question=row.question,
        source=row.source,
        query=row.query,
        window=Window(start=row.window_start, end=row.window_end),
        collected_at=row.collected_at,
        summary=row.summary,
        value=row.value,
        link=row.link,
        alt_text=row.alt_text,
        unavailable=row.unavailable,
        attachment_names=tuple(row.attachment_names),
    )


def attachment_row(attachment: Attachment, evidence: EvidenceId) -> Values:
    """An attachment as a row."""
    return {
        "evidence": evidence,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "content": attachment.content,
        "sha256": attachment.sha256,
    }


def attachment_noun(row: Found) -> Attachment:
    """The attachment in a row."""
    return Attachment(name=row.name, media_type=row.media_type, content=bytes(row.content), sha256=row.sha256)


class Evidences(Repository):
    """See `bot.ports.store.Evidences`."""

    def next_id(self) -> EvidenceId:
        """The next free id."""
        return EvidenceId(f"EV-{self._number('evidence')}")

    def put(self, evidence: Evidence) -> None:
        """Keeps it with its attachments; evidence is never replaced (Conflict)."""
        self._add(_evidence, evidence_row(evidence))
        for attachment in evidence.attachments:
            self._insert(_attachments, attachment_row(attachment, evidence.id))

    def of_incident(self, incident: IncidentId) -> Sequence[Evidence]:
        """All of one incident, the oldest first, without the bytes of attachments."""
        wanted = select(_evidence).where(_evidence.c.incident == incident).order_by(*_OLDEST_FIRST)
        return [evidence_noun(row) for row in self._all(wanted)]

    def attachment(self, evidence: EvidenceId, name: str) -> Attachment:
        """One attachment with its bytes; NotFound."""
        wanted = select(_attachments).where(_attachments.c.evidence == evidence, _attachments.c.name == name)
        row = self._first(wanted)
        if row is None:
            raise NotFound(f"evidence {evidence} has no attachment {name!r}")
        return attachment_noun(row)
