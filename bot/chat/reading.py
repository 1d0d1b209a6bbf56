"""The words of a command, each read as what it has to be there: an incident, a severity, a length, a day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from bot.documents import parse_duration, suggest
from bot.model.incident import Severity

_INCIDENT = re.compile(r"(?:#|inc-?)?(\d{1,9})", re.IGNORECASE)
_SEVERITY = re.compile(r"(?:sev-?|s)?([1-5])", re.IGNORECASE)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_NAME = re.compile(r"[^\s\"'`<>&|;$\\]{1,100}")
_LONGEST = timedelta(days=366)


class Kind(StrEnum):
    """What a word, or the rest of a line, has to be."""

    INCIDENT = "incident"
    PERSON = "person"
    SEVERITY = "severity"
    LENGTH = "length"
    DAY = "day"
    TIME = "time"
    NAME = "name"
    CHOICE = "choice"
    TASK = "task"
    APPROVAL = "approval"
    TEXT = "text"
    """Everything that follows, as it was written."""


def read(kind: Kind, word: str, choices: tuple[str, ...] = ()) -> str:
    """The word in the form in which it is kept; ValueError says what it should have been."""
    if kind is Kind.CHOICE:
        return _choice(word, choices)
    return _READ[kind](word)


def is_bare(word: str) -> bool:
    """Whether it is only a number, which may be an incident's or anything else."""
    return word.isdecimal()


def _incident(word: str) -> str:
    match = _INCIDENT.fullmatch(word)
    if match is None or not word.isascii():
        raise ValueError(f"{word!r} is no incident; write it like INC-7, or just 7")
    return f"INC-{int(match[1])}"


def _severity(word: str) -> str:
    match = _SEVERITY.fullmatch(word)
    if match is None or not word.isascii():
        known = ", ".join(Severity)
        raise ValueError(f"{word!r} is no severity; there are {known}, and SEV1 is the gravest")
    return f"SEV{match[1]}"


def _length(word: str) -> str:
    length = parse_duration(word)
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError(f"{word!r} is too short or too long; write it like 30m, 4h or 2d")
    return word


def _day(word: str) -> str:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        raise ValueError(f"{word!r} is no day; write it like 2026-12-31") from None


def _time(word: str) -> str:
    match = _TIME.fullmatch(word)
    if match is None or not word.isascii():
        raise ValueError(f"{word!r} is no time of the day; write it like 22:00")
    return f"{int(match[1]):02}:{match[2]}"


def _name(word: str) -> str:
    if not _NAME.fullmatch(word):
        raise ValueError(f"{word!r} is no name")
    return word


def _person(word: str) -> str:
    """A leading @ is how people are called in a chat: `@ann`, or by the id that they have there."""
    return _name(word)


def _numbered(prefix: str) -> Callable[[str], str]:
    pattern = re.compile(rf"(?:#|{prefix}-?)?(\d{{1,9}})", re.IGNORECASE)

    def numbered(word: str) -> str:
        match = pattern.fullmatch(word)
        if match is None or not word.isascii():
            raise ValueError(f"{word!r} cannot stand here; write it like {prefix}-3")
        return f"{prefix}-{int(match[1])}"

    return numbered


def _choice(word: str, choices: tuple[str, ...]) -> str:
    if word.lower() not in choices:
        near = suggest(word.lower(), choices)
        raise ValueError(f"{word!r} cannot stand here{near}; it is one of {', '.join(choices)}")
    return word.lower()


_READ: Mapping[Kind, Callable[[str], str]] = {
    Kind.INCIDENT: _incident,
    Kind.PERSON: _person,
    Kind.SEVERITY: _severity,
    Kind.LENGTH: _length,
    Kind.DAY: _day,
    Kind.TIME: _time,
    Kind.NAME: _name,
    Kind.TASK: _numbered("TASK"),
    Kind.APPROVAL: _numbered("APR"),
    Kind.TEXT: str.strip,
}
