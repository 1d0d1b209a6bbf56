"""What rules write: recorded series, ALERTS, ends; in what order, and what a failure means to those who read it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Temporary
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RecordingRule, Recordings, RuleGroup, RuleState, Signal
from bot.model.sample import Recorded, Sample
from bot.rules.evaluator import Evaluation, Writing, Written, evaluate
from bot.rules.recording import RecordingError, of_alerts, recorded
from bot.testing.metrics import FakeMetricSource
from bot.testing.recorder import FakeRecorder

START = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JOB_A, JOB_B = LabelSet({"job": "a"}), LabelSet({"job": "b"})
GONE = Temporary("connection refused", integration="prom", reason="connection")


def alert(name: str, expr: str, hold: timedelta = timedelta(0), **labels: str) -> AlertRule:
    return AlertRule(name=name, expr=expr, signal=Signal(expr=expr), hold=hold, labels=labels)


class Run:
    """A group that writes, evaluated a minute apart."""

    def __init__(self, *rules: AlertRule | RecordingRule) -> None:
        self.source = FakeMetricSource()
        self.recorder = FakeRecorder(self.source)
        self.group = RuleGroup(
            file="f.yml", name="g", source="prom", interval=MINUTE, rules=rules, recordings=Recordings.WRITE
        )
        self.slot = START
        self.status: GroupStatus | None = None
        self.written: Written = {}

    async def next(self, *, alerts: bool = True) -> Evaluation:
        self.slot += MINUTE
        writing = Writing(recorder=self.recorder, before=self.written, alerts=alerts)
        made = await evaluate(self.group, self.status, self.source, self.slot, self.slot, writing=writing)
        self.status, self.written = made.status, made.written
        return made

    def at(self, minutes: int) -> Sequence[tuple[LabelSet, float | None]]:
        """What was written in this minute."""
        at = START + minutes * MINUTE
        return [(one.labels, one.value) for one in self.recorder.recorded if abs(one.at - at) < MINUTE / 2]


def series(name: str, **labels: str) -> LabelSet:
    return LabelSet({"__name__": name, **labels})


async def test_a_rule_sees_what_the_one_before_it_wrote_in_the_same_slot() -> None:
    run = Run(RecordingRule(record="r", expr="sum(up)"), alert("A", "r"))
    run.source.shows("sum(up)", {JOB_A: 2.0})
    made = await run.next()
    assert [alert.labels for alert in made.alerts] == [LabelSet({"alertname": "A", "job": "a"})]
    assert made.alerts[0].value == 2.0
    assert {one.at for one in run.recorder.recorded} == {(START + MINUTE).replace(microsecond=123000)}


async def test_what_is_no_longer_there_ends() -> None:
    run = Run(RecordingRule(record="r", expr="up", labels={"team": "x"}))
    run.source.shows("up", {JOB_A: 1.0, JOB_B: 2.0})
    await run.next()
    run.source.shows("up", {JOB_B: 3.0})
    await run.next()
    await run.next()
    a, b = series("r", job="a", team="x"), series("r", job="b", team="x")
    assert [run.at(minute) for minute in (1, 2, 3)] == [[(a, 1.0), (b, 2.0)], [(b, 3.0), (a, None)], [(b, 3.0)]]


async def test_alerts_are_written_as_prometheus_does() -> None:
    run = Run(alert("A", "up", hold=MINUTE, severity="page", text="{{ $labels.nothing }}"))
    run.source.shows("up", {JOB_A: 0.0})
    await run.next()
    labels = {"alertname": "A", "job": "a", "severity": "page", "text": "{{ $labels.nothing }}"}
    pending, firing = (series("ALERTS", alertstate=state, **labels) for state in ("pending", "firing"))
    since = (series("ALERTS_FOR_STATE", **labels), float(int((START + MINUTE).timestamp())))
    assert run.at(1) == [(pending, 1.0), since]
    await run.next()
    assert run.at(2) == [(firing, 1.0), since, (pending, None)]
    run.source.shows("up", {})
    await run.next()
    assert run.at(3) == [(firing, None), (since[0], None)]


async def test_a_failure_writes_nothing_and_ends_nothing() -> None:
    run = Run(RecordingRule(record="r", expr="sum(up)"), alert("A", "r"))
    run.source.shows("sum(up)", {JOB_A: 2.0})
    await run.next()
    run.source.breaks(GONE)
    made = await run.next()
    assert run.at(2) == []
    assert [failure.rule for failure in made.failures] == ["r", "A"]
    run.source.breaks(None)
    await run.next()
    assert {labels["__name__"] for labels, value in run.at(3) if value is not None} == {
        "r", "ALERTS", "ALERTS_FOR_STATE",
    }  # fmt: skip


async def test_who_reads_what_could_not_be_written_resolves_nothing() -> None:
    run = Run(RecordingRule(record="r", expr="up"), alert("A", "r"), alert("B", "other"))
    run.source.shows("up", {JOB_A: 2.0})
    await run.next()
    run.recorder.breaks(GONE)
    run.source.shows("r", {})  # as once it is too old to be seen
    made = await run.next()
    states = {status.rule: status.state for status in made.status.rules}
    assert states == {"r": RuleState.UNKNOWN, "A": RuleState.UNKNOWN, "B": RuleState.INACTIVE}
    assert made.alerts == ()
    assert [failure.message for failure in made.failures] == [
        "cannot be recorded: connection refused",
        "what it reads is not up to date: r failed",
    ]


async def test_an_alert_stands_though_it_cannot_be_recorded() -> None:
    run = Run(alert("A", "up"))
    run.source.shows("up", {JOB_A: 2.0})
    run.recorder.breaks(GONE)
    made = await run.next()
    assert made.status.rules[0].state is RuleState.FIRING
    assert [failure.message for failure in made.failures] == ["cannot be recorded: connection refused"]
    assert len(made.alerts) == 1


async def test_an_end_that_could_not_be_written_is_written_when_it_can_be() -> None:
    run = Run(RecordingRule(record="r", expr="up"))
    run.source.shows("up", {JOB_A: 2.0})
    await run.next()
    run.source.shows("up", {})
    run.recorder.breaks(GONE)
    await run.next()
    run.recorder.breaks(None)
    await run.next()
    assert (run.at(2), run.at(3)) == ([], [(series("r", job="a"), None)])


async def test_a_rule_that_left_its_group_leaves_no_series_behind() -> None:
    run = Run(RecordingRule(record="r", expr="up"), RecordingRule(record="s", expr="up"))
    run.source.shows("up", {JOB_A: 1.0})
    await run.next()
    run.group = RuleGroup(
        file="f.yml", name="g", source="prom", interval=MINUTE, rules=run.group.rules[:1], recordings=Recordings.WRITE
    )
    await run.next()
    assert run.at(2) == [(series("s", job="a"), None), (series("r", job="a"), 1.0)]
    await run.next()
    assert run.at(3) == [(series("r", job="a"), 1.0)]


async def test_before_the_state_is_restored_alerts_are_not_written() -> None:
    run = Run(alert("A", "up"), RecordingRule(record="r", expr="up"))
    run.source.shows("up", {JOB_A: 1.0})
    await run.next(alerts=False)
    assert run.at(1) == [(series("r", job="a"), 1.0)]


def samples(*labels: LabelSet) -> list[Sample]:
    return [Sample(labels=one, value=1.0) for one in labels]


@pytest.mark.parametrize(
    ("rule_labels", "limit", "said"),
    [
        ({"job": "same"}, 0, "vector contains metrics with the same labelset after applying rule labels"),
        ({}, 1, "exceeded limit of 1 with 2 series"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_prometheus_words(
    rule_labels: dict[str, str], limit: int, said: str
) -> None:
    rule = RecordingRule(record="r", expr="up", labels=rule_labels)
    with pytest.raises(RecordingError, match=said):
        recorded(rule, samples(JOB_A, JOB_B), START, limit)


def test_a_native_histogram_is_not_recorded_as_a_number() -> None:
    histogram = Sample(labels=JOB_A, value=0.0, is_histogram=True)
    with pytest.raises(RecordingError, match="native histogram"):
        recorded(RecordingRule(record="r", expr="up"), [histogram], START, 0)


def test_an_empty_label_of_the_rule_takes_the_samples_away() -> None:
    rule = RecordingRule(record="r", expr="up", labels={"job": "", "team": "x"})
    assert recorded(rule, samples(LabelSet({"__name__": "up", "job": "a"})), START, 0) == (
        Recorded(labels=series("r", team="x"), at=START, value=1.0),
    )


def test_no_alert_no_series() -> None:
    assert list(of_alerts(alert("A", "up"), [], START)) == []
