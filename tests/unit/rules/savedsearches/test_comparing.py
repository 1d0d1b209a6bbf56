"""What of earlier runs is remembered, and which rows differ from it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.search import Compared, Comparison, Direction, Remembered, SearchMemory
from bot.model.search_job import Row
from bot.rules.savedsearches import comparing
from bot.rules.savedsearches.comparing import TooMuchToRemember, compare
from bot.rules.savedsearches.rows import key_of, row_of

START = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = timedelta(minutes=5)
CHANGE = Comparison(kind=Compared.CHANGE, keys=("user",), value="role")
TERMS = Comparison(kind=Compared.NEW_TERM, keys=("user", "country"))
FLAT = Comparison(kind=Compared.FLATLINE, keys=("host",), value="n", threshold=5)
SPIKE = Comparison(kind=Compared.SPIKE, keys=("host",), value="n", threshold=2)


def played(comparison: Comparison, *runs: Sequence[Row], window: timedelta = EVERY) -> list[list[Row]]:
    """What triggers in each of these runs, five minutes apart."""
    memory, found = SearchMemory(), []
    for number, rows in enumerate(runs):
        rows_found, memory = compare(comparison, rows, memory, START + number * EVERY, window=window)
        found.append(list(rows_found))
    return found


def n(**values: float | str) -> list[Row]:
    return [{"host": host, "n": str(value)} for host, value in values.items()]


def test_rows_without_a_key_are_passed_over() -> None:
    assert played(TERMS, [], [{"user": "ann"}], [{"user": "", "country": "IS"}]) == [[], [], []]


def test_keys_of_several_fields_are_not_mixed_up() -> None:
    one, other = {"user": "a,b", "country": "c"}, {"user": "a", "country": "b,c"}
    assert played(TERMS, [one], [other]) == [[], [other]]


def test_a_field_with_several_values_is_one_key() -> None:
    row = {"user": "ann", "country": ("IS", "NZ")}
    assert played(TERMS, [row], [row]) == [[], []]
    key = key_of(row, ("user", "country"))
    assert key is not None
    assert row_of(key, ("user", "country")) == row


def test_a_change_is_between_two_values_row_by_row() -> None:
    reader, admin = {"user": "ann", "role": "reader"}, {"user": "ann", "role": "admin"}
    assert played(CHANGE, [reader, admin, admin, reader], [reader], [admin]) == [[admin, reader], [], [admin]]


def test_a_flatline_waits_until_the_key_is_known_for_a_whole_window() -> None:
    assert played(FLAT, n(a=1), n(a=1), n(a=1), n(a=1), window=3 * EVERY) == [[], [], [], n(a=1)]


def test_a_flatline_of_what_is_no_number_is_nobodys() -> None:
    assert played(FLAT, n(a=9), n(a="many"), n(a="NaN")) == [[], [], []]


def test_a_flatline_without_a_threshold_is_silence_alone() -> None:
    silent = Comparison(kind=Compared.FLATLINE, keys=("host",))
    assert played(silent, n(a=0), n(a=0), []) == [[], [], [{"host": "a"}]]


@pytest.mark.parametrize(
    ("direction", "found"),
    [(Direction.UP, [[], n(a=4)]), (Direction.DOWN, [[], n(b=5)]), (Direction.BOTH, [[], n(a=4, b=5)])],
)
def test_a_spike_has_a_direction(direction: Direction, found: list[list[Row]]) -> None:
    one_way = Comparison(kind=Compared.SPIKE, keys=("host",), value="n", threshold=2, direction=direction)
    assert played(one_way, n(a=2, b=10), n(a=4, b=5)) == found


def test_a_spike_of_what_is_no_number_is_nobodys() -> None:
    assert played(SPIKE, n(a=2), n(a="-"), n(a=100)) == [[], [], []]


def test_what_was_not_seen_for_the_span_is_forgotten() -> None:
    short = Comparison(kind=Compared.NEW_TERM, keys=("host",), span=2 * EVERY)
    a, b = n(a=1), n(b=1)
    assert played(short, a, [], a, [], [], a) == [[], [], [], [], [], a]
    assert played(short, a, b, a) == [[], b, []]


def test_too_many_keys_are_refused_before_they_are_kept() -> None:
    full = SearchMemory(
        seen={str(number): Remembered(value="", seen_at=START) for number in range(comparing.MOST_KEYS)}, since=START
    )
    with pytest.raises(TooMuchToRemember, match=r"50,001 different keys, and 50,000 is the most"):
        compare(TERMS, [{"user": "ann", "country": "IS"}], full, START, window=EVERY)


hosts = st.dictionaries(st.sampled_from("abc"), st.integers(0, 40).map(str), max_size=3)
runs = st.lists(hosts.map(lambda found: n(**found)), min_size=1, max_size=6)


@given(runs, st.sampled_from([CHANGE, TERMS, FLAT, SPIKE]))
def test_a_first_run_never_triggers_and_only_known_keys_do(made: list[list[Row]], comparison: Comparison) -> None:
    like = Comparison(
        kind=comparison.kind, keys=("host",), value="n", threshold=comparison.threshold, direction=comparison.direction
    )
    found = played(like, *made)
    assert found[0] == []
    seen: set[object] = set()
    for rows, triggered in zip(made, found, strict=True):
        known = {row["host"] for row in triggered} <= seen
        assert known or like.kind is Compared.NEW_TERM
        seen |= {row["host"] for row in rows}
