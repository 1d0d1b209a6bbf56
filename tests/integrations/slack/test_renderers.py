"""Whatever an alert, a plan or a person says: what is drawn is well-formed, calls nobody and leads nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.integrations.slack import briefs, questions
from bot.integrations.slack.letters import Letter
from bot.model.actor import Actor, ActorKind
from bot.model.alert import Alert
from bot.model.board import Asked, Brief, Picture
from bot.model.ids import EvidenceId
from bot.model.incident import IncidentStatus
from bot.model.labels import LabelSet
from bot.model.run import ApprovalStatus, Question
from bot.model.runbook import Risk
from bot.model.timeline import EntryKind, TimelineEntry
from bot.testing.slack import blocks as kit
from bot.testing.slack.chat import calls, links
from tests.hostile import corpus
from tests.integrations.slack.test_messages import FORGED
from tests.integrations.web.scene import PLAN, approval, incident

NOW = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
TEXTS = (
    *FORGED,
    *corpus(Path("/tmp/canary")),
    "https://evil.example/" + "a" * 9000,
    "&" * 5000,
    "```" * 900,
    "*_~`" * 400,
)
OURS = ("https://tocsin.example.net/",)


def letters(text: str) -> Iterator[Letter]:
    """Everything that is drawn on a board, with this in every place where others have a say."""
    actor = Actor(kind=ActorKind.PERSON, name=text, via=text)
    alert = Alert(labels=LabelSet({"alertname": text, "pod": text}), annotations={"summary": text}, starts_at=NOW)
    entry = TimelineEntry(
        incident=incident().id, at=NOW, recorded_at=NOW, actor=actor, kind=EntryKind.NOTE, text=text, seq=1
    )
    standing = incident(title=text, service=text, acknowledged_by=text, declared_by=text, roles={"commander": text})
    brief = Brief(
        incident=standing,
        link="https://tocsin.example.net/incidents/INC-1",
        alerts=(alert,) * 5,
        firing=5,
        ended=2,
        update=text,
        asks=(("APR-1", text),) * 5,
        runs=(text,) * 5,
        runbooks=("undo",),
        dashboard=text,
        picture=Picture(evidence=EvidenceId("EV-1"), name=text, alt=text),
    )
    yield briefs.message(brief, file="F1")
    for status in (IncidentStatus.TRIGGERED, IncidentStatus.RESOLVED):
        yield briefs.message(replace(brief, incident=replace(standing, status=status)))
    yield briefs.told([entry] * 10, "INC-1")
    plan = replace(
        PLAN,
        action=text,
        targets=(text,) * 9,
        summary=text,
        diff=text,
        undo=text,
        params={text: text, "argv": [text]},
        risk=Risk.DESTRUCTIVE,
    )
    asked = approval(ask=text, plan=plan, requested_by=actor, covers=(plan,) * 9, reason=text, answered_by=text)
    whole = Asked(
        approval=asked, title=text, runbook=text, step=text, link="https://tocsin.example.net/runs/RUN-1", may=(text,)
    )
    for one in ApprovalStatus:
        yield questions.card(replace(whole, approval=replace(asked, status=one, given_by=(text,))))
    for question in Question:
        yield questions.card(replace(whole, approval=replace(asked, question=question)))


@pytest.mark.parametrize("part", range(4))
def test_nothing_calls_anybody_or_leads_where_it_does_not_say(part: int) -> None:
    for text in TEXTS[part::4]:
        for letter in letters(text):
            message = {"text": letter.text, "attachments": letter.attachments}
            for one in letter.attachments:
                kit.check_message(one["blocks"])
            kit.check_metadata(letter.metadata)
            assert calls(message) == [], text
            assert any(kit.texts(message["attachments"])), text
            strange = [link for link in links(message) if not link.startswith(OURS)]
            assert all(link in text for link in strange), text
            assert all(link.startswith(("http://", "https://")) for link in strange), text
