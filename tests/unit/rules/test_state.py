"""The life of an alert, evaluation by evaluation, as Prometheus lives it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RuleAlert, RuleState, RuleStatus, Signal
from bot.rules.state import Found, Step, orphans, step, valid_until

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = AlertRule(name="Down", expr="up == 0", signal=Signal(expr="up"))
HELD = replace(RULE, hold=5 * MINUTE)
KEPT = replace(RULE, keep_firing_for=3 * MINUTE)
A, B = LabelSet({"alertname": "Down", "job": "a"}), LabelSet({"alertname": "Down", "job": "b"})
P, F, R = RuleState.PENDING, RuleState.FIRING, RuleState.INACTIVE


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def found(*labels: LabelSet, value: float = 1.0) -> list[Found]:
    return [Found(labels=one, annotations={"summary": f"{value}"}, value=value) for one in labels]


class Life:
    """A rule evaluated again and again."""

    def __init__(self, rule: AlertRule, *, limit: int = 0) -> None:
        self.rule = rule
        self.limit = limit
        self.alerts: tuple[RuleAlert, ...] = ()

    def sees(self, minutes: float, *labels: LabelSet, value: float = 1.0, complete: bool = True) -> Step:
        done = step(
            self.rule, self.alerts, found(*labels, value=value), at(minutes), limit=self.limit, complete=complete
        )
        self.alerts = done.alerts
        return done

    @property
    def states(self) -> dict[str, RuleState]:
        return {alert.labels["job"]: alert.state for alert in self.alerts}


def test_without_for_it_fires_at_once() -> None:
    life = Life(RULE)
    (told,) = life.sees(0, A).told
    assert (told.state, told.active_at, told.fired_at, told.last_sent_at) == (F, at(0), at(0), at(0))
    assert life.alerts == (told,)


def test_it_is_pending_until_for_has_passed() -> None:
    life = Life(HELD)
    for minutes in (0, 1, 4, 4.999):
        assert life.sees(minutes, A).told == ()
        assert life.states == {"a": P}
    (told,) = life.sees(5, A).told
    assert (told.state, told.active_at, told.fired_at) == (F, at(0), at(5))


def test_a_for_shorter_than_the_interval_fires_at_the_next_evaluation() -> None:
    life = Life(replace(RULE, hold=timedelta(seconds=1)))
    life.sees(0, A)
    assert life.states == {"a": P}
    assert life.sees(1, A).told[0].fired_at == at(1)


def test_pending_that_goes_away_was_never_there() -> None:
    life = Life(HELD)
    life.sees(0, A)
    assert life.sees(1).told == ()
    assert life.alerts == ()
    life.sees(2, A)
    assert life.alerts[0].active_at == at(2)


def test_each_evaluation_brings_its_value_and_annotations() -> None:
    life = Life(RULE)
    life.sees(0, A, value=1)
    life.sees(1, A, value=2)
    (alert,) = life.alerts
    assert (alert.value, alert.annotations, alert.active_at) == (2, {"summary": "2"}, at(0))


def test_it_resolves_once_is_told_again_for_a_quarter_of_an_hour_and_is_forgotten() -> None:
    life = Life(RULE)
    life.sees(0, A, value=7)
    (told,) = life.sees(1).told
    assert (told.state, told.resolved_at, told.value) == (R, at(1), 7)
    heard = [minutes for minutes in range(2, 20) if life.sees(minutes).told]
    assert heard == [3, 5, 7, 9, 11, 13, 15]
    assert life.alerts == ()


def test_a_resolved_one_is_kept_to_the_minute() -> None:
    life = Life(RULE)
    life.sees(0, A)
    life.sees(1)
    life.sees(16)
    assert life.states == {"a": R}
    life.sees(16.01)
    assert life.states == {}


def test_what_resolved_and_comes_back_is_a_new_alert() -> None:
    life = Life(HELD)
    life.sees(0, A)
    life.sees(5, A)
    life.sees(6)
    life.sees(7, A)
    (alert,) = life.alerts
    assert (alert.state, alert.active_at, alert.fired_at, alert.last_sent_at) == (P, at(7), None, None)


def test_it_is_told_again_only_after_more_than_the_delay() -> None:
    # Prometheus compares strictly: with an interval of one delay it tells every second time
    life = Life(RULE)
    assert [minutes for minutes in range(7) if life.sees(minutes, A).told] == [0, 2, 4, 6]
    assert [bool(life.sees(7 + half, A).told) for half in (0, 0.5)] == [False, True]


def test_keep_firing_for_bridges_a_gap() -> None:
    life = Life(KEPT)
    life.sees(0, A)
    life.sees(1)
    assert (life.alerts[0].state, life.alerts[0].keep_firing_since) == (F, at(1))
    life.sees(3.9)
    assert (life.alerts[0].state, life.alerts[0].keep_firing_since) == (F, at(1))
    life.sees(3.95, A)
    assert (life.alerts[0].state, life.alerts[0].keep_firing_since, life.alerts[0].active_at) == (F, None, at(0))
    life.sees(5)
    assert life.sees(8).told[0].resolved_at == at(8)


def test_two_of_the_same_labels_are_an_error_that_touches_nothing() -> None:
    life = Life(RULE)
    life.sees(0, A)
    before = life.alerts
    done = life.sees(1, B, B)
    assert done.error == "vector contains metrics with the same labelset after applying alert labels"
    assert (done.alerts, done.told) == (before, ())


def test_more_than_the_limit_forgets_them_all_and_tells_nobody() -> None:
    life = Life(RULE, limit=1)
    life.sees(0, A)
    done = life.sees(1, A, B)
    assert done == Step(alerts=(), error="exceeded limit of 1 with 2 alerts")
    assert life.sees(2, A).told[0].active_at == at(2)


def test_the_resolved_do_not_count_towards_the_limit() -> None:
    life = Life(RULE, limit=1)
    life.sees(0, A)
    assert not life.sees(1, B).error
    assert life.states == {"a": R, "b": F}


def test_where_data_is_missing_what_is_not_seen_stays_as_it_was() -> None:
    life = Life(HELD)
    life.sees(0, A)
    life.sees(5, A, B)
    before = life.alerts
    done = life.sees(6, complete=False)
    assert done.told == ()
    assert done.alerts == before
    assert [alert.labels for alert in life.sees(10, B, complete=False).told] == [A, B]
    assert life.states == {"a": F, "b": F}


def test_one_evaluation_leaves_the_other_alerts_alone() -> None:
    life = Life(RULE)
    life.sees(0, A, B)
    (told,) = life.sees(0.5, B).told
    assert told.labels == A
    assert life.states == {"a": R, "b": F}


@pytest.mark.parametrize(("interval", "minutes"), [(0.25, 4), (1, 4), (5, 20)])
def test_a_firing_alert_is_valid_for_four_of_the_longer(interval: float, minutes: float) -> None:
    assert valid_until(at(0), interval * MINUTE) == at(minutes)


def status(*alerts: RuleAlert) -> GroupStatus:
    return GroupStatus(key="f;g", slot=START, rules=(RuleStatus(rule="Down", alerts=alerts),))


def test_firing_alerts_nobody_follows_any_more() -> None:
    firing = RuleAlert(labels=A, annotations={}, value=1, state=F, active_at=at(0))
    pending = replace(firing, labels=B, state=P)
    before = status(firing, pending)
    assert orphans(before, before) == ()
    assert orphans(before, status(replace(firing, state=R))) == ()
    assert orphans(before, status()) == (firing,)
    assert orphans(before, None) == (firing,)
