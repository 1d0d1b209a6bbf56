import csv
import io
import math
from datetime import timedelta

import pytest

from bot.evidence.tables import as_csv
from bot.model.labels import LabelSet
from bot.model.sample import Series
from bot.testing.contracts import HOSTILE
from tests.unit.evidence.signals import at, series

FORMULAS = ("=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|x", "%0A", "\uff1d1")


def test_one_line_a_value_in_order_of_time() -> None:
    table = as_csv([series([0.5, None, math.nan]), series([-0.25], __name__="up", zone="a,b")])
    assert table.splitlines() == [
        "time,value,__name__,service,zone",
        "2026-11-22T14:00:00Z,0.5,,checkout,",
        '2026-11-22T14:00:00Z,-0.25,up,,"a,b"',
        "2026-11-22T14:00:20Z,nan,,checkout,",
    ]


def test_milliseconds_are_kept_where_there_are_any() -> None:
    exact = Series(labels=LabelSet(), points=((at(0) + timedelta(milliseconds=250), math.inf),))
    assert as_csv([exact]).splitlines() == ["time,value", "2026-11-22T14:00:00.250Z,inf"]


def test_no_series_is_an_empty_table() -> None:
    assert as_csv([]) == "time,value\n"


@pytest.mark.parametrize("text", [*FORMULAS, *HOSTILE])
def test_no_label_is_a_formula_or_a_line_of_its_own(text: str) -> None:
    table = as_csv([series([1.0], **{"x": text}), series([2.0], **{text: "x"})])
    rows = list(csv.reader(io.StringIO(table)))
    assert [len(row) for row in rows] == [4, 4, 4]
    for cell in (rows[0][2], rows[0][3], rows[1][2], rows[1][3]):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "|", "%", "\uff1d"))
    table.encode()


def test_labels_called_like_the_first_columns_keep_a_column_of_their_own() -> None:
    table = as_csv([series([1.0], time="noon", value="high")])
    assert table.splitlines()[0] == "time,value,label_time,label_value"
