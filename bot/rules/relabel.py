"""Prometheus' relabelling: a list of small steps that rewrite a label set, or drop what carries it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import re2

from bot.model.labels import LabelSet
from bot.model.regex import compiled
from bot.rules.regex import expanded

ANY = "(.*)"
WHOLE = "$1"
SEPARATOR = ";"


class Relabelling(StrEnum):
    """What one step does."""

    REPLACE = "replace"
    KEEP = "keep"
    DROP = "drop"
    KEEP_EQUAL = "keepequal"
    DROP_EQUAL = "dropequal"
    HASHMOD = "hashmod"
    LABELMAP = "labelmap"
    LABELDROP = "labeldrop"
    LABELKEEP = "labelkeep"
    LOWERCASE = "lowercase"
    UPPERCASE = "uppercase"


_WITH_TARGET = frozenset(
    {
        Relabelling.REPLACE,
        Relabelling.HASHMOD,
        Relabelling.LOWERCASE,
        Relabelling.UPPERCASE,
        Relabelling.KEEP_EQUAL,
        Relabelling.DROP_EQUAL,
    }
)
_PLAIN_TARGET = _WITH_TARGET - {Relabelling.REPLACE, Relabelling.HASHMOD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabel:
    """One step, in Prometheus' words. ValueError when it makes no sense, as Prometheus refuses it."""

    action: Relabelling = Relabelling.REPLACE
    source_labels: tuple[str, ...] = ()
    separator: str = SEPARATOR
    regex: str = ANY
    modulus: int = 0
    target_label: str = ""
    replacement: str = WHOLE
    _compiled: re2._Regexp = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mistake = _mistake(self)
        if mistake:
            raise ValueError(mistake)
        object.__setattr__(self, "_compiled", _anchored(self.regex))

    def fits(self, text: str) -> re2._Match | None:
        """How the regular expression matches the whole text; None when it does not."""
        return self._compiled.fullmatch(text)


def relabel(labels: Mapping[str, str], steps: Iterable[Relabel]) -> LabelSet | None:
    """The labels after all steps; None: a step dropped them. An empty value takes its label away."""
    now = {_readable(name): _readable(value) for name, value in labels.items() if value}
    for step in steps:
        if not _apply(step, now):
            return None
        for name in [name for name, value in now.items() if not value]:
            del now[name]
    return LabelSet(now)


def _apply(step: Relabel, now: dict[str, str]) -> bool:
    """Changes the labels as the step says; False: drop them."""
    value = step.separator.join(now.get(name, "") for name in step.source_labels)
    match step.action:
        case Relabelling.KEEP:
            return step.fits(value) is not None
        case Relabelling.DROP:
            return step.fits(value) is None
        case Relabelling.KEEP_EQUAL:
            return now.get(step.target_label, "") == value
        case Relabelling.DROP_EQUAL:
            return now.get(step.target_label, "") != value
        case Relabelling.LABELMAP | Relabelling.LABELDROP | Relabelling.LABELKEEP:
            _rename(step, now)
        case Relabelling.REPLACE:
            _replace(step, value, now)
        case Relabelling.LOWERCASE:
            now[step.target_label] = "".join(_small(sign) for sign in value)
        case Relabelling.UPPERCASE:
            now[step.target_label] = "".join(_large(sign) for sign in value)
        case Relabelling.HASHMOD:
            digest = hashlib.md5(value.encode(), usedforsecurity=False).digest()
            now[step.target_label] = str(int.from_bytes(digest[8:], "big") % step.modulus)
    return True


def _replace(step: Relabel, value: str, now: dict[str, str]) -> None:
    found = step.fits(value)
    if found is None:
        return
    target = expanded(step.target_label, found)
    if target:
        now[target] = expanded(step.replacement, found)


def _rename(step: Relabel, now: dict[str, str]) -> None:
    for name, value in list(now.items()):
        found = step.fits(name)
        if step.action is Relabelling.LABELMAP:
            if found is not None and (target := expanded(step.replacement, found)):
                now[target] = value
        elif (found is not None) == (step.action is Relabelling.LABELDROP):
            now[name] = ""


def _mistake(step: Relabel) -> str:
    """Why Prometheus would refuse the step; nothing when it takes it."""
    action = step.action.value
    if step.action in _WITH_TARGET and not step.target_label:
        return f"{action} needs a `target_label`"
    if step.action is Relabelling.HASHMOD and step.modulus <= 0:
        return "hashmod needs a `modulus` above 0"
    if step.action is Relabelling.LABELMAP and not step.replacement:
        return "labelmap needs a `replacement`"
    if step.action in _PLAIN_TARGET and step.replacement != WHOLE:
        return f"{action} takes no `replacement`"
    needless = _needless(step)
    if needless:
        return f"{action} takes no {', '.join(f'`{name}`' for name in needless)}"
    try:
        _anchored(step.regex)
    except ValueError as error:
        return f"the regular expression is broken: {error}"
    return ""


def _needless(step: Relabel) -> list[str]:
    """Keys that are written and that the action does not look at, where Prometheus minds."""
    written = {
        "source_labels": bool(step.source_labels),
        "separator": step.separator != SEPARATOR,
        "regex": step.regex != ANY,
        "modulus": step.modulus != 0,
        "target_label": bool(step.target_label),
        "replacement": step.replacement != WHOLE,
    }
    if step.action in (Relabelling.KEEP_EQUAL, Relabelling.DROP_EQUAL):
        written |= {"source_labels": False, "target_label": False}
    elif step.action in (Relabelling.LABELDROP, Relabelling.LABELKEEP):
        written |= {"regex": False}
    else:
        return []
    return [name for name, is_written in written.items() if is_written]


def _anchored(regex: str) -> re2._Regexp:
    """The whole text has to match, and a dot is any sign, as in Prometheus 3."""
    return compiled(f"(?s:{regex})")


def _small(sign: str) -> str:
    """Go's small letter is always a single one."""
    return sign.lower()[0]


def _large(sign: str) -> str:
    """Go's large letter is always a single one: what has none of that kind stays."""
    large = sign.upper() if len(sign.upper()) == 1 else sign.title()
    return large if len(large) == 1 else sign


def _readable(text: str) -> str:
    """Text that can be matched: half a surrogate pair, which only a hostile answer holds, becomes a question mark."""
    return text.encode(errors="replace").decode()
