"""Faults through which something would be done that nobody agreed to: each is caught by an attack that succeeds."""

from tests.bites import Bite, replaced
from tests.bites.promises import pytest

ATTACKS = "tests/scenarios/test_attacks.py"

BITES = [
    Bite(
        fault="a rollback that any person has made unasked",
        file="bot/runbooks/machine.py",
        plant=replaced("autonomy = Autonomy.SUGGEST if by_hand else", "autonomy ="),
        caught_by=pytest(f"{ATTACKS}::test_what_was_done_unasked_is_not_taken_back_unasked_by_whoever_likes"),
        says="not seen within 5m",
    ),
    Bite(
        fault="an alert that begins a run for nobody, whoever sent it",
        file="bot/response/incident_opened.py",
        plant=replaced("wants = beginning.wants(actor, alert, setup.people)", "wants = actor"),
        caught_by=pytest(f"{ATTACKS}::test_who_sends_the_alert_that_begins_a_run_does_not_approve_what_it_does"),
        says="AssertionError",
    ),
    Bite(
        fault="a look that may change something",
        file="bot/runbooks/limits.py",
        plant=replaced("    if step.id.endswith(_LOOK):\n", "    if False:\n"),
        caught_by=pytest(f"{ATTACKS}::test_a_look_that_would_change_something_is_refused_and_nobody_is_asked_for_it"),
        says="not seen within 5m",
    ),
    Bite(
        fault="trust that outlives what it was given to",
        file="bot/runbooks/autonomy.py",
        plant=replaced(" or trust.does == doing(runbook):", " or True:"),
        caught_by=pytest(f"{ATTACKS}::test_what_was_trusted_is_trusted_no_more_once_it_does_something_else"),
        says="AssertionError",
    ),
    Bite(
        fault="an action that says it reads and is let write",
        file="bot/response/offers.py",
        plant=replaced("    if plan.risk is Risk.READ and plan.integration != OURS:\n", "    if False:\n"),
        caught_by=pytest(f"{ATTACKS}::test_an_action_that_says_it_reads_and_writes_is_stopped_below_it"),
        says="AssertionError",
    ),
    Bite(
        fault="a program into which anything is filled",
        file="bot/runbooks/templates.py",
        plant=replaced("Filling.LANGUAGE: _made(_only_a_word)", "Filling.LANGUAGE: _made(_only_a_value)"),
        caught_by=pytest("tests/unit/runbooks/test_templates.py"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="a text that makes a pattern run for ever",
        file="bot/runbooks/inputs.py",
        plant=replaced("regex.compiled(one.pattern).fullmatch(value)", "re.fullmatch(one.pattern, value)"),
        caught_by=pytest("tests/unit/runbooks/test_choices.py", "-k", "for_ever", "-o", "timeout=20"),
        says="Timeout",
    ),
    Bite(
        fault="a service that is protected by name alone",
        file="bot/runbooks/limits.py",
        plant=replaced('f"service:{service}" if service else ""', '""'),
        caught_by=pytest("tests/scenarios/test_guard.py", "-k", "before_anybody_is_asked"),
        says="not seen within",
    ),
    Bite(
        fault="objects of one name in several clusters that count as one",
        file="bot/runbooks/limits.py",
        plant=replaced('f"{cluster} {target}"', "target"),
        caught_by=pytest("tests/unit/runbooks/test_limits.py"),
        says="2 targets",
    ),
    Bite(
        fault="a run that goes on unasked below one that lost its trust",
        file="bot/response/run_family.py",
        plant=replaced("for one in line]", "for one in line[:1]]"),
        caught_by=pytest(f"{ATTACKS}::test_a_run_below_another_one_asks_once_that_one_is_not_trusted_any_more"),
        says="not seen within",
    ),
    Bite(
        fault="an incident of one environment that frees a change of another",
        file="bot/response/run_wanted.py",
        plant=replaced("(run.environment,) if of_alert else", "(run.environment,) if True else"),
        caught_by=pytest(f"{ATTACKS}::test_an_incident_of_one_environment_frees_no_change_of_another"),
        says="not seen within",
    ),
    Bite(
        fault="trust that whoever gave it uses alone",
        file="bot/runbooks/beginning.py",
        plant=replaced(" if gave_it and ", " if False and "),
        caught_by=pytest(f"{ATTACKS}::test_who_gives_the_trust_does_not_use_it_alone"),
        says="expected 1, got 0",
    ),
    Bite(
        fault="a change that is made again on the word of whoever wants it",
        file="bot/response/approval_given.py",
        plant=replaced("if not did and _was_agreed_to", "if False and _was_agreed_to"),
        caught_by=pytest(f"{ATTACKS}::test_who_began_a_run_does_not_have_its_change_made_again"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="a run that is given up, and its runbook trusted as before",
        file="bot/response/run_given_up.py",
        plant=replaced("        trust_followed.follow(tx, world.setup, actor, over, now)\n", ""),
        caught_by=pytest("tests/scenarios/test_given_up.py", "-k", "loses_its_runbook_the_trust"),
        says="mend loses its autonomy",
    ),
    Bite(
        fault="a recovery that people brought about and that earns a runbook trust",
        file="bot/store/repositories/automation.py",
        plant=replaced("row.status == RunStatus.SUCCEEDED and row.verdict", "row.verdict"),
        caught_by=pytest("tests/contracts/test_store.py", "-k", "did_all_that_it_was_to_do"),
        says="in_a_row",
    ),
    Bite(
        fault="an approval that a clock lets last longer",
        file="bot/response/clock_set_back.py",
        plant=replaced("        tx.approvals.bring_forward(by)\n", ""),
        caught_by=pytest("tests/scenarios/test_guard.py", "-k", "no_approval_last_longer"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="an object that is made in another cluster than people were told of",
        file="bot/integrations/kubernetes/changing.py",
        plant=replaced("return planned is not None and planned !=", "return False and planned !="),
        caught_by=pytest("tests/integrations/kubernetes/test_changes.py", "-k", "people_were_told_of"),
        says="another cluster",
    ),
    Bite(
        fault="a yes to more changes than whoever says it can read",
        file="bot/response/step_covered.py",
        plant=replaced("dict(islice(found, MOST))", "dict(found)"),
        caught_by=pytest("tests/scenarios/test_autonomy.py", "-k", "than_a_card_can_show"),
        says="not seen within",
    ),
    Bite(
        fault="a change that the same yes is for, and that its card does not show exactly",
        file="bot/integrations/slack/questions.py",
        plant=replaced('exact = "\\n".join(filter(None, (exactly(one.params), one.diff)))', "exact = one.summary"),
        caught_by=pytest("tests/integrations/slack/test_questions.py", "-k", "stands_there_exactly"),
        says="argv: mend part0",
    ),
    Bite(
        fault="a change in several places that goes on while nobody can tell whether it may",
        file="bot/response/run_cancelled.py",
        plant=replaced(
            "            if loop.time() >= until:\n",
            "            if True:\n                return ''\n            if loop.time() >= until:\n",
        ),
        caught_by=pytest("tests/scenarios/test_cancelled.py", "-k", "nobody_can_tell"),
        says="AssertionError",
    ),
    Bite(
        fault="a change in several places that goes on though another process has its run",
        file="bot/response/run_cancelled.py",
        plant=replaced("    if tx.runs.get(run.id).epoch != run.epoch:\n", "    if False:\n"),
        caught_by=pytest("tests/scenarios/test_cancelled.py", "-k", "another_process_has_the_run"),
        says="another process carries RUN-1",
    ),
]
