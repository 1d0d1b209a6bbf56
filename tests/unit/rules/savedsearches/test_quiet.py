"""Suppression hides tellings, never states."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RuleAlert, RuleGroup, RuleState, Signal
from bot.model.search import SavedSearch, Schedule, Suppression
from bot.rules import state
from bot.rules.savedsearches.quiet import hush, members

START = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = timedelta(minutes=5)
RULE = AlertRule(name="Errors", expr="x", signal=Signal(expr="x"))
LABELS = LabelSet({"alertname": "Errors"})
SEARCH = SavedSearch(name="Errors", search="x", schedule=Schedule(cron="* * * * *"))


def played(fires: Sequence[bool], period: timedelta) -> tuple[list[bool], list[bool]]:
    """Of runs five minutes apart: in which it fired, and in which somebody heard of it."""
    alerts: tuple[RuleAlert, ...] = ()
    quiet: dict[str, datetime] = {}
    fired, told = [], []
    for number, fires_now in enumerate(fires):
        at = START + number * EVERY
        found = [state.Found(labels=LABELS, annotations={}, value=1.0)] if fires_now else []
        step = state.step(RULE, alerts, found, at)
        made = hush(Suppression(period=period), step, alerts, lambda _: "", quiet, at)
        alerts, quiet = made.step.alerts, dict(made.quiet_until)
        fired.append(any(alert.state is RuleState.FIRING for alert in alerts))
        told.append(any(alert.state is RuleState.FIRING for alert in made.step.told))
    return fired, told


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 60).map(lambda minutes: timedelta(minutes=minutes)))
def test_the_states_are_those_without_suppression(fires: list[bool], period: timedelta) -> None:
    assert played(fires, period)[0] == fires


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 60).map(lambda minutes: timedelta(minutes=minutes)))
def test_nobody_hears_twice_of_what_ended_within_the_period(fires: list[bool], period: timedelta) -> None:
    """The first telling of each firing is at least the period after the last one that began a quiet time."""
    fired, told = played(fires, period)
    began = [number for number, now in enumerate(fired) if now and not (number and fired[number - 1])]
    first = [next((at for at in range(start, len(fired)) if not fired[at] or told[at]), None) for start in began]
    heard = [at for at in first if at is not None and told[at]]
    assert all((later - earlier) * EVERY >= period for earlier, later in pairwise(heard))


@given(st.lists(st.booleans(), max_size=30))
def test_without_a_period_all_is_told(fires: list[bool]) -> None:
    assert played(fires, timedelta(0))[1] == fires


def test_who_was_never_told_never_hears_that_it_is_over() -> None:
    at = START + EVERY
    over = RuleAlert(
        labels=LABELS, annotations={}, value=1, state=RuleState.INACTIVE, active_at=START, fired_at=START,
        resolved_at=at, last_sent_at=at,
    )  # fmt: skip
    step = state.Step(alerts=(over,), told=(over,))
    never = replace(over, state=RuleState.FIRING, resolved_at=None, last_sent_at=None)
    heard = replace(never, last_sent_at=START)
    suppression = Suppression(period=timedelta(hours=1))
    assert hush(suppression, step, [never], lambda _: "", {}, at).step.told == ()
    assert hush(suppression, step, [never], lambda _: "", {}, at).step.alerts[0].last_sent_at is None
    assert hush(suppression, step, [heard], lambda _: "", {}, at).step.told == (over,)


def test_what_is_past_is_not_kept() -> None:
    at = START + EVERY
    kept = hush(
        Suppression(period=EVERY), state.Step(alerts=()), [], lambda _: "", {"a": at, "b": at + EVERY}, at
    ).quiet_until
    assert kept == {"b": at + EVERY}


def test_members_are_the_others_of_the_same_group_and_owner() -> None:
    def group(name: str, owner: str = "ann", muted: str = "shop", *, suppressed: bool = True) -> RuleGroup:
        suppression = Suppression(period=EVERY, group=muted) if suppressed else None
        search = replace(SEARCH, name=name, owner=owner, suppression=suppression)
        return RuleGroup(file="f", name=name, source="s", interval=EVERY, rules=(RULE,), search=search)

    groups = [group("a"), group("b"), group("c", "ben"), group("d", muted="web"), group("e", suppressed=False)]
    assert members(groups[0], groups) == ["f;b"]
    assert list(members(groups[3], groups)) == []
    assert list(members(groups[4], groups)) == []
    assert members(replace(groups[0], search=None), groups) == ()
    assert members(group("x", muted=""), [*groups, group("y", muted="")]) == ()
