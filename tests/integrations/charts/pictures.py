"""Charts to draw, and how to look at a picture without eyes."""

import io
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from PIL import Image

from bot.model.chart import BadSide, Chart, Mark, MarkKind
from bot.model.labels import LabelSet
from bot.model.sample import Series, Window
from bot.testing.contracts import HOSTILE

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
BLUE, RED, GREEN, PURPLE = (26, 102, 208), (197, 34, 31), (19, 122, 59), (106, 63, 196)
GREY_BAND = (241, 243, 244)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def series(value: Callable[[int], float | None], count: int = 240, **labels: str) -> Series:
    points = tuple((at(second), found) for second in range(count) if (found := value(second)) is not None)
    return Series(labels=LabelSet(labels), points=points)


def fault(second: int) -> float:
    return 0.42 if 100 <= second < 170 else 0.004


OWN = series(fault, service="checkout")
MARKS = (
    Mark(at=at(106), kind=MarkKind.ALERT, text="ServiceFails fires"),
    Mark(at=at(160), kind=MarkKind.ACTION, text="Switch back to the release that ran before"),
    Mark(at=at(177), kind=MarkKind.RECOVERY, text="alert clear"),
)
USUAL = Chart(
    title="ServiceFails · service=checkout",
    series=(OWN, series(lambda second: 0.002 + second / 1e5, service="cart")),
    marks=MARKS,
    threshold=0.05,
    threshold_text="alert above 5 %",
    unit="ratio",
    time_zone="Europe/Berlin",
    window=Window(start=at(0), end=at(239)),
    bad_side=BadSide.ABOVE,
    highlighted=frozenset({OWN.labels}),
)
ODD = {
    "no series": Chart(title="Nothing", series=()),
    "no points": Chart(title="Nothing", series=(Series(labels=LabelSet(), points=()),), threshold=3.0),
    "one point": Chart(title="One", series=(series(lambda _: 1.0, count=1, job="batch"),)),
    "flat zero": Chart(title="Zero", series=(series(lambda _: 0.0, job="a"),)),
    "flat": Chart(title="Flat", series=(series(lambda _: -3.0, job="a"),)),
    "huge": Chart(title="Huge", series=(series(lambda second: 1e308 * (second / 239)),), threshold=1e307),
    "tiny": Chart(title="Tiny", series=(series(lambda second: 1e-300 * second),)),
    "infinite": Chart(title="Inf", series=(series(lambda second: math.inf if second % 50 > 40 else 1.0),)),
    "only infinite": Chart(title="Inf", series=(series(lambda _: -math.inf),), threshold=math.inf),
    "only NaN": Chart(title="NaN", series=(series(lambda _: math.nan),), threshold=0.5),
    "gaps": Chart(title="Gap", series=(series(lambda second: None if 80 < second < 160 else 0.2),), threshold=0.5),
    "many": Chart(
        title="Many",
        series=tuple(series(lambda second, n=n: n + second / 100, pod=f"checkout-{n}-{'x' * n}") for n in range(60)),
        left_out=940,
    ),
    "equal": Chart(
        title="Up", series=(series(lambda _: 0.0, instance="a"),), threshold=0.0, threshold_text="alert at 0"
    ),
    "years": Chart(title="Old", series=(), window=Window(start=at(-1e9), end=at(0)), time_zone="Asia/Kathmandu"),
    "hostile": Chart(
        title="$\\frac{1}{0}$ <img src=x> " + "A" * 5000,
        series=tuple(series(lambda second: float(second), **{text: text, "_x": "_y"}) for text in HOSTILE),
        marks=tuple(Mark(at=at(100 + n), kind=MarkKind.ACTION, text=text) for n, text in enumerate(HOSTILE)),
        threshold=-1.0,
        threshold_text="$alert$ \x00",
        highlighted=frozenset(LabelSet({text: text, "_x": "_y"}) for text in HOSTILE[:3]),
    ),
}


def pixels(png: bytes) -> np.ndarray:
    """Rows of (red, green, blue)."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"), dtype=int)


def found(picture: np.ndarray, colour: tuple[int, int, int], tolerance: int = 24) -> np.ndarray:
    """Where the colour is: True for each pixel that is close to it."""
    return np.abs(picture - np.array(colour)).max(axis=2) <= tolerance
