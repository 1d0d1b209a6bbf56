"""Escalations in virtual time: the last level is reached when the policy says, whoever acknowledges is let alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.incidents import escalation, hours
from bot.incidents.escalation import Around
from bot.model.escalation import Escalation, EscalationPolicy, Level, Target, TargetKind
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.moments import contains
from bot.model.page import Page, PageStatus
from bot.model.time_interval import MomentSet, Range, TimeInterval

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PEOPLE = ("ann", "ben", "cyd")
INCIDENT = Incident(
    id=IncidentId("INC-1"), title="t", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=START
)

targets = st.builds(Target, kind=st.just(TargetKind.PERSON), name=st.sampled_from(PEOPLE))
levels = st.builds(
    Level,
    targets=st.lists(targets, min_size=1, max_size=3).map(tuple),
    wait=st.integers(30, 3600).map(lambda seconds: timedelta(seconds=seconds)),
)
policies = st.builds(
    EscalationPolicy,
    name=st.just("p"),
    levels=st.lists(levels, min_size=1, max_size=4).map(tuple),
    repeat=st.integers(0, 2),
)


@dataclass
class World:
    """Time that goes from look to look, with a Tocsin that may be down in between, and pages that may fail."""

    policy: EscalationPolicy
    now: datetime = START
    standing: Escalation | None = None
    pages: list[Page] = field(default_factory=list)
    on_duty: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reachable: Sequence[str] = PEOPLE

    def begins(self) -> Escalation:
        self.standing = escalation.begin(self.policy, INCIDENT, lambda at: at, self.now)
        self.look()
        return self.standing

    def look(self) -> None:
        """What the engine does when the time has come: nothing is kept but what is written here."""
        assert self.standing is not None
        around = Around(on_duty=lambda name: self.on_duty.get(name, ()), opens=lambda at: at, reachable=self.reachable)
        reached = escalation.reached_in_round(self.standing, self.pages)
        for step in escalation.due(self.policy, self.standing, around, reached=reached, now=self.now):
            for person in step.people:
                self.page(person, step.level, step.round)
            self.standing = step.after

    def page(self, person: str, level: int, round_: int) -> None:
        number = PageId(f"PAGE-{len(self.pages) + 1}")
        self.pages.append(
            Page(id=number, incident=INCIDENT.id, person=person, integration="i", address="", created_at=self.now,
                 level=level, round=round_)
        )  # fmt: skip

    def ends(self, place: int, status: PageStatus) -> None:
        """A page was taken, or failed; if it failed the next level may be due at once."""
        self.pages[place] = replace(self.pages[place], status=status)
        if status is PageStatus.FAILED and self.standing is not None:
            self.standing = escalation.hurried(self.standing, self.pages[place], self.pages, self.now)
            self.look()

    def took(self, level: int, round_: int) -> timedelta:
        return next(p.created_at for p in self.pages if (p.level, p.round) == (level, round_)) - START


def waits(policy: EscalationPolicy, level: int, round_: int) -> timedelta:
    """How long after its begin the policy pages this level of this round."""
    whole = sum((each.wait for each in policy.levels), timedelta())
    return whole * round_ + sum((each.wait for each in policy.levels[:level]), timedelta())


@given(policies, st.data())
def test_each_level_is_paged_exactly_when_the_policy_says_with_a_crash_at_every_step(
    policy: EscalationPolicy, data: st.DataObject
) -> None:
    world = World(policy)
    standing = world.begins()
    while standing.due_at is not None:
        shortest = min(level.wait for level in policy.levels)
        late = data.draw(st.integers(0, int(shortest.total_seconds()) - 1))  # so long nobody looks
        lateness = late * SECOND
        world.now = standing.due_at + lateness
        world.look()
        assert world.standing is not None
        standing = world.standing
        last = world.pages[-1]
        planned = START + waits(policy, last.level, last.round)
        assert planned <= last.created_at <= planned + lateness or standing.due_at is None
    assert {(page.level, page.round) for page in world.pages} == {
        (level, round_) for level in range(len(policy.levels)) for round_ in range(policy.repeat + 1)
    }
    assert world.now >= START + waits(policy, 0, policy.repeat + 1), "the last level has its wait too"
    assert standing.why


@given(policies, st.integers(1, 100_000))
def test_after_a_long_absence_no_level_loses_its_chance_to_answer(policy: EscalationPolicy, away: int) -> None:
    world = World(policy)
    standing = world.begins()
    assert standing.due_at is not None
    world.now = standing.due_at + away * SECOND
    before = len(world.pages)
    world.look()
    assert len({(page.level, page.round) for page in world.pages[before:]}) <= 1, "two levels at once"


@given(policies, st.data())
def test_whoever_has_the_incident_is_let_alone(policy: EscalationPolicy, data: st.DataObject) -> None:
    world = World(policy)
    standing = world.begins()
    for _ in range(data.draw(st.integers(0, 8))):
        if standing.due_at is None:
            break
        world.now = standing.due_at
        world.look()
        assert world.standing is not None
        standing = world.standing
    world.standing = escalation.over(standing, "acknowledged by ann")
    count = len(world.pages)
    for minutes in (0, 1, 10_000):
        world.now += timedelta(minutes=minutes)
        world.look()
    for place in range(count):
        world.ends(place, PageStatus.FAILED)
    assert len(world.pages) == count


@given(policies, st.data())
def test_where_every_page_fails_all_levels_follow_at_once_and_nothing_ends(
    policy: EscalationPolicy, data: st.DataObject
) -> None:
    world = World(policy)
    world.begins()
    failed = 0
    for _ in range(100):
        while failed < len(world.pages):
            waiting = data.draw(st.permutations(range(failed, len(world.pages))))
            failed = len(world.pages)
            for place in waiting:
                world.ends(place, PageStatus.FAILED)
        assert world.standing is not None
        assert world.standing.due_at is not None, "it ended, and nobody knows"
        assert world.now < world.standing.due_at <= world.now + escalation.LONGEST_REST
        paged = {(page.level, page.round) for page in world.pages}
        assert paged == set(product(range(len(policy.levels)), range(world.standing.round)))
        if world.standing.round > policy.repeat + 2:
            return
        world.now = world.standing.due_at
        world.look()
    raise AssertionError("no end of rounds")


@given(policies)
def test_one_who_was_reached_keeps_the_others_waiting(policy: EscalationPolicy) -> None:
    world = World(policy)
    world.begins()
    assume(len(world.pages) > 1)
    world.ends(0, PageStatus.TAKEN)
    count = len(world.pages)
    for place in range(1, count):
        world.ends(place, PageStatus.FAILED)
    assert len(world.pages) == count


@given(policies, st.sets(st.sampled_from(PEOPLE)))
def test_those_who_cannot_be_reached_hold_up_nobody(policy: EscalationPolicy, reachable: set[str]) -> None:
    world = World(policy, reachable=sorted(reachable))
    standing = world.begins()
    named = [[one.name for one in level.targets if one.name in reachable] for level in policy.levels]
    first = next((people for people in named if people), [])
    assert [page.person for page in world.pages] == list(dict.fromkeys(first))
    assert standing.due_at is not None
    assert world.pages or standing.due_at == START + escalation.FIRST_REST


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
minutes = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] < pair[1])
moment_sets = st.builds(
    MomentSet,
    times=st.lists(minutes.map(lambda pair: Range(first=pair[0], last=pair[1])), max_size=2).map(tuple),
    weekdays=st.lists(st.integers(0, 6).map(lambda day: Range(first=day, last=day)), max_size=3).map(tuple),
    location=zones,
)
intervals = st.builds(
    TimeInterval, name=st.just("hours"), moments=st.lists(moment_sets, min_size=1, max_size=2).map(tuple)
)


@given(intervals, st.integers(0, 10 * 365 * 24 * 60))
def test_people_are_woken_from_the_first_minute_of_their_hours_on(interval: TimeInterval, later: int) -> None:
    now = START + timedelta(minutes=later)
    at = hours.opens(interval, now)
    if at is None:
        return
    assert contains(interval, at)
    between = (now + timedelta(minutes=step) for step in range(int((at - now) / timedelta(minutes=1))))
    assert not any(contains(interval, moment) for moment in between), "it could have been sooner"


@pytest.mark.parametrize(
    ("now", "opens"),
    [  # clocks in Berlin go back from 3:00 to 2:00 at 1:00 UTC
        ("00:50", "01:00"),  # 2:50 has passed the window, which comes once more when the clocks go back
        ("01:20", "01:40"),  # 2:20 for the second time, and 2:40 is yet to come for the second time
    ],
)
def test_a_time_that_clocks_show_twice_lets_people_be_woken_twice(now: str, opens: str) -> None:
    window = Range(first=110, last=130) if now == "00:50" else Range(first=160, last=420)
    interval = TimeInterval(name="night", moments=(MomentSet(times=(window,), location="Europe/Berlin"),))
    day = "2026-10-25T{}:00+00:00"
    assert hours.opens(interval, datetime.fromisoformat(day.format(now))) == datetime.fromisoformat(day.format(opens))


@given(policies, st.integers(0, 7 * 24 * 60))
def test_outside_the_hours_of_a_policy_nobody_is_woken(policy: EscalationPolicy, later: int) -> None:
    office = TimeInterval(name="office", moments=(MomentSet(times=(Range(first=540, last=1020),)),))
    policy = replace(policy, during="office")
    opens = escalation.opening(policy, {"office": office}, Severity.SEV3)
    around = Around(on_duty=lambda _: (), opens=opens, reachable=PEOPLE)
    standing = escalation.begin(policy, INCIDENT, opens, START + timedelta(minutes=later))
    for _ in range(30):
        if standing.due_at is None:
            return
        now = standing.due_at
        for step in escalation.due(policy, standing, around, reached=True, now=now):
            assert contains(office, now) or not step.people
            standing = step.after


@given(policies)
def test_a_grave_one_wakes_people_at_any_time(policy: EscalationPolicy) -> None:
    policy = replace(policy, during="never")
    never = TimeInterval(name="never", moments=(MomentSet(years=(Range(first=1999, last=1999),)),))
    for severity in Severity:
        began = escalation.begin(policy, INCIDENT, escalation.opening(policy, {"never": never}, severity), START)
        assert (began.due_at == START) == (severity <= Severity.SEV2)
        assert bool(began.why) == (severity > Severity.SEV2)
