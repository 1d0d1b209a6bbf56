"""Faults in what is said of the past: a backtest that flatters a rule, a record that hides what nobody saw."""

from tests.bites import Bite, replaced


def unit(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/unit/rules/{test}")


BITES = [
    Bite(
        fault="a backtest begins with its window, so that what was firing already is late",
        file="bot/rules/backtest.py",
        plant=replaced("return longest + rule.keep_firing_for + group.interval", "return group.interval"),
        caught_by=unit("test_backtest.py"),
        says="test_what_was_firing_when_the_window_opens_is_firing_from_its_first_slot",
    ),
    Bite(
        fault="a sweep asks for the threshold as it is written, and looser ones find nothing more",
        file="bot/rules/backtest.py",
        plant=replaced("pick = min if", "pick = max if"),
        caught_by=unit("test_backtest.py"),
        says="test_other_settings_are_walked_over_the_same_answers",
    ),
    Bite(
        fault="slots that the source could not answer for resolve what was firing",
        file="bot/rules/replay.py",
        plant=replaced("places = self._give_up(error, places)", "self._walk(places, (), labeller, filtered=True)"),
        caught_by=unit("test_backtest.py"),
        says="test_a_slot_that_cannot_be_had_leaves_everything_as_it_was",
    ),
    Bite(
        fault="a recorded series is put in where its past is looked at",
        file="bot/rules/inlining.py",
        plant=replaced("return not looks_back(expr) and all(", "return all("),
        caught_by=unit("test_backtest.py"),
        says="test_what_would_need_its_past_is_not_put_in",
    ),
    Bite(
        fault="nights end at midnight",
        file="bot/rules/tally.py",
        plant=replaced("return now >= self.start or now < self.end", "return now >= self.start"),
        caught_by=unit("test_backtest.py"),
        says="test_nights_go_past_midnight_on_the_clocks_of_their_zone",
    ),
    Bite(
        fault="evaluations that were never made are counted as nothing",
        file="bot/rules/history.py",
        plant=replaced("if lost > 0:", "if lost > 100:"),
        caught_by=unit("test_history.py"),
        says="test_slots_that_nobody_evaluated_are_counted_and_named",
    ),
    Bite(
        fault="one failure after another looks like one and the same",
        file="bot/rules/history.py",
        plant=replaced("(last.state, last.error) == (found.state, found.error)", "last.state == found.state"),
        caught_by=unit("test_history.py"),
        says="test_evaluations_alike_are_one_spell",
    ),
    Bite(
        fault="who is blind is not told that nothing is resolved by it",
        file="bot/cli/whytold.py",
        plant=replaced('if rule["unknown_since"]:', 'if rule["unknown_since"] == "":'),
        caught_by=("pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/unit/cli/test_whytold.py"),
        says="test_never_late_blind_and_no_data_are_states_of_their_own",
    ),
    Bite(
        fault="lint says of what might fire that it cannot",
        file="bot/rules/impossible.py",
        plant=replaced("set(wholes[0].labels) <= set(parts[0].labels)", "wholes[0].name == parts[0].name"),
        caught_by=unit("test_lint.py"),
        says="test_what_might_fire_is_left_alone",
    ),
    Bite(
        fault="a comment that silences one check silences none",
        file="bot/rules/lint.py",
        plant=replaced("if advice.check not in _silenced(", "if advice.check in CHECKS or _silenced("),
        caught_by=unit("test_lint.py"),
        says="test_every_finding_says_where_why_and_what_to_do_and_a_comment_silences_it",
    ),
]
