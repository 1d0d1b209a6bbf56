"""Evidence as a document shows it: the last chart of each signal whole, everything else by what it says."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass

from bot.model.evidence import PICTURES, Attachment, Evidence, EvidenceKind
from bot.model.ids import EvidenceId
from bot.model.report import Case
from bot.model.wording import duration, lines
from bot.reports.findings import signals_seen
from bot.reports.links import followable

MOST_SHOWN = 20_000_000
"""Bytes of people's images that one document holds: who sends it on by mail can still do so."""
LONGEST = 8000
"""Characters of a step's output that are shown; what is longer says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One piece of evidence. A `featured` one is shown with its chart and data: older ones show less of the same."""

    evidence: Evidence
    featured: bool
    link: str
    output: str
    every: str = ""
    """How close together the values of a signal are: what lies between was not seen."""

    picture: Attachment | None = None
    """An image that somebody showed."""

    @property
    def png(self) -> Attachment | None:
        """The chart."""
        return next((one for one in self.evidence.attachments if one.media_type == "image/png"), None)

    @property
    def csv(self) -> Attachment | None:
        """The data behind it."""
        return next((one for one in self.evidence.attachments if one.media_type == "text/csv"), None)


def exhibits(case: Case) -> tuple[Exhibit, ...]:
    """All evidence, in the order it was collected."""
    steps = {seen.evidence.id: duration(seen.reading.step) for seen in signals_seen(case)}
    shown = _shown(case)
    return tuple(
        Exhibit(
            evidence=one,
            featured=one.id in steps,
            link=followable(one.link),
            output=_OUTPUTS[one.kind](one) if one.kind in _OUTPUTS else "",
            every=steps.get(one.id, ""),
            picture=shown.get(one.id),
        )
        for one in sorted(case.evidence, key=lambda one: one.collected_at)
    )


def _shown(case: Case) -> dict[EvidenceId, Attachment]:
    """People's images, the first of them; the page of the incident has them all."""
    found, left = {}, MOST_SHOWN
    for one in sorted(case.evidence, key=lambda one: one.collected_at):
        for file in one.attachments if one.kind is EvidenceKind.PICTURE else ():
            if file.media_type in PICTURES and len(file.content) <= left:
                found[one.id] = file
                left -= len(file.content)
    return found


def data_uri(attachment: Attachment) -> str:
    """The file inside an address, so that the document needs no other."""
    return f"data:{attachment.media_type};base64,{b64encode(attachment.content).decode()}"


def text_of(attachment: Attachment) -> str:
    """A text file's text."""
    return lines(attachment.content.decode("utf-8", errors="replace"))


def size(attachment: Attachment) -> str:
    """`12.3 kB`."""
    count = len(attachment.content)
    return f"{count} bytes" if count < 1000 else f"{count / 1000:.1f} kB"


def _output(evidence: Evidence) -> str:
    """What a step returned: what it printed, or its value as JSON."""
    text = str(evidence.value.get("text") or "")
    value = evidence.value.get("value")
    whole = text or (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str) if value else "")
    cut = lines(whole)
    return cut if len(cut) <= LONGEST else f"{cut[:LONGEST]}\n… {len(cut) - LONGEST} more characters"


def _patterns(evidence: Evidence) -> str:
    """The patterns of log lines, one a line, as they are kept with the evidence: what is new comes first."""
    found = evidence.value.get("patterns") or ()
    return "\n".join(f"{one['trend']:5} {one['before']:>6} -> {one['during']:<6} {one['template']}" for one in found)


_OUTPUTS = {EvidenceKind.STEP: _output, EvidenceKind.LOGS: _patterns}
