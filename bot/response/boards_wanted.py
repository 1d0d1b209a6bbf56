"""Something happened to incidents: what chats show of them is to be shown anew.

Chats follow the timelines, which tell of everything: so nothing that happens has to think of them, and nothing that
happened while one was away, or we were, is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from bot.incidents import boards
from bot.model.actor import Actor
from bot.model.board import Card, CardKind
from bot.model.event import Record
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.run import Approval, ApprovalStatus, JournalKind
from bot.model.timeline import EntryKind
from bot.ports.board import Board
from bot.ports.store import Tx
from bot.rights import Act, require

_WHO = "boards"
"""How far the records were followed is kept under this name."""
PORTION = 500
_OF_QUESTIONS = (JournalKind.ASKED, JournalKind.ASKED_IF_RAN, JournalKind.ANSWERED, JournalKind.ANSWERED_IF_RAN)


def follow(tx: Tx, actor: Actor, chats: Mapping[str, Board], now: datetime) -> tuple[bool, dict[str, Exception]]:
    """Marks what is to be shown anew; whether there may be more, and the mistakes of ours that some met.

    What met one is marked when it changes again: all others go on.
    """
    require(actor, Act.TELL, "chats", now)
    entries = tx.records.timeline_after(tx.records.told(_WHO, Record.INCIDENT), PORTION)
    lines = tx.records.journal_after(tx.records.told(_WHO, Record.RUN), PORTION)
    works: dict[str, Callable[[], None]] = {}
    for changed in dict.fromkeys(entry.incident for entry in entries if boards.is_told(entry)):
        works[changed] = partial(_incident, tx, chats, changed, now)
    for about in dict.fromkeys(entry.incident for entry in entries if entry.kind is EntryKind.APPROVAL):
        works[f"questions of {about}"] = partial(_questions, tx, chats, partial(tx.approvals.of_incident, about), now)
    for run in dict.fromkeys(line.run for line in lines if line.kind in _OF_QUESTIONS):
        works[f"questions of {run}"] = partial(_questions, tx, chats, partial(tx.approvals.of_run, run), now)
    met = {what: mistake for what, work in works.items() if (mistake := tx.mistake_in(work))}
    _note(tx, Record.INCIDENT, [entry.seq for entry in entries])
    _note(tx, Record.RUN, [line.seq for line in lines])
    return PORTION in (len(entries), len(lines)), met


def _note(tx: Tx, record: Record, seqs: Sequence[int]) -> None:
    if seqs:
        tx.records.tell(_WHO, record, seqs[-1])


def _incident(tx: Tx, chats: Mapping[str, Board], changed: IncidentId, now: datetime) -> None:
    incident = tx.incidents.get(changed)
    for name, board in chats.items():
        place = board.place(incident)
        if place:
            _want(tx, boards.first_card(name, CardKind.INCIDENT, incident.id, incident.id, place, now), incident, now)
        if board.rooms.wants(incident):
            _want(tx, boards.first_card(name, CardKind.ROOM, incident.id, incident.id, "", now), incident, now)


def _questions(tx: Tx, chats: Mapping[str, Board], approvals: Callable[[], Sequence[Approval]], now: datetime) -> None:
    for approval in approvals():
        incident = tx.incidents.get(approval.incident) if approval.incident is not None else None
        for name, board in chats.items():
            place = board.place(incident)
            if place or (incident is not None and board.rooms.wants(incident)):
                _ask(
                    tx, boards.first_card(name, CardKind.APPROVAL, approval.id, approval.incident, place, now),
                    approval, incident, now,
                )  # fmt: skip


def _ask(tx: Tx, fresh: Card, approval: Approval, incident: Incident | None, now: datetime) -> None:
    """What was asked and answered before anybody could have seen it is left alone."""
    known = tx.cards.get(fresh.integration, fresh.key)
    if known is not None or approval.status is ApprovalStatus.OPEN:
        tx.cards.put(boards.wanted(known or fresh, incident, now))


def _want(tx: Tx, fresh: Card, incident: Incident, now: datetime) -> None:
    """An incident that was over before there was a chat to show it is left alone."""
    known = tx.cards.get(fresh.integration, fresh.key)
    if known is not None or not boards.is_past(incident, now):
        tx.cards.put(boards.wanted(known or fresh, incident, now))
