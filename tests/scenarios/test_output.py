"""What a step prints is seen as it comes by whoever watches the run, and from there it goes once the step has ended."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from bot.errors import StoreUnavailable
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import JournalKind, OutputChunk
from bot.model.runbook import Risk
from bot.ports.actions import Action, Occasion, Say
from bot.ports.store import Store, Tx
from bot.response.output_heard import MOST, heard
from bot.response.world import RUN_LEASE
from tests.scenarios.hosts import SPEC, Params
from tests.scenarios.runbooks import MEND
from tests.scenarios.tocsin import Tocsin, actor, ended, living

T = TypeVar("T")
TALK = MEND.split("  - id: mend")[0]
"""Only its first step, which looks."""


@dataclass
class Talker:
    """An action that says these pieces, a second apart, and then waits a minute."""

    says: Sequence[str]

    def action(self) -> Action:
        return Action(spec=SPEC, plan=self._plan, run=self._run)

    async def _plan(self, params: Params, _: Occasion) -> Plan:
        return Plan(
            action=SPEC.name, integration="hosts", params={"argv": params.argv}, targets=("cart-1",), summary="talk",
            risk=Risk.READ, repeatable=True,
        )  # fmt: skip

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        for piece in self.says:
            say(piece)
            await asyncio.sleep(1)
        await asyncio.sleep(30)
        return ActionResult(outcome=Outcome.SUCCEEDED, summary="said it", text="".join(self.says))


class Away:
    """A `Store` that writes nothing as long as it is away."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.is_away = False

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        if self.is_away:
            raise StoreUnavailable("the disk is full")
        return await self._inner.write(work, first=first)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._inner.read(work)

    def watch(self, changed: Callable[[], None]) -> bool:
        return self._inner.watch(changed)


async def begun(tocsin: Tocsin, *says: str) -> None:
    """The run begins, and its first step talks."""
    tocsin.world.actions = {**tocsin.world.actions, "host.run": {"hosts": Talker(says).action()}}
    tocsin.fails()
    while not await tocsin.incidents() or not (await tocsin.case()).runs:
        await tocsin.passes("1s")


async def seen(tocsin: Tocsin, after: int = 0) -> Sequence[OutputChunk]:
    return await heard(tocsin.world, actor("ann"), RunId("RUN-1"), after)


async def test_output_is_seen_as_it_comes_and_kept_whole_when_the_step_ends(database: Path) -> None:
    async with living(database, [TALK]) as tocsin:
        await begun(tocsin, "one\n", "two, and tok", "en=abcdef123456\n")
        await tocsin.passes("500ms")
        first = await seen(tocsin)
        assert [chunk.text for chunk in first] == ["one\n"]
        assert (first[0].step, first[0].attempt) == ("look", 1)
        await tocsin.passes("5s")
        assert [chunk.text for chunk in await seen(tocsin, first[0].seq)] == ["two, and token=[redacted]\n"]
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
        assert await seen(tocsin) == []
    finished = next(entry for entry in journal if entry.kind is JournalKind.FINISHED)
    assert finished.data["text"] == "one\ntwo, and token=[redacted]\n"
    (evidence,) = (one for one in case.evidence if one.source == "hosts")
    assert evidence.value["text"] == finished.data["text"]


async def test_a_secret_of_the_configuration_is_not_shown_in_two_halves(database: Path) -> None:
    async with living(database, [TALK]) as tocsin:
        tocsin.world.clean = lambda text: text.replace("open sesame", "[redacted]")
        await begun(tocsin, "it is open ses", "ame\n")
        await tocsin.passes("5s")
        assert [chunk.text for chunk in await seen(tocsin)] == ["it is [redacted]\n"]
        await tocsin.until(ended)
        _, journal = await tocsin.run()
    assert next(one for one in journal if one.kind is JournalKind.FINISHED).data["text"] == "it is [redacted]\n"


async def test_many_pieces_become_few_rows_and_too_many_are_not_heard(database: Path) -> None:
    async with living(database, [TALK]) as tocsin:
        line = "x" * 79 + "\n"
        await begun(tocsin, *(line * 1000 for _ in range(5)))
        await tocsin.passes("10s")
        chunks = await seen(tocsin)
        await tocsin.until(ended)
        _, journal = await tocsin.run()
    text = "".join(chunk.text for chunk in chunks)
    assert len(chunks) == 4
    assert MOST - 80 <= len(text.split("[")[0]) <= MOST
    assert text.endswith("[more than 256 KiB: the rest is not shown as it comes]\n")
    kept = next(one for one in journal if one.kind is JournalKind.FINISHED).data["text"]
    assert kept == f"{(line * 5000)[:MOST]}\n[{5000 * 80 - MOST} more characters are not kept]"


async def test_a_store_that_is_away_holds_up_no_step_and_hears_of_it_later(database: Path) -> None:
    async with living(database, [TALK]) as tocsin:
        store = tocsin.world.store = Away(tocsin.world.store)
        await begun(tocsin, "one\n", "two\n", "three\n")
        store.is_away = True
        await tocsin.passes("2500ms")
        store.is_away = False
        await tocsin.passes("2s")
        text = "".join(chunk.text for chunk in await seen(tocsin))
    assert text == "one\ntwo\nthree\n"


async def test_who_lost_the_run_writes_nothing_more_of_its_output(database: Path) -> None:
    async with living(database, [TALK]) as tocsin:
        await begun(tocsin, "one\n", "two\n", "three\n")
        await tocsin.passes("500ms")
        store = tocsin.world.store
        await store.write(lambda tx: tx.runs.release_all())
        assert await store.write(lambda tx: tx.runs.claim("another", tocsin.clock.now(), RUN_LEASE, 1).runs)
        await tocsin.passes("5s")
        assert [chunk.text for chunk in await seen(tocsin)] == ["one\n"]
