import json
import math
from dataclasses import replace
from datetime import timedelta

from bot.model.reading import SignalReading, Spell, reading_from
from bot.model.sample import Window
from tests.unit.reports.cases import at, reading


def test_a_reading_comes_back_from_json_as_it_was() -> None:
    full = reading(
        spells=(Spell(start=at(1), end=at(2)), Spell(start=at(3), end=None)),
        blind=(Window(start=at(4), end=at(5)),),
        worst=math.inf,
    )
    bare = SignalReading(name="Up", rule="f;g;Up", window=Window(start=at(0), end=at(9)), step=timedelta(seconds=1))
    for one in (full, bare, replace(full, labels=None, worst=-math.inf)):
        text = json.dumps(one.as_json(), allow_nan=False)
        assert reading_from(json.loads(text)) == one


def test_the_value_of_other_evidence_is_no_reading() -> None:
    assert reading_from({}) is None
    assert reading_from({"value": {"samples": []}, "text": ""}) is None


def test_a_spell_without_an_end_lasts_until_it_was_last_seen() -> None:
    assert Spell(start=at(1), end=at(3)).length(at(9)) == timedelta(seconds=2)
    assert Spell(start=at(1), end=None).length(at(9)) == timedelta(seconds=8)
