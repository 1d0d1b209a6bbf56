"""What may be done to an incident, and the sentences its timeline says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.incidents import timeline
from bot.incidents.lifecycle import Command, apply, assign, status_of
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet
from bot.model.link import Link
from bot.model.timeline import EntryKind, TimelineEntry

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
ANN = Actor(kind=ActorKind.PERSON, name="ann")
INCIDENT = Incident(
    id=IncidentId("INC-1"),
    title="cart is down",
    severity=Severity.SEV2,
    status=IncidentStatus.TRIGGERED,
    opened_at=NOW - timedelta(minutes=5),
    signal=SignalState.FIRING,
    receiver="sre",
)
ALERT = Alert(
    labels=LabelSet({"alertname": "Down", "job": "cart"}),
    annotations={"description": "no answer", "dashboard": "https://d.example.net"},
    starts_at=NOW - timedelta(minutes=6),
    generator_url="https://p.example.net/graph",
    source="prom",
    value=0.123456789,
)


ALLOWED = {
    Command.ACKNOWLEDGE: {IncidentStatus.TRIGGERED},
    Command.MITIGATE: {IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED},
    Command.RESOLVE: {IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED},
    Command.CLOSE: {IncidentStatus.RESOLVED},
    Command.REOPEN: {IncidentStatus.RESOLVED, IncidentStatus.CLOSED},
}


@pytest.mark.parametrize("status", IncidentStatus)
@pytest.mark.parametrize("command", Command)
def test_what_each_status_allows(status: IncidentStatus, command: Command) -> None:
    incident = replace(INCIDENT, status=status)
    assert incident.is_open == (status not in (IncidentStatus.RESOLVED, IncidentStatus.CLOSED))
    if status in ALLOWED[command]:
        assert apply(incident, command, ANN, NOW) != incident
    else:
        with pytest.raises(NotAllowed, match=f"cannot {command} incident INC-1: it is {status}") as caught:
            apply(incident, command, ANN, NOW)
        assert caught.value.hint


TIMES = {
    IncidentStatus.TRIGGERED: (),
    IncidentStatus.ACKNOWLEDGED: ("acknowledged_at",),
    IncidentStatus.MITIGATED: ("acknowledged_at", "mitigated_at"),
    IncidentStatus.RESOLVED: ("acknowledged_at", "resolved_at"),
    IncidentStatus.CLOSED: ("resolved_at", "closed_at"),
}


@pytest.mark.parametrize("status", IncidentStatus)
def test_the_times_say_how_it_stands(status: IncidentStatus) -> None:
    times: dict[str, Any] = dict.fromkeys(TIMES[status], NOW)
    assert status_of(replace(INCIDENT, **times)) is status


@pytest.mark.parametrize("status", IncidentStatus)
def test_only_what_is_open_is_assigned_and_whoever_gets_it_has_it(status: IncidentStatus) -> None:
    incident = replace(INCIDENT, status=status)
    if incident.is_open:
        assigned = assign(incident, "ben", NOW)
        assert assigned.acknowledged_by == "ben"
        assert assigned.status is (IncidentStatus.ACKNOWLEDGED if status is IncidentStatus.TRIGGERED else status)
    else:
        with pytest.raises(NotAllowed, match=f"cannot assign incident INC-1: it is {status}"):
            assign(incident, "ben", NOW)


def test_whoever_mitigates_what_nobody_had_has_it() -> None:
    mitigated = apply(INCIDENT, Command.MITIGATE, ANN, NOW)
    assert (mitigated.status, mitigated.mitigated_at) == (IncidentStatus.MITIGATED, NOW)
    assert (mitigated.acknowledged_by, mitigated.acknowledged_at) == ("ann", NOW)
    taken = apply(INCIDENT, Command.ACKNOWLEDGE, replace(ANN, name="ben"), NOW)
    assert apply(taken, Command.MITIGATE, ANN, NOW + timedelta(minutes=1)).acknowledged_by == "ben"


def test_what_is_closed_a_person_alone_reopens() -> None:
    closed = replace(INCIDENT, status=IncidentStatus.CLOSED, resolved_at=NOW, closed_at=NOW)
    again = apply(closed, Command.REOPEN, ANN, NOW)
    assert (again.status, again.reopened, again.reopened_at) == (IncidentStatus.TRIGGERED, 1, NOW)
    assert status_of(again) is IncidentStatus.TRIGGERED
    with pytest.raises(NotAllowed, match="it is closed, and only a person may overrule that"):
        apply(closed, Command.REOPEN, TOCSIN, NOW)
    assert apply(replace(closed, status=IncidentStatus.RESOLVED), Command.REOPEN, TOCSIN, NOW).is_open


@pytest.mark.parametrize("command", Command)
def test_nothing_is_done_to_what_is_part_of_another(command: Command) -> None:
    merged = replace(INCIDENT, status=IncidentStatus.CLOSED, closed_at=NOW, merged_into=IncidentId("INC-9"))
    with pytest.raises(NotAllowed, match=f"cannot {command} incident INC-1: it was merged into INC-9"):
        apply(merged, command, ANN, NOW)
    with pytest.raises(NotAllowed, match="cannot assign incident INC-1: it was merged into INC-9"):
        assign(merged, "ben", NOW)


def test_an_acknowledgement_says_who_and_when() -> None:
    taken = apply(INCIDENT, Command.ACKNOWLEDGE, ANN, NOW)
    assert (taken.status, taken.acknowledged_by, taken.acknowledged_at) == (IncidentStatus.ACKNOWLEDGED, "ann", NOW)


@pytest.mark.parametrize("signal", SignalState)
def test_tocsin_itself_resolves_only_what_is_seen_to_be_clear(signal: SignalState) -> None:
    incident = replace(INCIDENT, signal=signal)
    resolved = replace(incident, status=IncidentStatus.RESOLVED, resolved_at=NOW)
    assert apply(incident, Command.RESOLVE, ANN, NOW) == resolved
    if signal is SignalState.CLEAR:
        assert apply(incident, Command.RESOLVE, TOCSIN, NOW) == resolved
    else:
        with pytest.raises(NotAllowed, match=f"its signal is {signal}; only a person may overrule"):
            apply(incident, Command.RESOLVE, TOCSIN, NOW)


LINKS = {"expression": "https://p.example.net/graph", "dashboard": "https://d.example.net"}
BARE = replace(ALERT, annotations={}, generator_url="", source="", value=None, starts_at=NOW + timedelta(seconds=1))
OTHER = replace(INCIDENT, id=IncidentId("INC-2"), title="till is down")
FIRING = replace(INCIDENT, firing=(ALERT.fingerprint,))
OVER = replace(ALERT, ends_at=NOW - timedelta(seconds=2))


@pytest.mark.parametrize(
    ("entry", "kind", "text", "why", "at"),
    [
        (
            timeline.opened(INCIDENT, ALERT, TOCSIN, NOW),
            EntryKind.STATUS,
            "opened as SEV2: cart is down",
            'alert Down {alertname="Down", job="cart"} from prom, routed to sre',
            NOW,
        ),
        (
            timeline.opened(INCIDENT, BARE, TOCSIN, NOW),
            EntryKind.STATUS,
            "opened as SEV2: cart is down",
            'alert Down {alertname="Down", job="cart"} from a source, routed to sre',
            NOW,
        ),
        (
            timeline.declared(INCIDENT, "I see it", ANN, NOW),
            EntryKind.STATUS,
            "declared as SEV2: cart is down",
            "I see it",
            NOW,
        ),
        (
            timeline.fired(INCIDENT.id, ALERT, NOW),
            EntryKind.ALERT,
            "alert Down fires, value 0.123457",
            "no answer",
            ALERT.starts_at,
        ),
        (timeline.fired(INCIDENT.id, BARE, NOW), EntryKind.ALERT, "alert Down fires", "", NOW),
        (
            timeline.cleared(INCIDENT, OVER, NOW),
            EntryKind.ALERT,
            "alert Down is over",
            "so its source says",
            OVER.ends_at,
        ),
        (
            timeline.cleared(INCIDENT, replace(OVER, rule="rules.yaml;shop;Down"), NOW),
            EntryKind.ALERT,
            "alert Down is over",
            "its rule's expression returns nothing for it any more",
            OVER.ends_at,
        ),
        (
            timeline.many_fired(INCIDENT.id, [ALERT, ALERT, BARE], NOW),
            EntryKind.ALERT,
            "3 more alerts fire",
            "Down (3)",
            ALERT.starts_at,
        ),
        (timeline.many_cleared(INCIDENT, [OVER], NOW), EntryKind.ALERT, "1 more alert is over", "Down (1)", NOW),
        (
            timeline.cleared(FIRING, ALERT, NOW),
            EntryKind.ALERT,
            "alert Down is over",
            "so its source says; 1 of the incident's alerts still fire",
            NOW,
        ),
        (timeline.acknowledged(INCIDENT, ANN, NOW), EntryKind.STATUS, "acknowledged by ann", "", NOW),
        (timeline.resolved(INCIDENT, "fixed", ANN, NOW), EntryKind.STATUS, "resolved after 5m", "fixed", NOW),
        (
            timeline.resolved(FIRING, "", ANN, NOW),
            EntryKind.STATUS,
            "resolved after 5m; 1 of its alerts still fire",
            "",
            NOW,
        ),
        (
            timeline.declared(replace(INCIDENT, kind=IncidentKind.DRILL), "", ANN, NOW),
            EntryKind.STATUS,
            "declared as SEV2, a drill: cart is down",
            "",
            NOW,
        ),
        (timeline.mitigated(INCIDENT, "by hand", ANN, NOW), EntryKind.STATUS, "mitigated after 5m", "by hand", NOW),
        (timeline.closed(INCIDENT, 0, "", ANN, NOW), EntryKind.STATUS, "closed", "", NOW),
        (timeline.closed(INCIDENT, 1, "", ANN, NOW), EntryKind.STATUS, "closed; 1 follow-up is still open", "", NOW),
        (
            timeline.closed(INCIDENT, 2, "x", ANN, NOW),
            EntryKind.STATUS,
            "closed; 2 follow-ups are still open",
            "x",
            NOW,
        ),
        (
            timeline.assigned(replace(INCIDENT, acknowledged_by="ben"), ANN, NOW),
            EntryKind.STATUS,
            "assigned to ben",
            "",
            NOW,
        ),
        (timeline.reopened(INCIDENT, "again", ANN, NOW), EntryKind.STATUS, "reopened", "again", NOW),
        (
            timeline.edited(INCIDENT, ["a is b", "c is d"], "so", ANN, NOW),
            EntryKind.STATUS,
            "a is b; c is d",
            "so",
            NOW,
        ),
        (timeline.merged(INCIDENT, OTHER, "", ANN, NOW), EntryKind.LINK, "merged into INC-2: till is down", "", NOW),
        (
            timeline.took_in(INCIDENT, OTHER, "so", ANN, NOW),
            EntryKind.LINK,
            "INC-2 is part of this from now on: till is down",
            "so",
            NOW,
        ),
        (
            timeline.taken_out(INCIDENT, OTHER, "", ANN, NOW),
            EntryKind.LINK,
            "taken out of INC-2 again, as triggered",
            "",
            NOW,
        ),
        (
            timeline.gave_back(INCIDENT, OTHER, "", ANN, NOW),
            EntryKind.LINK,
            "INC-2 was taken out of this again",
            "",
            NOW,
        ),
        (
            timeline.linked(INCIDENT, Link.CHILD, OTHER, ANN, NOW),
            EntryKind.LINK,
            "is a child of INC-2: till is down",
            "",
            NOW,
        ),
        (
            timeline.linked_back(INCIDENT, Link.CHILD, OTHER, ANN, NOW),
            EntryKind.LINK,
            "INC-2 is a child of this: till is down",
            "",
            NOW,
        ),
        (
            timeline.unlinked(INCIDENT, Link.CHILD, OTHER.id, ANN, NOW),
            EntryKind.LINK,
            "is no child of INC-2 after all",
            "",
            NOW,
        ),
        (timeline.note(INCIDENT.id, "look here", ANN, NOW), EntryKind.NOTE, "look here", "", NOW),
        (
            timeline.blind(INCIDENT.id, "prom", "refused", ALERT.starts_at, NOW),
            EntryKind.SIGNAL,
            "the signal is unknown: prom cannot be seen",
            "refused",
            ALERT.starts_at,
        ),
        (timeline.sighted(INCIDENT.id, "prom", NOW), EntryKind.SIGNAL, "prom can be seen again", "", NOW),
    ],
    ids=lambda value: value.text if isinstance(value, TimelineEntry) else "",
)
def test_every_sentence_says_what_why_and_when(
    entry: TimelineEntry, kind: EntryKind, text: str, why: str, at: datetime
) -> None:
    assert (entry.kind, entry.text, entry.why, entry.at, entry.recorded_at) == (kind, text, why, at, NOW)
    assert entry.incident == INCIDENT.id


def test_sentences_of_alerts_link_to_what_they_speak_of() -> None:
    own = {"the alert": f"/alerts/{ALERT.fingerprint}"}
    assert timeline.fired(INCIDENT.id, ALERT, NOW).links == own | LINKS
    assert timeline.cleared(INCIDENT, ALERT, NOW).links == own | LINKS
    assert timeline.fired(INCIDENT.id, BARE, NOW).links == {"the alert": f"/alerts/{BARE.fingerprint}"}
    assert timeline.opened(INCIDENT, replace(ALERT, annotations={}), TOCSIN, NOW).links == own | {
        "expression": "https://p.example.net/graph"
    }
