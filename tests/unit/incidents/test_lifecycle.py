"""What may be done to an incident, and the sentences its timeline says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import NotAllowed
from bot.incidents import timeline
from bot.incidents.lifecycle import Command, apply
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet
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


@pytest.mark.parametrize("status", IncidentStatus)
@pytest.mark.parametrize("command", Command)
def test_what_each_status_allows(status: IncidentStatus, command: Command) -> None:
    incident = replace(INCIDENT, status=status)
    allowed = status is IncidentStatus.TRIGGERED or (
        command is Command.RESOLVE and status in (IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED)
    )
    assert incident.is_open == (status not in (IncidentStatus.RESOLVED, IncidentStatus.CLOSED))
    if allowed:
        assert apply(incident, command, ANN, NOW) != incident
    else:
        with pytest.raises(NotAllowed, match=f"cannot {command} incident INC-1: it is {status}"):
            apply(incident, command, ANN, NOW)


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
            "its rule's expression returns nothing for it any more",
            OVER.ends_at,
        ),
        (
            timeline.cleared(FIRING, ALERT, NOW),
            EntryKind.ALERT,
            "alert Down is over",
            "its rule's expression returns nothing for it any more; 1 of the incident's alerts still fire",
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
    assert timeline.fired(INCIDENT.id, ALERT, NOW).links == LINKS
    assert timeline.fired(INCIDENT.id, BARE, NOW).links == {}
    assert timeline.opened(INCIDENT, replace(ALERT, annotations={}), TOCSIN, NOW).links == {
        "expression": "https://p.example.net/graph"
    }
