"""What bodies that were kept become by another configuration, and nothing that is the same is called a difference."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts import hearing
from bot.alerts.known_by import KnownBy
from bot.alerts.replaying import SHADOW, Replay, with_what_it_became
from bot.alerts.table import AlertTable
from bot.alerts.wire import Received
from bot.errors import Permanent
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matcher
from bot.model.route import FieldMap, Route
from bot.model.setup import Setup
from bot.ports.alert_hook import Call, Heard
from bot.ports.alert_store import Became, Outcome, Posted

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THEN = Setup(route=Route(receiver="sre", group_by=("alertname",)))
BY_TICKET = {"alertname": "Slow", "ticket": "7"}


class Vendor:
    """Posts `{"alertname": ...}`; one with a `ticket` is known by that; `end` says that it is over."""

    def read(self, call: Call) -> Heard:
        if call.body == b"stumble":
            raise KeyError("a mistake of ours")
        try:
            said = json.loads(call.body)
        except ValueError:
            raise Permanent("no JSON", integration="pager", reason="client") from None
        if not said:
            return Heard(note="a ping")
        ends_at = call.received_at if said.pop("end", "") else None
        alert = Alert(
            labels=LabelSet(said), annotations={}, starts_at=call.received_at, ends_at=ends_at, source="pager"
        )
        return Heard(alerts=[alert], known_by=("ticket",) if "ticket" in said else ())


class Past:
    """What was posted, and what it became by the configuration of then, as the response to it does that."""

    def __init__(self) -> None:
        self._table = AlertTable(resolve_timeout=300)
        self.bodies: list[Posted] = []

    def posts(self, **said: str) -> "Past":
        at = NOW + len(self.bodies) * MINUTE
        body = json.dumps(said).encode()
        heard = Vendor().read(Call(body=body, received_at=at))
        alerts = hearing.told(THEN.field_maps, heard, KnownBy(self._table), at)
        self._table.take([Received.of(alert) for alert in alerts], at.timestamp())
        self.bodies.append(with_what_it_became(posted(body, at, taken=bool(alerts)), alerts, THEN.route))
        return self


def posted(body: bytes, at: datetime = NOW, *, taken: bool = True) -> Posted:
    outcome = Outcome.TAKEN if taken else Outcome.IGNORED
    return Posted(source="pager", delivery=at.isoformat(), received_at=at, headers={}, body=body, outcome=outcome)


def replayed(past: Past, now: Setup) -> list[tuple[list[Became], list[Became]]]:
    replay = Replay(now, {"pager": Vendor()})
    found = [replay.again(one) for one in past.bodies]
    return [(list(one.no_more), list(one.only_now)) for one in found if one.differs]


def test_by_the_same_configuration_everything_becomes_what_it_became() -> None:
    past = Past().posts(alertname="Slow").posts(alertname="Slow", end="yes").posts()
    past.posts(**BY_TICKET, title="a").posts(**BY_TICKET, title="b").posts(**BY_TICKET, title="c", end="yes")
    assert [len(one.became) for one in past.bodies] == [1, 1, 0, 1, 1, 1]
    assert replayed(past, THEN) == []


def test_what_began_before_the_first_body_that_is_looked_at_ends_all_the_same() -> None:
    past = Past().posts(**BY_TICKET, title="a").posts(**BY_TICKET, title="b", end="yes")
    del past.bodies[0]
    assert replayed(past, THEN) == []


def test_another_route_shows_where_the_alert_would_go() -> None:
    pager = Route(receiver="pager", group_by=("alertname",), matchers=(parse_matcher('severity="critical"'),))
    now = replace(THEN, route=replace(THEN.route, routes=(pager,)))
    past = Past().posts(alertname="Slow", severity="critical").posts(alertname="Slow", severity="info")
    labels = LabelSet({"alertname": "Slow", "severity": "critical"})
    before = Became(labels=labels, groups=('sre {}:{alertname="Slow"}',))
    after = Became(labels=labels, groups=('pager {}/{severity="critical"}:{alertname="Slow"}',))
    assert replayed(past, now) == [([before], [after])]


def test_a_route_in_shadow_says_so() -> None:
    now = replace(THEN, route=replace(THEN.route, shadow=True))
    [(_, [after])] = replayed(Past().posts(alertname="Slow"), now)
    assert after.groups == ('sre {}:{alertname="Slow"}' + SHADOW,)


def test_another_mapping_shows_the_labels_that_would_be() -> None:
    now = replace(THEN, field_maps=(FieldMap(source="pager", severities={"P1": "critical"}),))
    [(then, after)] = replayed(Past().posts(alertname="Slow", severity="P1"), now)
    assert [one.labels["severity"] for one in (*then, *after)] == ["P1", "critical"]


@pytest.mark.parametrize(
    ("body", "why"), [(b"not json", "no JSON"), (b"stumble", "a mistake of ours: KeyError"), (b"{}", "a ping")]
)
def test_what_cannot_be_read_now_or_says_nothing_is_a_difference(body: bytes, why: str) -> None:
    found = Replay(THEN, {"pager": Vendor()}).again(posted(body))
    assert (found.differs, found.why) == (True, why)


def test_a_source_that_is_gone_is_a_difference() -> None:
    found = Replay(THEN, {}).again(Past().posts(alertname="Slow").bodies[0])
    assert (found.outcome, found.why) == (Outcome.QUARANTINED, "pager is no source of tocsin.yaml any more")
    assert len(found.no_more) == 1
