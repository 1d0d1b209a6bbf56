from dataclasses import replace

import pytest

from bot.model.run import ApprovalStatus, JournalEntry, JournalKind, Question, RunStatus, StepStatus
from bot.model.runbook import Step
from bot.reports.deeds import Deed, carried_out, granted, runs_told
from tests.unit.reports import cases
from tests.unit.reports.cases import at, entry, finished

PLANNED = entry(JournalKind.PLANNED, 1, "roll_back", {"plan": cases.plan_json(cases.plan())})
INTENDED = entry(JournalKind.INTENDED, 5, "roll_back", attempt=1)


def deed_of(*journal: JournalEntry) -> Deed:
    step = Step(id="roll_back", title="Switch back", uses="host.run")
    (told,) = runs_told(cases.case(runs=[(cases.run(runbook=cases.runbook(step)), journal)]))
    (deed,) = told.deeds
    return deed


def test_a_run_is_told_step_by_step() -> None:
    (told,) = runs_told(cases.case())
    read, wrote = told.deeds
    assert (read.status, read.risk, read.changes, read.carried_out) == (StepStatus.SUCCEEDED, "read", False, False)
    assert (wrote.status, wrote.risk, wrote.changes, wrote.carried_out) == (StepStatus.SUCCEEDED, "write", True, True)
    assert (wrote.does, wrote.targets, wrote.undo) == (
        "on shop: release switch checkout v1",
        "shop",
        "release switch checkout v2",
    )
    assert (wrote.diff, wrote.result) == ("-v2\n+v1", "checkout now runs v1")
    assert (wrote.began_at, wrote.ended_at, wrote.attempts) == (at(158.4), at(160.1), 1)
    assert (told.signal, told.signal_at, told.reason) == ("clear", at(178), "")
    grant = granted(wrote)
    assert grant is not None
    assert grant.given_by == ("ann",)
    assert granted(read) is None


def test_a_step_that_was_never_reached_did_nothing() -> None:
    deed = deed_of()
    assert (deed.status, deed.does, deed.risk, deed.changes) == (StepStatus.WAITING, "host.run", "", False)
    assert (deed.targets, deed.diff, deed.undo) == ("", "", "")


@pytest.mark.parametrize(
    ("journal", "status", "result"),
    [
        ((entry(JournalKind.SKIPPED, 1, "roll_back", {"reason": "its if is false"}),), "skipped", "its if is false"),
        ((entry(JournalKind.REFUSED, 1, "roll_back", {"error": "no such host"}),), "failed", "no such host"),
        ((PLANNED, entry(JournalKind.ASKED, 2, "roll_back")), "asking", ""),
        ((PLANNED, entry(JournalKind.ANSWERED, 2, "roll_back", {"answer": "approve"})), "waiting", ""),
        ((PLANNED, entry(JournalKind.ANSWERED, 2, "roll_back", {"answer": "void"})), "waiting", ""),
        (
            (PLANNED, entry(JournalKind.ANSWERED, 2, "roll_back", {"answer": "reject", "reason": "no"})),
            "rejected",
            "no",
        ),
        ((PLANNED, entry(JournalKind.ANSWERED, 2, "roll_back", {"answer": "expired"})), "rejected", ""),
        ((PLANNED, INTENDED), "running", ""),
        ((PLANNED, INTENDED, finished("roll_back", 6)), "succeeded", "done"),
        ((PLANNED, INTENDED, finished("roll_back", 6, "failed", summary="exit 1")), "failed", "exit 1"),
        ((PLANNED, INTENDED, finished("roll_back", 6, "unknown", summary="timeout")), "unknown", "timeout"),
        ((PLANNED, INTENDED, finished("roll_back", 6, "failed", did_not_run=True)), "waiting", "done"),
        ((PLANNED, INTENDED, entry(JournalKind.ASKED_IF_RAN, 9, "roll_back")), "unknown", ""),
        ((PLANNED, entry(JournalKind.PLANNED, 2, "roll_back", {"plan": None})), "waiting", ""),
    ],
)
def test_how_a_step_stands_is_what_its_journal_says_last(
    journal: tuple[JournalEntry, ...], status: str, result: str
) -> None:
    deed = deed_of(*journal)
    assert (deed.status, deed.result) == (status, result)


def test_a_step_whose_end_a_person_told_of_says_so() -> None:
    said = entry(JournalKind.ANSWERED_IF_RAN, 9, "roll_back", {"did": "did"}, actor=cases.ANN)
    deed = deed_of(PLANNED, INTENDED, entry(JournalKind.ASKED_IF_RAN, 8, "roll_back"), said, finished("roll_back", 9))
    assert (deed.told_by, deed.told_did, deed.status) == ("ann", True, StepStatus.SUCCEEDED)
    never = replace(said, data={"did": "did_not"})
    assert not deed_of(PLANNED, INTENDED, never).told_did


def test_attempts_are_counted() -> None:
    again = replace(INTENDED, at=at(7), attempt=2)
    deed = deed_of(PLANNED, INTENDED, finished("roll_back", 6, "failed"), again)
    assert (deed.attempts, deed.began_at, deed.ended_at, deed.status) == (2, at(7), None, StepStatus.RUNNING)


def test_entries_about_the_whole_run_belong_to_no_step() -> None:
    whole = (
        entry(JournalKind.CANCELLED, 3),
        entry(JournalKind.ENDED, 4, data={"status": "cancelled", "reason": "stop"}),
    )
    run = cases.run(status=RunStatus.CANCELLED)
    (told,) = runs_told(cases.case(runs=[(run, whole)]))
    assert (told.reason, told.signal, told.signal_at) == ("stop", "", None)
    assert deed_of(PLANNED, entry(JournalKind.CANCELLED, 3, "roll_back")).status is StepStatus.WAITING


def test_only_questions_whether_it_may_run_are_its_approvals() -> None:
    others = [
        cases.approval(question=Question.DID_IT_RUN),
        cases.approval(step="errors"),
        cases.approval(run="RUN-9"),
        cases.approval(status=ApprovalStatus.EXPIRED, given_by=()),
    ]
    (told,) = runs_told(cases.case(approvals=others))
    assert [one.status for one in told.deeds[1].approvals] == [ApprovalStatus.EXPIRED]
    assert granted(told.deeds[1]) is None


def test_changes_are_told_in_the_order_they_ended() -> None:
    early = (cases.run(id="RUN-1", started_at=at(0)), (PLANNED, INTENDED, finished("roll_back", 9)))
    late = (cases.run(id="RUN-2", started_at=at(3)), (PLANNED, INTENDED, finished("roll_back", 6)))
    done = carried_out(runs_told(cases.case(runs=[late, early])))
    assert [told.run.id for told, _ in done] == ["RUN-2", "RUN-1"]
    assert [told.run.id for told in runs_told(cases.case(runs=[late, early]))] == ["RUN-1", "RUN-2"]


def test_what_was_taken_back_is_told_after_what_was_done() -> None:
    back = Step(id="roll_back.rollback", title="Switch forward", uses="undo")
    look = Step(id="roll_back.verify", title="See that it holds", uses="prometheus.wait_until")
    step = Step(id="roll_back", title="Switch back", uses="host.run", verify=look, rollback=back)
    journal = (
        PLANNED,
        INTENDED,
        finished("roll_back", 6),
        entry(JournalKind.PLANNED, 8, back.id, {"plan": cases.plan_json(cases.plan(summary="forward again"))}),
        finished(back.id, 9),
    )
    (told,) = runs_told(cases.case(runs=[(cases.run(runbook=cases.runbook(step)), journal)]))
    assert [deed.id for deed in told.deeds] == ["roll_back", "roll_back.rollback"]
    assert [deed.does for _, deed in carried_out([told])] == [cases.plan().summary, "forward again"]


def test_one_yes_for_two_changes_is_told_with_both() -> None:
    more = Step(id="more", title="Switch more", uses="host.run")
    second = cases.plan(summary="switch more", targets=("more",))
    planned = {**cases.plan_json(second), "hash": second.hash}
    journal = (PLANNED, entry(JournalKind.PLANNED, 8, "more", {"plan": planned}))
    steps = (Step(id="roll_back", title="Switch back", uses="host.run"), more)
    given = cases.approval(step="roll_back", covers=(second,))
    (told,) = runs_told(cases.case(runs=[(cases.run(runbook=cases.runbook(*steps)), journal)], approvals=(given,)))
    assert [granted(deed) for deed in told.deeds] == [given, given]


def test_a_change_that_was_only_observed_was_not_made() -> None:
    deed = deed_of(PLANNED, entry(JournalKind.OBSERVED, 2, "roll_back", {"summary": "switch"}))
    assert (deed.status, deed.result, deed.carried_out) == (
        StepStatus.SKIPPED,
        "only observed, nothing was changed",
        False,
    )
