"""Evidence: what was seen, with query, window, link and hash; a missing answer is evidence too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from bot.model.ids import EvidenceId, IncidentId
from bot.model.sample import Window


class EvidenceKind(StrEnum):
    """What sort of answer it is."""

    SIGNAL = "signal"
    """The rule's own expression around the incident: chart and data."""
    STEP = "step"
    """What a reading step of a runbook returned."""
    LOGS = "logs"
    """What the logs said around the incident, and right before."""
    IMPACT = "impact"
    """What the incident took of what a service promises."""
    PICTURE = "picture"
    """An image that somebody showed where people talk about the incident."""


PICTURES: Mapping[str, str] = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
"""The media types that may be shown as they are, none of which can hold a script, and how their files' names end."""


def picture_type(content: bytes) -> str:
    """The media type that its first bytes tell; empty: it is none of `PICTURES`, whatever it is called."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file frozen with the evidence: `signal.png`, `signal.csv`. `sha256` is of the bytes."""

    name: str
    media_type: str
    content: bytes
    sha256: str

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> Self:
        """This content, as it is frozen."""
        return cls(name=name, media_type=media_type, content=content, sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One answer. `unavailable` holds the reason when there is none; `value` is plain JSON."""

    id: EvidenceId
    incident: IncidentId
    kind: EvidenceKind
    question: str
    source: str
    query: str
    window: Window
    collected_at: datetime
    summary: str = ""
    value: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    alt_text: str = ""
    unavailable: str = ""
    attachments: tuple[Attachment, ...] = ()
    """Loaded with `Evidences.attachment`; lists carry none."""
    attachment_names: tuple[str, ...] = ()
