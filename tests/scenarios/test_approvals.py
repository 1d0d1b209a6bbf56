"""People are asked: yes, no, too late, not alone, and what happens when the world moves on meanwhile."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Conflict, NotAllowed
from bot.model.plan import ActionResult, Outcome
from bot.model.run import Approval, ApprovalStatus, JournalKind, Question, RunStatus
from bot.response import run_wanted
from tests.scenarios.runbooks import MEND, OFFERED, with_keys
from tests.scenarios.tocsin import actor, ended, kinds, living


async def test_a_rejection_ends_the_run_and_changes_nothing(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers(approve=False, reason="I know better")
        case = await tocsin.until(ended)
        with pytest.raises(NotAllowed, match="APR-1 is rejected: there is nothing left to answer"):
            await tocsin.answers()
    assert tocsin.hosts.ran == []
    assert case.runs[0][0].status is RunStatus.REJECTED
    assert case.timeline[-1].why == "step mend: I know better"


async def test_a_question_nobody_answers_lapses(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        await tocsin.passes("31m")
        case = await tocsin.case()
        with pytest.raises(NotAllowed, match="APR-1 is expired"):
            await tocsin.answers()
    assert tocsin.hosts.ran == []
    assert [one.status for one in case.approvals] == [ApprovalStatus.EXPIRED]
    assert case.runs[0][0].status is RunStatus.REJECTED
    assert "APR-1 lapsed: nobody answered in time" in tocsin.said(case)


async def test_an_answer_to_another_plan_or_another_question_is_refused(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        with pytest.raises(Conflict, match="APR-1 is about another plan than the one you saw"):
            await tocsin.answers(plan_hash="0" * 64)
        with pytest.raises(Conflict, match="APR-1 wants another answer") as caught:
            await tocsin.says("APR-1", did=True)
        assert caught.value.hint == "answer approve or reject"
        with pytest.raises(NotAllowed, match="needs the role 'on-call', which eve does not hold"):
            await tocsin.answers(by="eve")
        await tocsin.passes("1m")
    assert tocsin.hosts.ran == []


async def test_when_the_plan_has_changed_since_the_approval_it_is_asked_for_again(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        first = await tocsin.asked()
        tocsin.hosts.state = "changed by somebody else"
        await tocsin.answers()
        second = await tocsin.asked(2)
        assert tocsin.hosts.ran == []
        assert second.plan.hash != first.plan.hash
        tocsin.hosts.shows = "+ more than people saw"
        await tocsin.answers("APR-2")
        await tocsin.asked(3)
        await tocsin.answers("APR-3")
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]
    assert [one.status for one in case.approvals] == [ApprovalStatus.VOID, ApprovalStatus.VOID, ApprovalStatus.APPROVED]
    void = next(entry for entry in case.timeline if entry.text == "the approval of step mend is void")
    assert void.why == "what it would do has changed since it was approved"


async def test_when_what_was_approved_cannot_be_done_any_more_the_run_ends(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        tocsin.world.actions = {**tocsin.world.actions, "host.run": {}}
        await tocsin.passes("1m")
        tocsin.world.actions = {**tocsin.world.actions, "host.run": {"hosts": tocsin.hosts.action()}}
        tocsin.hosts.forgets("mend")
        await tocsin.answers()
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == []
    assert [one.status for one in case.approvals] == [ApprovalStatus.VOID]
    assert case.runs[0][0].status is RunStatus.FAILED
    assert case.timeline[-1].why == "step mend: no command is called 'mend cart'"


async def test_two_people_agree_to_what_destroys(database: Path) -> None:
    async with living(database, [MEND.replace("[mend,", "[wipe,")]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        assert (await tocsin.answers(by="ann")).status is ApprovalStatus.OPEN
        await tocsin.passes("1m")
        with pytest.raises(NotAllowed, match="ann has approved APR-1 already"):
            await tocsin.answers(by="ann")
        assert tocsin.hosts.ran == []
        assert (await tocsin.answers(by="ben")).given_by == ("ann", "ben")
        await tocsin.until(ended)
    assert tocsin.hosts.ran == ["wipe cart"]


async def test_a_run_whose_time_passed_before_anybody_looked_leaves_no_question_open(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        tocsin.clock.is_set(timedelta(hours=1))
        case = await tocsin.until(ended)
        assert [(one.status, one.reason) for one in case.approvals] == [
            (ApprovalStatus.VOID, "the run is over: the run's time was over before step mend")
        ]
        with pytest.raises(NotAllowed, match="APR-1 is void"):
            await tocsin.answers()


async def test_who_begins_a_run_leaves_its_approval_to_somebody_else(database: Path) -> None:
    async with living(database, [OFFERED.replace("[wipe,", "[mend,")]) as tocsin:
        await run_wanted.start(tocsin.world, actor("ann"), "offered", inputs={"service": "cart"})
        await tocsin.passes("10s")
        with pytest.raises(NotAllowed, match="ann began this run, so somebody else must approve APR-1") as caught:
            await tocsin.answers(by="ann")
        assert caught.value.hint == "ask ben"
        await tocsin.answers(by="ben")
        await tocsin.passes("10s")
        run, _ = await tocsin.run()
    assert (tocsin.hosts.ran, run.status) == (["mend cart"], RunStatus.SUCCEEDED)


async def test_who_is_alone_may_approve_what_they_began(database: Path) -> None:
    async with living(database, [OFFERED.replace("[wipe,", "[mend,")], people=("ann",)) as tocsin:
        await run_wanted.start(tocsin.world, actor("ann"), "offered", inputs={"service": "cart"})
        await tocsin.passes("10s")
        await tocsin.answers(by="ann")
        await tocsin.passes("10s")
    assert tocsin.hosts.ran == ["mend cart"]


async def test_a_question_whose_words_cannot_be_made_asks_with_the_plan_itself(database: Path) -> None:
    async with living(database, [MEND.replace("steps.look.result.stdout", "steps.look.result.nothing")]) as tocsin:
        tocsin.fails()
        assert (await tocsin.asked()).ask == "Mend the service: run mend cart on cart-1?"


UNSEEN = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost")


async def test_whether_it_ran_is_asked_where_only_a_person_can_find_out(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.ends = UNSEEN
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        question = await tocsin.asked(2, Question.DID_IT_RUN)
        assert question.ask == "step mend was begun and its end was not seen: did it run? (run mend cart on cart-1)"
        await tocsin.passes("40m")
        with pytest.raises(Conflict, match="APR-2 wants another answer") as caught:
            await tocsin.answers("APR-2")
        assert caught.value.hint == "answer did or did_not"
        tocsin.recovers()
        await tocsin.says("APR-2", did=True)
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
    assert tocsin.hosts.ran == ["mend cart"]
    assert case.runs[0][0].status is RunStatus.SUCCEEDED
    assert kinds(journal, "mend")[3:] == [
        JournalKind.INTENDED,
        JournalKind.FINISHED,
        JournalKind.ASKED_IF_RAN,
        JournalKind.ANSWERED_IF_RAN,
        JournalKind.FINISHED,
    ]
    assert "ann says of step mend: it ran" in tocsin.said(case)


async def test_what_did_not_run_runs_under_the_same_approval(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.ends = UNSEEN
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.asked(2, Question.DID_IT_RUN)
        tocsin.hosts.works()
        tocsin.hosts.effect = tocsin.recovers
        await tocsin.says("APR-2", did=False)
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart", "mend cart"]
    assert case.runs[0][0].status is RunStatus.SUCCEEDED
    assert len(case.approvals) == 2


async def test_a_step_that_only_reads_asks_when_its_runbook_wants_that(database: Path) -> None:
    runbook = with_keys(MEND, "look", 'approval: {ask: "Look at {{ inputs.service }}?"}')
    async with living(database, [runbook]) as tocsin:
        tocsin.fails()
        assert (await tocsin.asked()).ask == "Look at cart?"
        await tocsin.answers()
        assert (await tocsin.asked(2)).step == "mend"


async def test_a_hundred_answers_at_once_are_one_change(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        who = [name for name in ("ann", "ben") for _ in range(50)]
        said = await asyncio.gather(*(tocsin.answers(by=name) for name in who), return_exceptions=True)
        case = await tocsin.until(ended)
    assert [type(one) for one in said if not isinstance(one, NotAllowed)] == [Approval]
    assert tocsin.hosts.ran == ["mend cart"]
    assert kinds(case.runs[0][1], "mend").count(JournalKind.ANSWERED) == 1
