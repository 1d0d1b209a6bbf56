"""How far a runbook may go by itself: given by an admin, earned by recoveries, lost by a failure; and what it asks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Conflict, NotAllowed
from bot.model.actor import ADMIN, Person, person
from bot.model.automation import Automation, Autonomy
from bot.model.ids import ApprovalId
from bot.model.report import Case
from bot.model.run import JournalKind, Question, RunStatus, RunVerdict
from bot.response import approval_given, automation_seen, run_wanted, trust_given
from bot.runbooks import asking
from bot.runbooks.spec import read_runbook
from tests.scenarios.runbooks import MEND, with_keys
from tests.scenarios.tocsin import Tocsin, actor, ended, kinds, living

CHIEF = person(Person(name="chief", roles=frozenset({ADMIN})), "cli")
STEPS = """\
  - id: mend_more
    uses: host.run
    with: {argv: [mend, more]}
"""


def governed(tocsin: Tocsin, automation: Automation) -> None:
    tocsin.world.setup = replace(tocsin.world.setup, automation=automation)


async def trusts(tocsin: Tocsin, level: Autonomy, runbook: str = "mend") -> None:
    await trust_given.give(tocsin.world, CHIEF, runbook, level, reason="it is good")


async def again(tocsin: Tocsin, runs: int) -> Case:
    """It fails once more, and everything that began is over."""
    tocsin.fails()
    return await tocsin.until(lambda case: len(case.runs) == runs and ended(case), within="30m")


async def test_who_only_observes_writes_down_what_would_have_been_done(database: Path) -> None:
    runbook = MEND + STEPS.replace("more]", '"{{ steps.mend.result.stdout }}"]')
    async with living(database, [runbook]) as tocsin:
        await trusts(tocsin, Autonomy.OBSERVE)
        case = await again(tocsin, 1)
        run, journal = await tocsin.run()
    assert (tocsin.hosts.ran, case.approvals) == ([], ())
    assert (run.status, run.autonomy) == (RunStatus.SUCCEEDED, Autonomy.OBSERVE)
    assert kinds(journal, "mend") == [JournalKind.PLANNED, JournalKind.OBSERVED]
    assert kinds(journal, "mend_more") == [JournalKind.SKIPPED]
    assert "would have run: run mend cart on cart-1" in tocsin.said(case)


async def test_one_answer_is_enough_for_all_changes_that_were_shown_with_it(database: Path) -> None:
    async with living(database, [MEND + STEPS]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        await trusts(tocsin, Autonomy.APPROVE)
        tocsin.fails()
        question = await tocsin.asked()
        assert [plan.summary for plan in question.covers] == ["run mend more on cart-1"]
        await tocsin.answers()
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart", "mend more"]
    assert len(case.approvals) == 1


async def test_one_answer_is_for_no_more_changes_than_a_card_can_show(database: Path) -> None:
    more = "".join(f"  - {{id: more_{one}, uses: host.run, with: {{argv: [mend, part{one}]}}}}\n" for one in range(7))
    async with living(database, [MEND + more]) as tocsin:
        await trusts(tocsin, Autonomy.APPROVE)
        tocsin.fails()
        question = await tocsin.asked()
        await tocsin.answers()
        second = await tocsin.asked(2)
    assert len(question.covers) == 5
    assert (second.step, tocsin.hosts.ran[-1]) == ("more_5", "mend part4")


async def test_a_change_that_is_not_what_was_shown_asks_for_itself(database: Path) -> None:
    async with living(database, [MEND + STEPS]) as tocsin:
        await trusts(tocsin, Autonomy.APPROVE)
        tocsin.fails()
        await tocsin.asked()
        tocsin.hosts.effect = lambda: setattr(tocsin.hosts, "state", "changed by the first step")
        await tocsin.answers()
        await tocsin.asked(2)
        assert tocsin.hosts.ran == ["mend cart"]


async def test_what_destroys_is_not_covered_by_one_persons_answer(database: Path) -> None:
    async with living(database, [MEND + STEPS.replace("mend, more", "wipe, more")]) as tocsin:
        await trusts(tocsin, Autonomy.APPROVE)
        tocsin.fails()
        question = await tocsin.asked()
        assert question.covers == ()
        await tocsin.answers()
        second = await tocsin.asked(2)
    assert second.count == 2


async def test_who_is_trusted_changes_unasked_and_still_asks_before_it_destroys(database: Path) -> None:
    async with living(database, [MEND + STEPS.replace("mend, more", "wipe, more")]) as tocsin:
        await trusts(tocsin, Autonomy.AUTO)
        tocsin.fails()
        question = await tocsin.asked()
        assert tocsin.hosts.ran == ["mend cart"]
    assert (question.step, question.count) == ("mend_more", 2)


async def test_a_runbook_that_wants_two_people_gets_them_however_it_is_trusted(database: Path) -> None:
    runbook = MEND.replace("approval: {", "approval: {count: 2, ")
    async with living(database, [runbook]) as tocsin:
        await trusts(tocsin, Autonomy.AUTO)
        tocsin.fails()
        assert (await tocsin.asked()).count == 2
    assert tocsin.hosts.ran == []


async def test_a_run_that_a_person_began_asks_unless_it_was_trusted_by_name(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        governed(tocsin, Automation(autonomy=Autonomy.AUTO))
        run = await run_wanted.start(tocsin.world, actor("ann"), "mend", inputs={"service": "cart"})
        assert run.autonomy is Autonomy.SUGGEST
        await trusts(tocsin, Autonomy.OBSERVE)
        run = await run_wanted.start(tocsin.world, actor("ann"), "mend", inputs={"service": "cart"})
        assert run.autonomy is Autonomy.SUGGEST
        await trusts(tocsin, Autonomy.AUTO)
        run = await run_wanted.start(tocsin.world, actor("ann"), "mend", inputs={"service": "cart"})
        assert run.autonomy is Autonomy.AUTO


async def test_recoveries_earn_an_offer_and_a_failure_takes_the_trust_away(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        governed(tocsin, Automation(autonomy=Autonomy.APPROVE, promote_after=1, ceilings={"mend": Autonomy.AUTO}))
        tocsin.hosts.effect = tocsin.recovers
        await trusts(tocsin, Autonomy.SUGGEST)
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        case = await tocsin.until(ended)
        assert case.runs[0][0].verdict is RunVerdict.RECOVERED
        offer = next(entry for entry in case.timeline if entry.text == "mend has earned more autonomy: approve")
        assert offer.why.startswith("mend has recovered 1 times in a row; `tocsin automation trust mend approve")
        assert await offered(tocsin) == [Autonomy.APPROVE]
        await trusts(tocsin, Autonomy.AUTO)
        tocsin.hosts.effect = lambda: None
        run = await run_wanted.start(
            tocsin.world, actor("ann"), "mend", incident_id=case.incident.id, inputs={"service": "cart"}
        )
        tocsin.fails()
        case = await tocsin.until(lambda case: len(case.runs) == 2 and ended(case), within="30m")
        seen = await automation_seen.seen(tocsin.world, actor("eve"))
    assert run.autonomy is Autonomy.AUTO
    assert case.runs[1][0].verdict is RunVerdict.NOT_RECOVERED
    assert "mend loses its autonomy: auto becomes suggest" in tocsin.said(case)
    (mend,) = seen.runbooks
    assert (mend.autonomy, mend.offered, mend.record.in_a_row) == (Autonomy.SUGGEST, None, 0)
    assert mend.trust is not None
    assert mend.trust.by == "tocsin"


async def test_a_runbook_that_does_something_else_earns_from_the_beginning(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        governed(tocsin, Automation(promote_after=1))
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        rewritten(tocsin, "title: Mends it", "title: Mends all of it")
        await tocsin.answers()
        case = await tocsin.until(ended)
        assert "mend has earned more autonomy: approve" in tocsin.said(case)
        rewritten(tocsin, "timeout: 30s", "timeout: 40s")
        (seen,) = (await automation_seen.seen(tocsin.world, actor("eve"))).runbooks
    assert (seen.offered, seen.record.recovered, seen.record.in_a_row) == (None, 1, 0)


async def test_a_run_that_began_before_its_runbook_was_rewritten_earns_nothing(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        governed(tocsin, Automation(promote_after=1))
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        rewritten(tocsin, "timeout: 30s", "timeout: 40s")
        await tocsin.answers()
        case = await tocsin.until(ended)
        assert case.runs[0][0].verdict is RunVerdict.RECOVERED
        assert not any("has earned" in text for text in tocsin.said(case))
        assert await offered(tocsin) == [None]


def rewritten(tocsin: Tocsin, old: str, new: str) -> None:
    """Somebody edits the runbook, and Tocsin reads it anew."""
    assert old in MEND
    mend = read_runbook(MEND.replace(old, new), "mend.yaml")
    tocsin.world.setup = replace(tocsin.world.setup, runbooks={"mend": mend})


async def offered(tocsin: Tocsin) -> Sequence[Autonomy | None]:
    return [one.offered for one in (await automation_seen.seen(tocsin.world, actor("eve"))).runbooks]


async def test_only_an_admin_trusts_and_never_above_the_ceiling(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        governed(tocsin, Automation(ceilings={"mend@prod": Autonomy.SUGGEST}))
        with pytest.raises(NotAllowed, match="ann may not give a runbook autonomy"):
            await trust_given.give(tocsin.world, actor("ann"), "mend", Autonomy.AUTO, reason="why not")
        with pytest.raises(NotAllowed, match="mend may not have more than suggest there"):
            await trust_given.give(tocsin.world, CHIEF, "mend", Autonomy.APPROVE, environment="prod", reason="why not")
        with pytest.raises(NotAllowed, match="mend may not have more than suggest there"):  # it may be anywhere
            await trust_given.give(tocsin.world, CHIEF, "mend", Autonomy.APPROVE, reason="why not")
        given = await trust_given.give(
            tocsin.world, CHIEF, "mend", Autonomy.APPROVE, environment="test", reason="it is good"
        )
    assert given.by == "chief"


ASKS = with_keys(MEND, "mend", "if: steps.which.result.much > '3'").replace(
    "  - id: mend\n",
    """  - id: which
    uses: ask
    with:
      question: "How much of {{ inputs.service }}?"
      answers:
        much: {type: int, min: 1, max: 9}
        why: {type: text, required: false}
  - id: mend
""",
)


async def test_a_runbook_asks_a_question_of_its_own_and_goes_on_with_the_answers(database: Path) -> None:
    async with living(database, [ASKS]) as tocsin:
        tocsin.world.actions = {**tocsin.world.actions, "ask": {"tocsin": asking.ACTION}}
        tocsin.fails()
        question = await tocsin.asked(1, Question.WHAT)
        assert question.ask == "How much of cart?"
        assert [one.name for one in question.wants] == ["much", "why"]
        with pytest.raises(Conflict, match="APR-1 wants another answer"):
            await tocsin.answers()
        with pytest.raises(NotAllowed, match="input 'much' is not a whole number from 1 to 9"):
            await approval_given.answer_what(tocsin.world, actor("ann"), ApprovalId("APR-1"), {"much": "12"})
        with pytest.raises(NotAllowed, match="it wants no 'more'"):
            await approval_given.answer_what(tocsin.world, actor("ann"), ApprovalId("APR-1"), {"more": "12"})
        await approval_given.answer_what(tocsin.world, actor("ann"), ApprovalId("APR-1"), {"much": "4"})
        mend = await tocsin.asked(2)
        case = await tocsin.case()
    assert mend.step == "mend"
    assert "APR-1 answered by ann: much=4, why=" in tocsin.said(case)


async def test_a_question_of_the_runbooks_own_lapses_too(database: Path) -> None:
    async with living(database, [ASKS]) as tocsin:
        tocsin.world.actions = {**tocsin.world.actions, "ask": {"tocsin": asking.ACTION}}
        tocsin.fails()
        await tocsin.asked(1, Question.WHAT)
        case = await tocsin.until(ended, within="40m")
    assert case.runs[0][0].status is RunStatus.REJECTED


async def test_a_recovery_that_somebody_put_an_end_to_earns_nothing(database: Path) -> None:
    async with living(database, [MEND + STEPS]) as tocsin:
        governed(tocsin, Automation(promote_after=1))
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.asked(2)
        tocsin.recovers()
        await tocsin.answers("APR-2", approve=False, reason="I have mended it")
        case = await tocsin.until(ended)
        assert (case.runs[0][0].status, case.runs[0][0].verdict) == (RunStatus.REJECTED, RunVerdict.RECOVERED)
        assert not any("has earned" in text for text in tocsin.said(case))
        assert await offered(tocsin) == [None]
