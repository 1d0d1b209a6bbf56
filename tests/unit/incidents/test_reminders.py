"""What an incident lacks, when that is told, and to whom."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import reminders
from bot.incidents.reminders import Lack, Seen
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, TaskId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.model.practice import SEVERITIES
from bot.model.reminder import Reminder, ReminderKind
from bot.model.task import Aim, Task, TaskKind

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEV1 = SEVERITIES[Severity.SEV1]
INC = Incident(
    id=IncidentId("INC-1"), title="it burns", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=NOW
)
SEEN = Seen(last_at=NOW, promised_at=None, tasks=(), zone=ZoneInfo("Europe/Berlin"))
EMPTY = Reminder(incident=INC.id, kind=ReminderKind.NO_COMMANDER)


def task(owner: str, due: date | None) -> Task:
    return Task(
        id=TaskId(f"TASK-{owner}"), incident=INC.id, kind=TaskKind.FOLLOW_UP, text="look", created_at=NOW,
        created_by="ann", owner=owner, due=due, aim=Aim.DETECT,
    )  # fmt: skip


def test_an_open_incident_lacks_a_commander_an_update_and_that_something_happens() -> None:
    due = {kind: lack.due_at - NOW for kind, lack in reminders.lacks(INC, SEV1, SEEN).items()}
    assert due == {
        ReminderKind.NO_COMMANDER: 5 * MINUTE,
        ReminderKind.NO_UPDATE: 30 * MINUTE,
        ReminderKind.STALE: 2 * HOUR,
    }


def test_what_counts_is_when_it_was_reopened_and_when_people_were_told() -> None:
    again = replace(INC, reopened_at=NOW + HOUR, updated_at=NOW + 2 * HOUR)
    found = reminders.lacks(again, SEV1, replace(SEEN, promised_at=NOW + 5 * HOUR))
    assert found[ReminderKind.NO_COMMANDER].due_at == NOW + HOUR + 5 * MINUTE
    assert found[ReminderKind.NO_UPDATE].due_at == NOW + 5 * HOUR
    old = reminders.lacks(again, SEV1, replace(SEEN, promised_at=NOW + HOUR))
    assert old[ReminderKind.NO_UPDATE].due_at == NOW + 2 * HOUR + 30 * MINUTE


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, True),
        ({"kind": IncidentKind.DRILL}, False),
        ({"duplicate_of": IncidentId("INC-2")}, False),
        ({"status": IncidentStatus.CLOSED}, False),
    ],
)
def test_a_postmortem_is_due_of_what_really_happened_until_it_is_closed(
    changes: dict[str, object], is_due: bool
) -> None:
    over = replace(INC, **{"status": IncidentStatus.RESOLVED, "resolved_at": NOW, **changes})
    found = reminders.lacks(over, SEV1, SEEN)
    assert set(found) == ({ReminderKind.POSTMORTEM_DUE} if is_due else set())


def test_nothing_is_lacking_where_the_severity_asks_for_nothing() -> None:
    bare = replace(SEV1, update_every=None, commander_within=None, postmortem_within=None, stale_after=None)
    assert reminders.lacks(INC, bare, SEEN) == {}


def test_a_task_is_due_in_the_morning_of_its_day_where_people_are() -> None:
    seen = replace(SEEN, tasks=[task("ann", date(2026, 7, 1)), task("ben", date(2026, 11, 24)), task("cyd", None)])
    lack = reminders.lacks(INC, SEV1, seen)[ReminderKind.FOLLOW_UP_DUE]
    assert lack.due_at == datetime(2026, 7, 1, 7, tzinfo=UTC)  # nine in Berlin, in summer
    assert [one.owner for one in reminders.due_tasks(seen, NOW)] == ["ann"]
    assert [one.owner for one in reminders.due_tasks(seen, NOW + 3 * DAY)] == ["ann", "ben"]


@pytest.mark.parametrize(
    ("kind", "roles", "people"),
    [
        (ReminderKind.STALE, {}, ["ann"]),
        (ReminderKind.STALE, {"deputy": "dan"}, ["dan"]),
        (ReminderKind.STALE, {"commander": "cyd", "deputy": "dan"}, ["cyd"]),
        (ReminderKind.NO_UPDATE, {"commander": "cyd", "communications": "eve"}, ["eve"]),
        (ReminderKind.FOLLOW_UP_DUE, {"commander": "cyd"}, ["ben", "zoe"]),
    ],
)
def test_whoever_could_do_something_about_it_is_told(
    kind: ReminderKind, roles: dict[str, str], people: list[str]
) -> None:
    incident = replace(INC, acknowledged_by="ann", roles=roles)
    assert reminders.whom(incident, kind, [task("zoe", None), task("ben", None)]) == people


def test_a_lack_that_is_gone_is_forgotten_and_one_that_comes_again_begins_anew() -> None:
    lack = Lack(since=NOW, due_at=NOW + HOUR, again=HOUR)
    told = reminders.told(reminders.planned(EMPTY, lack), lack, NOW + HOUR)
    assert (told.count, told.due_at) == (1, NOW + 2 * HOUR)
    assert reminders.planned(told, None) == EMPTY
    later = Lack(since=NOW + 2 * HOUR, due_at=NOW + 3 * HOUR, again=HOUR)
    assert reminders.planned(told, later) == replace(EMPTY, due_at=NOW + 3 * HOUR)


def test_what_was_stopped_stays_so_until_somebody_wants_it_again() -> None:
    lack = Lack(since=NOW, due_at=NOW + HOUR, again=HOUR)
    stopped = reminders.stop(reminders.planned(EMPTY, lack), TOCSIN)
    assert reminders.planned(reminders.planned(stopped, None), lack).due_at is None
    assert reminders.snooze(stopped, NOW + 5 * HOUR, lack).due_at == NOW + 5 * HOUR
    assert reminders.snooze(stopped, NOW + 5 * HOUR, None) == stopped


lengths = st.timedeltas(MINUTE, 3 * DAY)


@given(patience=lengths, looks=st.lists(st.timedeltas(timedelta(0), 2 * DAY), min_size=1, max_size=60))
def test_whenever_somebody_looks_it_is_told_at_most_once_and_never_too_early(
    patience: timedelta, looks: list[timedelta]
) -> None:
    """Looks that come late, because nobody was there to look, tell once what they missed."""
    lack = Lack(since=NOW, due_at=NOW + patience, again=patience)
    reminder, now, told = reminders.planned(EMPTY, lack), NOW, []
    for wait in looks:
        now += wait
        reminder = reminders.planned(reminder, lack)
        assert reminder.due_at is not None
        if reminder.due_at <= now:
            reminder = reminders.told(reminder, lack, now)
            told.append(now)
            assert reminder.due_at is not None
            assert reminder.due_at > now
    assert reminder.count == len(told)
    assert all(at >= NOW + patience for at in told)
    gaps = [after - before for before, after in pairwise(told)]
    assert all(gap >= patience for gap in gaps)
    assert all(gap >= min(DAY, patience * 2**number) for number, gap in enumerate(gaps))


@given(patience=lengths, snoozed=st.timedeltas(-DAY, 10 * DAY), at=st.timedeltas(timedelta(0), 10 * DAY))
def test_what_is_put_off_is_not_told_before(patience: timedelta, snoozed: timedelta, at: timedelta) -> None:
    lack = Lack(since=NOW, due_at=NOW + patience, again=patience)
    waits = reminders.snooze(reminders.planned(EMPTY, lack), NOW + snoozed, lack)
    assert waits.due_at == max(NOW + patience, NOW + snoozed)
    told = reminders.told(waits, lack, max(waits.due_at, NOW + at))
    assert told.due_at is not None
    assert told.due_at >= waits.due_at + patience
