"""A step prints: what it says is written down as it comes, so that whoever watches sees it before the step ends.

Nothing here is in the way of the step: what cannot be written down yet is written down later, or not at all. The step's
end holds the whole text, and takes the place of these pieces.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context

from bot.errors import Fenced, StoreError
from bot.evidence.pieces import Pieces
from bot.model.actor import Actor
from bot.model.ids import RunId
from bot.model.run import OutputChunk, RunbookRun
from bot.ports.store import Tx
from bot.response.world import RUN_LEASE, World
from bot.rights import Act, require

MOST = 256 * 1024
"""Characters that are heard of one attempt."""
_EVERY_S = 0.25
_SHOWN = 16 * 1024
_NO_MORE = f"[more than {MOST // 1024} KiB: the rest is not shown as it comes]\n"


@asynccontextmanager
async def hearing(world: World, actor: Actor, run: RunbookRun, step: str, attempt: int) -> AsyncIterator[Heard]:
    """What an action may `say` its output to, on this loop, while this is open."""
    require(actor, Act.ACT, run.id, world.clock.now())
    heard = Heard(world, run, step, attempt)
    try:
        yield heard
    finally:
        heard.stop()


class Heard:
    """What one attempt of a step says while it runs."""

    def __init__(self, world: World, run: RunbookRun, step: str, attempt: int) -> None:
        self._world, self._run, self._step, self._attempt = world, run, step, attempt
        self._pieces = Pieces(world.clean)
        self._left = MOST
        self._unwritten = ""
        self._over = ""
        self._stirred = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._context = copy_context()  # an action that may only read must not stop us from writing what it says

    def stop(self) -> None:
        """Nothing more comes. What is under way is committed before the step's end, or not at all."""
        if self._writing is not None:
            self._writing.cancel()

    @property
    def spoke(self) -> bool:
        """Whether it said anything."""
        return self._writing is not None

    def say(self, text: str) -> None:
        """Takes the next piece."""
        self._writing = self._writing or asyncio.create_task(self._write_down(), context=self._context)
        if self._left < 0:
            return
        self._pieces.take(text[: self._left])
        self._left -= len(text)
        self._stirred.set()

    async def _write_down(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            self._unwritten += self._pieces.give()
            self._say_that_it_is_over()
            try:
                await self._write()
            except Fenced:
                return  # another process carries the run
            except StoreError:
                self._stirred.set()
            await asyncio.sleep(_EVERY_S)

    def _say_that_it_is_over(self) -> None:
        """Once; the line it was cut in is not shown, because half a secret may stand there."""
        if self._left < 0 and not self._over:
            self._over = _NO_MORE
            self._unwritten += _NO_MORE

    async def _write(self) -> None:
        if self._unwritten:
            chunk = OutputChunk(
                run=self._run.id,
                step=self._step,
                attempt=self._attempt,
                at=self._world.clock.now(),
                text=self._unwritten,
            )
            await self._world.store.write(lambda tx: _keep(tx, chunk, self._run.epoch))
            self._unwritten = ""


def _keep(tx: Tx, chunk: OutputChunk, epoch: int) -> None:
    """Only of a run that is still ours, which this says too."""
    tx.runs.renew(chunk.run, epoch=epoch, lease=RUN_LEASE)
    tx.outputs.append([chunk])


async def printing(world: World, actor: Actor, run_id: RunId) -> Mapping[str, str]:
    """The end of what each step of a run has said that has not ended yet, by step."""
    require(actor, Act.LOOK, run_id, world.clock.now())
    chunks = await world.store.read(lambda tx: tx.outputs.latest(run_id))
    said: dict[str, str] = {}
    for chunk in chunks:
        said[chunk.step] = (said.get(chunk.step, "") + chunk.text)[-_SHOWN:]
    return said


async def heard(world: World, actor: Actor, run_id: RunId, after: int) -> Sequence[OutputChunk]:
    """What steps of a run that have not ended have said, after the piece with this number; NotFound."""
    require(actor, Act.LOOK, run_id, world.clock.now())

    def look(tx: Tx) -> Sequence[OutputChunk]:
        tx.runs.get(run_id)
        return tx.outputs.after(run_id, after)

    return await world.store.read(look)
