"""Numbers and lengths of time as Go's YAML decoder and Prometheus take them from a rule file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import yaml
from pydantic import BeforeValidator

from bot.documents import parse_duration

_LONGEST = (1 << 63) - 1
"""Nanoseconds: Go counts time in an int64."""

_WHOLE = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def empty(value: object) -> BeforeValidator:
    """Nothing written, `~` and null are this, as Go's decoder has it."""
    return BeforeValidator(lambda written: value if written is None else written)


def whole(written: str) -> int:
    """A number where a whole one is wanted: `5`, `0x10`, `1_000`, and of `5.5` the 5. Raises ValueError."""
    plain = written.replace("_", "")
    if found := _WHOLE.fullmatch(plain) if written[:1] not in ("", "_", ".") else None:
        octal = re.fullmatch(r"0[0-7]+", found[2])
        number = int(found[2], 8 if octal else 0)
        number = -number if found[1] == "-" else number
    elif _FLOAT.fullmatch(plain) and written[0] != "_":
        number = int(float(plain)) if abs(float(plain)) < float("inf") else _LONGEST + 1
    else:
        raise ValueError("a whole number is needed here")
    if number > _LONGEST:
        raise ValueError("a smaller number is needed here")
    return max(number, -_LONGEST - 1)


def duration(written: str) -> timedelta:
    """A length of time in Prometheus' grammar. Raises ValueError, also for more than 292 years."""
    length = parse_duration(written)
    if not written.isascii():
        raise ValueError(f"not a duration: {written!r}; write it like 90s, 15m, 1h30m or 2d")
    if length // timedelta(microseconds=1) > _LONGEST // 1000:
        raise ValueError(f"too long a duration: {written!r}; 292 years are the most")
    return length


def oddities(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and what is wrong of those things that Go's decoder refuses and PyYAML's does not.

    They are rare, and reading a text twice is not free: it is only done where there may be one.
    """
    if (directive := re.search(r"^%YAML[ \t]+(?!1\.1\s)", text)) is not None:
        yield 1, directive.start() + 1, "only YAML 1.1 is read; drop the line `%YAML`"
    if "!!" in text or text.count("<<") > 1:
        # The first document alone, as `documents.read` has it: what follows may be anything
        yield from _odd(next(yaml.compose_all(text, Loader=_LOADER), None), set())


def _odd(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[int, int, str]]:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if isinstance(node, yaml.ScalarNode):
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag in _TAGGED and not _TAGGED[tag].fullmatch(node.value):
            yield line, column, f"this cannot be `!!{tag}`; write it without the tag"
        return
    merges = 0
    for part in node.value:
        key, value = part if isinstance(part, tuple) else (None, part)
        if isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style:
            merges += 1
            if merges == 2:
                yield key.start_mark.line + 1, key.start_mark.column + 1, "`<<` is already set here; give it a list"
        yield from _odd(key, seen)
        yield from _odd(value, seen)


_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NEVER = re.compile(r"(?!)")
_TAGGED = {
    "binary": _NEVER,
    "bool": re.compile(r"(?i:true|false|yes|no|on|off|y|n)"),
    "float": re.compile(rf"{_FLOAT.pattern}|[-+]?\.(?i:inf)|\.(?i:nan)"),
    "int": re.compile(r"[-+]?[0-9][0-9a-fA-FxXoO_]*"),
    "merge": _NEVER,
    "null": re.compile(r"|~|null|Null|NULL"),
    "timestamp": re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"),
}
"""What may stand behind an explicit tag of YAML."""
