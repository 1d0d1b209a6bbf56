"""Templates and formats nobody wrote: whatever Go makes of one, text or complaint, we make too."""

import re
from collections.abc import Mapping

from tests.golang import Go
from tests.golang.made import Garden
from tests.golang.twin import PROLOGUE, answer
from tests.soak import made_up_by, many

TEMPLATES = many(1_000, 10_000)
FORMATS = many(500, 10_000)
_MASKED = re.compile(r"0x[0-9a-f]{9,}|\b[0-9a-f]{10,}\b|(?<=maximum template depth )\(\d+\)")


def masked(answer: Mapping[str, str]) -> dict[str, str]:
    """Without the addresses of pointers, which differ from run to run, and without our own limit on depth."""
    return {kind: _MASKED.sub("...", words) for kind, words in answer.items()}


def test_templates_as_go_fills_them(golang: Go) -> None:
    garden = Garden(made_up_by())
    questions = [garden.question() for _ in range(TEMPLATES)]
    theirs = golang.fill({**question, "before": PROLOGUE} for question in questions)
    for question, go in zip(questions, theirs, strict=True):
        assert masked(answer(question)) == masked(go), question
    kinds = [next(iter(go)).removesuffix("-hex") for go in theirs]
    assert min(kinds.count(kind) for kind in ("out", "exec", "parse")) > TEMPLATES / 10


def test_formats_as_go_prints_them(golang: Go) -> None:
    garden = Garden(made_up_by())
    questions = [garden.format() for _ in range(FORMATS)]
    for question, go in zip(questions, golang.fill(questions), strict=True):
        assert masked(answer(question)) == masked(go), question
