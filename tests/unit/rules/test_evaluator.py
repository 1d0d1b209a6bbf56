"""One evaluation of a group against a source that says what it is told to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Permanent, Temporary
from bot.model.alert import AlertStatus
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RecordingRule, RuleGroup, RuleState, Signal
from bot.model.sample import Window
from bot.rules.evaluator import MOST_QUERIES, Evaluation, Failure, Outside, evaluate
from bot.testing.metrics import FakeMetricSource

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UP = LabelSet({"__name__": "up", "job": "cart", "severity": "low"})


def rule(name: str = "Down", expr: str = "up == 0", **fields: object) -> AlertRule:
    plain = AlertRule(name=name, expr=expr, signal=Signal(expr=expr))
    return replace(plain, **fields)  # type: ignore[arg-type]  # whatever field a test names


def group(*rules: AlertRule | RecordingRule, **fields: object) -> RuleGroup:
    plain = RuleGroup(file="f.yml", name="g", source="prom", interval=MINUTE, rules=rules)
    return replace(plain, **fields)  # type: ignore[arg-type]  # whatever field a test names


class Run:
    """A group evaluated again and again, a minute apart, each time with what the one before kept."""

    def __init__(self, rules: RuleGroup, source: FakeMetricSource) -> None:
        self.group = rules
        self.source = source
        self.slot = START
        self.status: GroupStatus | None = None

    async def next(self, minutes: float = 1, outside: Outside | None = None) -> Evaluation:
        self.slot += minutes * MINUTE
        done = await evaluate(
            self.group, self.status, self.source, self.slot, self.slot + timedelta(seconds=1), outside=outside
        )
        self.status = done.status
        return done


@pytest.fixture
def source() -> FakeMetricSource:
    source = FakeMetricSource()
    source.shows("up == 0", {UP: 0.0})
    return source


async def test_an_alert_from_its_first_sample_to_its_end(source: FakeMetricSource) -> None:
    run = Run(group(rule(hold=MINUTE, annotations={"summary": "{{ $labels.job }} at {{ $value }}"})), source)
    assert (await run.next()).alerts == ()
    assert run.status is not None
    assert (run.status.rules[0].state, run.status.key, run.status.slot) == (RuleState.PENDING, "f.yml;g", run.slot)

    (alert,) = (await run.next()).alerts
    assert alert.labels == LabelSet({"alertname": "Down", "job": "cart", "severity": "low"})
    assert alert.annotations == {"summary": "cart at 0"}
    assert (alert.starts_at, alert.ends_at) == (run.slot, run.slot + 4 * MINUTE)
    assert (alert.source, alert.rule, alert.value) == ("prom", "f.yml;g;Down", 0.0)
    assert alert.generator_url == "https://fake.example.net/graph?g0.expr=up+%3D%3D+0&g0.tab=1"
    assert alert.status(run.slot) is AlertStatus.FIRING
    assert run.status.rules[0].state is RuleState.FIRING

    source.shows("up == 0", {})
    (over,) = (await run.next()).alerts
    assert (over.ends_at, over.generator_url) == (run.slot, alert.generator_url)
    assert over.status(run.slot) is AlertStatus.RESOLVED
    assert run.status.rules[0].state is RuleState.INACTIVE


async def test_labels_are_the_samples_then_the_rules_then_the_name(source: FakeMetricSource) -> None:
    labels = {
        "severity": "page",
        "copy": "{{ $labels.severity }} {{ $labels.__name__ }} {{ $labels.alertname }}",
        "job": "",
        "alertname": "other",
    }
    (alert,) = (await Run(group(rule(labels=labels, annotations={"empty": ""})), source).next()).alerts
    assert alert.labels == LabelSet({"alertname": "Down", "copy": "low up ", "severity": "page"})
    assert alert.annotations == {"empty": ""}


async def test_a_scalar_is_one_alert_without_labels_of_its_own(source: FakeMetricSource) -> None:
    source.shows("vector(1)", {LabelSet({}): 1.0})
    (alert,) = (await Run(group(rule(expr="vector(1)")), source).next()).alerts
    assert alert.labels == LabelSet({"alertname": "Down"})


async def test_the_expression_is_asked_before_the_slot_and_templates_at_it(source: FakeMetricSource) -> None:
    text = "{{ query `max(up)` | first | value }} {{ query `max(up)` | first | value }}"
    source.shows("max(up)", {LabelSet({}): 3.0})
    run = Run(group(rule(annotations={"a": text, "b": text}), query_offset=MINUTE / 2), source)
    (alert,) = (await run.next()).alerts
    assert alert.annotations == {"a": "3 3", "b": "3 3"}
    assert source.asked == [("up == 0", run.slot - MINUTE / 2), ("max(up)", run.slot)]


async def test_a_wrong_query_in_a_template_is_said_in_its_text(source: FakeMetricSource) -> None:
    (alert,) = (await Run(group(rule(labels={"a": "{{ query `sum(` }}"})), source).next()).alerts
    assert alert.labels["a"].startswith("<error expanding template: error executing template __alert_Down: ")
    assert alert.labels["a"].endswith("error calling query: unclosed left parenthesis>")


async def test_a_template_may_ask_only_so_many_queries(source: FakeMetricSource) -> None:
    text = f'{{{{ range $i := {MOST_QUERIES + 1} }}}}{{{{ query (printf "x > %d" $i) }}}}{{{{ end }}}}'
    done = await Run(group(rule(annotations={"a": text})), source).next()
    assert done.alerts[0].annotations["a"].endswith("more than 100 queries in one evaluation>")
    assert len(source.asked) == 1 + MOST_QUERIES


async def test_templates_know_the_world_outside(source: FakeMetricSource) -> None:
    text = "{{ $externalLabels.region }} {{ externalURL }}"
    outside = Outside(labels={"region": "eu"}, url="https://tocsin.example.net")
    done = await Run(group(rule(annotations={"a": text})), source).next(outside=outside)
    assert done.alerts[0].annotations == {"a": "eu https://tocsin.example.net"}


@pytest.mark.parametrize(
    "error",
    [
        Temporary("no answer", integration="prom", reason="timeout"),
        Permanent("no such user", integration="prom", reason="auth"),
    ],
)
async def test_a_source_that_fails_leaves_everything_as_it_was(
    source: FakeMetricSource, error: Temporary | Permanent
) -> None:
    run = Run(group(rule()), source)
    await run.next()
    assert run.status is not None
    before = run.status.rules[0]

    source.breaks(error)
    blind = await run.next()
    assert blind.alerts == ()
    assert blind.failures == (Failure(rule="Down", reason=error.reason, message=error.message),)
    first = run.status.rules[0]
    assert (first.alerts, first.state) == (before.alerts, RuleState.UNKNOWN)
    assert (first.unknown_since, first.last_error) == (run.slot, error.message)
    since = run.slot
    await run.next(60)
    assert run.status.rules[0].unknown_since == since

    source.breaks(None)
    seen = await run.next()
    assert seen.failures == ()
    after = run.status.rules[0]
    assert (after.state, after.unknown_since, after.last_error) == (RuleState.FIRING, None, "")
    assert after.alerts[0].active_at == before.alerts[0].active_at


async def test_for_goes_on_while_nothing_can_be_seen(source: FakeMetricSource) -> None:
    run = Run(group(rule(hold=5 * MINUTE)), source)
    await run.next()
    source.breaks(Temporary("no answer", integration="prom", reason="timeout"))
    await run.next(5)
    source.breaks(None)
    assert len((await run.next()).alerts) == 1


async def test_a_source_that_fails_in_the_middle_of_a_template_is_a_failure(source: FakeMetricSource) -> None:
    class Fickle(FakeMetricSource):
        def link(self, expr: str, window: Window | None = None) -> str:
            raise AssertionError("nobody is told, so nobody needs a link")

    fickle = Fickle()
    fickle.shows("up == 0", {UP: 0.0})

    def gone(_: datetime) -> dict[LabelSet, float]:
        raise Permanent("no such user", integration="prom", reason="auth")

    fickle.shows("max(up)", gone)
    done = await Run(group(rule(labels={"a": "{{ query `max(up)` }}"})), fickle).next()
    assert done.failures == (Failure(rule="Down", reason="auth", message="no such user"),)
    assert done.status.rules[0].alerts == ()


async def test_one_rule_that_fails_leaves_the_others_alone(source: FakeMetricSource) -> None:
    run = Run(group(rule(), rule("Broken", expr="sum("), rule("Late", hold=MINUTE)), source)
    done = await run.next()
    assert [alert.name for alert in done.alerts] == ["Down"]
    assert [failure.rule for failure in done.failures] == ["Broken"]
    assert [status.state for status in done.status.rules] == [RuleState.FIRING, RuleState.UNKNOWN, RuleState.PENDING]
    assert [status.rule for status in done.status.rules] == ["Down", "Broken", "Late"]


async def test_a_rule_whose_results_collide_is_unknown_and_keeps_its_alerts(source: FakeMetricSource) -> None:
    run = Run(group(rule(labels={"job": ""})), source)
    await run.next()
    assert run.status is not None
    before = run.status.rules[0].alerts
    source.shows("up == 0", {UP: 0.0, LabelSet({**UP, "job": "till"}): 0.0})
    done = await run.next()
    assert done.alerts == ()
    assert done.failures[0].reason == "rule"
    assert done.failures[0].message == "vector contains metrics with the same labelset after applying alert labels"
    assert done.status.rules[0].alerts == before
    assert done.status.rules[0].state is RuleState.UNKNOWN


async def test_the_limit_is_the_groups(source: FakeMetricSource) -> None:
    source.shows("up == 0", {UP: 0.0, LabelSet({**UP, "job": "till"}): 0.0})
    done = await Run(group(rule(), limit=1), source).next()
    assert done.failures == (Failure(rule="Down", reason="rule", message="exceeded limit of 1 with 2 alerts"),)


async def test_missing_data_resolves_nothing(source: FakeMetricSource) -> None:
    run = Run(group(rule()), source)
    await run.next()
    since = run.slot + MINUTE
    source.shows("up == 0", {LabelSet({**UP, "job": "till"}): 0.0})
    source.warns("store 3 did not answer")
    done = await run.next()
    said = "the source says its answer is not complete: store 3 did not answer"
    assert done.failures == (Failure(rule="Down", reason="partial", message=said),)
    assert [alert.labels["job"] for alert in done.alerts] == ["till"]
    (status,) = done.status.rules
    assert (status.state, status.unknown_since, status.last_error) == (RuleState.UNKNOWN, since, said)
    assert [alert.state for alert in status.alerts] == [RuleState.FIRING, RuleState.FIRING]

    await run.next()
    assert run.status is not None
    assert run.status.rules[0].unknown_since == since

    source.warns()
    (over, _) = (await run.next()).alerts
    assert over.labels["job"] == "cart"
    assert over.ends_at == run.slot
    assert run.status.rules[0].unknown_since is None


async def test_recordings_are_the_servers_work(source: FakeMetricSource) -> None:
    run = Run(group(RecordingRule(record="a:b", expr="sum(up)"), rule()), source)
    done = await run.next()
    assert [status.rule for status in done.status.rules] == ["a:b", "Down"]
    assert done.status.rules[0].state is RuleState.INACTIVE
    assert [expr for expr, _ in source.asked] == ["up == 0"]


async def test_missed_slots_add_up(source: FakeMetricSource) -> None:
    run = Run(group(rule()), source)
    for minutes, so_far in ((1, 0), (1, 0), (4, 3), (1, 3), (2, 4)):
        assert (await run.next(minutes)).status.missed == so_far


async def test_after_a_reload_state_is_found_by_name_and_place(source: FakeMetricSource) -> None:
    source.shows("up == 1", {LabelSet({"job": "till"}): 1.0})
    two = rule("Same", hold=10 * MINUTE)
    run = Run(group(two, replace(two, expr="up == 1"), rule()), source)
    await run.next()
    assert run.status is not None
    begun = [status.alerts[0].active_at for status in run.status.rules]
    run.group = group(rule(), rule("New"), *run.group.rules[:2])
    await run.next(3)
    after = {
        (status.rule, status.alerts[0].labels.get("job")): status.alerts[0].active_at for status in run.status.rules
    }
    assert after == {
        ("Down", "cart"): begun[2],
        ("New", "cart"): run.slot,
        ("Same", "cart"): begun[0],
        ("Same", "till"): begun[1],
    }


async def test_a_rule_with_other_labels_is_another_rule(source: FakeMetricSource) -> None:
    run = Run(group(rule(hold=5 * MINUTE, labels={"severity": "page"})), source)
    await run.next()
    run.group = group(rule(hold=5 * MINUTE, labels={"severity": "page"}, annotations={"summary": "new"}))
    await run.next()
    assert run.status is not None
    assert run.status.rules[0].alerts[0].active_at == START + MINUTE
    # what is compared is how they are written: the alert's own labels are the same as before
    run.group = group(rule(hold=5 * MINUTE, labels={"severity": '{{ "page" }}'}))
    await run.next()
    assert run.status.rules[0].alerts[0].active_at == START + 3 * MINUTE
