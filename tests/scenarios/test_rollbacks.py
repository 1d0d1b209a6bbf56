"""What was changed is looked at, and taken back when the run fails or a person asks for it."""

from pathlib import Path

import pytest

from bot.errors import Conflict
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import ApprovalStatus, JournalKind, Question, RunStatus, RunVerdict
from bot.response import run_taken_back
from tests.scenarios.runbooks import MEND, with_keys
from tests.scenarios.tocsin import Tocsin, actor, ended, ending, kinds, living

TWO = """\
runbook: two
title: Mends it in two steps
owner: shop
triggers: [{match: {alertname: Fails}, auto: read}]
inputs:
  service: {from: alert.labels.service, pattern: "^[a-z]+$"}
steps:
  - id: first
    uses: host.run
    with: {argv: [mend, first]}
    rollback: undo
  - id: second
    uses: host.run
    with: {argv: [mend, second]}
    rollback: {uses: host.run, with: {argv: [mend, back]}}
  - id: third
    uses: host.run
    with: {argv: [mend, third]}
"""


async def says_yes(tocsin: Tocsin, *numbers: int) -> None:
    for number in numbers:
        await tocsin.asked(number)
        await tocsin.answers(f"APR-{number}")


async def test_what_a_failed_run_changed_is_taken_back_last_things_first(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.hosts.failing = {"mend third"}
        tocsin.fails()
        await says_yes(tocsin, 1, 2, 3)
        back = await tocsin.asked(4)
        assert (back.step, back.plan.params) == ("second.rollback", {"argv": ["mend", "back"]})
        await says_yes(tocsin, 4, 5)
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend first", "mend second", "mend third", "mend back", "mend not first"]
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK
    assert ending(case) == "step third: mend third: exit status 1; what it changed was taken back"
    assert "what RUN-1 changed is taken back, last things first" in tocsin.said(case)


async def test_a_rollback_nobody_wants_leaves_the_changes_and_says_so(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.hosts.failing = {"mend third"}
        tocsin.fails()
        await says_yes(tocsin, 1, 2, 3)
        await tocsin.asked(4)
        await tocsin.answers("APR-4", approve=False)
        case = await tocsin.until(ended)
        assert case.runs[0][0].status is RunStatus.FAILED
        assert "taking it back failed at step second.rollback: rejected by ann" in ending(case)
        again = await run_taken_back.ask(tocsin.world, actor("ben"), RunId("RUN-1"), reason="it must")
        assert again.status is RunStatus.RUNNING
        await says_yes(tocsin, 5, 6)
        case = await tocsin.until(ended)
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK
    assert tocsin.hosts.ran[-2:] == ["mend back", "mend not first"]


async def test_who_wants_a_run_taken_back_does_not_approve_that(database: Path) -> None:
    async with living(database, [with_keys(MEND, "mend", "rollback: undo")]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await says_yes(tocsin, 1)
        case = await tocsin.until(ended)
        assert case.runs[0][0].status is RunStatus.SUCCEEDED
        await run_taken_back.ask(tocsin.world, actor("ann"), RunId("RUN-1"))
        with pytest.raises(Conflict, match="RUN-1 is taken back already"):
            await run_taken_back.ask(tocsin.world, actor("ben"), RunId("RUN-1"))
        question = await tocsin.asked(2)
        assert question.requested_by.name == "ann"
        await tocsin.answers("APR-2", by="ben")
        case = await tocsin.until(ended)
        with pytest.raises(Conflict, match="RUN-1 is taken back already"):
            await run_taken_back.ask(tocsin.world, actor("ben"), RunId("RUN-1"))
    assert tocsin.hosts.ran == ["mend cart", "mend not cart"]
    assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.ROLLED_BACK, RunVerdict.RECOVERED)


async def test_a_run_in_mid_question_is_taken_back_and_the_question_is_void(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.fails()
        await says_yes(tocsin, 1)
        await tocsin.asked(2)
        await run_taken_back.ask(tocsin.world, actor("ann"), RunId("RUN-1"), reason="wrong host")
        back = await tocsin.asked(3)
        assert back.step == "first.rollback"
        await tocsin.answers("APR-3", by="ben")
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend first", "mend not first"]
    assert case.approvals[1].status is ApprovalStatus.VOID
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK


async def test_whether_a_change_ran_is_still_asked_when_it_is_to_be_taken_back(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost")
        tocsin.fails()
        await says_yes(tocsin, 1)
        question = await tocsin.asked(2, Question.DID_IT_RUN)
        await run_taken_back.ask(tocsin.world, actor("ann"), RunId("RUN-1"), reason="wrong host")
        await tocsin.says(question.id, did=True)
        tocsin.hosts.works()
        await tocsin.asked(3)
        await tocsin.answers("APR-3", by="ben")
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend first", "mend not first"]
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK


async def test_what_changed_nothing_cannot_be_taken_back(database: Path) -> None:
    async with living(database, [TWO]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        with pytest.raises(Conflict, match="RUN-1 changed nothing that its runbook says how to take back"):
            await run_taken_back.ask(tocsin.world, actor("ann"), RunId("RUN-1"))


async def test_a_change_known_to_have_left_everything_as_it_was_is_not_taken_back(database: Path) -> None:
    async with living(database, [with_keys(MEND, "mend", "rollback: undo")]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.FAILED, summary="409 conflict", untouched=True)
        tocsin.fails()
        await says_yes(tocsin, 1)
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]
    assert case.runs[0][0].status is RunStatus.FAILED


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("expect: result.code == 0", "`expect: result.code == 0` is false; done"),
        ("verify: {uses: host.run, with: {argv: [look, cart]}, expect: result.stdout == 'well'}", "`expect: result"),
    ],
)
async def test_a_change_that_did_not_do_what_was_expected_has_failed_and_is_taken_back(
    keys: str, why: str, database: Path
) -> None:
    keys = f"{keys}\n    retry: {{attempts: 3}}\n    rollback: undo"
    async with living(database, [with_keys(MEND, "mend", keys)]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.SUCCEEDED, summary="done", value={"code": 1})
        tocsin.fails()
        await says_yes(tocsin, 1, 2)
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
    assert tocsin.hosts.ran == ["mend cart", "mend not cart"]
    assert case.runs[0][0].status is RunStatus.ROLLED_BACK
    assert why in ending(case)
    assert kinds(journal, "mend.rollback")[-1] is JournalKind.FINISHED


async def test_what_holds_afterwards_goes_on(database: Path) -> None:
    keys = 'verify: {expr: "errors == 0", within: 1m}'
    async with living(database, [with_keys(MEND, "mend", keys)]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await says_yes(tocsin, 1)
        case = await tocsin.until(ended)
        run, journal = await tocsin.run()
    assert kinds(journal, "mend.verify") == [JournalKind.PLANNED, JournalKind.INTENDED, JournalKind.FINISHED]
    assert (run.status, run.verdict) == (RunStatus.SUCCEEDED, RunVerdict.RECOVERED)
    verdict = next(entry for entry in case.timeline if entry.text.startswith("verdict of RUN-1: recovered, "))
    assert verdict.why == "approved by ann"
