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
]
