import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charts.marks import Placed, place


def test_a_text_stands_to_the_right_of_its_line_where_it_can() -> None:
    assert place([(100, 50)], 0, 700, 4) == [Placed(x=100, left=105, right=155, row=0)]
    assert place([(690, 50)], 0, 700, 4) == [Placed(x=690, left=635, right=685, row=0)]


def test_texts_beside_each_other_share_a_row_and_close_ones_do_not() -> None:
    assert [spot.row for spot in place([(100, 50), (300, 50)], 0, 700, 4)] == [0, 0]
    rows = [spot.row for spot in place([(100, 90), (120, 90), (140, 90)], 0, 700, 4)]
    assert None not in rows
    assert len(set(rows)) >= 2


def test_a_long_text_near_the_right_edge_leaves_the_others_theirs() -> None:
    assert None not in [spot.row for spot in place([(375, 150), (538, 290), (590, 110)], 50, 778, 4)]


def test_what_has_no_place_has_a_line_alone() -> None:
    crowd = place([(300 + place_, 200) for place_ in range(20)], 0, 700, 2)
    assert any(spot.row is None for spot in crowd)
    assert [spot.x for spot in crowd] == [300 + place_ for place_ in range(20)]
    assert place([(100, 900)], 0, 700, 4)[0].row is None
    assert place([], 0, 700, 4) == []


@given(st.lists(st.tuples(st.floats(0, 700), st.floats(1, 300)), max_size=8), st.integers(1, 4))
def test_no_text_covers_another_and_no_line_runs_through_one(lines: list[tuple[float, float]], rows: int) -> None:
    spots = place(lines, 0, 700, rows)
    assert [spot.x for spot in spots] == [x for x, _ in lines]
    shown = [(spot, spot.row) for spot in spots if spot.row is not None]
    for index, (one, row) in enumerate(shown):
        assert one.left >= 0
        assert one.right <= 700
        assert row < rows
        for place_, (other, above) in enumerate(shown):
            if place_ != index and above == row:
                assert one.right <= other.left or other.right <= one.left
            if place_ != index and above >= row:
                assert not one.left < other.x < one.right


@pytest.mark.parametrize("count", [1, 3, 4])
def test_the_usual_incident_has_all_its_texts(count: int) -> None:
    spots = place([(200 + 60 * place_, 150) for place_ in range(count)], 50, 778, 4)
    assert None not in [spot.row for spot in spots]
