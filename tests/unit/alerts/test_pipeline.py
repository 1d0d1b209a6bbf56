"""What is known of alerts on their way, when other documents are in force and when this process begins to lead."""

from dataclasses import replace
from datetime import timedelta

from bot.alerts.pipeline import Pipeline
from bot.alerts.table import Change, Entry
from bot.alerts.wire import Received
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.route import Occurrences, Receiver, Route, Webhook
from bot.model.setup import Setup
from tests.unit.alerts import moment

START = 1_000_000.0
SETUP = Setup(
    route=Route(receiver="sre", group_by=("alertname",), group_wait=timedelta(seconds=10)),
    receivers=(Receiver(name="sre", webhooks=(Webhook(integration="ear"),)),),
)


def leading(setup: Setup = SETUP) -> Pipeline:
    """Of the process that tells."""
    pipeline = Pipeline(setup)
    pipeline.table.leads = True
    return pipeline


def says(pipeline: Pipeline, at: float, *, over: bool = False, instance: str = "a") -> Entry:
    """An alert fires from now on, or is over now."""
    alert = Alert(
        labels=LabelSet({"alertname": "Down", "instance": instance}),
        annotations={},
        starts_at=moment(at - over),
        ends_at=moment(at) if over else None,
    )
    ((entry, change),) = pipeline.table.take([Received.of(alert)], at)
    pipeline.heard([(entry, change)], at)
    return entry


def test_what_ended_and_was_not_told_is_not_forgotten_when_other_documents_are_in_force() -> None:
    pipeline = leading()
    one = says(pipeline, START)
    (group,) = pipeline.groups.due(START + 10)
    pipeline.was_told(group, pipeline.telling(group, START + 10, {}), START + 10)
    says(pipeline, START + 60, over=True)
    pipeline.become(SETUP, START + 70)
    (group,) = pipeline.groups
    assert list(group.entries.values()) == [one]


def test_whoever_stands_by_has_no_groups() -> None:
    pipeline = Pipeline(SETUP)
    says(pipeline, START)
    says(pipeline, START + 60, over=True)
    assert (len(pipeline.groups), pipeline.groups.next_at(), len(pipeline.over)) == (0, float("inf"), 0)


def test_whoever_leads_again_knows_nothing_of_what_it_told_before() -> None:
    pipeline = leading()
    one = says(pipeline, START)
    pipeline.begin_anew()
    pipeline.heard([(one, Change.NEW)], START + 100)
    (group,) = pipeline.groups
    assert group.told is None


WAITS = replace(SETUP, route=replace(SETUP.route, occurrences=Occurrences(count=2, within=timedelta(minutes=10))))


def test_what_fires_for_long_does_not_begin_again_because_documents_are_read_or_the_process_starts() -> None:
    pipeline = leading(WAITS)
    first = says(pipeline, START)
    second = says(pipeline, START + 1000, instance="b")
    pipeline.become(WAITS, START + 1100)
    (group,) = pipeline.groups
    assert pipeline.groups.begun_within(group, START + 1100) == 1
    pipeline.begin_anew()
    pipeline.heard([(first, Change.NEW), (second, Change.NEW)], START + 1100)
    (group,) = pipeline.groups
    assert pipeline.groups.begun_within(group, START + 1100) == 1


def test_firings_before_other_documents_were_in_force_count() -> None:
    pipeline = leading(WAITS)
    says(pipeline, START)
    says(pipeline, START + 10, over=True)
    pipeline.become(WAITS, START + 20)
    says(pipeline, START + 30)
    (group,) = pipeline.groups
    assert pipeline.groups.begun_within(group, START + 30) == 2


def test_an_end_its_incident_could_not_hear_of_waits_for_as_long_as_that_takes() -> None:
    pipeline = leading()
    one = says(pipeline, START)
    says(pipeline, START + 10, over=True)
    pipeline.not_taken(pipeline.takes_over())
    pipeline.table.forget(START + 3600)
    assert list(pipeline.takes_over().values()) == [one]


def test_an_end_its_incident_could_not_hear_of_is_none_once_the_alert_began_again() -> None:
    pipeline = leading()
    says(pipeline, START)
    says(pipeline, START + 10, over=True)
    over = pipeline.takes_over()
    says(pipeline, START + 11)
    pipeline.not_taken(over)
    assert not pipeline.over
