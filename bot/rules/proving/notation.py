"""The notation of series in promtool's unit-test files: `up{job="a"} 1 1+0x5 _x3 stale`, read as promtool reads it.

1 2 -3.5    one sample an interval           1x4         five times 1
_ _x3       nothing, for one or three        1+2x4       1 3 5 7 9
stale       the series ends here             {{...}}     a native histogram; see `histogram.py`
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.model.histogram import Histogram
from bot.rules.proving.histogram import read_histogram

Value = float | Histogram | None
"""What one sample holds; None ends the series."""

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SPACE = re.compile(r"(?:[ \t\n\r]|#[^\n]*)*")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_ESCAPE = re.compile(
    rb"""\\(?:([abfnrtv\\'"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))""", re.DOTALL
)
_LETTERS = dict(zip(b"abfnrtv\\'\"", b"\a\b\f\n\r\t\v\\'\"", strict=True))

_NUMBER = r"[0-9._]+(?:[eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN]"
_HISTOGRAM = r"\{\{[^{}]*\}\}"
_ITEM = re.compile(
    rf"""(?P<gap>_) (?:x(?P<gaps>\S*))?
       | (?P<stale>stale)
       | (?P<first>{_HISTOGRAM}) (?:(?P<by>[+-])(?P<step>{_HISTOGRAM}))? (?:x(?P<times>\S*))?
       | (?P<number>[+-]?(?:{_NUMBER})) (?:(?P<change>[+-](?:{_NUMBER}))?x(?P<repeat>\S*))?""",
    re.VERBOSE,
)
_ITEMS = re.compile(rf"(?:{_HISTOGRAM}|\S)+")


class NotationError(ValueError):
    """What cannot be read, and why, in words for the author. `of_values`: the metric before the values is fine."""

    def __init__(self, message: str, *, of_values: bool = False) -> None:
        super().__init__(message)
        self.of_values = of_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Samples that follow each other: `count` of them, each `step` more than the one before; `gap`: none at all."""

    count: int
    value: Value = None
    step: float | Histogram = 0.0
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSeries:
    """One made-up series: its labels, `__name__` among them, and its samples, one an interval from the beginning on."""

    labels: Mapping[str, str]
    stretches: tuple[Stretch, ...]

    def samples(self) -> Iterator[tuple[int, Value]]:
        """(how many intervals after the beginning, value) of each sample; made one by one, there may be very many."""
        at = 0
        for stretch in self.stretches:
            value = stretch.value
            for _ in range(0 if stretch.gap else stretch.count):
                yield at, value
                at += 1
                # Added again and again, as promtool does: a product would round differently
                if isinstance(value, float) and isinstance(stretch.step, float):
                    value += stretch.step
                elif isinstance(value, Histogram) and isinstance(stretch.step, Histogram):
                    value = value.plus(stretch.step)
            at += stretch.count if stretch.gap else 0


def read_series(text: str) -> InputSeries:
    """One line: a metric, a space, its values. Raises NotationError."""
    labels, end = _metric(text, spaced=False)
    if not labels.get("__name__"):
        raise NotationError('a series needs a name: write it like up{job="api"}')
    if end < len(text) and not text[end].isspace():
        raise NotationError(f"after the series comes a space, not {text[end : end + 10]!r}")
    try:
        stretches = tuple(_stretch(item[0]) for item in _ITEMS.finditer(text, end))
    except NotationError as error:
        raise NotationError(str(error), of_values=True) from None
    return InputSeries(labels=labels, stretches=stretches)


def read_metric(text: str) -> dict[str, str]:
    """The labels of `up{job="a"}`, of `{job="a"}` or of nothing. Raises NotationError."""
    start = _skip(text, 0)
    if start == len(text):
        return {}
    labels, end = _metric(text[start:], spaced=True)
    rest = text[start + end :]
    if _skip(rest, 0) < len(rest):
        raise NotationError(f"after the labels comes nothing more, not {rest.strip()[:20]!r}")
    return labels


def read_value(text: str) -> Value:
    """One value, as `exp_samples` has it for a histogram. Raises NotationError."""
    items = [_stretch(item[0]) for item in _ITEMS.finditer(text)]
    if len(items) != 1 or items[0].gap or items[0].count != 1:
        raise NotationError(f"one value is needed here, not {text!r}")
    return items[0].value


def _metric(text: str, *, spaced: bool) -> tuple[dict[str, str], int]:
    """The labels at the beginning of a text, and where they end. `spaced`: whether a space may precede the brace."""
    name = _NAME.match(text)
    end = name.end() if name else 0
    brace = _skip(text, end) if spaced else end
    if text[brace : brace + 1] != "{":
        if name is None:
            raise NotationError(f"this does not begin with the name of a series: {text[:20]!r}")
        return {"__name__": name[0]}, end
    pairs, end = _label_set(text, brace + 1)
    labels: dict[str, str] = {}
    for label, value in pairs:
        if label in labels:
            raise NotationError(f"the label {label!r} is given twice")
        labels[label] = value
    if name is None:
        return labels, end
    return {label: value for label, value in (labels | {"__name__": name[0]}).items() if value}, end


def _label_set(text: str, at: int) -> tuple[list[tuple[str, str]], int]:
    pairs: list[tuple[str, str]] = []
    at = _skip(text, at)
    while text[at : at + 1] != "}":
        label, at = _label(text, at)
        pairs.append(label)
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "}":
            raise NotationError(f"between labels comes a comma, and a brace at their end, not {text[at : at + 10]!r}")
    return pairs, at + 1


def _label(text: str, at: int) -> tuple[tuple[str, str], int]:
    quoted = _STRING.match(text, at)
    bare = _IDENTIFIER.match(text, at)
    found = quoted or bare
    if found is None:
        raise NotationError(f'a label is written like job="api", not {text[at : at + 10]!r}')
    name = unquote(found[0]) if quoted else found[0]
    equals = _skip(text, found.end())
    if text[equals : equals + 1] != "=":
        if quoted:
            return ("__name__", name), found.end()
        raise NotationError(f'a label is written like job="api", not {text[at : at + 10]!r}')
    value = _STRING.match(text, _skip(text, equals + 1))
    if value is None:
        raise NotationError(f"the value of the label {name!r} needs quotes")
    return (name, unquote(value[0])), value.end()


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _stretch(item: str) -> Stretch:
    found = _ITEM.fullmatch(item)
    if found is None:
        raise NotationError(
            f"not a value: {item!r}; write numbers like 1 2.5 -3, 1x4, 1+2x4, _ _x3, stale, {{{{...}}}}"
        )
    if found["gap"]:
        return Stretch(count=1 if found["gaps"] is None else _times(found["gaps"], item), gap=True)
    if found["stale"]:
        return Stretch(count=1)
    if found["first"]:
        return _histograms(found, item)
    if found["repeat"] is not None and (found["change"] or found["number"])[-1].isalpha():
        raise NotationError(f"a word cannot be repeated: {item!r}; write numbers like 1x4, or the word again and again")
    count = 1 if found["repeat"] is None else _times(found["repeat"], item) + 1
    step = _number(found["change"], item) if found["change"] else 0.0
    return Stretch(count=count, value=_number(found["number"], item), step=step)


def _histograms(found: re.Match[str], item: str) -> Stretch:
    if found["step"] and found["times"] is None:
        raise NotationError(f"how many times? write a number after an x at the end of {item!r}")
    try:
        first = read_histogram(found["first"][2:-2])
        if not found["step"]:
            return Stretch(count=1 if found["times"] is None else _times(found["times"], item) + 1, value=first)
        step = read_histogram(found["step"][2:-2])
        step = step.times(-1.0) if found["by"] == "-" else step
        first.plus(step)
    except ValueError as error:
        raise NotationError(f"{error}, in {item!r}") from None
    return Stretch(count=_times(found["times"], item) + 1, value=first, step=step)


def _times(text: str, item: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 1 << 64:
        raise NotationError(f"how many times? after the x comes a whole number, in {item!r}")
    return int(text)


def _number(text: str, item: str) -> float:
    """A number as Go reads it: `010` is eight, `08` is eight too."""
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.removeprefix("+"))
    if digits[:1] in "iInN":
        return sign * float(digits)
    octal = re.fullmatch(r"0[0-7]+", digits)
    try:
        value = float(int(digits, 8)) if octal else float(digits)
    except ValueError:
        raise NotationError(f"not a number: {digits!r}, in {item!r}") from None
    if math.isinf(value):
        raise NotationError(f"too large a number: {digits!r}, in {item!r}")
    return sign * value


def unquote(literal: str) -> str:
    """What a quoted text of PromQL means. Raises NotationError for escapes that mean nothing."""
    if literal[0] == "`":
        return literal[1:-1]

    def meaning(found: re.Match[bytes]) -> bytes:
        letter, octal, byte, short, long, _ = found.groups()
        if letter:
            return bytes([_LETTERS[letter[0]]])
        if octal and int(octal, 8) < 256:
            return bytes([int(octal, 8)])
        if byte:
            return bytes([int(byte, 16)])
        try:
            return chr(int(short or long, 16)).encode()
        except (TypeError, ValueError, OverflowError):
            raise NotationError(f"this escape means nothing: {found[0].decode(errors='replace')!r}") from None

    try:
        return _ESCAPE.sub(meaning, literal[1:-1].encode()).decode()
    except UnicodeError:
        raise NotationError(f"not valid UTF-8: {literal!r}") from None
