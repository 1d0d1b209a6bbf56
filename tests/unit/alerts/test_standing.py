"""How alerts stand: groups counted and put in order, and what keeps an alert back, with its reasons."""

from dataclasses import replace
from datetime import timedelta

from bot.alerts import standing
from bot.alerts.groups import INCIDENT, Group
from bot.alerts.pipeline import Pipeline
from bot.alerts.standing import SeenAlert, SeenRoute, Stops
from bot.alerts.table import Entry
from bot.alerts.wire import Received
from bot.model.alert import Alert
from bot.model.ids import SilenceId
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.matchers import parse_matchers
from bot.model.route import InhibitRule, Occurrences, Route
from bot.model.setup import Setup
from bot.model.silence import Silence
from bot.model.telling import Told, Verdict
from bot.model.time_interval import MomentSet, TimeInterval
from tests.unit.alerts import moment

START = 1_800_000_000.0
ORDER = ("critical", "warning", "")


def equal(name: str, value: str) -> Matcher:
    return Matcher(name=name, op=MatchOp.EQUAL, value=value)


SETUP = Setup(
    route=Route(
        receiver="sre",
        group_by=("service",),
        group_wait=timedelta(seconds=30),
        routes=(
            Route(receiver="nights", matchers=(equal("team", "db"),), mute_time_intervals=("always",)),
            Route(receiver="flaps", matchers=(equal("team", "net"),), hold=timedelta(minutes=5)),
            Route(
                receiver="often",
                matchers=(equal("team", "often"),),
                occurrences=Occurrences(count=3, within=timedelta(minutes=10)),
                shadow=True,
            ),
        ),
    ),
    inhibit_rules=(
        InhibitRule(
            source=(equal("severity", "critical"),), target=(equal("severity", "warning"),), equal=("service",)
        ),
    ),
    time_intervals={"always": TimeInterval(name="always", moments=(MomentSet(),))},
)


def rank(word: str) -> int:
    return ORDER.index(word) if word in ORDER else len(ORDER)


def fires(pipeline: Pipeline, at: float = START, *, ends_at: float | None = None, **labels: str) -> Entry:
    """An alert comes in at this moment, and began then."""
    alert = Alert(
        labels=LabelSet({"alertname": "Down", **labels}),
        annotations={"description": "it is down"},
        starts_at=moment(at),
        ends_at=None if ends_at is None else moment(ends_at),
        source="prom",
    )
    pipeline.table.leads = True
    pipeline.heard(pipeline.table.take([Received.of(alert)], at), at)
    found = pipeline.table.find(alert.fingerprint)
    assert found is not None
    return found


def only_group(pipeline: Pipeline) -> Group:
    (group,) = pipeline.groups
    return group


def seen(pipeline: Pipeline, entry: Entry, now: float = START + 1) -> SeenAlert:
    """The alert as its group shows it."""
    counted = [standing.tally(group, rank, (), now) for group in pipeline.groups]
    groups = [standing.seen_group(pipeline, one, rank, (), 10, now) for one in counted]
    return next(one for group in groups for one in group.alerts if one.fingerprint == entry.fingerprint())


def route(pipeline: Pipeline, entry: Entry, now: float = START + 1) -> SeenRoute:
    (found,) = standing.routes(pipeline, entry.label_set(), entry, now)
    return found


def test_a_group_counts_what_fires_and_is_as_grave_as_its_gravest() -> None:
    pipeline = Pipeline(SETUP)
    fires(pipeline, START + 5, service="cart", severity="warning", host="a")
    fires(pipeline, START, service="cart", severity="warning", host="b")
    fires(pipeline, START + 7, service="cart", severity="critical", host="c")
    fires(pipeline, START, service="cart", host="d", ends_at=START + 8)
    counted = standing.tally(only_group(pipeline), rank, (), START + 10)
    assert (counted.count, counted.rank, counted.since) == (3, 0, START)
    assert standing.tally(only_group(pipeline), rank, (), START + 7.5).count == 4


def test_what_is_asked_for_is_counted_whatever_way_it_is_asked() -> None:
    pipeline = Pipeline(SETUP)
    fires(pipeline, service="cart", host="a", note='severity":"critical')
    fires(pipeline, service="cart", host="b", note="gr\u00fcn")
    group = only_group(pipeline)
    for asked, count in (
        ('host="a"', 1),
        ('host=~"a|b"', 2),
        ('host!="a"', 1),
        ('host="a", service=~"c.*"', 1),
        ('absent=""', 2),
        ('note="gr\u00fcn"', 1),
        ('note="severity\\":\\"critical"', 1),
        ('host="c"', 0),
    ):
        assert standing.tally(group, rank, parse_matchers(asked), START).count == count, asked
    assert standing.tally(group, rank, (), START).rank == rank("")


def test_the_gravest_groups_come_first_then_the_newest_and_those_that_are_over_not_at_all() -> None:
    pipeline = Pipeline(SETUP)
    fires(pipeline, START, service="old", severity="critical")
    fires(pipeline, START + 5, service="new", severity="critical")
    fires(pipeline, START + 9, service="mild", severity="warning")
    fires(pipeline, START, service="over", severity="critical", ends_at=START + 1)
    counted = [standing.tally(group, rank, (), START + 10) for group in pipeline.groups]
    first = standing.gravest(counted, 10)
    assert [one.group.labels["service"] for one in first] == ["new", "old", "mild"]
    assert len(standing.gravest(counted, 2)) == 2


def test_a_group_shows_its_gravest_alerts_and_when_it_is_looked_at() -> None:
    pipeline = Pipeline(SETUP)
    fires(pipeline, START + 2, service="cart", severity="warning")
    fires(pipeline, START + 1, service="cart", severity="warning", host="b")
    fires(pipeline, START + 3, service="cart", severity="critical")
    group = only_group(pipeline)
    shown = standing.seen_group(pipeline, standing.tally(group, rank, (), START + 4), rank, (), 2, START + 4)
    assert [(one.labels["severity"], one.labels.get("host")) for one in shown.alerts] == [
        ("critical", None),
        ("warning", "b"),
    ]
    assert (shown.count, shown.receiver, shown.since) == (3, "sre", moment(START + 1))
    assert shown.next_at == moment(START + 32)
    assert (shown.told_at, shown.waits_for, shown.shadow) == (None, "", False)
    assert shown.alerts[0].summary == "it is down"
    group.told = {INCIDENT: Told(group=group.key, way=INCIDENT, at=moment(START + 3))}
    group.due_at = float("inf")
    shown = standing.seen_group(pipeline, standing.tally(group, rank, (), START + 4), rank, (), 2, START + 4)
    assert (shown.told_at, shown.next_at) == (moment(START + 3), None)


def test_an_alert_that_nothing_keeps_back_has_no_stops() -> None:
    pipeline = Pipeline(SETUP)
    entry = fires(pipeline, service="cart", severity="critical")
    assert seen(pipeline, entry).stops == Stops()
    assert seen(pipeline, entry).stops.verdicts == []


def test_a_silence_a_cause_and_an_interval_are_named() -> None:
    pipeline = Pipeline(SETUP)
    cause = fires(pipeline, service="cart", severity="critical")
    entry = fires(pipeline, service="cart", severity="warning", team="db")
    silence = Silence(
        id=SilenceId("one"),
        matchers=(equal("team", "db"),),
        starts_at=moment(START - 5),
        ends_at=moment(START + 500),
        updated_at=moment(START - 5),
        created_by="ann",
        comment="it is moved",
    )
    pipeline.silences.put(silence)
    stops = seen(pipeline, entry).stops
    assert stops.verdicts == [Verdict.SILENCED, Verdict.INHIBITED, Verdict.MUTED]
    assert stops.silences == (silence,)
    (named,) = stops.inhibited_by
    assert (named.fingerprint, named.labels) == (cause.fingerprint(), cause.label_set())
    assert stops.muted_by == ("always",)
    assert route(pipeline, entry).stops == stops


def test_an_alert_is_held_until_its_route_lets_it_go_or_it_was_told() -> None:
    pipeline = Pipeline(SETUP)
    entry = fires(pipeline, team="net")
    assert seen(pipeline, entry).stops.held_until == moment(START + 300)
    assert route(pipeline, entry).hold == timedelta(minutes=5)
    assert seen(pipeline, entry, START + 301).stops == Stops()
    group = only_group(pipeline)
    told = Told(group=group.key, way=INCIDENT, firing=frozenset((entry.fingerprint(),)), at=moment(START))
    group.told = {INCIDENT: told}
    assert seen(pipeline, entry).stops == Stops()
    group.told = {INCIDENT: replace(told, firing=frozenset())}
    assert seen(pipeline, entry).stops.verdicts == [Verdict.HELD]


def test_a_route_that_waits_for_several_says_how_many_there_were() -> None:
    pipeline = Pipeline(SETUP)
    entry = fires(pipeline, team="often")
    found = route(pipeline, entry)
    assert (found.waits_for, found.shadow, found.receiver) == ("1 of 3 firings", True, "often")
    fires(pipeline, team="often", host="b")
    fires(pipeline, team="often", host="c")
    assert route(pipeline, entry).waits_for == ""


def test_the_route_of_an_alert_names_its_group_and_the_company_in_it() -> None:
    pipeline = Pipeline(SETUP)
    entry = fires(pipeline, service="cart", host="a")
    fires(pipeline, service="cart", host="b")
    found = route(pipeline, entry)
    assert (found.path, found.group_key, found.company) == ("{}", '{}:{service="cart"}', 1)
    assert (found.next_at, found.told_at) == (moment(START + 30), None)


def test_nothing_keeps_back_what_is_over_or_not_known_any_more() -> None:
    pipeline = Pipeline(SETUP)
    entry = fires(pipeline, team="db", ends_at=START + 5)
    assert route(pipeline, entry, START + 6).stops == Stops()
    (forgotten,) = standing.routes(Pipeline(SETUP), entry.label_set(), None, START)
    assert (forgotten.company, forgotten.next_at, forgotten.stops) == (None, None, Stops())
