"""Saved searches in words."""

from datetime import timedelta

import pytest

from bot.model.search import (
    Compared,
    Comparison,
    Condition,
    Counted,
    Dispatch,
    Relation,
    SavedSearch,
    Schedule,
    Suppression,
)
from bot.rules.savedsearches import words


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * * * *", "every minute"),
        ("*/1 * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("*/7 * * * *", "by the schedule */7 * * * *"),
        ("7 * * * *", "every hour at :07"),
        ("7 */1 * * *", "every hour at :07"),
        ("7 */6 * * *", "every 6 hours at :07"),
        ("7 */5 * * *", "by the schedule 7 */5 * * *"),
        ("0,30 8 * * *", "by the schedule 0,30 8 * * *"),
        ("5 8 * * *", "every day at 08:05"),
        ("5 8-10 * * *", "by the schedule 5 8-10 * * *"),
        ("5 8 * * 1", "every Monday at 08:05"),
        ("5 8 * * 0,7", "every Sunday at 08:05"),
        ("5 8 * * 1-5", "every Monday to Friday at 08:05"),
        ("5 8 * * 1-9", "by the schedule 5 8 * * 1-9"),
        ("5 8 * * */2", "by the schedule 5 8 * * */2"),
        ("5 8 1 * *", "on day 1 of every month at 08:05"),
        ("5 8 1 2 *", "by the schedule 5 8 1 2 *"),
        ("5 8 1 * 1", "by the schedule 5 8 1 * 1"),
        ("5 * * * 1", "by the schedule 5 * * * 1"),
    ],
)
def test_when_it_runs(cron: str, said: str) -> None:
    assert words.schedule(Schedule(cron=cron)) == f"{said} (UTC)"


def test_where_it_runs_and_whether_it_makes_up() -> None:
    schedule = Schedule(cron="* * * * *", time_zone="Europe/Berlin", continuous=True)
    assert words.schedule(schedule) == "every minute (Europe/Berlin), making up for missed runs"


def test_what_it_looks_at() -> None:
    assert words.window(Dispatch()) == "the beginning to now"
    assert words.window(Dispatch(earliest="-5m@m", latest="@m")) == "-5m@m to @m"
    assert words.window(Dispatch(earliest="-1d", index_earliest="-5m")) == "-1d to now, indexed -5m to now"
    assert words.window(Dispatch(index_latest="@h")) == "the beginning to now, indexed the beginning to @h"


def search(**more: object) -> SavedSearch:
    return SavedSearch(name="a", search="b", schedule=Schedule(cron="* * * * *"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition(), "at every run"),
        (Condition(counted=Counted.CUSTOM, search="search count > 3"), "a row comes of: search count > 3"),
        (Condition(counted=Counted.EVENTS, quantity=10), "more than 10 results"),
        (Condition(counted=Counted.HOSTS, relation=Relation.LESS, quantity=3), "fewer than 3 hosts"),
        (Condition(counted=Counted.SOURCES, relation=Relation.EQUAL), "exactly 0 sources"),
        (Condition(counted=Counted.EVENTS, relation=Relation.NOT_EQUAL, quantity=1.5), "any number of results but 1.5"),
        (
            Condition(counted=Counted.EVENTS, relation=Relation.DROPS, quantity=20, in_percent=True),
            "results drop by 20% against the run before",
        ),
        (
            Condition(counted=Counted.EVENTS, relation=Relation.RISES, quantity=20),
            "results rise by 20 against the run before",
        ),
    ],
)
def test_when_it_fires(condition: Condition, said: str) -> None:
    assert words.condition(search(condition=condition)) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Compared.CHANGE, "ip is not what it was for the same user, host"),
        (Compared.NEW_TERM, "a user, host that was not seen for 30d"),
        (Compared.FLATLINE, "ip of a known user, host is below 3"),
        (Compared.SPIKE, "ip of a user, host is 3 times that of the run before (both)"),
    ],
)
def test_when_it_fires_by_comparison(kind: Compared, said: str) -> None:
    comparison = Comparison(kind=kind, keys=("user", "host"), value="ip", threshold=3)
    assert words.condition(search(comparison=comparison)) == said


def test_a_flatline_of_everything() -> None:
    comparison = Comparison(kind=Compared.FLATLINE, keys=(), threshold=1)
    assert words.condition(search(comparison=comparison)) == "what comes of a known row is below 1"


def test_whom_it_tells() -> None:
    assert words.telling(search()) == "one alert for all rows"
    assert words.telling(search(digest=False)) == "an alert for each row"
    quiet = Suppression(period=timedelta(hours=1))
    assert words.telling(search(suppression=quiet)) == "one alert for all rows, then quiet for 1h"
    quiet = Suppression(period=timedelta(hours=1), fields=("user", "host"), group="payments")
    assert words.telling(search(digest=False, suppression=quiet)) == (
        "an alert for each row by user, host, then quiet for 1h, with the others of payments"
    )
