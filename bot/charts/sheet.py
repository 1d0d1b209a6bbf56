"""The sheet a chart is drawn on: its size, and how wide a text is on it.

Lengths are in units of a picture that is `WIDE` of them wide, whatever its pixels: it looks the same at every size.
`y` counts downward from the top.
"""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from bot.model.wording import one_line

WIDE = 800.0
INK = "#202124"
_FONT = "DejaVu Sans"

# Labels are hostile: without this a `$` in one would start a formula.
mpl.rcParams.update({"text.parse_math": False, "axes.unicode_minus": False, "font.family": [_FONT]})


class Sheet:
    """A white sheet of `width` by `height` pixels, `WIDE` by `tall` units."""

    def __init__(self, width: int, height: int) -> None:
        self.tall = WIDE * height / width
        self._figure = Figure(figsize=(WIDE / 100, self.tall / 100), dpi=100 * width / WIDE, facecolor="white")
        # Any: matplotlib gives types to its figures but not to what renders them.
        canvas: Any = FigureCanvasAgg(self._figure)
        self._renderer = canvas.get_renderer()
        self._scale = WIDE / width

    def measure(self, text: str, size: float, weight: str = "normal") -> float:
        """How wide a text is."""
        font = FontProperties(family=_FONT, size=points(size), weight=weight)
        pixels, _, _ = self._renderer.get_text_width_height_descent(text, font, False)
        return float(pixels) * self._scale

    def fitted(self, text: str, size: float, width: float, weight: str = "normal", ending: float = 0.25) -> str:
        """The text on one line; what does not fit is taken out before its `ending`: names often differ there."""
        text = whole = one_line(text, 400)
        keep = len(text)
        while keep > 1 and (wide := self.measure(text, size, weight)) > width:
            keep = max(1, min(keep - 1, int(keep * width / wide)))
            tail = int(keep * ending)
            text = f"{whole[: keep - tail].rstrip()}…{whole[len(whole) - tail :].lstrip()}"
        return text

    # Any: matplotlib's own names for the looks of a text.
    def write(self, x: float, y: float, text: str, size: float, **looks: Any) -> None:
        """Text whose middle is at `y`; it begins at `x` unless `ha` says otherwise."""
        looks = {"va": "center", "color": INK, **looks}
        self._figure.text(x / WIDE, 1 - y / self.tall, text, fontsize=points(size), **looks)

    def line(self, start: tuple[float, float], end: tuple[float, float], **looks: Any) -> None:
        """A straight line."""
        across, down = zip(start, end, strict=True)
        self._figure.add_artist(Line2D([x / WIDE for x in across], [1 - y / self.tall for y in down], **looks))

    def plot(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Axes between these edges."""
        return self._figure.add_axes(
            (left / WIDE, 1 - bottom / self.tall, (right - left) / WIDE, (bottom - top) / self.tall)
        )

    def png(self) -> bytes:
        """What is on the sheet; the same things always give the same bytes."""
        out = io.BytesIO()
        self._figure.savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()


def points(units: float) -> float:
    """A font's size: matplotlib counts 72 to the inch, the sheet 100."""
    return units * 0.72
