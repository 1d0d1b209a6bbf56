"""What is kept of the response to incidents comes back from both databases as it went in."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotFound
from bot.model.board import Card, CardKind
from bot.model.escalation import Escalation
from bot.model.ids import IncidentId, OverrideId, PageId, TaskId
from bot.model.incident import IncidentStatus, Severity, SignalState
from bot.model.merge import Merge
from bot.model.page import Page, PageStatus
from bot.model.reminder import Reminder, ReminderKind
from bot.model.schedule import Override
from bot.model.status_update import Audience, StatusUpdate
from bot.model.task import Aim, Task, TaskKind
from bot.ports.store import Tx
from bot.store.channel import Channel
from tests.property.kept import (
    FIRST,
    INCIDENT,
    LAST,
    both,
    fingerprints,
    maybe_time,
    raw,
    small,
    there_and_back,
    times,
    words,
)

HOUR = timedelta(hours=1)
THE_INCIDENT = st.just(IncidentId("INC-1"))
days = st.dates()
tasks = st.builds(
    Task,
    id=words.map(TaskId),
    incident=THE_INCIDENT,
    kind=st.sampled_from(TaskKind),
    text=words,
    created_at=times,
    created_by=words,
    owner=words,
    due=st.none() | days,
    aim=st.none() | st.sampled_from(Aim),
    link=words,
    done_at=maybe_time,
    done_by=words,
    dropped=st.booleans(),
)
reminders = st.builds(
    Reminder, incident=THE_INCIDENT, kind=st.sampled_from(ReminderKind), due_at=maybe_time, count=small,
    told_at=maybe_time, snoozed_until=maybe_time, stopped_by=words,
)  # fmt: skip
updates = st.builds(
    StatusUpdate, incident=THE_INCIDENT, audience=st.sampled_from(Audience), text=words, at=times, by=words,
    next_at=maybe_time,
)  # fmt: skip
escalations = st.builds(
    Escalation, incident=THE_INCIDENT, policy=words, started_at=times, due_at=maybe_time, level=small, round=small,
    why=words, instead_of=words,
)  # fmt: skip
pages = st.builds(
    Page,
    id=words.map(PageId),
    incident=THE_INCIDENT,
    person=words,
    integration=words,
    address=words,
    created_at=times,
    contact=small,
    level=small,
    round=small,
    status=st.sampled_from(PageStatus),
    ended_at=maybe_time,
    ref=words,
    error=words,
)
overrides = st.builds(
    Override, id=words.map(OverrideId), schedule=words, person=words, starts_at=times,
    ends_at=times.filter(lambda at: at > FIRST), instead=words, reason=words, created_by=words,
    calendar=words,
)  # fmt: skip


@both
@given(task=tasks)
def test_tasks(channel: Channel, task: Task) -> None:
    def work(tx: Tx) -> Task:
        tx.incidents.put(INCIDENT)
        tx.tasks.put(task)
        return tx.tasks.get(task.id)

    assert there_and_back(channel, work) == task


@both
@given(reminder=reminders)
def test_reminders(channel: Channel, reminder: Reminder) -> None:
    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        tx.reminders.put(reminder)
        assert tx.reminders.next_at() == reminder.due_at
        return tx.reminders.of_incident(INCIDENT.id)

    assert there_and_back(channel, work) == [reminder]


@both
@given(reminder=reminders)
def test_the_first_reminders_of_an_incident(channel: Channel, reminder: Reminder) -> None:
    every = [replace(reminder, kind=kind) for kind in ReminderKind]

    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        tx.reminders.begin([])
        tx.reminders.begin(every)
        return tx.reminders.of_incident(INCIDENT.id)

    assert there_and_back(channel, work) == sorted(every, key=lambda one: one.kind)


@both
@given(update=updates)
def test_updates(channel: Channel, update: StatusUpdate) -> None:
    def work(tx: Tx) -> bool:
        tx.incidents.put(INCIDENT)
        kept = tx.updates.add(update)
        return tx.updates.of_incident(INCIDENT.id) == [kept] and kept == replace(update, seq=kept.seq)

    assert there_and_back(channel, work)


@both
@given(escalation=escalations)
def test_escalations(channel: Channel, escalation: Escalation) -> None:
    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        tx.escalations.put(escalation)
        assert tx.escalations.due(LAST, 2) == ([escalation.incident] if escalation.due_at else [])
        tx.escalations.bring_forward(HOUR)
        assert tx.escalations.next_at() == (escalation.due_at and escalation.due_at - HOUR)
        tx.escalations.bring_forward(-HOUR)
        return tx.escalations.get(INCIDENT.id)

    assert there_and_back(channel, work) == escalation


@both
@given(page=pages)
def test_pages(channel: Channel, page: Page) -> None:
    def work(tx: Tx) -> Page:
        tx.incidents.put(INCIDENT)
        tx.pages.put(page)
        return tx.pages.get(page.id)

    assert there_and_back(channel, work) == page


merges = st.builds(
    Merge, other=st.just(INCIDENT.id), into=st.just(INCIDENT.id), at=times, by=words,
    severity=st.sampled_from(Severity), signal=st.sampled_from(SignalState), detected_at=maybe_time,
    alerts=fingerprints, firing=fingerprints, groups=st.lists(raw, max_size=3).map(tuple),
)  # fmt: skip


@both
@given(merge=merges)
def test_merges(channel: Channel, merge: Merge) -> None:
    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        tx.merges.put(merge)
        found = tx.merges.get(merge.other)
        tx.merges.drop(merge.other)
        with pytest.raises(NotFound):
            tx.merges.get(merge.other)
        return found

    assert there_and_back(channel, work) == merge


@both
@given(override=overrides)
def test_overrides(channel: Channel, override: Override) -> None:
    assert there_and_back(channel, lambda tx: tx.overrides.put(override) or tx.overrides.after(FIRST)) == [override]


@both
@given(name=words, at=times, ref=words)
def test_marks_and_refs(channel: Channel, name: str, at: datetime, ref: str) -> None:
    def work(tx: Tx) -> object:
        tx.incidents.put(INCIDENT)
        tx.marks.put(name, at)
        tx.refs.put(name, ref, INCIDENT.id)
        return tx.marks.at(name), tx.refs.incident(name, ref), tx.refs.of_incident(INCIDENT.id)

    assert there_and_back(channel, work) == (at, INCIDENT.id, [(name, ref)])


cards = st.builds(
    Card,
    integration=words,
    kind=st.sampled_from(CardKind),
    about=words,
    incident=st.none() | THE_INCIDENT,
    made_at=times,
    place=raw,
    ref=raw,
    wanted_at=maybe_time,
    due_at=maybe_time,
    rank=small,
    begun_at=maybe_time,
    posts=st.dictionaries(raw, small, max_size=3),
    held=small,
    error=raw,
    parts=st.dictionaries(raw, raw, max_size=3),
)


@both
@given(card=cards)
def test_cards(channel: Channel, card: Card) -> None:
    def work(tx: Tx) -> object:
        tx.cards.put(card)
        due = tx.cards.due(LAST, 10)
        assert bool(due) is (card.wanted_at is not None)
        assert tx.cards.keys_due(LAST, 10) == [(one.integration, one.key) for one in due]
        assert tx.cards.next_at() == (None if card.wanted_at is None else card.due_at or card.wanted_at)
        assert [*tx.cards.since(FIRST), *due] == [card] * (1 + len(due))
        return tx.cards.get(card.integration, card.key)

    assert there_and_back(channel, work) == card


@both
@given(key=words)
def test_an_alert_group_is_part_of_one_incident(channel: Channel, key: str) -> None:
    other = replace(INCIDENT, id=IncidentId("INC-2"), status=IncidentStatus.RESOLVED)

    def work(tx: Tx) -> object:
        for one in (INCIDENT, other):
            tx.incidents.put(one)
            tx.incidents.give(key, one.id)
        assert tx.incidents.groups_of(INCIDENT.id) == []
        return tx.incidents.groups_of(other.id), tx.incidents.of_group(key), tx.incidents.open_for_group(key)

    assert there_and_back(channel, work) == ([key], other, None)
