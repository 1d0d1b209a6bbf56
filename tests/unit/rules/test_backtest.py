"""A rule walked over the past: the stories it makes of what a source held."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import IntegrationError, Permanent, Temporary
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RecordingRule, RuleGroup, Signal
from bot.model.sample import Series, Window
from bot.rules.backtest import Episode, Variant, question, slots
from bot.rules.inlining import inlined, reads_recorded
from bot.rules.replay import Past, Replay, replay_all
from bot.rules.tally import Night, PastIncident, by_labels, met, tally
from bot.testing.metrics import FakeMetricSource

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = Window(start=START, end=START + 60 * MINUTE)
RULE = AlertRule(name="Hot", expr="heat > 5", signal=Signal(expr="heat", op=">", threshold=5.0), hold=5 * MINUTE)
GROUP = RuleGroup(file="r.yml", name="g", source="prom", interval=MINUTE, rules=(RULE,))
A, B = LabelSet({"__name__": "heat", "room": "a"}), LabelSet({"__name__": "heat", "room": "b"})
UTC_NIGHT = Night(start=time(22), end=time(7), zone=ZoneInfo("UTC"))


def minute(at: datetime) -> float:
    return (at - START) / MINUTE


class Server(FakeMetricSource):
    """Heat by the minute, above a threshold; refuses what is larger than it takes, and the slots it is told to."""

    def __init__(self, heat: Callable[[float], Mapping[LabelSet, float]]) -> None:
        super().__init__()
        self.heat = heat
        self.most = 100_000
        self.refused: Callable[[float], IntegrationError | None] = lambda _: None
        self.answers: list[tuple[str, int]] = []

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        count = window.length // step + 1
        if count > self.most:
            raise Permanent("too many", integration="prom", reason="client")
        for place in range(count):
            error = self.refused(minute(window.start + place * step))
            if error is not None:
                raise error
        self.answers.append((expr, count))
        limit = float(expr.rsplit(">", 1)[1])
        self.shows(expr, lambda at: {name: heat for name, heat in self.heat(minute(at)).items() if heat > limit})
        return await super().query_range(expr, variables, window, step)


def between(start: float, end: float, heat: float = 9.0) -> Callable[[float], Mapping[LabelSet, float]]:
    return lambda at: {A: heat if start <= at < end else 1.0}


async def walked(server: Server, rule: AlertRule = RULE, **changes: object) -> Replay:
    group = replace(GROUP, rules=(rule,))
    replay = Replay.of(Past(**{"group": group, "rule": rule, "window": WINDOW, **changes}))
    await replay.run(server, lambda _: None)
    return replay


def stories(replay: Replay, variant: int = 0) -> list[tuple[float, float | None, float | None]]:
    """When each was pending, firing and over, in whole minutes after the slot of the beginning."""
    offset = minute(slots(GROUP, WINDOW).first)
    times = [(one.active_at, one.fired_at, one.ended_at) for one in replay.walks[variant].episodes]
    return [tuple(None if at is None else round(minute(at) - offset, 6) for at in each) for each in times]


async def test_it_fires_when_it_would_have_and_ends_when_it_would_have() -> None:
    replay = await walked(Server(between(10, 30)))
    assert stories(replay) == [(10, 15, 30)]
    (one,) = replay.walks[0].episodes
    assert one.labels == LabelSet({"alertname": "Hot", "room": "a"})
    assert one.worst == 9.0


async def test_what_went_away_in_time_never_fired() -> None:
    assert stories(await walked(Server(between(10, 14)))) == [(10, None, 14)]


async def test_what_was_firing_when_the_window_opens_is_firing_from_its_first_slot() -> None:
    replay = await walked(Server(between(-1000, 20)))
    ((active, fired, over),) = stories(replay)
    assert active < 0
    assert fired is not None
    assert fired <= 0
    assert over == 20
    counted = tally(replay.walks[0].episodes, WINDOW, UTC_NIGHT)
    assert (counted.fired, counted.at_night) == (1, 0)
    assert 20 * MINUTE <= counted.longest < 21 * MINUTE


async def test_what_still_fires_has_no_end() -> None:
    assert stories(await walked(Server(between(40, 1000)))) == [(40, 45, None)]


async def test_other_settings_are_walked_over_the_same_answers() -> None:
    server = Server(lambda at: {A: 9.0 if 10 <= at < 18 else 1.0, B: 7.0 if 30 <= at < 34 else 1.0})
    variants = (Variant(), Variant(hold=timedelta(0)), Variant(threshold=8.0), Variant(threshold=0.5, hold=20 * MINUTE))
    replay = await walked(server, variants=variants)
    assert stories(replay, 0) == [(10, 15, 18), (30, None, 34)]
    assert stories(replay, 1) == [(10, 10, 18), (30, 30, 34)]
    assert stories(replay, 2) == [(10, 15, 18)]
    assert [fired for _, fired, _ in stories(replay, 3)] != [None, None]
    assert {expr for expr, _ in server.answers} == {"(heat) > 0.5"}, "one question for all of them"


def test_the_loosest_threshold_is_asked_for() -> None:
    below = replace(RULE, signal=Signal(expr="a / b", op="<", threshold=0.5))
    assert question(RULE, [Variant()]) == "heat > 5"
    assert question(RULE, [Variant(), Variant(threshold=7.0)]) == "(heat) > 5.0"
    assert question(below, [Variant(), Variant(threshold=0.75), Variant(threshold=0.1)]) == "(a / b) < 0.75"


async def test_too_large_a_question_is_asked_in_parts() -> None:
    server = Server(between(10, 30))
    server.most = 7
    replay = await walked(server)
    assert stories(replay) == [(10, 15, 30)]
    assert replay.blind == []
    assert max(count for _, count in server.answers) <= 7


async def test_a_slot_that_cannot_be_had_leaves_everything_as_it_was() -> None:
    server = Server(between(10, 30))
    wrong = Permanent("prom answered 422: execution: duplicate series", integration="prom", reason="client")
    server.refused = lambda at: wrong if 20 <= at < 21 else None
    replay = await walked(server)
    assert stories(replay) == [(10, 15, 30)]
    (gap,) = replay.blind
    assert gap.start == gap.end
    assert 20 <= minute(gap.start) < 21


async def test_a_server_that_goes_away_leaves_the_rest_unseen_and_resolves_nothing() -> None:
    server = Server(between(10, 30))
    gone = Temporary("prom cannot be reached", integration="prom", reason="connection", retry_after=0.001)
    server.refused = lambda at: gone if at > 20 else None
    server.most = 12
    replay = await walked(server)
    ((_, fired, over),) = stories(replay)
    assert (fired, over) == (15, None)
    assert replay.blind[-1].why == "prom cannot be reached"
    assert replay.done == replay.slots.count


async def test_a_source_that_is_gone_is_not_asked_again_for_every_rule() -> None:
    server = Server(between(10, 30))
    tried = 0

    def gone(_: float) -> IntegrationError:
        nonlocal tried
        tried += 1
        return Temporary("prom cannot be reached", integration="prom", reason="connection", retry_after=0.001)

    server.refused = gone
    replays = [Replay.of(Past(group=GROUP, rule=RULE, window=WINDOW)) for _ in range(20)]
    await replay_all([(one, server) for one in replays], lambda _: None, concurrency=2)
    assert tried <= 6
    assert all(one.done == one.slots.count and len(one.blind) == 1 for one in replays)


async def test_refused_credentials_are_no_blindness() -> None:
    server = Server(between(10, 30))
    server.refused = lambda _: Permanent("401", integration="prom", reason="auth")
    with pytest.raises(Permanent):
        await walked(server)


async def test_labels_are_filled_in_and_a_value_in_them_makes_another_alert_each_time() -> None:
    rule = replace(RULE, hold=timedelta(0), labels={"room": "the {{ $labels.room }}", "at": "{{ $value }}"})
    server = Server(lambda at: {A: 10.0 + at // 1} if 10 <= at < 13 else {})
    replay = await walked(server, rule)
    assert [(one.labels["room"], one.labels["at"]) for one in replay.walks[0].episodes] == [
        ("the a", "20"),
        ("the a", "21"),
        ("the a", "22"),
    ]


async def test_past_its_limit_a_rule_forgets_its_alerts() -> None:
    server = Server(lambda at: {A: 9.0, B: 9.0 if 20 <= at < 22 else 1.0})
    rule = replace(RULE, hold=timedelta(0))
    replay = await walked(server, rule, group=replace(GROUP, rules=(rule,), limit=1))
    assert [over for _, _, over in stories(replay)] == [20, None]
    assert replay.walks[0].errors == {"exceeded limit of 1 with 2 alerts": 2}


async def test_no_more_questions_at_a_time_than_allowed() -> None:
    busy, most = 0, 0

    class Slow(Server):
        async def query_range(self, *asked: object) -> Sequence[Series]:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            try:
                return await super().query_range(*asked)
            finally:
                busy -= 1

    server = Slow(between(10, 30))
    heard: list[int] = []
    replays = [Replay.of(Past(group=GROUP, rule=RULE, window=WINDOW)) for _ in range(5)]
    await replay_all([(one, server) for one in replays], heard.append, concurrency=2)
    assert most <= 2
    assert sum(heard) == sum(one.slots.count for one in replays)
    assert all(one.walks[0].episodes for one in replays)


def episode(fired: float | None, ended: float | None, room: str = "a") -> Episode:
    return Episode(
        labels=LabelSet({"room": room}),
        active_at=START + ((fired or 0) - 5) * MINUTE,
        fired_at=None if fired is None else START + fired * MINUTE,
        ended_at=None if ended is None else START + ended * MINUTE,
        worst=1.0,
    )


def test_nights_go_past_midnight_on_the_clocks_of_their_zone() -> None:
    berlin = replace(UTC_NIGHT, zone=ZoneInfo("Europe/Berlin"))
    at = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    assert not UTC_NIGHT.holds(at)
    assert berlin.holds(at)
    assert berlin.holds(at + timedelta(hours=8))
    assert not replace(UTC_NIGHT, start=time(9), end=time(17)).holds(at)
    day = Window(start=at - timedelta(hours=1), end=at + timedelta(hours=1))
    one = replace(episode(0, 1), fired_at=at, ended_at=at + MINUTE)
    assert tally([one], day, berlin).at_night == 1
    assert tally([one], day, UTC_NIGHT).at_night == 0


def test_what_is_counted() -> None:
    episodes = [episode(10, 20), episode(30, None), episode(40, 43, "b"), episode(None, 8, "c"), episode(-9, -3)]
    counted = tally(episodes, WINDOW, UTC_NIGHT)
    assert (counted.fired, counted.label_sets, counted.nearly) == (3, 2, 1)
    assert counted.in_all == (10 + 30 + 3) * MINUTE
    assert counted.longest == 30 * MINUTE
    assert [labels["room"] for labels in by_labels(episodes)] == ["a", "b"]


@pytest.mark.parametrize(
    ("fired", "ended", "caught"),
    [(10, 20, 5), (-30, -16, None), (-20, 2, -20), (29, 40, 29), (31, None, None), (-20, -14, -20), (-20, -16, None)],
)
def test_an_incident_is_caught_by_what_fired_shortly_before_it_or_during_it(
    fired: float, ended: float | None, caught: float | None
) -> None:
    incident = PastIncident(name="INC-1", title="t", start=START, end=START + 30 * MINUTE)
    (found,) = met([incident], {"Hot": [episode(fired, ended), *([episode(5, 6)] if caught == 5 else [])]}, WINDOW)
    assert (found.episode is not None) == (caught is not None)
    if caught is not None:
        assert (found.rule, found.after) == ("Hot", caught * MINUTE)


def test_incidents_of_other_times_are_not_compared() -> None:
    early = PastIncident(name="INC-1", title="t", start=START - MINUTE, end=None)
    assert met([early], {"Hot": [episode(10, 20)]}, WINDOW) == []


RECORDED = RecordingRule(record="job:heat:max", expr="max by (job) (heat) # hot", labels={"of": 'a "house"'})
HALF = RecordingRule(record="job:heat:half", expr="job:heat:max / 2")


def reading(expr: str, *before: RecordingRule) -> tuple[AlertRule, RuleGroup]:
    rule = AlertRule(name="R", expr=expr, signal=Signal(expr=expr))
    return rule, replace(GROUP, rules=(*before, rule))


def test_a_recorded_series_that_is_not_there_is_put_in_as_what_it_is_made_of() -> None:
    rule, group = reading("job:heat:half > 2 unless job:heat:half{} > 90", RECORDED, HALF)
    absent = reads_recorded(rule, [group])
    assert absent == {"job:heat:half", "job:heat:max"}
    made = inlined(rule, 2, group, absent)
    inner = 'label_replace((max by (job) (heat) # hot\n), "of", "a \\"house\\"", "", "")'
    assert made.rule.expr == f"({inner} / 2\n) > 2 unless ({inner} / 2\n) > 90"
    assert made.put_in == ("job:heat:half", "job:heat:max")


@pytest.mark.parametrize(
    "expr",
    [
        "max_over_time(job:heat:max[5m]) > 2",
        "max_over_time(job:heat:max[5m:1m]) > 2",
        'job:heat:max{job="x"} > 2',
        "job:heat:max offset 5m > 2",
        "other:name > 1",
    ],
)
def test_what_would_need_its_past_is_not_put_in(expr: str) -> None:
    rule, group = reading(expr, RECORDED)
    made = inlined(rule, 1, group, frozenset({"job:heat:max"}))
    assert made.rule is rule
    assert made.put_in == ()
    assert made.missing == (("job:heat:max",) if "heat" in expr else ())


def test_what_is_recorded_after_its_reader_or_elsewhere_is_not_put_in() -> None:
    rule = AlertRule(name="R", expr="job:heat:max > 2", signal=Signal(expr="job:heat:max", op=">", threshold=2))
    late = replace(GROUP, rules=(rule, RECORDED))
    assert inlined(rule, 0, late, frozenset({"job:heat:max"})).missing == ("job:heat:max",)
    assert inlined(rule, 0, replace(GROUP, rules=(rule,)), frozenset({"job:heat:max"})).missing == ("job:heat:max",)


def test_a_name_inside_a_text_or_a_comment_is_left_alone() -> None:
    rule, group = reading('label_replace(job:heat:max, "x", "job:heat:max", "", "") > 1 # job:heat:max', RECORDED)
    made = inlined(rule, 1, group, frozenset({"job:heat:max"}))
    assert '"job:heat:max"' in made.rule.expr
    assert made.rule.expr.endswith("# job:heat:max")
    assert made.put_in == ("job:heat:max",)
