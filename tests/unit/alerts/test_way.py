"""The way of one alert, decision by decision."""

from datetime import timedelta

import pytest

from bot.alerts import way
from bot.alerts.pipeline import Pipeline
from bot.alerts.table import Entry
from bot.alerts.wire import Received
from bot.model.alert import Alert
from bot.model.ids import SilenceId
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.route import InhibitRule, Route
from bot.model.setup import Setup
from bot.model.silence import Silence
from bot.model.telling import Verdict
from bot.model.time_interval import MomentSet, TimeInterval
from tests.unit.alerts import moment

START = 1_800_000_000.0


def equal(name: str, value: str) -> Matcher:
    """A matcher."""
    return Matcher(name=name, op=MatchOp.EQUAL, value=value)


SETUP = Setup(
    route=Route(
        receiver="sre",
        group_by=("alertname",),
        routes=(
            Route(receiver="nights", matchers=(equal("team", "db"),), mute_time_intervals=("always",)),
            Route(receiver="flaps", matchers=(equal("team", "net"),), hold=timedelta(minutes=5)),
        ),
    ),
    inhibit_rules=(InhibitRule(source=(equal("severity", "critical"),), target=(equal("severity", "warning"),)),),
    time_intervals={"always": TimeInterval(name="always", moments=(MomentSet(),))},
)


@pytest.fixture
def pipeline() -> Pipeline:
    """One that leads."""
    made = Pipeline(SETUP)
    made.table.leads = True
    return made


def fires(pipeline: Pipeline, name: str = "Down", *, ends_at: float | None = None, **labels: str) -> Entry:
    """An alert comes in."""
    alert = Alert(
        labels=LabelSet({"alertname": name, **labels}),
        annotations={},
        starts_at=moment(START),
        ends_at=None if ends_at is None else moment(ends_at),
        source="prom",
    )
    changes = pipeline.table.take([Received.of(alert)], START)
    pipeline.heard(changes, START)
    (found,) = [entry for entry in way.found(pipeline, name) if entry.label_set() == alert.labels]
    return found


def told(pipeline: Pipeline, entry: Entry, now: float = START + 1) -> list[tuple[str, str]]:
    """Each verdict with its rule."""
    return [(one.verdict, one.rule) for one in way.way(pipeline, entry, now)]


def test_an_alert_that_nothing_keeps_back_is_received_routed_and_grouped(pipeline: Pipeline) -> None:
    entry = fires(pipeline, ends_at=START + 240)
    assert told(pipeline, entry) == [
        (Verdict.RECEIVED, "from prom"),
        (Verdict.ROUTED, "route {}"),
        (Verdict.GROUPED, 'group {}:{alertname="Down"}'),
    ]
    first, _, third = way.way(pipeline, entry, START + 1)
    assert first.text.startswith("fires since 2027-01-15 08:00:00 UTC, last heard 08:00:00 UTC; over in 3m59s unless")
    assert third.text == "alone in a group that is told now"


def test_a_silence_is_named_with_its_owner_end_and_reason(pipeline: Pipeline) -> None:
    entry = fires(pipeline)
    silence = Silence(
        id=SilenceId("6f"), matchers=(equal("alertname", "Down"),), starts_at=moment(START),
        ends_at=moment(START + 3600), updated_at=moment(START), created_by="ann", comment="disk is being changed",
    )  # fmt: skip
    pipeline.silences.put(silence)
    last = way.way(pipeline, entry, START + 1)[-1]
    assert (last.verdict, last.rule) == (Verdict.SILENCED, "silence 6f")
    assert last.text == "until 2027-01-15 09:00 UTC by ann: disk is being changed"


def test_a_symptom_names_its_cause_and_is_free_again_when_that_is_over(pipeline: Pipeline) -> None:
    cause = fires(pipeline, "Cause", severity="critical")
    symptom = fires(pipeline, "Symptom", severity="warning")
    last = way.way(pipeline, symptom, START + 1)[-1]
    assert (last.verdict, last.rule) == (Verdict.INHIBITED, f"alert {cause.fingerprint()}")
    assert last.text == '{alertname="Cause", severity="critical"} fires'
    fires(pipeline, "Cause", severity="critical", ends_at=START)
    assert Verdict.INHIBITED not in [verdict for verdict, _ in told(pipeline, symptom)]


def test_a_route_that_is_muted_or_holds_says_so(pipeline: Pipeline) -> None:
    muted = fires(pipeline, "Muted", team="db")
    held = fires(pipeline, "Held", team="net")
    assert told(pipeline, muted)[-1] == (Verdict.MUTED, "always")
    last = way.way(pipeline, held, START + 60)[-1]
    assert (last.verdict, last.text) == (Verdict.HELD, "not told before it has fired for 5m: 4m left")


def test_an_alert_that_is_over_says_whether_anybody_said_so(pipeline: Pipeline) -> None:
    entry = fires(pipeline, ends_at=START + 60)
    fires(pipeline, ends_at=START)
    assert told(pipeline, entry)[0] == (Verdict.RESOLVED, "from prom")


def test_an_alert_is_found_by_its_name_and_by_its_fingerprint(pipeline: Pipeline) -> None:
    first, second = fires(pipeline, instance="a"), fires(pipeline, instance="b")
    fires(pipeline, "Other", note='"alertname":"Down"')
    assert way.found(pipeline, "Down") == [first, second]
    assert way.found(pipeline, second.fingerprint()) == [second]
    assert way.found(pipeline, "Nothing") == []
