"""What is said of a group: in whose words, in which order, and that nothing is lost while it waits."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts import saying
from bot.model.alert import Alert, AlertStatus
from bot.model.errand import ErrandKind
from bot.model.labels import LabelSet
from bot.model.route import Webhook
from bot.model.telling import Reason
from bot.model.told_group import ToldGroup

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=4)
KEY = '{}/{severity="critical"}:{alertname="ShopSlow"}'


def alert(ends_at: datetime | None = LATER, /, summary: str = "slow", **labels: str) -> Alert:
    return Alert(
        labels=LabelSet({"alertname": "ShopSlow", **labels}),
        annotations={"summary": summary, "runbook": "https://runbooks.example.net/shop"},
        starts_at=NOW - timedelta(hours=1),
        ends_at=ends_at,
        generator_url="http://prometheus.example.net/graph",
        source="prom",
        value=float("inf"),
    )


def said(*alerts: Alert, most: int = 0, at: datetime = NOW, receiver: str = "shop") -> ToldGroup:
    shared = LabelSet({"alertname": "ShopSlow"})
    return saying.said(KEY, receiver, shared, alerts, Reason.FIRST, "https://tocsin.example.net", most, at)


def test_it_fires_while_one_alert_fires_and_an_end_to_come_is_not_said() -> None:
    told = said(alert(instance="a"), alert(NOW, instance="b"))
    assert (told.status, [one.ends_at for one in told.alerts]) == (AlertStatus.FIRING, [None, NOW])
    assert said(alert(NOW, instance="b")).status is AlertStatus.RESOLVED


def test_common_is_what_all_that_are_shown_share() -> None:
    told = said(alert(instance="a", zone="1"), alert(instance="b", zone="1", summary="very slow"))
    assert told.common_labels == LabelSet({"alertname": "ShopSlow", "zone": "1"})
    assert told.common_annotations == {"runbook": "https://runbooks.example.net/shop"}
    assert said(alert(instance="a"), alert(instance="b"), most=1).common_labels["instance"] == "a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"job": "a", "z": "9"}, {"job": "b"}),
        ({"job": "b"}, {"instance": "a"}),
        ({"job": "a", "instance": "1"}, {"job": "a", "instance": "2"}),
        ({"job": "a", "instance": "2"}, {"job": "a"}),
        ({"x": "1"}, {"x": "1", "y": "1"}),
        ({"y": "1"}, {"x": "1"}),
        ({"x": "1"}, {"x": "2"}),
    ],
)
def test_alerts_are_in_alertmanagers_order(one: dict[str, str], other: dict[str, str]) -> None:
    first, second = alert(**one), alert(**other)
    for given in ((first, second), (second, first)):
        assert [dict(shown.labels) for shown in said(*given).alerts] == [dict(first.labels), dict(second.labels)]


def test_no_more_than_wanted_are_shown_and_the_rest_is_counted() -> None:
    told = said(*(alert(instance=name) for name in "dacb"), most=3)
    assert ([one.labels["instance"] for one in told.alerts], told.truncated) == (["a", "b", "c"], 1)


def test_whoever_does_not_want_to_hear_of_what_is_over_does_not() -> None:
    firing, over = alert(instance="a"), alert(NOW, instance="b")
    assert saying.heard(Webhook(integration="hook"), [firing, over], NOW) == [firing, over]
    assert saying.heard(Webhook(integration="hook", send_resolved=False), [firing, over], NOW) == [firing]


def test_what_waits_in_the_outbox_comes_back_as_it_was() -> None:
    told = said(alert(instance="\udcff\x00\u2028"), alert(NOW, zone='"\\\n'))
    errand = saying.errand(told, "hook")
    assert (errand.kind, errand.due_at) == (ErrandKind.TELL_GROUP, NOW)
    assert saying.errand(told, "hook", first=True).kind is ErrandKind.TELL_FIRST
    assert saying.read(errand) == ("hook", told)


def test_every_message_has_an_id_of_its_own_and_those_of_one_group_and_address_share_a_lane() -> None:
    first, second = said(alert()), said(alert(), at=LATER)
    assert first.id == said(alert()).id != second.id
    assert saying.errand(first, "hook").lane == saying.errand(second, "hook").lane
    others = [saying.errand(first, "other"), saying.errand(said(alert(), receiver="infra"), "hook")]
    assert saying.errand(first, "hook").lane not in [errand.lane for errand in others]
    keys = [saying.errand(first, "hook"), saying.errand(second, "hook"), *others]
    assert len({errand.dedup_key for errand in keys}) == len(keys)
