"""Stanzas in the manner of public apps: each is evaluated as it says, or left out or refused with a reason."""

from collections import Counter

import pytest

from bot.rules.savedsearches.conf import parse
from bot.rules.savedsearches.keys import BY_NAME, OURS
from bot.rules.savedsearches.stanza import Home, read
from tests.unit.rules.savedsearches.corpus import CASES, ERROR, WARNING, Case

HOME = Home(file="savedsearches.conf", source="splunk")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stanza(case: Case) -> None:
    reading = read(parse(case.text, HOME.file), HOME)
    errors = [str(one) for one in reading.complaints if one.gravity is ERROR]
    warnings = [str(one) for one in reading.complaints if one.gravity is WARNING]
    if case.mistake:
        assert any(case.mistake in error for error in errors), errors
        assert not reading.groups
        return
    assert errors == []
    assert len(warnings) == len(case.warns), warnings
    assert all(word in warning for word, warning in zip(case.warns, warnings, strict=True))
    if case.left:
        (left,) = reading.left
        assert case.left in left.why
        return
    (group,) = reading.groups
    assert group.search is not None
    assert {key: getattr(group.search, key) for key in case.comes_to} == case.comes_to


def test_all_of_them_in_one_file() -> None:
    """A mistake in one stanza changes nothing in the others, and nothing is lost."""
    text = "# many apps' searches\n[default]\ndispatch.ttl = 2p\n\n" + "".join(case.text for case in CASES)
    reading = read(parse(text, HOME.file), HOME)
    assert [group.name for group in reading.groups] == [one.name for one in CASES if not one.mistake and not one.left]
    assert [left.name for left in reading.left] == [case.name for case in CASES if case.left]
    paths = Counter(one.path.partition("] ")[0].strip("[]") for one in reading.complaints if one.gravity is ERROR)
    assert set(paths) == {case.name for case in CASES if case.mistake}


def test_there_are_enough_of_them_and_every_key_has_its_turn() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 250
    used = {line.partition("=")[0].strip() for case in CASES for line in case.lines}
    tried_with_rest = {key.rest for key in BY_NAME.values()} | {"actions"}
    of_ours = {name for name in BY_NAME if name.startswith(OURS)}
    words = {"action.email.subject", "action.email.message.alert", "dispatch.index_latest"}
    assert set(BY_NAME) - used == of_ours | words | (tried_with_rest - {""})
