"""A step prints: what it says is written down as it comes, so that whoever watches sees it before the step ends.

Nothing here is in the way of the step: what cannot be written down yet is written down later, or not at all. The step's
end holds the whole text, and takes the place of these pieces; where nobody saw the end, it holds what was heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime

from bot.errors import Fenced, StoreError
from bot.evidence.pieces import UNBROKEN, Pieces, shown
from bot.model.actor import Actor
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import JournalKind, OutputChunk, RunbookRun
from bot.ports.store import Tx
from bot.response.world import RUN_LEASE, World
from bot.rights import Act, require

MOST = 256 * 1024
"""Characters that are heard of one attempt."""
_EVERY_S = 0.25
_SHOWN = 16 * 1024
_ALL = 10_000
"""Pieces: more than one attempt can say."""
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
        self._unwritten = self._said = ""
        self._over = ""
        self._stirred = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._context = copy_context()  # an action that may only read must not stop us from writing what it says

    def stop(self) -> None:
        """Nothing more comes. What is under way is committed before the step's end, or not at all."""
        if self._writing is not None:
            self._writing.cancel()
            self._take_out()
        self._left = -1

    def ended(self, result: ActionResult) -> ActionResult:
        """The result; where it is no success, with what was said and its own text does not tell."""
        if result.outcome is Outcome.SUCCEEDED or not _lacks(shown(result.text, self._world.clean), self._said):
            return result
        return replace(result, text=f"{self._said}{result.text}")

    @property
    def spoke(self) -> bool:
        """Whether it said anything."""
        return self._writing is not None

    def say(self, text: str) -> None:
        """Takes the next piece."""
        if self._left < 0:
            return
        self._writing = self._writing or asyncio.create_task(self._write_down(), context=self._context)
        self._pieces.take(text[: self._left])
        self._left -= len(text)
        self._stirred.set()

    async def _write_down(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            self._take_out()
            try:
                await self._write()
            except Fenced:
                return  # another process carries the run
            except StoreError:
                self._stirred.set()
            await asyncio.sleep(_EVERY_S)

    def _take_out(self) -> None:
        """What can be shown by now; at the end of it, once, that no more is.

        The line it was cut in is not shown, because half a secret may stand there.
        """
        new = self._pieces.give()
        if self._left < 0 and not self._over:
            self._over = _NO_MORE
            new += _NO_MORE
        self._unwritten += new
        self._said += new

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


def _lacks(text: str, said: str) -> bool:
    """Whether a line was said that is not in the text; several hosts come in another order there."""
    known = {line.rstrip() for line in text.splitlines()}
    marks = (UNBROKEN.rstrip(), _NO_MORE.rstrip())
    return any(line.rstrip() not in known for line in said.splitlines() if not line.endswith(marks))


def left(tx: Tx, actor: Actor, run: RunId, step: str, attempt: int, now: datetime) -> str:
    """What an attempt had said when nobody saw its end: as that was written down, and what came after."""
    require(actor, Act.LOOK, run, now)
    lines = (line for line in reversed(tx.runs.journal(run)) if line.kind is JournalKind.FINISHED)
    unseen = next((line for line in lines if (line.step, line.attempt) == (step, attempt)), None)
    text = str(unseen.data.get("text", "")) if unseen is not None else ""
    return text + "".join(piece.text for piece in tx.outputs.latest(run, _ALL) if piece.step == step)


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
