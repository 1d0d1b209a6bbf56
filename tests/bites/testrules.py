"""Faults against proving rules: each would let a wrong rule pass, or blame a sound one."""

from tests.bites import Bite, replaced


def suite(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", f"tests/integrations/testrules/{test}")


BITES = [
    Bite(
        fault="unit tests: pending alerts are taken for firing",
        file="bot/rules/proving/compare.py",
        plant=replaced("for alert in alerts if alert.state is RuleState.FIRING]", "for alert in alerts]"),
        caught_by=suite("test_command.py"),
        says="test_all_is_as_expected",
    ),
    Bite(
        fault="unit tests: annotations are not compared",
        file="bot/rules/proving/compare.py",
        plant=replaced('**{f"annotation {name}": text for name, text in annotations.items()},', ""),
        caught_by=suite("test_command.py"),
        says="annotation summary",
    ),
    Bite(
        fault="unit tests: a slot sees the samples of the next one",
        file="bot/rules/proving/prove.py",
        plant=replaced("self._input.until(slot)", "self._input.until(slot + self._story.interval)"),
        caught_by=suite("test_command.py"),
        says="test_a_rule_sees_nothing_of_the_future",
    ),
    Bite(
        fault="unit tests: a rule that fails is overlooked",
        file="bot/rules/proving/prove.py",
        plant=replaced("for failure in done.failures]", "for failure in ()]"),
        caught_by=suite("test_command.py"),
        says="test_a_rule_that_fails_ends_the_test",
    ),
    Bite(
        fault="unit tests: `1x4` is four samples",
        file="bot/rules/proving/notation.py",
        plant=replaced('_times(found["repeat"], item) + 1', '_times(found["repeat"], item)'),
        caught_by=suite("test_notation.py"),
        says="test_it_finds_what_we_read",
    ),
    Bite(
        fault="unit tests: absent() is not asked",
        file="bot/rules/proving/sparing.py",
        plant=replaced('{"absent", "absent_over_time", "vector"}', '{"absent_over_time", "vector"}'),
        caught_by=suite("test_sparing.py"),
        says="absent(",
    ),
]
