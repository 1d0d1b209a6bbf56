"""Faults against what is promised of runs that are killed, cancelled, paused, or kept by a store that goes away."""

from tests.bites import Bite, replaced
from tests.bites.promises import pytest

CANCELLED = "tests/scenarios/test_cancelled.py"
STEPS = "tests/scenarios/test_steps.py"
MACHINE = "tests/property/test_run_machine.py"

BITES = [
    Bite(
        fault="a log line of a run that does not say which",
        file="bot/engine/runner.py",
        plant=replaced('with about(run=run.id, incident=run.incident or ""):', "if True:"),
        caught_by=pytest("tests/scenarios/test_steps.py", "-k", "names_it"),
        says="KeyError: 'run'",
    ),
    Bite(
        fault="a lease that is not renewed",
        file="bot/engine/runner.py",
        plant=replaced("                await self._renew(run)\n", "                pass\n"),
        caught_by=pytest("tests/kill/test_takeover.py", "-k", "first_is_killed"),
        says="taken over from somebody who lives",
    ),
    Bite(
        fault="a run that cannot be read, and holds up all others",
        file="bot/store/repositories/runs.py",
        plant=replaced("                unread[RunId(row.id)] = mistake\n", "                raise\n"),
        caught_by=pytest("tests/scenarios/test_given_up.py", "-k", "holds_up_no_other"),
        says="'of another version' is not a valid RunStatus",
    ),
    Bite(
        fault="a question that outlives its run",
        file="bot/response/run_ended.py",
        plant=replaced("if any(line.kind is JournalKind.ASKED for line in journal):", "if False:"),
        caught_by=pytest("tests/scenarios/test_approvals.py", "-k", "leaves_no_question_open"),
        says="'open'>, '')] == [",
    ),
    Bite(
        fault="a run that is tried for ever",
        file="bot/engine/runner.py",
        plant=replaced("            self._mistakes[run.id] += 1\n", ""),
        caught_by=pytest("tests/scenarios/test_given_up.py", "-k", "again_and_again"),
        says="not seen within",
    ),
    Bite(
        fault="a run that is given up, and nobody is woken",
        file="bot/response/run_given_up.py",
        plant=replaced("        wake(tx, world.setup, actor, run, reason, now)\n", ""),
        caught_by=pytest("tests/scenarios/test_given_up.py", "-k", "again_and_again"),
        says="INC-2",
    ),
    Bite(
        fault="a cancelled run that goes on",
        file="bot/runbooks/journal.py",
        plant=replaced("{JournalKind.ROLLBACK, JournalKind.CANCELLED}", "{JournalKind.ROLLBACK}"),
        # what it finds is made small, which takes minutes; cut off in the middle of that it says something else
        caught_by=pytest(MACHINE, "-k", "cancelled_run", "-o", "timeout=900"),
        says="of a cancelled run begins",
    ),
    Bite(
        fault="an approval that holds though more would change than people saw",
        file="bot/model/plan.py",
        plant=replaced('            "diff": self.diff,\n', ""),
        caught_by=pytest("tests/scenarios/test_approvals.py", "-k", "changed_since_the_approval"),
        says="not seen within",
    ),
    Bite(
        fault="a step that was tried again is taken back by a plan that finds nothing to take back",
        file="bot/runbooks/story.py",
        plant=replaced("return before if keeps else now or before", "return now or before"),
        caught_by=pytest("tests/unit/runbooks/test_machine.py", "-k", "tried_again"),
        says="test_what_was_tried_again_is_taken_back_by_the_plan_that_says_how",
    ),
    Bite(
        fault="a cancelled run that ends while its change is under way",
        file="bot/runbooks/machine.py",
        plant=replaced(
            "settling = _unsettled(each_step(run.runbook), journal, leave, now)",
            "settling = _unsettled((), journal, leave, now)",
        ),
        caught_by=pytest(f"{CANCELLED}::test_whether_a_change_ran_is_still_asked_and_then_it_is_over"),
        says="not seen within",
    ),
    Bite(
        fault="a question that is put although the run was cancelled as its plan was written",
        file="bot/response/run_due.py",
        plant=replaced("if not await carried.settle():\n        return None", "await carried.settle()"),
        caught_by=pytest(CANCELLED, "-k", "in_the_moment_before"),
        says="plans",
    ),
    Bite(
        fault="a question of a cancelled run that can still be answered",
        file="bot/response/run_cancelled.py",
        plant=replaced("    questions_dropped.drop(tx, actor, run, why, now)\n", ""),
        caught_by=pytest(f"{CANCELLED}::test_a_run_that_asks_is_cancelled_at_once_and_its_question_is_void"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="whether a change ran, forgotten with its run",
        file="bot/response/questions_dropped.py",
        plant=replaced(" and approval.question is not Question.DID_IT_RUN:", ":"),
        caught_by=pytest(
            "tests/scenarios/test_rollbacks.py::test_whether_a_change_ran_is_still_asked_when_it_is_to_be_taken_back"
        ),
        says="is void",
    ),
    Bite(
        fault="an end that is written again because nobody could say that it was",
        file="bot/response/carried.py",
        plant=replaced("(one.has_happened and not one.is_there(others))", "one.has_happened"),
        caught_by=pytest(f"{STEPS}::test_an_end_that_was_written_though_nobody_could_say_so_is_not_written_again"),
        says="AssertionError",
    ),
    Bite(
        fault="a run that has ended and is put off",
        file="bot/engine/runner.py",
        plant=replaced("if tx.runs.get(run.id).ended_at is None:", "if tx.runs.get(run.id):"),
        caught_by=pytest(f"{STEPS}::test_an_end_that_was_written_though_nobody_could_say_so_is_not_written_again"),
        says="AssertionError",
    ),
    Bite(
        fault="a question that is asked though the run was cancelled the moment before",
        file="bot/response/step_asked.py",
        plant=replaced("await carried.write(lambda tx: _keep(", "await world.store.write(lambda tx: _keep("),
        caught_by=pytest(f"{CANCELLED}::test_who_cancels_in_the_moment_before_a_question_is_asked_is_not_asked"),
        says="AssertionError",
    ),
]
