"""What Go's own text/template made of each of these, and we must too: `answers.jsonl` was written by Go 1.27.3.

Each line has a template, the value it speaks of, and the text Go gave (in hexadecimal where it is no UTF-8), or its
complaint on reading or executing it. The data and the functions around them are those below, as a Go program of twenty
lines had them.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.golang import twin

ANSWERS = [json.loads(line) for line in Path(__file__).with_name("answers.jsonl").read_text().splitlines()]

Case = Mapping[str, str | float]


def ours(case: Case) -> dict[str, str]:
    """What we make of a case, in the words of the file."""
    value = {"float": str(case["value"])}
    return twin.answer({"name": "__alert_A", "text": case["text"], "rule": True, "value": value})


def test_as_go() -> None:
    kinds = ("out", "out-hex", "parse", "exec")
    theirs = {str(case["text"]): {kind: case[kind] for kind in kinds if kind in case} for case in ANSWERS}
    assert {str(case["text"]): ours(case) for case in ANSWERS} == theirs


def test_there_is_enough_of_each_kind() -> None:
    kinds = ["out" if "out" in case else "exec" if "exec" in case else "parse" for case in ANSWERS]
    assert min(kinds.count(kind) for kind in ("out", "exec", "parse")) > 100
