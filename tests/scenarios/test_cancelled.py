"""A person cancels a run: nothing more of it begins, what has begun ends and is known, what was changed is offered."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from bot.errors import Conflict, NotAllowed, StoreUnavailable
from bot.model.actor import VIEWER, Actor, ActorKind
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import ApprovalStatus, JournalKind, Question, RunStatus
from bot.ports import in_turn
from bot.ports.store import Store, Tx
from bot.response import automation_switched, run_cancelled, run_taken_back
from bot.response.world import RUN_LEASE
from tests.scenarios.runbooks import MEND, SETTLED
from tests.scenarios.test_rollbacks import TWO, says_yes
from tests.scenarios.tocsin import Tocsin, actor, ended, ending, kinds, living

RUN = RunId("RUN-1")
T = TypeVar("T")


async def cancels(tocsin: Tocsin, by: str = "ben", reason: str = "we mend it by hand") -> None:
    await run_cancelled.cancel(tocsin.world, actor(by), RUN, reason=reason)


async def test_a_run_that_asks_is_cancelled_at_once_and_its_question_is_void(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        await cancels(tocsin)
        with pytest.raises(NotAllowed, match="APR-1 is void"):  # now, and not only once somebody carries it to its end
            await tocsin.answers(by="ann")
        case = await tocsin.until(ended)
        with pytest.raises(Conflict, match="RUN-1 is over: cancelled"):
            await cancels(tocsin)
        audit = await tocsin.world.store.read(lambda tx: tx.audit.list(limit=100))
    assert (case.runs[0][0].status, ending(case)) == (RunStatus.CANCELLED, "we mend it by hand")
    assert case.approvals[0].status is ApprovalStatus.VOID
    assert tocsin.hosts.ran == []
    assert "RUN-1 is cancelled: nothing more of it begins" in tocsin.said(case)
    assert ("ben", "RUN-1") in [(one.actor.name, one.object) for one in audit if one.act == "cancel a run"]


async def test_a_change_that_is_under_way_ends_and_is_written_down_and_can_be_taken_back(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.hosts.takes = 20
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.passes("5s")
        await cancels(tocsin)
        with pytest.raises(Conflict, match="RUN-1 is cancelled already"):
            await cancels(tocsin)
        case = await tocsin.until(ended)
        assert tocsin.hosts.ran == ["mend first"]
        assert kinds(case.runs[0][1], "first")[-1] is JournalKind.FINISHED
        assert case.runs[0][0].status is RunStatus.CANCELLED
        assert "what it changed stays, until `tocsin runbook rollback RUN-1`" in ending(case)
        await run_taken_back.ask(tocsin.world, actor("ann"), RUN)
        await tocsin.asked(2)
        await tocsin.answers("APR-2", by="ben")
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend first", "mend not first"]
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK


async def test_a_change_in_several_places_hears_before_each_whether_it_may_go_on(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        heard = []

        async def acts() -> None:
            heard.append(await in_turn.why_not_on())
            await automation_switched.pause(tocsin.world, actor("ann"), reason="stop")
            heard.append(await in_turn.why_not_on())
            await automation_switched.resume(tocsin.world, actor("ann"))
            await cancels(tocsin)
            heard.append(await in_turn.why_not_on())

        tocsin.hosts.witness = acts
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.until(ended)
    assert heard == ["", "automation is paused by ann: stop", "RUN-1 is cancelled"]
    assert await in_turn.why_not_on() == ""


async def test_whether_a_change_ran_is_still_asked_and_then_it_is_over(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost")
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.passes("1s")
        await cancels(tocsin)
        question = await tocsin.asked(2, Question.DID_IT_RUN)
        assert question.status is ApprovalStatus.OPEN
        await tocsin.says(question.id, did=False)
        case = await tocsin.until(ended)
    assert (case.runs[0][0].status, ending(case)) == (RunStatus.CANCELLED, "we mend it by hand")


async def test_a_wait_is_cut_short(database: Path) -> None:
    async with living(database, [MEND + SETTLED]) as tocsin:
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.passes("10s")
        _, journal = await tocsin.run()
        assert kinds(journal, "settled")[-1] is JournalKind.INTENDED
        await cancels(tocsin)
        await tocsin.passes("5s")
        run, journal = await tocsin.run()
    assert run.status is RunStatus.CANCELLED
    assert [one.data["summary"] for one in journal if one.step == "settled" and one.kind is JournalKind.FINISHED] == [
        "cut short: the run is cancelled"
    ]


async def test_what_is_being_taken_back_is_cancelled_too_and_may_be_asked_for_again(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.asked(2)
        await run_taken_back.ask(tocsin.world, actor("ann"), RUN)
        await tocsin.asked(3)
        await cancels(tocsin)
        case = await tocsin.until(ended)
        assert case.runs[0][0].status is RunStatus.CANCELLED
        await run_taken_back.ask(tocsin.world, actor("ann"), RUN)
        await tocsin.asked(4)
        await tocsin.answers("APR-4", by="ben")
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend first", "mend not first"]
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK


def asks(tx: Tx) -> bool:
    """What is about to be written asks somebody."""
    return bool(tx.approvals.open())


def plans(tx: Tx) -> bool:
    """What is about to be written is the plan that the question will be about."""
    return any(line.kind is JournalKind.PLANNED and line.step == "first" for line in tx.runs.journal(RUN))


@pytest.mark.parametrize("moment", [asks, plans])
async def test_who_cancels_in_the_moment_before_a_question_is_asked_is_not_asked(
    moment: Callable[[Tx], bool], database: Path
) -> None:
    async with living(database, [TWO]) as tocsin:
        inner = tocsin.world.store
        tocsin.world.store = Quicker(tocsin, inner, moment)
        tocsin.fails()
        case = await tocsin.until(ended)
    assert (case.runs[0][0].status, case.approvals) == (RunStatus.CANCELLED, ())


class Overtaken(Exception):
    """Somebody else writes before what is about to be written."""


class Quicker:
    """A `Store` in which somebody is quicker than the first write of `moment`: the run is cancelled."""

    def __init__(self, tocsin: Tocsin, inner: Store, moment: Callable[[Tx], bool]) -> None:
        self._tocsin, self._inner, self._moment, self._done = tocsin, inner, moment, False

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        def overtaken(tx: Tx) -> T:
            done = work(tx)
            if not self._done and self._moment(tx):
                raise Overtaken
            return done

        try:
            return await self._inner.write(overtaken, first=first)
        except Overtaken:
            self._done = True
            await cancels(self._tocsin)
            return await self._inner.write(work, first=first)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._inner.read(work)


async def test_who_only_looks_cancels_nothing(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        viewer = Actor(kind=ActorKind.PERSON, name="vera", via="api", roles=frozenset({VIEWER}))
        with pytest.raises(NotAllowed, match="vera may not cancel a run"):
            await run_cancelled.cancel(tocsin.world, viewer, RUN)


async def test_a_change_in_several_places_goes_no_further_while_nobody_can_tell_whether_it_may(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        heard, whole = [], tocsin.world.store.read

        async def away(_: object) -> None:
            raise StoreUnavailable("the server is away")

        async def acts() -> None:
            tocsin.world.store.read = away  # type: ignore[method-assign, assignment]
            heard.append(await in_turn.why_not_on())
            tocsin.world.store.read = whole  # type: ignore[method-assign]

        tocsin.hosts.witness = acts
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.passes("30s")
        await tocsin.until(ended)
    assert heard == ["nobody can tell whether it may go on: the server is away"]


async def test_a_change_in_several_places_goes_no_further_once_another_process_has_the_run(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        heard = []

        def taken(tx: Tx) -> None:
            tx.runs.release_all()
            assert tx.runs.claim("another", tocsin.clock.now(), RUN_LEASE, 1).runs

        async def acts() -> None:
            heard.append(await in_turn.why_not_on())
            await tocsin.world.store.write(taken)
            heard.append(await in_turn.why_not_on())

        tocsin.hosts.witness = acts
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.passes("1s")
    assert heard == ["", "another process carries RUN-1 by now"]
