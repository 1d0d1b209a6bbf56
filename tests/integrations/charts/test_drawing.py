"""What is on the pictures, as far as a machine can look at them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from bot.charts.client import ChartWorker
from bot.model.chart import BadSide, Chart
from tests.integrations.charts.pictures import (
    BLUE,
    GREEN,
    GREY_BAND,
    ODD,
    OWN,
    PURPLE,
    RED,
    USUAL,
    found,
    pixels,
    series,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def worker(anyio_backend: str) -> AsyncIterator[ChartWorker]:
    async with ChartWorker() as one:
        yield one


async def picture(worker: ChartWorker, chart: Chart) -> np.ndarray:
    return pixels(await worker.draw(chart, width=1600, height=720))


@pytest.mark.parametrize("name", ODD)
async def test_whatever_the_data_there_is_a_picture(worker: ChartWorker, name: str) -> None:
    drawn = await picture(worker, ODD[name])
    assert drawn.shape == (720, 1600, 3)
    assert 0.0005 < (drawn.mean(axis=2) < 200).mean() < 0.6
    assert (drawn[:2] == 255).all()


async def test_the_signal_its_threshold_and_its_marks_are_there(worker: ChartWorker) -> None:
    drawn = await picture(worker, USUAL)
    for colour in (BLUE, GREEN, PURPLE, RED):
        assert found(drawn, colour).sum() > 200, colour
    line = found(drawn, GREEN, 70).sum(axis=0)
    assert line.max() > 300, "a vertical line"
    dashes = found(drawn, RED).sum(axis=1)
    assert dashes.max() > 600, "a dashed line from side to side"


async def test_the_bad_side_is_tinted(worker: ChartWorker) -> None:
    above = await picture(worker, replace(USUAL, marks=()))
    below = await picture(worker, replace(USUAL, marks=(), bad_side=BadSide.BELOW))
    neither = await picture(worker, replace(USUAL, marks=(), bad_side=BadSide.NONE))
    tint = (252, 242, 242)
    assert found(above, tint, 3)[150:400].mean() > 0.7
    assert found(below, tint, 3)[150:400].mean() < 0.05
    assert found(below, tint, 3).sum() > 1000
    assert found(neither, tint, 3).sum() < 1000


async def test_a_time_without_data_is_grey_and_the_line_is_broken(worker: ChartWorker) -> None:
    holed = await picture(worker, replace(ODD["gaps"], series=(series(lambda s: None if 80 < s < 160 else 0.2),)))
    band = found(holed, GREY_BAND, 2)[300]
    assert 0.2 < band.mean() < 0.45
    columns = found(holed, BLUE).any(axis=0)
    first, last = np.flatnonzero(columns)[[0, -1]]
    assert not columns[first:last].all()


async def test_a_lone_value_can_be_seen(worker: ChartWorker) -> None:
    assert found(await picture(worker, ODD["one point"]), BLUE).sum() > 40


async def test_the_incidents_own_series_stands_out(worker: ChartWorker) -> None:
    bold = found(await picture(worker, replace(USUAL, marks=())), BLUE).sum()
    plain = found(await picture(worker, replace(USUAL, marks=(), highlighted=frozenset())), BLUE).sum()
    assert bold > 1.2 * plain


async def test_the_same_chart_gives_the_same_bytes(worker: ChartWorker) -> None:
    first = await worker.draw(USUAL, width=800, height=360)
    assert first == await worker.draw(USUAL, width=800, height=360)


async def test_a_label_that_looks_like_a_formula_is_not_one(worker: ChartWorker) -> None:
    """A formula that cannot be set is an error in matplotlib; one that can would be drawn as something else."""
    broken = replace(USUAL, title="$\\frac{1}$", series=(OWN, series(lambda _: 0.1, service="$\\alpha_{")))
    assert (await picture(worker, broken)).shape == (720, 1600, 3)
