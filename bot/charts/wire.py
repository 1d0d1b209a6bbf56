"""How a chart travels to the worker, and its picture back: a length, then plain JSON or PNG bytes.

Nothing that travels can make the other side run anything.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot.model.chart import BadSide, Chart, Mark, MarkKind
from bot.model.labels import LabelSet
from bot.model.sample import Series, Window

HEADER = 4
"""Bytes before each message that say its length, the highest first."""
DRAWN, FAILED = b"+", b"-"
"""The first byte of an answer: a PNG follows, or a message in UTF-8."""


def framed(message: bytes) -> bytes:
    """The message with its length before it."""
    return len(message).to_bytes(HEADER, "big") + message


def encode(chart: Chart, width: int, height: int) -> bytes:
    """A chart to be drawn in this many pixels."""
    message = {
        "width": width,
        "height": height,
        "title": chart.title,
        "series": [[dict(one.labels), [(at.timestamp(), value) for at, value in one.points]] for one in chart.series],
        "marks": [(mark.at.timestamp(), mark.kind, mark.text) for mark in chart.marks],
        "threshold": chart.threshold,
        "threshold_text": chart.threshold_text,
        "unit": chart.unit,
        "time_zone": chart.time_zone,
        "window": chart.window and (chart.window.start.timestamp(), chart.window.end.timestamp()),
        "bad_side": chart.bad_side,
        "highlighted": [dict(labels) for labels in chart.highlighted],
        "left_out": chart.left_out,
    }
    return json.dumps(message).encode()


def decode(message: bytes) -> tuple[Chart, int, int]:
    """What `encode` wrote. The alt text stays behind: it is not drawn."""
    # Any: JSON that our own `encode` wrote.
    data: dict[str, Any] = json.loads(message)
    window = data["window"]
    chart = Chart(
        title=data["title"],
        series=tuple(
            Series(labels=LabelSet(labels), points=tuple((_time(at), value) for at, value in points))
            for labels, points in data["series"]
        ),
        marks=tuple(Mark(at=_time(at), kind=MarkKind(kind), text=text) for at, kind, text in data["marks"]),
        threshold=data["threshold"],
        threshold_text=data["threshold_text"],
        unit=data["unit"],
        time_zone=data["time_zone"],
        window=window and Window(start=_time(window[0]), end=_time(window[1])),
        bad_side=BadSide(data["bad_side"]),
        highlighted=frozenset(LabelSet(labels) for labels in data["highlighted"]),
        left_out=data["left_out"],
    )
    return chart, data["width"], data["height"]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
