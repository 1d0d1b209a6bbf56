"""What an incident is called, how grave it is, and what its alerts make of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.incidents import correlation, severity
from bot.model.alert import Alert, AlertGroup
from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def alert(name: str = "Down", summary: str = "", **labels: str) -> Alert:
    return Alert(labels=LabelSet({"alertname": name, **labels}), annotations={"summary": summary}, starts_at=NOW)


def group(**shared: str) -> AlertGroup:
    return AlertGroup(key="0:{}", receiver="sre", labels=LabelSet(shared), ready_at=NOW)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("critical", Severity.SEV2),
        ("PAGE", Severity.SEV2),
        ("warning", Severity.SEV3),
        ("info", Severity.SEV4),
        ("none", Severity.SEV5),
        ("sev1", Severity.SEV1),
        ("", severity.UNSAID),
        ("apocalyptic", severity.UNSAID),
    ],
)
def test_severity_comes_from_the_label(word: str, expected: Severity) -> None:
    assert severity.of_alert(alert(severity=word)) is expected


def test_the_gravest_alert_decides() -> None:
    assert severity.of_alerts([alert(severity="info"), alert(severity="critical")]) is Severity.SEV2
    assert severity.of_alerts([]) is severity.UNSAID


@pytest.mark.parametrize(
    ("alerts", "shared", "title"),
    [
        ([alert(summary=" cart is down ")], {"service": "cart"}, "cart is down"),
        ([alert()], {"alertname": "Down", "service": "cart"}, "Down (service=cart)"),
        ([alert()], {}, "Down"),
        ([alert(summary="one"), alert(summary="two", pod="b")], {}, "Down"),
        ([alert("B"), alert("A")], {}, "A and B"),
        ([alert("B"), alert("A"), alert("C"), alert("D")], {"zone": "eu"}, "A and B and 2 more (zone=eu)"),
    ],
)
def test_a_title_is_one_line_for_people(alerts: list[Alert], shared: dict[str, str], title: str) -> None:
    assert correlation.title_of(group(**shared), alerts) == title


@pytest.mark.parametrize(
    ("alerts", "service"),
    [
        ([alert(service="cart", job="j")], "cart"),
        ([alert(job="j")], "j"),
        ([alert(service="cart"), alert(service="till", job="j")], ""),
        ([alert()], ""),
    ],
)
def test_the_service_is_the_one_all_alerts_share(alerts: list[Alert], service: str) -> None:
    assert correlation.open_for(group(), alerts, IncidentId("INC-1"), NOW).service == service


def test_an_incident_opens_with_what_fires() -> None:
    alerts = [alert(severity="info"), alert(pod="b", severity="critical")]
    incident = correlation.open_for(group(), alerts, IncidentId("INC-1"), NOW)
    assert incident.firing == incident.alerts == tuple(one.fingerprint for one in alerts)
    assert (incident.severity, incident.status) == (Severity.SEV2, IncidentStatus.TRIGGERED)
    assert (incident.signal, incident.receiver) == (SignalState.FIRING, "sre")


def test_more_alerts_make_it_graver_and_never_milder() -> None:
    first, graver, milder = alert(), alert(pod="b", severity="critical"), alert(pod="c", severity="info")
    incident = correlation.open_for(group(), [first], IncidentId("INC-1"), NOW)
    joined = correlation.join(correlation.join(incident, graver), milder)
    assert joined.severity is Severity.SEV2
    assert joined.firing == tuple(one.fingerprint for one in (first, graver, milder))
    assert correlation.join(joined, first) == joined


def test_it_is_clear_when_the_last_alert_is_over_and_remembers_them_all() -> None:
    first, second = alert(), alert(pod="b")
    incident = correlation.open_for(group(), [first, second], IncidentId("INC-1"), NOW)
    half = correlation.clear(replace(incident, signal=SignalState.UNKNOWN), first)
    assert (half.firing, half.signal) == ((second.fingerprint,), SignalState.FIRING)
    whole = correlation.clear(half, second)
    assert (whole.firing, whole.signal, whole.alerts) == ((), SignalState.CLEAR, incident.alerts)
    again = correlation.join(whole, first)
    assert (again.firing, again.alerts) == ((first.fingerprint,), incident.alerts)
