"""Whatever is typed, it is a command or a mistake that says what to type instead; and a command means what it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.commands import DEEDS, GRAMMAR
from bot.chat.grammar import Command, Mistake, Slot
from bot.chat.reading import Kind
from bot.model.ids import IncidentId
from tests.hostile import corpus

LETTERS = st.characters() | st.sampled_from('aZ019 ="“”#-_/\\\n\t\x00\ud800~@磁')
WORDS = st.sampled_from([*DEEDS, "INC-7", "7", "#7", "sev1", "1h", "yes", "into", "a=b", 'a="b c"', "owner=", "@ann"])
LINES = st.lists(WORDS | st.text(LETTERS, max_size=12), max_size=8).map(" ".join)
ABOUT = st.none() | st.just(IncidentId("INC-99"))
PLAIN = st.text(st.sampled_from("abc déf.,!'/"), min_size=1, max_size=30).filter(lambda text: text.strip() == text)
VALUES: Mapping[Kind, st.SearchStrategy[str]] = {
    Kind.INCIDENT: st.integers(1, 10**6).map(lambda number: f"INC-{number}"),
    Kind.SEVERITY: st.sampled_from(["SEV1", "SEV2", "SEV3", "SEV4", "SEV5"]),
    Kind.LENGTH: st.sampled_from(["30m", "1h", "1h30m", "2d"]),
    Kind.DAY: st.dates().map(lambda day: day.isoformat()),
    Kind.TIME: st.times().map(lambda time: f"{time:%H:%M}"),
    Kind.NAME: st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    Kind.PERSON: st.from_regex(r"@?[a-z]{1,10}", fullmatch=True),
    Kind.TASK: st.integers(1, 999).map(lambda number: f"TASK-{number}"),
    Kind.APPROVAL: st.integers(1, 999).map(lambda number: f"APR-{number}"),
    Kind.TEXT: PLAIN,
}


def understood(line: str, about: IncidentId | None = None) -> Command | Mistake:
    """What becomes of a line; anything else that is raised is a fault."""
    try:
        return GRAMMAR.parse(line, about)
    except Mistake as mistake:
        return mistake


@given(line=LINES, about=ABOUT)
@example(line='"', about=None)
@example(line="note", about=IncidentId("INC-99"))
@example(line="a" * 9000, about=None)
def test_whatever_is_typed_is_a_command_or_a_mistake_that_teaches(line: str, about: IncidentId | None) -> None:
    command = understood(line, about)
    if isinstance(command, Mistake):
        assert command.message
        assert command.hint
        return
    verb = DEEDS[command.verb].verb
    assert {slot.name for slot in verb.slots if slot.needed} <= set(command.values)
    assert verb.inputs or set(command.values) <= {slot.name for slot in (*verb.slots, *verb.options)}


def test_nothing_hostile_breaks_the_grammar(tmp_path: Path) -> None:
    for text in corpus(tmp_path / "canary"):
        assert GRAMMAR.parse(f"note INC-7 x{text}x").values["text"] == f"x{text}x".strip()
        for line in (text, f"show {text}", f"silence {text}"):
            assert isinstance(understood(line), Command | Mistake)


def _value(slot: Slot) -> st.SearchStrategy[str]:
    return st.sampled_from(slot.choices) if slot.choices else VALUES[slot.kind]


@given(name=st.sampled_from([name for name in DEEDS if name != "help"]), data=st.data())
def test_what_is_written_as_it_is_taught_is_understood(name: str, data: st.DataObject) -> None:
    verb = DEEDS[name].verb
    values = {slot.name: data.draw(_value(slot), label=slot.name) for slot in verb.slots}
    drawn = [slot for slot in verb.options if slot.kind is not Kind.TEXT]
    options = {slot.name: data.draw(_value(slot), label=slot.name) for slot in drawn}
    line = " ".join([name, *values.values(), *(f"{option}={value}" for option, value in options.items())])
    command = GRAMMAR.parse(line)
    assert command.verb == name
    assert command.values == {**values, **options}


@pytest.mark.parametrize("name", list(DEEDS))
def test_every_example_is_understood_as_the_command_it_explains(name: str) -> None:
    for example_ in DEEDS[name].verb.examples:
        assert GRAMMAR.parse(example_).verb == name
