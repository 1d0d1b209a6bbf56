"""Asks the drawing process for pictures: starts it when one is wanted, lets it go when none has been for a while."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.charts import wire
from bot.errors import Permanent, Temporary
from bot.model.chart import Chart

NAME = "charts"
SMALLEST, LARGEST = 200, 4000
"""Pixels, for width and height alike."""
FLATTEST, TALLEST = 0.3, 3.0
"""Height as a share of the width: beyond these there is no room for lines."""
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "XDG_CACHE_HOME")
_ROOT = Path(__file__).resolve().parents[2]


class ChartWorker:
    """The `Drawer` of the application: one process, one drawing at a time, others wait their turn.

    `deadline` is for one drawing from the moment its turn comes, the start of the process included. Raises Temporary
    when it passes or the process dies, Permanent when the chart cannot be drawn; both name the integration `charts`.
    """

    def __init__(self, *, deadline: timedelta = timedelta(seconds=20), idle: timedelta = timedelta(seconds=60)) -> None:
        self._deadline = deadline
        self._idle = idle
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pid(self) -> int | None:
        """The process that draws, while there is one."""
        return self._process.pid if self._process is not None else None

    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        """PNG bytes of this many pixels; Permanent for a size that makes no sense."""
        sides = SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST
        if not sides or not FLATTEST <= height / width <= TALLEST:
            raise Permanent(
                f"a chart of {width} by {height} pixels is not drawn: each side must be {SMALLEST} to {LARGEST}, "
                f"and the height {FLATTEST:g} to {TALLEST:g} times the width",
                integration=NAME,
                reason="client",
                hint="ask for a size within these bounds",
            )
        async with self._turn:
            self._stop_idling()
            try:
                async with asyncio.timeout(self._deadline.total_seconds()):
                    answer = await self._ask(wire.encode(chart, width, height))
            except TimeoutError:
                message = f"the chart was not drawn within {self._deadline.total_seconds():g} s"
                raise Temporary(message, integration=NAME, reason="timeout") from None
            self._idle_timer = asyncio.get_running_loop().call_later(self._idle.total_seconds(), self._retire)
        if answer[:1] != wire.DRAWN:
            message = f"the chart could not be drawn: {answer[1:].decode(errors='replace')}"
            raise Permanent(message, integration=NAME, reason="server", hint="the data is kept all the same")
        return answer[1:]

    async def close(self) -> None:
        """Ends the process, if there is one, and waits for its end."""
        self._stop_idling()
        self._retire()
        await asyncio.gather(*self._leaving)

    async def _ask(self, message: bytes) -> bytes:
        """One question, one answer. If it ends in any other way the process goes: its answer would be the next's."""
        process = self._process if self._process and self._process.returncode is None else await self._start()
        self._process = None
        try:
            answer = await _exchange(process, message)
        except (asyncio.IncompleteReadError, ConnectionError):
            await _ended(process)
            died = f"the process that draws ended in mid-drawing (exit status {process.returncode})"
            raise Temporary(died, integration=NAME, reason="server") from None
        except BaseException:
            self._dismiss(process)
            raise
        self._process = process
        return answer

    async def _start(self) -> Process:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"PYTHONPATH": str(_ROOT), "MPL_IGNORE_SYSTEM_FONTS": "1", "OPENBLAS_NUM_THREADS": "1"}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "bot.charts.worker"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in a terminal is for us; the process ends when we close its input
        )

    def _retire(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            self._see_off(process)

    def _dismiss(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        self._see_off(process)

    def _see_off(self, process: Process) -> None:
        task = asyncio.create_task(_ended(process))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _stop_idling(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None


async def _exchange(process: Process, message: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("the process was started without pipes")
    process.stdin.write(wire.framed(message))
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(wire.HEADER), "big")
    return await process.stdout.readexactly(length)


async def _ended(process: Process) -> None:
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
