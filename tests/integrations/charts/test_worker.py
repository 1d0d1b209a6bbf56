"""The process that draws: in time, alone, without our secrets, and gone when we are."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from bot.charts.client import LARGEST, SMALLEST, ChartWorker
from bot.errors import Permanent, Temporary
from bot.model.chart import Chart
from tests.integrations.charts.pictures import ODD, USUAL, pixels

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - another process ends: nothing here is told of it
            await asyncio.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
async def worker(anyio_backend: str) -> AsyncIterator[ChartWorker]:
    async with ChartWorker(deadline=timedelta(seconds=60)) as one:
        yield one


async def drawn(worker: ChartWorker, chart: Chart = USUAL) -> bytes:
    return await worker.draw(chart, width=800, height=360)


async def test_a_chart_is_a_png_of_the_size_asked_for(worker: ChartWorker) -> None:
    png = await worker.draw(USUAL, width=1000, height=400)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert pixels(png).shape == (400, 1000, 3)


async def test_one_process_serves_all(worker: ChartWorker) -> None:
    first, second = await asyncio.gather(drawn(worker), drawn(worker))
    pid = worker.pid
    assert pid is not None
    assert first == second == await drawn(worker)
    assert worker.pid == pid


async def test_it_comes_when_asked_goes_when_nothing_was_drawn_for_a_while_and_comes_back() -> None:
    async with ChartWorker(idle=timedelta(milliseconds=50)) as worker:
        assert worker.pid is None
        await drawn(worker)
        first = worker.pid
        assert first is not None
        await until(lambda: worker.pid is None and not lives(first))
        await drawn(worker)
        assert worker.pid not in (None, first)


async def test_a_drawing_that_nobody_waits_for_any_more_is_given_up(worker: ChartWorker) -> None:
    await drawn(worker)
    stuck = worker.pid
    assert stuck is not None
    os.kill(stuck, signal.SIGSTOP)
    impatient = asyncio.create_task(drawn(worker))
    await asyncio.sleep(0.05)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    await until(lambda: not lives(stuck))
    assert worker.pid is None


async def test_the_deadline_is_told_as_what_it_is() -> None:
    async with ChartWorker(deadline=timedelta(milliseconds=1)) as worker:
        with pytest.raises(Temporary) as caught:
            await drawn(worker)
        assert (caught.value.integration, caught.value.reason) == ("charts", "timeout")
        assert caught.value.message == "the chart was not drawn within 0.001 s"
        assert worker.pid is None


async def test_a_process_that_dies_while_drawing_is_told_and_replaced(worker: ChartWorker) -> None:
    await drawn(worker)
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(drawn(worker))
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Temporary) as caught:
        await task
    assert caught.value.reason == "server"
    assert "exit status -9" in caught.value.message
    assert await drawn(worker)


async def test_a_process_that_died_in_between_is_replaced_without_a_word(worker: ChartWorker) -> None:
    await drawn(worker)
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not lives(pid) and worker._process is not None and worker._process.returncode is not None)
    assert await drawn(worker)
    assert worker.pid != pid


async def test_a_chart_that_cannot_be_drawn_says_why_and_harms_no_other(worker: ChartWorker) -> None:
    with pytest.raises(Permanent) as caught:
        await drawn(worker, Chart(title="x", series=(), time_zone="Middle/Earth"))
    assert "Middle/Earth" in caught.value.message
    assert caught.value.integration == "charts"
    assert await drawn(worker)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        *((SMALLEST - 1, 400), (400, SMALLEST - 1), (LARGEST + 1, 3000), (3000, LARGEST + 1)),
        *((LARGEST, LARGEST // 5), (LARGEST // 5, LARGEST)),
    ],
)
async def test_a_size_beyond_reason_is_refused(worker: ChartWorker, width: int, height: int) -> None:
    with pytest.raises(Permanent, match="each side must be"):
        await worker.draw(USUAL, width=width, height=height)


@pytest.mark.parametrize(("width", "height"), [(SMALLEST, SMALLEST), (1000, 300), (300, 900)])
@pytest.mark.parametrize("name", ["many", "hostile"])
async def test_the_smallest_the_flattest_and_the_tallest_are_drawn(
    worker: ChartWorker, name: str, width: int, height: int
) -> None:
    assert pixels(await worker.draw(ODD[name], width=width, height=height)).shape == (height, width, 3)


async def test_it_knows_none_of_our_secrets_and_may_take_little(worker: ChartWorker) -> None:
    os.environ["TOCSIN_TEST_SECRET"] = "hunter2"
    try:
        await drawn(worker)
    finally:
        del os.environ["TOCSIN_TEST_SECRET"]
    assert worker.pid is not None
    process = psutil.Process(worker.pid)
    assert not any(name.startswith("TOCSIN") for name in process.environ())
    assert process.rlimit(psutil.RLIMIT_AS) == (1024**3, 1024**3)
    assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert process.net_connections() == []


async def test_closing_ends_it() -> None:
    async with ChartWorker() as worker:
        await drawn(worker)
        pid = worker.pid
        assert pid is not None
    assert not lives(pid)
    await worker.close()


PARENT = """
import asyncio, sys
from bot.charts.client import ChartWorker
from tests.integrations.charts.pictures import USUAL

async def main():
    worker = ChartWorker()
    await worker.draw(USUAL, width=800, height=360)
    print(worker.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_it_does_not_outlive_us_even_when_we_are_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert parent.stdout is not None
        pid = int(await parent.stdout.readline())
        assert lives(pid)
        parent.kill()
        await until(lambda: not lives(pid))
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        await parent.wait()
