"""When a group of alerts is due: Alertmanager's timers."""

from dataclasses import replace
from datetime import timedelta

from bot.alerts.groups import LOOK_AGAIN_S, Group, Groups
from bot.alerts.table import AlertTable, Entry, Received
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.route import Occurrences, Route
from tests.unit.alerts import moment

ROUTE = Route(receiver="sre", group_by=("alertname",), group_wait=timedelta(seconds=30))
START = 1_000_000.0


def entry(table: AlertTable, starts_at: float = START, **labels: str) -> Entry:
    """An alert that begins in this table now."""
    alert = Alert(labels=LabelSet({"alertname": "Down", **labels}), annotations={}, starts_at=moment(starts_at))
    ((found, _),) = table.take([Received.of(alert)], starts_at)
    return found


def ends(table: AlertTable, one: Entry, at: float) -> None:
    """This alert is over from now on."""
    alert = Alert(labels=one.label_set(), annotations={}, starts_at=moment(START), ends_at=moment(at))
    table.take([Received.of(alert)], at)


def due(groups: Groups, now: float) -> list[str]:
    """The keys of the groups that are due."""
    return [group.key for group in groups.due(now)]


def only(groups: Groups) -> Group:
    """The one group."""
    (group,) = groups
    return group


def test_a_group_waits_for_company_and_company_does_not_make_it_wait_longer() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    groups.joins(entry(table, START + 20, instance="b"), START + 20)
    assert groups.next_at() == START + 30
    assert due(groups, START + 29.9) == []
    assert due(groups, START + 30) == [only(groups).key]
    assert due(groups, START + 31) == []


def test_an_alert_that_began_long_ago_makes_its_group_due_at_once() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table, START - 31), START)
    assert groups.next_at() <= START


def test_an_alert_that_began_long_ago_waits_with_those_who_wait_already() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table, START), START)
    groups.joins(entry(table, START - 31, instance="b"), START + 1)
    assert groups.next_at() == START + 30


def test_after_the_first_time_a_group_is_due_every_interval_and_looked_at_within_a_second() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    (group,) = groups.due(START + 30)
    groups.was_flushed(group, START + 30, ended=())
    assert group.next_at == START + 330
    groups.joins(entry(table, START + 40, instance="b"), START + 40)
    assert group.next_at == START + 40 + LOOK_AGAIN_S
    (again,) = groups.due(START + 41)
    groups.was_flushed(again, START + 41, ended=())
    assert group.next_at == START + 330


def test_what_is_over_leaves_once_it_was_told_and_an_empty_group_ends() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    first, second = entry(table), entry(table, instance="b")
    groups.joins(first, START)
    groups.joins(second, START)
    (group,) = groups.due(START + 30)
    ends(table, first, START + 31)
    groups.was_flushed(group, START + 32, ended=[first])
    assert list(group.entries.values()) == [second]
    ends(table, second, START + 40)
    (group,) = groups.due(START + 332)
    groups.was_flushed(group, START + 332, ended=[second])
    assert len(groups) == 0
    assert due(groups, START + 10_000) == []


def test_what_joins_while_its_group_is_being_told_is_looked_at_right_after() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    (group,) = groups.due(START + 30)
    groups.joins(entry(table, START + 30, instance="b"), START + 30.5)
    groups.was_flushed(group, START + 30, ended=())
    assert group.next_at == START + 30.5 + LOOK_AGAIN_S


def test_what_ends_while_its_group_is_being_told_stays_until_that_is_told_too() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    one = entry(table)
    groups.joins(one, START)
    (group,) = groups.due(START + 30)
    ends(table, one, START + 29)  # said while what was decided at START + 30 is being written
    groups.was_flushed(group, START + 30, ended=())
    assert list(group.entries.values()) == [one]
    assert due(groups, START + 330) == [group.key]


def test_a_group_of_a_tree_that_is_not_in_force_any_more_takes_none_of_the_present_one_away() -> None:
    table, before, groups = AlertTable(resolve_timeout=300), Groups(ROUTE), Groups(ROUTE)
    one = entry(table)
    before.joins(one, START)
    (group,) = before.due(START + 30)
    ends(table, one, START + 29)
    groups.joins(one, START + 30)
    groups.was_flushed(group, START + 30, ended=[one])
    assert only(groups) is not group


def test_a_group_that_could_not_be_told_is_due_again() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    (group,) = groups.due(START + 30)
    groups.put_off(group, START + 32)
    assert due(groups, START + 31) == []
    assert due(groups, START + 32) == [group.key]


def test_beginnings_are_counted_over_the_life_of_a_group() -> None:
    route = Route(receiver="sre", occurrences=Occurrences(count=3, within=timedelta(minutes=10)))
    table, groups = AlertTable(resolve_timeout=300), Groups(route)
    for minute in (0, 4, 8):
        now = START + 60 * minute
        one = entry(table, now)
        groups.joins(one, now)
        (group,) = groups.due(now)
        assert groups.begun_within(group, now) == minute // 4 + 1
        ends(table, one, now + 1)
        groups.was_flushed(group, now + 2, ended=[one])
    assert groups.begun_within(group, START + 60 * 11) == 2


def test_one_alert_may_be_in_several_groups() -> None:
    root = Route(
        receiver="all",
        routes=(Route(receiver="log", continue_=True), Route(receiver="sre", group_by=("alertname",))),
    )
    table, groups = AlertTable(resolve_timeout=300), Groups(root)
    groups.joins(entry(table), START)
    assert sorted(group.route.receiver for group in groups) == ["log", "sre"]


def test_a_group_that_was_put_back_is_due_and_its_webhooks_wait_for_their_time_as_before() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    assert due(groups, START + 30) == [only(groups).key]
    groups.was_flushed(only(groups), START + 30, ended=())
    groups.joins(entry(table, START + 40, instance="b"), START + 40)
    assert due(groups, START + 41) == [only(groups).key]
    groups.put_back(only(groups), START + 41)
    assert due(groups, START + 41) == [only(groups).key]
    assert only(groups).due_at > START + 300


def test_what_could_not_be_looked_at_does_not_bring_the_interval_forward() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    (group,) = groups.due(START + 30)
    groups.was_flushed(group, START + 30, ended=())
    groups.joins(entry(table, START + 40, instance="b"), START + 40)
    (again,) = groups.due(START + 41)
    groups.put_off(again, START + 43)
    (again,) = groups.due(START + 43)
    groups.was_flushed(again, START + 43, ended=())
    assert group.next_at == START + 330


def test_a_clock_that_is_set_back_makes_nobody_wait_longer() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    assert due(groups, START + 10) == []
    assert due(groups, START + 10 - 3600) == []
    assert due(groups, START + 29.9 - 3600) == []
    assert due(groups, START + 30 - 3600) == [only(groups).key]


def test_one_that_is_being_told_while_the_clock_is_set_back_is_not_told_twice() -> None:
    table, groups = AlertTable(resolve_timeout=300), Groups(ROUTE)
    groups.joins(entry(table), START)
    (group,) = groups.due(START + 30)
    assert groups.due(START + 30 - 3600) == []
    groups.was_flushed(group, START + 31 - 3600, ended=())
    assert group.next_at == START + 331 - 3600


def test_what_began_long_ago_in_groups_that_are_gone_is_forgotten() -> None:
    route = replace(ROUTE, group_by=("...",), occurrences=Occurrences(count=3, within=timedelta(minutes=10)))
    table, groups = AlertTable(resolve_timeout=300), Groups(route)
    for number in range(5000):
        at = START + number
        groups.joins(entry(table, at, instance=str(number)), at)
    assert len(groups._begun) < 2500
