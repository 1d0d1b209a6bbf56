"""What a step prints is seen as it comes by whoever watches the run, and from there it goes once the step has ended."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.errors import StoreUnavailable
from bot.evidence.pieces import shown
from bot.model.actor import TOCSIN
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.run import JournalKind, OutputChunk, Question, RunbookRun
from bot.model.runbook import Risk
from bot.ports.actions import Action, Occasion, Say
from bot.ports.store import Store, Tx
from bot.response.output_heard import MOST, heard, hearing
from bot.response.world import RUN_LEASE
from bot.runbooks.spec import read_runbook
from tests.scenarios.hosts import SPEC, Params
from tests.scenarios.runbooks import MEND, with_keys
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


async def test_what_a_step_said_before_its_time_was_over_is_kept(database: Path) -> None:
    async with living(database, [with_keys(TALK, "look", "timeout: 10s")]) as tocsin:
        await begun(tocsin, "one\n", "two, and tok", "en=abcdef123456\nthe end of no line")
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
        assert await seen(tocsin) == []
    finished = next(entry for entry in journal if entry.kind is JournalKind.FINISHED)
    assert finished.data["summary"] == "no end within 10s"
    assert finished.data["text"] == "one\ntwo, and token=[redacted]\n"
    (evidence,) = (one for one in case.evidence if one.source == "hosts")
    assert evidence.value["text"] == finished.data["text"]


@pytest.mark.parametrize(
    ("outcome", "text", "kept"),
    [
        (Outcome.SUCCEEDED, "well", "well"),
        (Outcome.FAILED, "why not", "one\ntwo\nwhy not"),
        (Outcome.FAILED, "two\r\n\x1b[31mone\x1b[0m\r\n", "two\none\n"),
        (Outcome.UNKNOWN, "", "one\ntwo\n"),
    ],
)
async def test_a_step_that_fails_keeps_what_it_said_and_its_end_does_not_tell(
    outcome: Outcome, text: str, kept: str, database: Path
) -> None:
    async with living(database) as tocsin:
        run = RunbookRun(
            id=RunId("RUN-1"), runbook=read_runbook(TALK, "talk.yaml"), incident=None, inputs={},
            started_at=tocsin.clock.now(), started_by=TOCSIN,
        )  # fmt: skip
        async with hearing(tocsin.world, TOCSIN, run, "look", 1) as heard_of:
            heard_of.say("one\ntwo\n")
        result = heard_of.ended(ActionResult(outcome=outcome, summary="", text=text))
        assert shown(result.text, tocsin.world.clean) == kept


async def test_what_was_said_before_a_crash_stays_with_what_is_found_out_after_it(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost", text="one\n")
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.asked(2, Question.DID_IT_RUN)
        left = OutputChunk(run=RunId("RUN-1"), step="mend", attempt=1, at=tocsin.clock.now(), text="two\n")
        await tocsin.world.store.write(lambda tx: tx.outputs.append([left]))
        tocsin.recovers()
        await tocsin.says("APR-2", did=True)
        await tocsin.until(ended)
        _, journal = await tocsin.run()
        assert await seen(tocsin) == []
    finished = [entry for entry in journal if entry.kind is JournalKind.FINISHED and entry.step == "mend"]
    assert [entry.data["text"] for entry in finished] == ["one\n", "one\ntwo\n"]


async def test_a_probe_does_not_hide_what_was_said(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.probe = Did.DID
        tocsin.hosts.ends = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost", text="one\n")
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        tocsin.recovers()
        await tocsin.until(ended)
        _, journal = await tocsin.run()
    probed = next(entry for entry in journal if entry.data.get("probed"))
    assert (probed.data["outcome"], probed.data["text"]) == ("succeeded", "one\n")


async def test_what_a_change_printed_is_evidence_of_its_incident(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.SUCCEEDED, summary="done", text="token=abcdef123456 made\n")
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        case = await tocsin.until(ended)
    (printed,) = (one for one in case.evidence if one.question == "Mend the service")
    assert printed.value["text"] == "token=[redacted] made\n"
    assert [entry.text for entry in case.timeline if printed.id in entry.evidence] == [
        "succeeded: run mend cart on cart-1"
    ]
