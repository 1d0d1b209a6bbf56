"""What somebody has to know who joins late."""

from datetime import UTC, datetime, timedelta

from bot.incidents.catchup import MOST, catch_up
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, TaskId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.status_update import Audience, StatusUpdate
from bot.model.task import Task, TaskKind
from bot.model.timeline import EntryKind, TimelineEntry

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INC = Incident(
    id=IncidentId("INC-1"), title="it burns", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=NOW
)


def entry(seq: int, kind: EntryKind = EntryKind.NOTE, text: str = "", amends: int = 0) -> TimelineEntry:
    at = NOW + seq * MINUTE
    return TimelineEntry(
        incident=INC.id, at=at, recorded_at=at, actor=TOCSIN, kind=kind, text=text or str(seq), amends=amends, seq=seq
    )


def task(number: int, done_at: datetime | None) -> Task:
    return Task(
        id=TaskId(f"TASK-{number}"), incident=INC.id, kind=TaskKind.TASK, text="look", created_at=NOW,
        created_by="ann", done_at=done_at,
    )  # fmt: skip


def test_what_people_did_since_then_is_told_and_what_machines_wrote_is_counted() -> None:
    story = [
        entry(1),
        entry(2),
        entry(3, EntryKind.ALERT),
        entry(4, EntryKind.ALERT),
        entry(5, EntryKind.PAGE),
        entry(6),
    ]
    update = StatusUpdate(incident=INC.id, audience=Audience.RESPONDERS, text="x", at=NOW, by="ann")
    found = catch_up(INC, story, [update], [task(1, None), task(2, NOW)], NOW + MINUTE, NOW + 9 * MINUTE)
    assert [told.text for told in found.happened] == ["2", "6"]
    assert found.left_out == [(EntryKind.ALERT, 2), (EntryKind.PAGE, 1)]
    assert found.update == update
    assert [one.id for one in found.tasks] == ["TASK-1"]


def test_what_was_corrected_is_told_as_it_reads_now_and_what_was_struck_out_is_not() -> None:
    story = [entry(1, text="a"), entry(2, text="b"), entry(3, text="better", amends=1), entry(4, text=" ", amends=2)]
    story[3] = TimelineEntry(
        incident=INC.id, at=NOW, recorded_at=NOW, actor=TOCSIN, kind=EntryKind.NOTE, text="", amends=2, seq=4
    )
    found = catch_up(INC, story, [], [], NOW - MINUTE, NOW + 9 * MINUTE)
    assert [told.text for told in found.happened] == ["better"]


def test_of_a_long_story_the_newest_is_told() -> None:
    story = [entry(number) for number in range(1, MOST + 11)]
    found = catch_up(INC, story, [], [], NOW, NOW)
    assert [told.text for told in found.happened] == [str(number) for number in range(11, MOST + 11)]
    assert found.left_out == [(EntryKind.NOTE, 10)]
