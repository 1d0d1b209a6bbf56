import math
from dataclasses import replace

from bot.charts import wire
from bot.model.chart import BadSide, Chart, Mark, MarkKind
from bot.model.labels import LabelSet
from bot.model.sample import Series, Window
from bot.testing.contracts import HOSTILE
from tests.unit.reports.cases import at

CHART = Chart(
    title="ServiceFails",
    series=(
        Series(labels=LabelSet({"service": "checkout"}), points=((at(0), 0.5), (at(1.5), math.inf))),
        Series(labels=LabelSet(), points=()),
    ),
    marks=(Mark(at=at(1), kind=MarkKind.ACTION, text="switch"),),
    threshold=0.05,
    threshold_text="alert above 5 %",
    unit="ratio",
    time_zone="Europe/Berlin",
    window=Window(start=at(0), end=at(60)),
    bad_side=BadSide.ABOVE,
    highlighted=frozenset({LabelSet({"service": "checkout"})}),
    left_out=7,
)


def test_a_chart_arrives_as_it_was_sent() -> None:
    assert wire.decode(wire.encode(CHART, 1600, 720)) == (CHART, 1600, 720)
    bare = Chart(title="", series=())
    assert wire.decode(wire.encode(bare, 200, 300)) == (bare, 200, 300)


def test_what_is_not_a_number_arrives_too() -> None:
    holed = replace(CHART, series=(Series(labels=LabelSet(), points=((at(0), math.nan),)),))
    (series,) = wire.decode(wire.encode(holed, 200, 300))[0].series
    assert math.isnan(series.points[0][1])


def test_hostile_labels_arrive_as_they_are() -> None:
    for text in HOSTILE:
        hostile = replace(CHART, title=text, highlighted=frozenset({LabelSet({"x": text, text: "x"})}))
        assert wire.decode(wire.encode(hostile, 200, 300))[0] == hostile


def test_a_message_says_how_long_it_is() -> None:
    assert wire.framed(b"abc") == b"\x00\x00\x00\x03abc"
