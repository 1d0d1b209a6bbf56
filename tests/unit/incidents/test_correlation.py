"""What an incident is called, how grave it is, and what its alerts make of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.incidents import correlation, services, severity
from bot.incidents.correlation import Kinship, Place
from bot.model.alert import Alert, AlertGroup
from bot.model.held_group import HeldGroup
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity, SignalState
from bot.model.labels import LabelSet
from bot.model.practice import Correlation
from bot.model.service import Service

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CATALOGUE = {
    "cart": Service(name="cart", dependencies=("payments",)),
    "payments": Service(name="payments", dependencies=("ledger",)),
    "ledger": Service(name="ledger"),
    "search": Service(name="search", dependencies=("ledger",)),
}


def alert(name: str = "Down", summary: str = "", **labels: str) -> Alert:
    return Alert(labels=LabelSet({"alertname": name, **labels}), annotations={"summary": summary}, starts_at=NOW)


def group(**shared: str) -> AlertGroup:
    return AlertGroup(key="0:{}", receiver="sre", labels=LabelSet(shared))


def opened(alerts: list[Alert]) -> Incident:
    return correlation.open_for(group(), alerts, Service(name="cart", owner="shop"), IncidentId("INC-1"), NOW)


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
        ([alert(summary="down\r\nseverity  SEV5\r\n.\r\nQUIT")], {}, "down severity SEV5 . QUIT"),
        ([alert("Down\nTo: root")], {"service": "cart\nBcc: evil"}, "Down To: root (service=cart Bcc: evil)"),
        ([alert(summary="x" * 301)], {}, "x" * 299 + "…"),
        ([alert()], {"alertname": "Down", "service": "cart"}, "Down (service=cart)"),
        ([alert()], {}, "Down"),
        ([alert(summary="one"), alert(summary="two", pod="b")], {}, "Down"),
        ([alert("B"), alert("A")], {}, "A and B"),
        ([alert("B"), alert("A"), alert("C"), alert("D")], {"zone": "eu"}, "A and B and 2 more (zone=eu)"),
    ],
)
def test_a_title_is_one_line_for_people(alerts: list[Alert], shared: dict[str, str], title: str) -> None:
    assert correlation.title_of(group(**shared), alerts) == title


def test_an_incident_opens_with_what_fires() -> None:
    alerts = [alert(severity="info"), alert(pod="b", severity="critical")]
    incident = opened(alerts)
    assert incident.firing == incident.alerts == tuple(one.fingerprint for one in alerts)
    assert (incident.severity, incident.status) == (Severity.SEV2, IncidentStatus.TRIGGERED)
    assert (incident.signal, incident.receiver) == (SignalState.FIRING, "sre")
    assert (incident.service, incident.team) == ("cart", "shop")


def test_more_alerts_make_it_graver_and_never_milder() -> None:
    first, graver, milder = alert(), alert(pod="b", severity="critical"), alert(pod="c", severity="info")
    incident = opened([first])
    joined = correlation.join(correlation.join(incident, [graver]), [milder])
    assert joined.severity is Severity.SEV2
    assert joined.firing == tuple(one.fingerprint for one in (first, graver, milder))
    assert correlation.join(joined, [first]) == joined


def test_it_is_clear_when_the_last_alert_is_over_and_remembers_them_all() -> None:
    first, second = alert(), alert(pod="b")
    incident = opened([first, second])
    half = correlation.clear(replace(incident, signal=SignalState.UNKNOWN), [first])
    assert (half.firing, half.signal) == ((second.fingerprint,), SignalState.FIRING)
    whole = correlation.clear(half, [second])
    assert (whole.firing, whole.signal, whole.alerts) == ((), SignalState.CLEAR, incident.alerts)
    again = correlation.join(whole, [first])
    assert (again.firing, again.alerts) == ((first.fingerprint,), incident.alerts)


def test_a_group_stays_with_its_open_incident_and_goes_back_to_one_that_was_resolved_just_now() -> None:
    rules = Correlation(reopen=15 * MINUTE)
    standing = opened([alert()])
    over = replace(standing, status=IncidentStatus.RESOLVED, resolved_at=NOW)
    assert correlation.in_its_own(None, rules, NOW) is None
    assert correlation.in_its_own(standing, rules, NOW) == Place(kinship=Kinship.OWN, incident=standing.id)
    again = correlation.in_its_own(over, rules, NOW + 14 * MINUTE)
    assert again == Place(
        kinship=Kinship.AGAIN, incident=over.id, why="its alerts fire again, 14m after it was resolved"
    )
    assert correlation.in_its_own(over, rules, NOW + 15 * MINUTE) is None
    assert correlation.in_its_own(replace(over, status=IncidentStatus.CLOSED), rules, NOW) is None


def compared(rules: Correlation, *alerts: Alert, service: str = "", by: str = "alertname", **shared: str) -> HeldGroup:
    return correlation.compared_by(group(**shared), by.split(), alerts or [alert()], service, rules)


def test_groups_share_what_all_their_alerts_share_or_nothing() -> None:
    rules = Correlation(keys=("cluster", "namespace"))
    one = compared(rules, alert(namespace="a", pod="x"), alert(namespace="a", pod="y"), cluster="eu")
    assert one.shares
    assert one.shares == compared(rules, alert("Other", namespace="a", cluster="eu")).shares
    assert one.shares != compared(rules, alert(namespace="b", cluster="eu")).shares
    assert compared(rules, alert(namespace="a"), alert(namespace="b"), cluster="eu").shares == ""
    assert compared(rules, alert(namespace="a")).shares == "", "a label nobody has is nothing to have in common"
    assert compared(Correlation()).shares == ""
    crafted = compared(rules, alert(cluster='eu", "namespace": "a', namespace="b"))
    assert crafted.shares != one.shares


def test_a_group_that_may_hold_several_values_of_what_is_kept_apart_has_nothing_to_compare() -> None:
    rules = Correlation(keys=("namespace",), apart=("cluster",))
    alone = compared(rules, alert(namespace="a", cluster="eu"), service="cart")
    assert (alone.shares, alone.service, alone.apart) == ("", "", "")
    for by in ("alertname cluster", "..."):
        kept = compared(rules, alert(namespace="a", cluster="eu"), service="cart", by=by, cluster="eu")
        assert kept.shares
        assert kept.service == "cart"
        assert kept.apart != compared(rules, alert(namespace="a"), by=by).apart


def held(key: str, incident: str = "INC-1", *, minute: float = 0, **how: str) -> HeldGroup:
    return HeldGroup(key=key, began_at=NOW + minute * MINUTE, incident=IncidentId(incident), **how)  # type: ignore[arg-type]


def found(newcomer: HeldGroup, *near: HeldGroup, hops: int | None = None) -> Place:
    rules = Correlation(keys=("cluster", "namespace"), hops=hops, within=10 * MINUTE)
    return correlation.among(newcomer, near, services.related(newcomer.service, CATALOGUE, hops), rules)


def test_a_group_joins_the_oldest_incident_that_shares_its_labels() -> None:
    near = held("a", "INC-7", minute=-4, shares="x"), held("b", "INC-9", shares="x")
    assert found(held("c", shares="x"), *near) == Place(
        kinship=Kinship.JOINS,
        incident=IncidentId("INC-7"),
        why="cluster and namespace are the same, and it began 4m from group a",
    )
    assert found(held("c", shares="y"), *near).kinship is Kinship.NEW
    assert found(held("c"), held("a")).kinship is Kinship.NEW, "to share nothing is not to share"
    assert found(held("c", minute=7, shares="x"), near[0]).kinship is Kinship.NEW
    assert found(held("c", shares="x", apart="eu"), *near).kinship is Kinship.NEW


@pytest.mark.parametrize(
    ("newcomer", "other", "hops", "why"),
    [
        ("cart", "payments", 1, "cart depends on payments"),
        ("payments", "cart", 1, "cart depends on payments"),
        ("ledger", "cart", 2, "cart depends on ledger by way of payments"),
        ("cart", "cart", 0, "both are of cart"),
        ("cart", "ledger", 1, ""),
        ("cart", "cart", None, ""),
        ("cart", "search", 9, ""),
        ("unlisted", "unlisted", 9, ""),
    ],
)
def test_a_group_joins_an_incident_of_a_service_that_depends_on_its_own_or_the_other_way_round(
    newcomer: str, other: str, hops: int | None, why: str
) -> None:
    place = found(held("new", service=newcomer), held("old", service=other), hops=hops)
    assert (place.kinship is Kinship.JOINS) == bool(why)
    assert place.why == (f"{why}, and it began 0s from group old" if why else "")


def test_labels_say_more_than_services_and_a_near_service_more_than_a_far_one() -> None:
    far, near = held("a", "INC-1", service="ledger"), held("b", "INC-2", service="payments")
    alike = held("c", "INC-3", shares="x")
    newcomer = held("d", service="cart", shares="x")
    assert found(newcomer, far, near, hops=2).incident == "INC-2"
    assert found(newcomer, far, near, alike, hops=2).incident == "INC-3"


def test_services_are_asked_for_in_the_order_of_their_distance() -> None:
    related = {"cart": ("cart",), "ledger": ("cart", "payments", "ledger"), "payments": ("cart", "payments")}
    far = {**related, "bank": ("cart", "bank")}
    assert correlation.by_distance(far) == [("cart",), ("bank", "payments"), ("ledger",)]
    assert correlation.by_distance({}) == []
