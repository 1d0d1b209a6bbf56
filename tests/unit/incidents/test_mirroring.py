"""What a pager is told of ours, and what of theirs is news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incidents import mirroring
from bot.model.actor import TOCSIN, Actor, ActorKind, Contact, Person
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.model.timeline import EntryKind

START = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANN = Actor(kind=ActorKind.PERSON, name="ann", via="cli")
THERE = Actor(kind=ActorKind.PERSON, name="ann", via="pager")
BORN = Incident(
    id=IncidentId("INC-1"), title="x", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=START
)
TAKEN = replace(BORN, status=IncidentStatus.ACKNOWLEDGED, acknowledged_at=START + MINUTE, acknowledged_by="ann")
CALMED = replace(TAKEN, status=IncidentStatus.MITIGATED, mitigated_at=START + 2 * MINUTE)
OVER = replace(TAKEN, status=IncidentStatus.RESOLVED, resolved_at=START + 2 * MINUTE)
CLOSED = replace(OVER, status=IncidentStatus.CLOSED, closed_at=START + 3 * MINUTE)
AGAIN = replace(BORN, reopened=1, reopened_at=START + 3 * MINUTE)
PEOPLE = (
    Person(
        name="ann", contacts=(Contact(integration="pager", address="PANN"), Contact(integration="other", address="X"))
    ),
    Person(name="ben", email="Ben@Example.net"),
)


def theirs(what: Happening, after: timedelta = MINUTE, **more: object) -> TheirChange:
    return replace(TheirChange(what=what, refs=("P1",), at=START + after, by="Ann Arbor", who=("PANN",)), **more)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, BORN, None),
        (BORN, BORN, None),
        (BORN, TAKEN, Happening.ACKNOWLEDGED),
        (BORN, CALMED, Happening.ACKNOWLEDGED),
        (TAKEN, CALMED, None),
        (BORN, OVER, Happening.RESOLVED),
        (CALMED, OVER, Happening.RESOLVED),
        (BORN, CLOSED, Happening.RESOLVED),
        (OVER, CLOSED, None),
        (OVER, AGAIN, None),
    ],
)
def test_what_they_are_told(before: Incident | None, after: Incident, told: Happening | None) -> None:
    assert mirroring.to_tell(before, after) is told


@pytest.mark.parametrize(
    ("incident", "missed"),
    [(BORN, None), (TAKEN, "acknowledged"), (CALMED, "acknowledged"), (OVER, "resolved"), (CLOSED, "resolved")],
)
def test_whoever_hears_of_it_late_is_told_how_it_stands(incident: Incident, missed: str | None) -> None:
    assert mirroring.as_it_stands(incident) == missed


def test_what_was_done_there_is_not_told_there_but_that_it_is_over() -> None:
    assert mirroring.must_hear("pager", Happening.ACKNOWLEDGED, ANN)
    assert not mirroring.must_hear("pager", Happening.ACKNOWLEDGED, THERE)
    assert mirroring.must_hear("other", Happening.ACKNOWLEDGED, THERE)
    assert mirroring.must_hear("pager", Happening.RESOLVED, THERE)


def test_what_waits_to_be_told_is_read_as_it_was_written() -> None:
    change = OurChange(
        id="INC-1 note 7",
        what=Happening.NOTED,
        incident=BORN.id,
        key="tocsin-INC-1-1",
        by="ann",
        text='"<ü>\n',
        at=START,
    )
    errand = mirroring.errand("pager", change)
    assert mirroring.read(errand) == ("pager", change)
    assert errand.lane == "mirror pager INC-1"


def test_a_person_is_one_of_ours_by_their_ids_and_never_by_what_they_call_themselves() -> None:
    assert mirroring.by_whom(PEOPLE, "pager", theirs(Happening.NOTED)).name == "ann"
    by_mail = theirs(Happening.NOTED, who=("", "ben@example.NET"))
    assert mirroring.by_whom(PEOPLE, "pager", by_mail).name == "ben"
    called_so = theirs(Happening.NOTED, by="ann", who=("PEVE",))
    assert mirroring.by_whom(PEOPLE, "pager", called_so).name == "ann (pager)"
    elsewhere = theirs(Happening.NOTED, who=("X",))
    assert mirroring.by_whom(PEOPLE, "pager", elsewhere).name == "Ann Arbor (pager)"
    nobody = mirroring.by_whom(PEOPLE, "pager", theirs(Happening.NOTED, by="", who=()))
    assert (nobody.kind, nobody.via) == (ActorKind.TOCSIN, "pager")
    passed = theirs(Happening.ASSIGNED, to=(("PANN", "Ann Arbor"), ("PEVE", "Eve"), ()))
    assert mirroring.for_whom(PEOPLE, "pager", passed) == ["ann", "Eve (pager)"]


@pytest.mark.parametrize(
    ("incident", "change", "news"),
    [
        (BORN, theirs(Happening.ACKNOWLEDGED), True),
        (BORN, theirs(Happening.ACKNOWLEDGED, timedelta(seconds=-3)), True),
        (BORN, theirs(Happening.ACKNOWLEDGED, -MINUTE), False),
        (TAKEN, theirs(Happening.ACKNOWLEDGED), False),
        (AGAIN, theirs(Happening.ACKNOWLEDGED, 2 * MINUTE), False),
        (AGAIN, theirs(Happening.ACKNOWLEDGED, 4 * MINUTE), True),
        (CALMED, theirs(Happening.RESOLVED), True),
        (OVER, theirs(Happening.RESOLVED), False),
        (AGAIN, theirs(Happening.RESOLVED, 2 * MINUTE), False),
        (OVER, theirs(Happening.REOPENED), False),
        (OVER, theirs(Happening.REOPENED, 3 * MINUTE), True),
        (BORN, theirs(Happening.REOPENED), False),
        (TAKEN, theirs(Happening.UNACKNOWLEDGED), True),
        (BORN, theirs(Happening.UNACKNOWLEDGED), False),
        (BORN, theirs(Happening.ASSIGNED), True),
        (OVER, theirs(Happening.ASSIGNED), False),
        (CLOSED, theirs(Happening.NOTED), True),
        (BORN, theirs(Happening.NOTED, by=""), False),
        (BORN, theirs(Happening.TRIGGERED), False),
        (OVER, theirs(Happening.TRIGGERED), True),
        (replace(TAKEN, merged_into=IncidentId("INC-2")), theirs(Happening.NOTED), False),
    ],
)
def test_what_is_news(incident: Incident, change: TheirChange, news: bool) -> None:
    assert mirroring.is_news(incident, change) is news


@pytest.mark.parametrize(
    ("change", "to", "actor", "kind", "text"),
    [
        (theirs(Happening.NOTED, text=" dry \n"), (), THERE, EntryKind.NOTE, "dry"),
        (theirs(Happening.NOTED, text="  "), (), THERE, None, ""),
        (theirs(Happening.ACKNOWLEDGED), (), THERE, None, ""),
        (theirs(Happening.ASSIGNED), (), THERE, None, ""),
        (theirs(Happening.ASSIGNED), ("ben", "Eve (pager)"), THERE, EntryKind.STATUS,
         "assigned to ben, Eve (pager) at pager, by ann"),
        (theirs(Happening.ASSIGNED), ("ben",), TOCSIN, EntryKind.STATUS, "assigned to ben at pager"),
        (theirs(Happening.UNACKNOWLEDGED), (), THERE, EntryKind.STATUS, "not acknowledged at pager any more, by ann"),
        (theirs(Happening.UNACKNOWLEDGED), (), TOCSIN, EntryKind.STATUS,
         "not acknowledged at pager any more, by itself after a while"),
        (theirs(Happening.RESOLVED), (), TOCSIN, EntryKind.STATUS, "resolved at pager, by nobody; here it goes on"),
    ],
)  # fmt: skip
def test_what_the_timeline_says_of_what_changes_nothing(
    change: TheirChange, to: tuple[str, ...], actor: Actor, kind: EntryKind | None, text: str
) -> None:
    now = START + 5 * MINUTE
    entry = mirroring.entry(BORN, "pager", change, to, actor, now)
    if kind is None:
        assert entry is None
        return
    assert entry is not None
    assert (entry.kind, entry.text, entry.at, entry.recorded_at) == (kind, text, change.at, now)
    assert mirroring.is_told(entry, [entry])
    assert mirroring.is_told(entry, [replace(entry, at=entry.at + timedelta(seconds=5))])
    assert not mirroring.is_told(entry, [replace(entry, at=entry.at + timedelta(seconds=6))])
    assert not mirroring.is_told(entry, [replace(entry, actor=ANN)])
    assert not mirroring.is_told(entry, [replace(entry, text="else")])


def test_what_happens_later_than_now_happened_now() -> None:
    entry = mirroring.entry(BORN, "pager", theirs(Happening.NOTED, text="early"), (), THERE, START)
    assert entry is not None
    assert entry.at == START


def test_whom_it_is_passed_on_to_has_it_where_somebody_had_it_and_a_person_says_so() -> None:
    passed = theirs(Happening.ASSIGNED)
    assert mirroring.passed_on(TAKEN, passed, ("ben",), THERE, START).acknowledged_by == "ben"
    assert mirroring.passed_on(CALMED, passed, ("ben",), THERE, START).status is IncidentStatus.MITIGATED
    for incident, to, actor in (
        (BORN, ("ben",), THERE),
        (TAKEN, ("ben",), TOCSIN),
        (TAKEN, (), THERE),
        (TAKEN, ("ann",), THERE),
    ):
        assert mirroring.passed_on(incident, passed, to, actor, START) is incident
    assert mirroring.passed_on(TAKEN, theirs(Happening.NOTED), ("ben",), THERE, START) is TAKEN


def test_what_goes_wrong_is_said() -> None:
    change = OurChange(id="1", what=Happening.RESOLVED, incident=BORN.id, key="k", by="ann", text="", at=START)
    assert [
        (entry.text, entry.why)
        for entry in (
            mirroring.delayed("pager", change, "it is down", START),
            mirroring.caught_up("pager", change, START),
            mirroring.lost("pager", change, "it answered 403", START),
        )
    ] == [
        ("pager does not know yet that it was resolved: it is told as soon as it answers", "it is down"),
        ("pager knows by now that it was resolved", ""),
        ("pager was not told that it was resolved: do it there by hand", "it answered 403"),
    ]
