"""An incident's life under any commands, and two incidents that become one and two again, whatever they hold."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.incidents import lifecycle, merging
from bot.incidents.lifecycle import Command
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import OPEN, Incident, IncidentStatus, Severity, SignalState
from tests.soak import many

START = datetime(2026, 11, 22, tzinfo=UTC)
PEOPLE = [Actor(kind=ActorKind.PERSON, name=name) for name in ("ann", "ben")]
ONE, TWO = IncidentId("INC-1"), IncidentId("INC-2")
ALERTS = [Fingerprint(f"{number:016x}") for number in range(5)]
lives = settings(max_examples=many(200, 20_000))

deeds = st.tuples(st.sampled_from([*Command, "assign"]), st.sampled_from([*PEOPLE, TOCSIN]), st.integers(0, 90))


def after(incident: Incident, deed: str, actor: Actor, now: datetime) -> Incident:
    if isinstance(deed, Command):
        return lifecycle.apply(incident, deed, actor, now)
    return lifecycle.assign(incident, actor.name, now)


def lived(incident: Incident, story: list[tuple[str, Actor, int]]) -> Incident:
    """What becomes of it; deeds that are not allowed change nothing."""
    now = incident.opened_at
    for deed, actor, minutes in story:
        now += timedelta(minutes=minutes)
        with suppress(NotAllowed):
            incident = after(incident, deed, actor, now)
    return incident


@st.composite
def incidents(draw: st.DrawFn, id: IncidentId = ONE) -> Incident:
    """One that came to stand as it does by living."""
    alerts = tuple(draw(st.lists(st.sampled_from(ALERTS), unique=True)))
    fires = draw(st.sets(st.sampled_from(ALERTS)))
    firing = tuple(one for one in alerts if one in fires)
    blind = draw(st.booleans())
    signal = SignalState.FIRING if firing else SignalState.CLEAR if alerts else SignalState.NONE
    born = Incident(
        id=id, title=id, severity=draw(st.sampled_from(Severity)), status=IncidentStatus.TRIGGERED,
        opened_at=START, alerts=alerts, firing=firing,
        signal=SignalState.UNKNOWN if alerts and blind else signal,
        detected_at=draw(st.none() | st.integers(-99, 0).map(lambda ago: START + timedelta(minutes=ago))),
    )  # fmt: skip
    return lived(born, draw(st.lists(deeds, max_size=4)))


@lives
@given(story=st.lists(deeds, max_size=12), signal=st.sampled_from(SignalState))
def test_whatever_is_done_to_an_incident_it_stands_as_its_times_say(
    story: list[tuple[str, Actor, int]], signal: SignalState
) -> None:
    born = Incident(
        id=ONE, title="x", severity=Severity.SEV3, status=IncidentStatus.TRIGGERED, opened_at=START, signal=signal
    )
    now, incident = START, born
    for deed, actor, minutes in story:
        now += timedelta(minutes=minutes)
        try:
            following = after(incident, deed, actor, now)
        except NotAllowed:
            continue
        assert following.status is lifecycle.status_of(following)
        assert bool(following.acknowledged_by) == (following.acknowledged_at is not None)
        assert following.reopened - incident.reopened == (deed is Command.REOPEN)
        if actor is TOCSIN and deed is Command.RESOLVE:
            assert signal is SignalState.CLEAR
        incident = following
    assert (incident.opened_at, incident.title, incident.alerts) == (START, "x", ())


@lives
@given(story=st.lists(deeds, max_size=6), wanted=st.sampled_from(IncidentStatus))
def test_from_wherever_it_stands_a_person_can_bring_it_anywhere_but_back(
    story: list[tuple[str, Actor, int]], wanted: IncidentStatus
) -> None:
    born = Incident(
        id=ONE, title="x", severity=Severity.SEV3, status=IncidentStatus.TRIGGERED, opened_at=START,
        signal=SignalState.FIRING,
    )  # fmt: skip
    incident = lived(born, story)
    if not incident.is_open:
        incident = lifecycle.apply(incident, Command.REOPEN, PEOPLE[0], START)
    order = list(IncidentStatus)
    assume(order.index(wanted) >= order.index(incident.status))
    forward = [Command.ACKNOWLEDGE, Command.MITIGATE, Command.RESOLVE, Command.CLOSE]
    for command in forward[order.index(incident.status) : order.index(wanted)]:
        incident = lifecycle.apply(incident, command, PEOPLE[0], START)
    assert incident.status is wanted


@lives
@given(other=incidents(TWO), into=incidents(ONE), minutes=st.integers(0, 10))
def test_what_is_merged_and_taken_out_again_is_as_it_was(other: Incident, into: Incident, minutes: int) -> None:
    now = START + timedelta(days=1)
    try:
        part, whole, record = merging.merge(other, into, ["group"], PEOPLE[0], now)
    except NotAllowed:
        assert into.status not in OPEN or other.status is IncidentStatus.CLOSED
        return
    assert (part.is_open, part.merged_into, part.alerts) == (False, ONE, other.alerts)
    assert set(whole.alerts) == {*into.alerts, *other.alerts}
    assert len(set(whole.alerts)) == len(whole.alerts)
    assert whole.severity is min(into.severity, other.severity)
    assert whole.status is into.status
    assert merging.undo(part, whole, record, now + timedelta(minutes=minutes)) == (other, into)


@lives
@given(other=incidents(TWO), into=incidents(ONE), ended=st.sets(st.sampled_from(ALERTS)))
def test_what_ended_in_between_ended_for_both_and_nothing_begins_by_itself(
    other: Incident, into: Incident, ended: set[Fingerprint]
) -> None:
    assume(into.is_open and other.is_open)
    now = START + timedelta(days=1)
    part, whole, record = merging.merge(other, into, [], PEOPLE[0], now)
    left = tuple(one for one in whole.firing if one not in ended)
    meanwhile = replace(whole, firing=left, title="people changed it")
    own, rest = merging.undo(part, meanwhile, record, now)
    assert own.firing == tuple(one for one in other.firing if one not in ended)
    assert rest.firing == tuple(one for one in into.firing if one not in ended)
    assert rest.title == "people changed it"
    for before, incident in ((other.signal, own), (into.signal, rest)):
        if before is SignalState.UNKNOWN:
            assert incident.signal is SignalState.UNKNOWN, "what cannot be seen is not over"
        if merging.ended_meanwhile(before, incident):
            assert incident.firing == ()
