"""What two incidents hold between them, what undoing a merge leaves alone, and which links lead nowhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.incidents import links, merging, signal
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity, SignalState
from bot.model.link import Link
from tests.unit.incidents.test_lifecycle import ANN, INCIDENT, NOW

A, B, C = (Fingerprint(letter * 16) for letter in "abc")
INTO = replace(INCIDENT, alerts=(A, B), firing=(B,), detected_at=NOW)
OTHER = replace(
    INCIDENT, id=IncidentId("INC-2"), severity=Severity.SEV1, alerts=(B, C), firing=(B, C),
    detected_at=NOW - timedelta(hours=1),
)  # fmt: skip


def test_the_whole_holds_each_alert_once_and_is_as_grave_as_the_graver() -> None:
    part, whole, record = merging.merge(OTHER, INTO, ["g"], ANN, NOW)
    assert (whole.alerts, whole.firing) == ((A, B, C), (B, C))
    assert (whole.severity, whole.detected_at) == (Severity.SEV1, OTHER.detected_at)
    assert (part.status, part.merged_into, part.closed_at, part.alerts) == (
        IncidentStatus.CLOSED, INTO.id, NOW, OTHER.alerts,
    )  # fmt: skip
    assert (record.alerts, record.firing, record.groups, record.by) == ((C,), (C,), ("g",), "ann")


def test_of_what_was_resolved_nothing_fires() -> None:
    over = replace(OTHER, status=IncidentStatus.RESOLVED, resolved_at=NOW)
    part, whole, record = merging.merge(over, replace(INTO, signal=SignalState.CLEAR, firing=()), [], ANN, NOW)
    assert (whole.firing, whole.signal, record.firing) == ((), SignalState.CLEAR, ())
    assert merging.undo(part, whole, record, NOW)[0] == over


def test_what_people_changed_in_between_stays() -> None:
    part, whole, record = merging.merge(OTHER, INTO, [], ANN, NOW)
    changed = replace(whole, severity=Severity.SEV4, detected_at=None, title="another")
    own, rest = merging.undo(part, changed, record, NOW)
    assert own == OTHER
    assert (rest.severity, rest.detected_at, rest.title, rest.alerts) == (Severity.SEV4, None, "another", (A, B))


def test_where_a_source_went_blind_in_between_neither_is_seen() -> None:
    part, whole, record = merging.merge(OTHER, INTO, [], ANN, NOW)
    own, rest = merging.undo(part, replace(whole, signal=SignalState.UNKNOWN), record, NOW)
    assert (own.signal, rest.signal) == (SignalState.UNKNOWN, SignalState.UNKNOWN)
    blind = replace(INTO, signal=SignalState.UNKNOWN)
    part, whole, record = merging.merge(OTHER, blind, [], ANN, NOW)
    assert whole.signal is SignalState.UNKNOWN
    assert merging.undo(part, whole, record, NOW) == (OTHER, blind)


def test_what_ended_in_between_has_ended_for_whoever_held_it() -> None:
    part, whole, record = merging.merge(OTHER, replace(INTO, alerts=(A,), firing=(A,)), [], ANN, NOW)
    own, rest = merging.undo(part, replace(whole, firing=(A,)), record, NOW)
    assert (own.firing, own.signal) == ((), SignalState.CLEAR)
    assert merging.ended_meanwhile(OTHER.signal, own)
    assert not merging.ended_meanwhile(record.signal, rest)


def test_undoing_ends_after_ten_minutes_to_the_microsecond() -> None:
    part, whole, record = merging.merge(OTHER, INTO, [], ANN, NOW)
    assert merging.undo(part, whole, record, NOW + merging.UNDONE_WITHIN) == (OTHER, INTO)
    with pytest.raises(NotAllowed, match="cannot take incident INC-2 out of INC-1 again"):
        merging.undo(part, whole, record, NOW + merging.UNDONE_WITHIN + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("before", "firing", "after"),
    [
        (SignalState.NONE, (), SignalState.NONE),
        (SignalState.NONE, (A,), SignalState.FIRING),
        (SignalState.FIRING, (), SignalState.CLEAR),
        (SignalState.CLEAR, (), SignalState.CLEAR),
        (SignalState.UNKNOWN, (), SignalState.UNKNOWN),
        (SignalState.UNKNOWN, (A,), SignalState.UNKNOWN),
    ],
)
def test_a_signal_is_clear_only_where_there_was_one_and_it_can_be_seen(
    before: SignalState, firing: tuple[Fingerprint, ...], after: SignalState
) -> None:
    seen = signal.seen(replace(INTO, signal=before), firing)
    assert (seen.signal, seen.firing) == (after, firing)


def test_a_link_leads_somewhere_else_and_never_round() -> None:
    known = {name: replace(INCIDENT, id=IncidentId(name)) for name in ("one", "two", "three")}

    def get(id: IncidentId) -> Incident:
        return known[id]

    for below, above in (("two", "one"), ("three", "two")):
        known[below] = links.link(known[below], Link.CHILD, known[above], get)
    for name in known:
        with pytest.raises(NotAllowed, match="that leads back to one"):
            links.link(known["one"], Link.CHILD, known[name], get)
    assert links.link(known["one"], Link.DUPLICATE, known["three"], get).duplicate_of == "three"
    drill = replace(known["three"], kind=IncidentKind.DRILL)
    with pytest.raises(NotAllowed, match="one is normal, the other drill"):
        links.link(known["one"], Link.DUPLICATE, drill, get)
    assert links.link(known["one"], Link.CHILD, replace(drill, parent=None), get).parent == "three"
    assert links.unlink(known["three"], Link.CHILD) == (replace(known["three"], parent=None), "two")


@pytest.mark.parametrize(
    ("other", "into", "says"),
    [
        (INTO, INTO, "into itself"),
        (
            replace(OTHER, merged_into=IncidentId("INC-9")),
            INTO,
            "cannot merge incident INC-2: it was merged into INC-9",
        ),
        (OTHER, replace(INTO, merged_into=IncidentId("INC-9")), "cannot merge anything into incident INC-1"),
        (OTHER, replace(INTO, status=IncidentStatus.RESOLVED), "cannot merge anything into incident INC-1: it is res"),
        (replace(OTHER, status=IncidentStatus.CLOSED), INTO, "cannot merge incident INC-2: it is closed"),
        (replace(OTHER, kind=IncidentKind.TEST), INTO, "one is test, the other normal"),
    ],
)
def test_what_cannot_be_one_is_refused(other: Incident, into: Incident, says: str) -> None:
    with pytest.raises(NotAllowed, match=says) as caught:
        merging.merge(other, into, [], ANN, NOW)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": IncidentStatus.RESOLVED}, "that one is resolved"),
        ({"merged_into": "INC-9"}, "was merged into INC-9"),
    ],
)
def test_nothing_is_taken_out_of_what_is_over(changes: dict[str, Any], says: str) -> None:
    part, whole, record = merging.merge(OTHER, INTO, [], ANN, NOW)
    with pytest.raises(NotAllowed, match=says):
        merging.undo(part, replace(whole, **changes), record, NOW)


def test_what_has_to_do_with_an_incident_is_told_from_its_side() -> None:
    a, b, c, d, e, f = map(IncidentId, "abcdef")
    known = {name: replace(INCIDENT, id=name) for name in (a, b, c, d, e, f)}
    it = replace(known[a], merged_into=b, duplicate_of=b, parent=c)
    others = [replace(known[d], parent=a), replace(known[e], duplicate_of=a, merged_into=a), known[f]]
    found = links.related(it, others, known.__getitem__)
    assert [(str(one.relation), one.incident.id) for one in found] == [
        ("merged into", "b"), ("duplicate of", "b"), ("child of", "c"),
        ("part of this", "e"), ("has duplicate", "e"), ("parent of", "d"),
    ]  # fmt: skip
    with pytest.raises(NotAllowed, match="is no child of another"):
        links.unlink(known[f], Link.CHILD)


class Counted(str):
    """Counts how often it is compared."""

    __slots__ = ()
    times = 0

    def __eq__(self, other: object) -> bool:
        Counted.times += 1
        return str.__eq__(self, other)  # type: ignore[arg-type, no-any-return]

    __hash__ = str.__hash__


def test_what_very_many_alerts_cost_grows_with_their_number_and_not_with_its_square() -> None:
    many = 3000

    def fresh(first: int) -> tuple[Fingerprint, ...]:
        return tuple(Fingerprint(Counted(f"{number:016x}")) for number in range(first, first + many))

    into = replace(INTO, alerts=fresh(0), firing=fresh(0))
    other = replace(OTHER, alerts=fresh(many // 2), firing=fresh(many // 2))
    part, whole, record = merging.merge(other, into, [], ANN, NOW)
    own, rest = merging.undo(part, whole, record, NOW, began=fresh(2 * many))
    assert (own.alerts, rest.alerts) == (other.alerts, into.alerts)
    assert Counted.times < 50 * many
