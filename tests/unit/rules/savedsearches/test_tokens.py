"""Splunk's tokens in messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.search import Condition, Counted, Dispatch, Relation, SavedSearch, Schedule
from bot.rules.savedsearches.tokens import Told, fill, names

SEARCH = SavedSearch(
    name="Errors in checkout",
    search="index=web status>=500 | stats count by host",
    description="Too many errors",
    schedule=Schedule(cron="*/5 * * * *", time_zone="Europe/Berlin"),
    app="shop",
    owner="ann",
    dispatch=Dispatch(earliest="-5m@m", latest="now"),
    condition=Condition(counted=Counted.EVENTS, relation=Relation.RISES, quantity=20, in_percent=True),
    severity=5,
)
TOLD = Told(
    search=SEARCH,
    scheduled_at=datetime(2026, 1, 26, 15, 5, tzinfo=UTC),
    sid="scheduler__ann__shop_1",
    count=7,
    row={"host": "web-1", "user": ("a", "b"), "user.name": "x", "of $search$": "y"},
    earliest=datetime(2026, 1, 26, 15, 0, tzinfo=UTC),
    latest=datetime(2026, 1, 26, 15, 5, tzinfo=UTC),
    next_at=datetime(2026, 1, 26, 15, 10, tzinfo=UTC),
    took=timedelta(milliseconds=1500),
    messages=("one", "two"),
    results_link="https://splunk.example/r",
    view_link="https://splunk.example/v",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Splunk Alert: $name$", "Splunk Alert: Errors in checkout"),
        ("$search$", "index=web status>=500 | stats count by host"),
        ("$description$", "Too many errors"),
        ("$app$/$owner$", "shop/ann"),
        ("$cron_schedule$", "*/5 * * * *"),
        ("$next_scheduled_time$", "2026-01-26T16:10:00+01:00"),
        ("$alert.severity$ $alert.expires$", "5 1d"),
        ("$counttype$ $relation$ $quantity$", "number of events rises by 20%"),
        ("$dispatch.earliest_time$ to $dispatch.latest_time$", "-5m@m to now"),
        ("$results_link$ $view_link$", "https://splunk.example/r https://splunk.example/v"),
        ("$trigger_time$", "1769439900"),
        ("$trigger_date$ $trigger_timeHMS$", "January 26, 2026 04:05:00 PM"),
        ("$job.sid$ $job.resultCount$", "scheduler__ann__shop_1 7"),
        ("$job.earliestTime$ $job.runDuration$", "2026-01-26T16:00:00+01:00 1.5"),
        ("$job.messages$", "one; two"),
        ("$result.host$: $result.user$", "web-1: a, b"),
        ("$result.user.name$", "x"),
        ("[$result.nobody$]", "[]"),
    ],
)
def test_what_a_token_stands_for(text: str, expected: str) -> None:
    assert fill(text, TOLD) == expected


@pytest.mark.parametrize(
    "text",
    ["", "plain", "$", "$$", "$ name $", "$Name$", "$nothing$", "$job.nothing$", "$env:HOME$", "$name", "$result.$"],
)
def test_what_is_no_token_stays(text: str) -> None:
    assert fill(text, TOLD) == text


def test_a_dollar_is_no_token_and_hides_none() -> None:
    assert fill("costs $5 or $cheap and $name$", TOLD) == "costs $5 or $cheap and Errors in checkout"
    assert fill("$$name$$", TOLD) == "$Errors in checkout$"


def test_values_are_not_filled_again() -> None:
    told = replace(TOLD, row={"host": "$search$", "a": "$", "b": "name$"})
    assert fill("$result.host$ $result.a$$result.b$", told) == "$search$ $name$"


def test_what_is_not_known_is_empty() -> None:
    bare = Told(search=SEARCH, scheduled_at=TOLD.scheduled_at)
    assert fill("$job.earliestTime$$next_scheduled_time$$results_link$$job.sid$|", bare) == "|"


@given(name=st.sampled_from(names()), field=st.text(st.characters(exclude_characters="$\n"), min_size=1, max_size=20))
def test_every_token_is_filled_with_a_text(name: str, field: str) -> None:
    token = f"${name}{field}$" if name == "result." else f"${name}$"
    assert fill(token, replace(TOLD, row={field: "value"})) != token


@given(st.text(max_size=50), st.text(max_size=20))
def test_any_text_is_filled_and_a_row_stays_data(text: str, value: str) -> None:
    told = replace(TOLD, row={"x": value})
    assert fill(f"{text.replace('$', '')}$result.x$", told) == f"{text.replace('$', '')}{value}"
