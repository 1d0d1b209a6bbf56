"""Series under which alert rules fire: found roughly, from the selectors and labels that stand in their expressions."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.rules.promql_text import canonical
from bot.rules.promql_tokens import Token, tokens, unquoted
from bot.rules.regex import RegexError, compiled

Labels = tuple[tuple[str, str], ...]
WORDS = frozenset({"and", "or", "unless", "bool", "offset", "atan2", "start", "end", "inf", "nan"})
LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
BUCKETS = ("0.1", "1", "10", "+Inf")


@dataclass(frozen=True)
class Course:
    """How values go, a number a minute: from `start` on, `step` more each time."""

    start: float
    step: float

    def __str__(self) -> str:
        return f"{self.start:.0f}{self.step:+.0f}x180" if self.step else f"{self.start:g}x180"

    def at(self, minute: int) -> float:
        """The value in this minute."""
        return self.start + minute * self.step


FLAT, LARGE, ONE, RISING = Course(0, 0), Course(1e12, 0), Course(1, 0), Course(0, 1000)
FALLING = Course(1e9, -100_000)
COURSES: Mapping[str, Callable[[int], Course]] = {
    "zero": lambda _: FLAT,
    "large": lambda _: LARGE,
    "one": lambda _: ONE,
    "rising": lambda _: RISING,
    "falling": lambda _: FALLING,
    "first-large": lambda place: ONE if place else LARGE,
    "last-large": lambda place: LARGE if place else ONE,
    "first-rising": lambda place: ONE if place else RISING,
    "last-rising": lambda place: RISING if place else ONE,
    "first-zero": lambda place: ONE if place else FLAT,
    "last-zero": lambda place: FLAT if place else ONE,
}
"""By the place of a selector in its expression."""


def series(exprs: Sequence[str], course: Callable[[int], Course]) -> dict[Labels, Course]:
    """What to write so that many of these expressions have something to say."""
    found: dict[Labels, Course] = {}
    for expr in exprs:
        words = list(tokens(canonical(expr)))
        joined = {name: "same" for name in _listed(words)}
        for place, selected in enumerate(_selectors(words)):
            labels = {**joined, **selected}
            for bucket in BUCKETS if labels["__name__"].endswith("_bucket") else (None,):
                extra = {"le": bucket} if bucket else {}
                found.setdefault(tuple(sorted({**labels, **extra}.items())), course(place))
    return found


def _listed(words: Sequence[Token]) -> Iterator[str]:
    for number, word in enumerate(words):
        if word.text in LISTS and number + 1 < len(words) and words[number + 1].text == "(":
            for inner in words[number + 2 :]:
                if inner.text == ")":
                    break
                if inner.kind == "name":
                    yield inner.text


def _selectors(words: Sequence[Token]) -> Iterator[dict[str, str]]:
    listing = False
    number = 0
    while number < len(words):
        word = words[number]
        after = words[number + 1].text if number + 1 < len(words) else ""
        listing = (listing or (word.text in LISTS and after == "(")) and word.text != ")"
        number += 1
        if word.text == "{" or (word.kind == "name" and not listing and after != "(" and word.text not in WORDS):
            labels = {"__name__": word.text} if word.kind == "name" else {}
            if word.text == "{" or after == "{":
                start = number + (word.text != "{")
                end = next(at for at in range(start, len(words)) if words[at].text == "}" and words[at].kind == "sign")
                labels |= _matching(words[start:end])
                number = end + 1
            if "__name__" in labels:
                yield labels


def _matching(words: Sequence[Token]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for name, operator, value in zip(words[::4], words[1::4], words[2::4], strict=False):
        text = unquoted(value.text)
        match operator.text:
            case "=":
                labels[name.text] = text
            case "=~":
                labels.setdefault(name.text, _example(text))
            case _:
                labels.setdefault(name.text, "other")
    return {name: text for name, text in labels.items() if text}


def _example(pattern: str) -> str:
    """A text that a regular expression matches, for the simple ones people write."""
    first = re.sub(r"\\(.)", r"\1", re.sub(r"\[(.).*?\]", r"\1", re.sub(r"\.[+*]", "x", pattern.strip("^$"))))
    for text in (
        *(part.strip("()?") for part in first.split("|")),
        first.replace("(", "").replace(")", ""),
        "x",
        "500",
    ):
        try:
            if text and compiled(f"^(?:{pattern})$").search(text):
                return text
        except RegexError:
            return "x"
    return "x"
