"""What must hold for the life of any rule's alerts, whatever it sees and whenever it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RuleAlert, RuleState, Signal
from bot.rules.state import RESEND_DELAY, RESOLVED_RETENTION, Found, Step, step

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LABELS = [LabelSet({"alertname": "A", "job": str(job)}) for job in range(3)]


@dataclass(frozen=True)
class Look:
    """One evaluation: how long after the one before, what it sees, or that it cannot see."""

    after: timedelta
    seen: tuple[LabelSet, ...]
    blind: bool
    complete: bool


durations = st.integers(0, 600).map(lambda seconds: seconds * SECOND)
rules = st.builds(
    lambda hold, keep: AlertRule(name="A", expr="a", signal=Signal(expr="a"), hold=hold, keep_firing_for=keep),
    durations,
    durations,
)
looks = st.lists(
    st.builds(
        Look,
        after=st.integers(1, 400).map(lambda seconds: seconds * SECOND),
        seen=st.lists(st.sampled_from(LABELS), unique=True).map(tuple),
        blind=st.integers(0, 5).map(lambda roll: roll == 0),
        complete=st.integers(0, 5).map(lambda roll: roll != 0),
    ),
    max_size=40,
)


def lived(rule: AlertRule, looks: Sequence[Look]) -> list[tuple[datetime, Look, tuple[RuleAlert, ...], Step]]:
    """Each evaluation's time, what it saw, what was there before and what became of it; blind ones are skipped over."""
    alerts: tuple[RuleAlert, ...] = ()
    now, story = START, []
    for look in looks:
        now += look.after
        if look.blind:
            continue
        found = [Found(labels=labels, annotations={}, value=1.0) for labels in look.seen]
        done = step(rule, alerts, found, now, complete=look.complete)
        story.append((now, look, alerts, done))
        alerts = done.alerts
    return story


def of(alerts: Sequence[RuleAlert], labels: LabelSet) -> RuleAlert | None:
    return next((alert for alert in alerts if alert.labels == labels), None)


@given(rules, looks)
def test_nothing_fires_before_for_has_passed(rule: AlertRule, looks: list[Look]) -> None:
    for _, _, _, done in lived(rule, looks):
        for alert in done.alerts:
            if alert.state is not RuleState.PENDING:
                assert alert.fired_at is not None
                assert alert.fired_at - alert.active_at >= rule.hold


@given(rules, looks)
def test_what_is_seen_without_a_break_for_as_long_as_for_fires(rule: AlertRule, looks: list[Look]) -> None:
    since: dict[LabelSet, datetime] = {}
    for now, look, _, done in lived(rule, looks):
        if look.complete:
            since = {labels: since.get(labels, now) for labels in look.seen}
        else:
            since |= {labels: since.get(labels, now) for labels in look.seen}
        for labels in look.seen:
            if now - since[labels] >= rule.hold:
                alert = of(done.alerts, labels)
                assert alert is not None
                assert alert.state is RuleState.FIRING


@given(rules, looks)
def test_only_a_complete_look_without_it_resolves_and_only_after_keep_firing_for(
    rule: AlertRule, looks: list[Look]
) -> None:
    absent: dict[LabelSet, datetime] = {}
    for now, look, before, done in lived(rule, looks):
        for labels in LABELS:
            if labels in look.seen:
                absent.pop(labels, None)
            elif look.complete:
                absent.setdefault(labels, now)
            was, is_ = of(before, labels), of(done.alerts, labels)
            if was is not None and was.state is RuleState.FIRING and (is_ is None or is_.state is not RuleState.FIRING):
                assert look.complete
                assert labels not in look.seen
                assert now - absent[labels] >= rule.keep_firing_for
                assert is_ is not None
                assert (is_.state, is_.resolved_at) == (RuleState.INACTIVE, now)


@given(rules, looks)
def test_each_firing_is_told_and_resolved_exactly_once(rule: AlertRule, looks: list[Look]) -> None:
    open_firings: set[tuple[LabelSet, datetime]] = set()
    over: set[tuple[LabelSet, datetime]] = set()
    for now, _, _, done in lived(rule, looks):
        for alert in done.told:
            assert alert.state is not RuleState.PENDING
            firing = (alert.labels, alert.active_at)
            if alert.state is RuleState.FIRING:
                assert firing not in over, "a firing that was resolved is told as firing"
                open_firings.add(firing)
            elif alert.resolved_at == now:
                assert firing in open_firings, "resolved without having been told"
                open_firings.discard(firing)
                over.add(firing)
            else:
                assert firing in over


@given(rules, looks)
def test_telling_keeps_its_pace(rule: AlertRule, looks: list[Look]) -> None:
    for now, _, before, done in lived(rule, looks):
        for alert in done.alerts:
            was = of(before, alert.labels)
            same = was is not None and (was.active_at, was.state) == (alert.active_at, alert.state)
            overdue = (
                same and was is not None and was.last_sent_at is not None and was.last_sent_at + RESEND_DELAY < now
            )
            new = not same and alert.state is not RuleState.PENDING
            assert (of(done.told, alert.labels) is not None) == (overdue or new)


@given(rules, looks)
def test_the_resolved_are_kept_a_quarter_of_an_hour(rule: AlertRule, looks: list[Look]) -> None:
    for now, look, before, done in lived(rule, looks):
        for was in before:
            if was.resolved_at is not None and look.complete and was.labels not in look.seen:
                kept = of(done.alerts, was.labels)
                assert (kept is not None) == (now - was.resolved_at <= RESOLVED_RETENTION)


@given(rules, looks)
def test_the_same_looks_make_the_same_life_and_order_does_not_matter(rule: AlertRule, looks: list[Look]) -> None:
    turned = [replace(look, seen=look.seen[::-1]) for look in looks]

    def told(these: Sequence[Look]) -> list[tuple[frozenset[RuleAlert], frozenset[RuleAlert]]]:
        return [
            (frozenset(map(frozen, done.alerts)), frozenset(map(frozen, done.told)))
            for _, _, _, done in lived(rule, these)
        ]

    assert told(looks) == told(looks) == told(turned)


def frozen(alert: RuleAlert) -> RuleAlert:
    """The alert with annotations that can be hashed."""
    return replace(alert, annotations=LabelSet(alert.annotations))
