"""Faults in what keeps Tocsin from doing harm by itself: each is caught by a property or a scenario."""

from tests.bites import Bite, replaced
from tests.bites.promises import pytest

MACHINE = "tests/property/test_run_machine.py"
GUARD = "tests/scenarios/test_guard.py"
ROLLBACKS = "tests/scenarios/test_rollbacks.py"
AUTONOMY = "tests/scenarios/test_autonomy.py"

BITES = [
    Bite(
        fault="what was done first is taken back first",
        file="bot/runbooks/machine.py",
        plant=replaced(
            "for step in reversed(run.runbook.steps)\n        if step.rollback",
            "for step in run.runbook.steps\n        if step.rollback",
        ),
        caught_by=pytest(f"{ROLLBACKS}::test_what_a_failed_run_changed_is_taken_back_last_things_first"),
        says="first.rollback",
    ),
    Bite(
        fault="a change that is taken back while it may still be under way",
        file="bot/runbooks/machine.py",
        plant=replaced("(over := one_step.over_at(step, unseen_at))", "(over := unseen_at)"),
        caught_by=pytest("tests/unit/runbooks/test_machine.py"),
        says="AssertionError",
    ),
    Bite(
        fault="a run that leaves its changes in place and does not say so",
        file="bot/runbooks/machine.py",
        plant=replaced('reason=f"{move.reason}; {stays}"', "reason=move.reason"),
        caught_by=pytest(MACHINE),
        says="what it changed stays",
    ),
    Bite(
        fault="a yes that was taken back and still covers another change",
        file="bot/runbooks/journal.py",
        plant=replaced("                plans.pop(entry.step, None)\n", "                plans.get(entry.step)\n"),
        caught_by=pytest(MACHINE),
        says="AssertionError",
    ),
    Bite(
        fault="a switch that lets everything be looked at",
        file="bot/runbooks/limits.py",
        plant=replaced("    if standing.pause.paused:\n", "    if False:\n"),
        caught_by=pytest(f"{GUARD}::test_while_automation_is_paused_nothing_is_looked_at_either"),
        says="AssertionError",
    ),
    Bite(
        fault="a switch that nobody looks at before a step begins",
        file="bot/response/step_begun.py",
        plant=replaced("pause, locked = tx.automation.pause(), ", "pause, locked = type(tx.automation.pause())(), "),
        caught_by=pytest(f"{GUARD}::test_while_automation_is_paused_nothing_begins_and_what_began_goes_on"),
        says="AssertionError",
    ),
    Bite(
        fault="a freeze that holds nothing",
        file="bot/runbooks/limits.py",
        plant=replaced("if name not in intervals or contains(intervals[name], now)", "if name not in intervals"),
        caught_by=pytest(f"{GUARD}::test_a_freeze_holds_changes_until_it_is_over"),
        says="assert tocsin.hosts.ran == []",
    ),
    Bite(
        fault="an approval by somebody who has lost the role",
        file="bot/runbooks/policy.py",
        plant=replaced("return role in person.roles and (", "return True or ("),
        caught_by=pytest(f"{GUARD}::test_an_approval_is_void_when_the_approver_has_lost_the_role"),
        says="not seen within",
    ),
    Bite(
        fault="what destroys runs unasked where a runbook is trusted",
        file="bot/runbooks/policy.py",
        plant=replaced("risk is Risk.WRITE and terms.count <= least", "terms.count <= least"),
        caught_by=pytest(f"{AUTONOMY}::test_who_is_trusted_changes_unasked_and_still_asks_before_it_destroys"),
        says="not seen within",
    ),
    Bite(
        fault="trust that survives a failure",
        file="bot/runbooks/autonomy.py",
        plant=replaced(
            "    return run.changed_at is not None and failed\n", "    return run.changed_at is None and failed\n"
        ),
        caught_by=pytest(f"{AUTONOMY}::test_recoveries_earn_an_offer_and_a_failure_takes_the_trust_away"),
        says="mend loses its autonomy",
    ),
    Bite(
        fault="runs of a schedule that pile up behind a question nobody answers",
        file="bot/response/schedules_due.py",
        plant=replaced("        _alone(tx, one)\n", ""),
        caught_by=pytest("tests/scenarios/test_triggers.py", "-k", "is_left_out"),
        says="04:10",
    ),
    Bite(
        fault="recoveries of what a runbook did before it was rewritten",
        file="bot/store/repositories/automation.py",
        plant=replaced("row for row in rows if does and row.does == does", "rows"),
        caught_by=pytest(f"{AUTONOMY}::test_a_runbook_that_does_something_else_earns_from_the_beginning"),
        says="AssertionError",
    ),
    Bite(
        fault="a run of a runbook as it was that earns the one that is now something",
        file="bot/response/trust_followed.py",
        plant=replaced("runbook is None or autonomy.doing(runbook) != run.does", "runbook is None"),
        caught_by=pytest(f"{AUTONOMY}::test_a_run_that_began_before_its_runbook_was_rewritten_earns_nothing"),
        says="has earned",
    ),
]
