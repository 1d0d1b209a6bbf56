"""Faults in how runbooks are read, filled, tried and begun: text from outside as syntax, tests that prove nothing."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


UNIT = "tests/unit/runbooks"

BITES = [
    Bite(
        fault="tainted text that is syntax where it is looked up only when the step runs",
        file="bot/runbooks/templates.py",
        plant=replaced("for lookup in lookups if _path(lookup)}", "for lookup in lookups}"),
        caught_by=pytest(f"{UNIT}/test_taint.py"),
        says="KeyError: ('steps', 1, 'with', 'argv', 0)",
    ),
    Bite(
        fault="what an earlier step found, taken for an option",
        file="bot/runbooks/templates.py",
        plant=replaced('value.startswith("-") or _CONTROL', "_CONTROL"),
        caught_by=pytest("tests/property/test_runbook_inputs.py", "-k", "one_plain_word"),
        says='assert not value.startswith("-")',
    ),
    Bite(
        fault="an input of a webhook that counts as one that a person gave",
        file="bot/runbooks/inputs.py",
        plant=replaced(
            "posted = any(one.name in trigger.inputs for trigger in runbook.hook_triggers)", "posted = False"
        ),
        caught_by=pytest(f"{UNIT}/test_taint.py"),
        says="assert ['summary', 'loose'] ==",
    ),
    Bite(
        fault="a host that brings the zone of an address with it",
        file="bot/runbooks/inputs.py",
        plant=replaced('return "%" not in value  # a zone may hold anything', "return True"),
        caught_by=pytest("tests/property/test_runbook_inputs.py", "-k", "no_hostile_text"),
        says="assert 'fe80::1%$(id)' is None",
    ),
    Bite(
        fault="a test in which what belongs to a step cannot read its result",
        file="bot/runbooks/trying.py",
        plant=replaced(
            "data_for(step, self.run, self.journal)", "data_for(self.run.runbook.steps[0], self.run, self.journal)"
        ),
        caught_by=pytest(f"{UNIT}/test_trying.py", "-k", "belongs_to_a_step"),
        says="test_what_belongs_to_a_step_reads_the_result_of_that_one",
    ),
    Bite(
        fault="a rehearsal names others than a run would ask to take a step back",
        file="bot/response/rehearsed.py",
        plant=replaced("(step.verify, rollback_of(step))", "(step.verify, step.rollback)"),
        caught_by=pytest("tests/scenarios/test_people.py", "-k", "asked_to_take_back"),
        says="with the role on-call",
    ),
    Bite(
        fault="a rehearsal waits for one step after the other",
        file="bot/response/rehearsed.py",
        plant=replaced("_AT_ONCE = 4", "_AT_ONCE = 1"),
        caught_by=pytest("tests/scenarios/test_people.py", "-k", "one_step_after"),
        says="assert 1 == 4",
    ),
    Bite(
        fault="a run is followed no more when Tocsin is started anew",
        file="bot/cli/runbook_follow.py",
        plant=replaced("if not self.answered or now - since", "if self.answered or now - since"),
        caught_by=pytest("tests/unit/cli/test_runbook_follow.py", "-k", "started_anew"),
        says="nothing answers at http://here",
    ),
    Bite(
        fault="a runbook that cannot be read is left out when its folder is tested",
        file="bot/config/checking.py",
        plant=replaced("return not text or _RUNBOOK.search(text) is not None", "return False"),
        caught_by=pytest("tests/integrations/runbooks/test_test_command.py", "-k", "folder_stands"),
        says="test_a_folder_stands_for_the_runbooks_in_it",
    ),
    Bite(
        fault="a test whose steps answer nothing and go well",
        file="bot/runbooks/trying.py",
        plant=replaced(
            "        said = self.test.results.get(step.id, ())\n",
            "        said = self.test.results.get(step.id) or (Canned(),)\n",
        ),
        caught_by=pytest(f"{UNIT}/test_trying.py"),
        says="test_what_the_test_does_not_say_is_a_failure_that_says_what_to_write",
    ),
    Bite(
        fault="a question that no answer can fit, and that people are asked all the same",
        file="bot/runbooks/asking.py",
        plant=replaced("        if unsound:\n", "        if False:\n"),
        caught_by=pytest(f"{UNIT}/test_choices.py", "-k", "no_answer_fits"),
        says="assert [] == [True]",
    ),
    Bite(
        fault="a condition that is to hold for longer than anybody looks at it",
        file="bot/runbooks/references.py",
        plant=replaced("    yield from _holds(part)\n", ""),
        caught_by=pytest(f"{UNIT}/test_choices.py", "-k", "references_that_do_not_hold"),
        says="all the time it has",
    ),
    Bite(
        fault="a sender that is told nothing of why its post began no run",
        file="bot/response/posted_runs.py",
        plant=replaced("            refused.append(refusal.message)\n", ""),
        caught_by=pytest("tests/integrations/hooks/test_triggers.py", "-k", "sender_reads"),
        says="KeyError: 'runs'",
    ),
    Bite(
        fault="a slot of the clock that whoever looks second begins again",
        file="bot/response/schedules_due.py",
        plant=replaced("if tx.marks.at(mark) != seen.last:", "if False:"),
        caught_by=pytest("tests/scenarios/test_triggers.py", "-k", "two_that_look_at_once"),
        says="which an earlier slot began, is under way",
    ),
    Bite(
        fault="an incident that begins a runbook whenever it changes",
        file="bot/runbooks/matching.py",
        plant=replaced(
            "if _fits(trigger, after) and not (before is not None and _fits(trigger, before)):",
            "if _fits(trigger, after):",
        ),
        caught_by=pytest("tests/scenarios/test_triggers.py", "-k", "staying_there_does_not"),
        says="too many values to unpack",
    ),
    Bite(
        fault="an editor that is told of parameters no action has",
        file="bot/runbooks/json_schema.py",
        plant=replaced('"then": {"properties": {"with"', '"then": {"properties": {"wiht"'),
        caught_by=pytest("tests/content/test_runbook_schema.py"),
        says="write it anew",
    ),
]
