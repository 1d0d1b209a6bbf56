"""Label sets, matchers and fingerprints, as Prometheus' data model defines them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from bot.model.ids import Fingerprint

_FNV_OFFSET = 14695981039346656037
_FNV_PRIME = 1099511628211
_SEPARATOR = b"\xff"


class LabelSet(Mapping[str, str]):
    """Sorted, immutable labels. A label with an empty value equals an absent one, so it is dropped."""

    __slots__ = ("__dict__", "_hash", "_labels")

    def __init__(self, labels: Mapping[str, str] | None = None) -> None:
        self._labels = {name: labels[name] for name in sorted(labels) if labels[name]} if labels else {}
        self._hash = 0

    def __getitem__(self, name: str) -> str:
        return self._labels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __hash__(self) -> int:
        if not self._hash:
            self._hash = hash(tuple(self._labels.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self._labels == other._labels if isinstance(other, LabelSet) else NotImplemented

    def __repr__(self) -> str:
        return "{" + ", ".join(f'{name}="{value}"' for name, value in self._labels.items()) + "}"

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """64-bit FNV-1a over `name 0xff value 0xff` in label order: prometheus/common `LabelSet.Fingerprint`."""
        digest = _FNV_OFFSET
        for name, value in self._labels.items():
            for byte in name.encode() + _SEPARATOR + value.encode() + _SEPARATOR:
                digest = ((digest ^ byte) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
        return Fingerprint(f"{digest:016x}")

    def only(self, names: tuple[str, ...]) -> LabelSet:
        """These labels alone; names that are absent stay absent."""
        return LabelSet({name: self._labels[name] for name in names if name in self._labels})


class MatchOp(StrEnum):
    """The four ways Alertmanager compares a label."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on one label; an absent label compares as the empty string. Regexes are anchored."""

    name: str
    op: MatchOp
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels satisfy the condition."""
        actual = labels.get(self.name, "")
        match self.op:
            case MatchOp.EQUAL:
                return actual == self.value
            case MatchOp.NOT_EQUAL:
                return actual != self.value
            case MatchOp.REGEX:
                return re.fullmatch(self.value, actual) is not None
            case MatchOp.NOT_REGEX:
                return re.fullmatch(self.value, actual) is None

    def __str__(self) -> str:
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.op}"{quoted}"'


_MATCHER = re.compile(r'\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s,{}]*))\s*')


def parse_matcher(text: str) -> Matcher:
    """`severity=~"page|critical"`, as Alertmanager writes it; quotes may be left out around a plain word.

    Raises ValueError that says how to write it, or what is wrong with the regular expression.
    """
    match = _MATCHER.fullmatch(text)
    if match is None:
        raise ValueError(f'not a matcher: {text!r}; write it like severity="critical" or job=~"api.*"')
    name, op, quoted, bare = match.groups()
    value = bare if quoted is None else re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), quoted)
    if op in ("=~", "!~"):
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"the regular expression in {text!r} is broken: {error}") from None
    return Matcher(name=name, op=MatchOp(op), value=value)


_ESCAPES = {"n": "\n"}
