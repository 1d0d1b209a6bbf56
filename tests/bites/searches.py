"""Faults against saved searches: an alert that comes from data nobody saw, or that nobody hears of."""

from tests.bites import Bite, replaced


def unit(test: str, which: str = "") -> tuple[str, ...]:
    only = ("-k", which) if which else ()
    return (*TEST, *only, f"tests/unit/rules/{test}")


def line(name: str) -> tuple[str, ...]:
    """One line of the table of expected triggers."""
    test = f"tests/scenarios/test_searches.py::test_each_run_comes_to_what_is_expected[{name}]"
    return (*TEST, test)


def timed(name: str) -> tuple[str, ...]:
    """One line of the table of expected runs."""
    test = f"tests/scenarios/test_searches.py::test_it_runs_when_it_is_due[{name}]"
    return (*TEST, test)


def scenario(name: str) -> tuple[str, ...]:
    return (*TEST, f"tests/scenarios/test_searches.py::{name}")


TEST = ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider")
EVALUATOR = "bot/rules/savedsearches/evaluator.py"
BITES = [
    Bite(
        fault="an answer that is not complete counts as if it were",
        file=EVALUATOR,
        plant=replaced("    if answer.warnings:\n", "    if answer.warnings and not answer:\n"),
        caught_by=line("less than, partial"),
        says="- F",
    ),
    Bite(
        fault="a failed run counts as a run that found nothing",
        file="bot/rules/savedsearches/trigger.py",
        plant=replaced("if not complete and not", "if False and not"),
        caught_by=line("drops, partial"),
        says="F?",
    ),
    Bite(
        fault="an answer that is not complete is remembered as the run before",
        file=EVALUATOR,
        plant=replaced("return _Outcome(status=status, memory=memory, run=run, told=told, failure=failure)",
                       "return _Outcome(status=status, memory=replace(memory, count=verdict.count), run=run, told=told,"
                       " failure=failure)"),
        caught_by=line("a partial run is not the run before"),
        says="AssertionError",
    ),
    Bite(
        fault="what is missing in an answer that is not complete is resolved",
        file=EVALUATOR,
        plant=replaced("complete=not lacks, resend_delay", "complete=True, resend_delay"),
        caught_by=line("rows, partial"),
        says="AssertionError",
    ),
    Bite(
        fault="suppression changes the state",
        file="bot/rules/savedsearches/quiet.py",
        plant=replaced("            for alert in step.alerts\n        ),",
                       "            for alert in step.alerts if alert.labels not in held\n        ),"),
        caught_by=unit("savedsearches/test_quiet.py"),
        says="test_the_states_are_those_without_suppression",
    ),
    Bite(
        fault="who was told hears nothing more once it is quiet, not even that it is over",
        file="bot/rules/savedsearches/quiet.py",
        plant=replaced("        elif not known:", "        elif True:"),
        caught_by=line("firing on is told at once, and goes on"),
        says="AssertionError",
    ),
    Bite(
        fault="a search is asked over the window of now instead of the one it was due for",
        file="bot/response/search_due.py",
        plant=replaced("world.searches[group.source], slot)", "world.searches[group.source], began)"),
        caught_by=scenario("test_it_runs_when_it_is_due"),
        says="assert [one.scheduled_at for one in jobs]",
    ),
    Bite(
        fault="a search without an end of its own sees what came after it was due",
        file=EVALUATOR,
        plant=replaced('dispatch.latest or "now"', "dispatch.latest"),
        caught_by=unit("savedsearches/test_evaluator.py", "however_late"),
        says="however_late",
    ),
    Bite(
        fault="a run is known by who asks for it",
        file=EVALUATOR,
        plant=replaced("key=_key(group, job), urgency=urgency", "key=f'{_key(group, job)}{urgency}', urgency=urgency"),
        caught_by=unit("savedsearches/test_evaluator.py", "key_is_that"),
        says="key_is_that",
    ),
    Bite(
        fault="a continuous schedule skips",
        file="bot/rules/schedule.py",
        plant=replaced("if schedule.continuous or following > now:", "if following > now:"),
        caught_by=timed("continuous, longer than its period"),
        says="AssertionError",
    ),
    Bite(
        fault="after a restart a search waits for its next time",
        file="bot/engine/ticker.py",
        plant=replaced("self._clock.now(), (last or {}).get(key))", "self._clock.now())"),
        caught_by=(*TEST, "tests/integrations/app/test_search_ticker.py"),
        says="test_each_run_takes_twice_its_period",
    ),
    Bite(
        fault="a flatline is seen before its key was known for long enough",
        file="bot/rules/savedsearches/comparing.py",
        plant=replaced("if low and since and run.now - since >= run.window:", "if low and since:"),
        caught_by=unit("savedsearches/test_comparing.py", "flatline_waits"),
        says="flatline_waits",
    ),
    Bite(
        fault="everything is new to a search that has just begun to remember",
        file="bot/rules/savedsearches/comparing.py",
        plant=replaced("if key not in seen and run.learnt:", "if key not in seen:"),
        caught_by=line("new term"),
        says="AssertionError",
    ),
    Bite(
        fault="a spike is compared with a window before which there was nothing",
        file="bot/rules/savedsearches/comparing.py",
        plant=replaced("if reference and _spikes", "if reference is not None and _spikes"),
        caught_by=line("spike, from nothing"),
        says="AssertionError",
    ),
    Bite(
        fault="searches of one group that are due together are both told of",
        file="bot/response/search_due.py",
        plant=replaced("quiet_by_others=_quiet_by_others(tx, world, group)", "quiet_by_others=None"),
        caught_by=scenario("test_what_fires_mutes_its_suppression_group_of_the_same_owner"),
        says="only one of them is told of",
    ),
    Bite(
        fault="a search that took long tells alerts that have ended by then",
        file="bot/response/search_due.py",
        plant=replaced("state.valid_until(now, group", "state.valid_until(slot, group"),
        caught_by=scenario("test_a_search_that_takes_longer_than_its_alerts_are_valid_still_tells_them"),
        says="assert alert.ends_at > at",
    ),
    Bite(
        fault="what a search remembers is not kept",
        file="bot/store/repositories/rules.py",
        plant=replaced("None if status.memory is None else to_json(status.memory)", "None"),
        caught_by=(*TEST, "-k", "remembers and sqlite", "tests/contracts/test_store.py"),
        says="test_what_a_search_remembers_is_kept_with_its_state",
    ),
]  # fmt: skip
