from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.documents import format_duration
from bot.web.plots import HEIGHT, WIDTH, Column, Plot, bars, ranges


def counted(*values: float | None) -> Plot:
    return bars("a", "b", [Column(name=str(place), title="t", high=value) for place, value in enumerate(values)])


def ranged(*pairs: tuple[float, float] | None) -> Plot:
    columns = [
        Column(name=str(place), title="t", low=pair[0] if pair else None, high=pair[1] if pair else None)
        for place, pair in enumerate(pairs)
    ]
    return ranges("a", "b", columns, format_duration)


def test_a_bar_is_as_high_as_its_value() -> None:
    plot = counted(10, 20, 0)
    low, high = plot.marks
    assert (plot.base - high.y) == pytest.approx(2 * (plot.base - low.y), abs=0.2)
    assert [tick.text for tick in plot.across] == ["0", "5", "10", "15", "20"]
    assert high.y == plot.across[-1].at


@pytest.mark.parametrize(
    ("most", "top"), [(1, "1"), (3, "3"), (5, "6"), (43, "60"), (1_999, "2,000"), (98_000, "100,000")]
)
def test_the_axis_of_counts_ends_with_a_round_number_above(most: int, top: str) -> None:
    assert counted(most).across[-1].text == top


@pytest.mark.parametrize(
    ("longest", "top"), [(0.2, "1s"), (42, "45s"), (1500, "30m"), (5200, "1h30m"), (90_000, "1d12h"), (9e6, "150d")]
)
def test_the_axis_of_lengths_ends_with_a_length_that_people_say(longest: float, top: str) -> None:
    assert ranged((longest / 2, longest)).across[-1].text == top


def test_nothing_is_an_empty_plot() -> None:
    assert counted().marks == []
    assert counted(None, None).marks == []
    assert [tick.text for tick in ranged(None).across] == ["0s", "1s"]


def test_of_many_columns_some_are_named() -> None:
    plot = counted(*range(105))
    assert [tick.text for tick in plot.below] == ["0", "18", "36", "54", "72", "90"]
    assert len(plot.marks) == 104


@given(st.lists(st.none() | st.floats(0.001, timedelta(days=731).total_seconds()), min_size=1, max_size=110))
def test_nothing_is_drawn_beside_the_plot(values: list[float | None]) -> None:
    for plot in (counted(*values), ranged(*((each / 3, each) if each is not None else None for each in values))):
        assert len(plot.marks) == sum(each is not None for each in values)
        for mark in plot.marks:
            assert plot.left <= mark.x - mark.width / 2 + 0.2
            assert mark.x + mark.width / 2 <= plot.right + 0.2
            assert 0 <= mark.y <= mark.bottom <= plot.base <= HEIGHT
            assert mark.line is None or mark.y <= mark.line <= plot.base
        assert len(plot.across) <= 5
        assert all(0 <= tick.at <= WIDTH for tick in (*plot.across, *plot.below))
