"""Indexed test events, and how fields are found in them: JSON, else `key=value` pairs."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from bot.testing.splunk.spl.values import Row, Value, text

SERVER = "splunk-simulator"
_PAIR = re.compile(r"""(?<![\w.])([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|[^\s,;"]+)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `row` holds every field of it, the found ones too; `found` names those."""

    at: float
    indexed_at: float
    number: int
    row: Row
    found: frozenset[str]


@dataclass(slots=True)
class Events:
    """All events, by time; what comes is kept for as long as the process lives."""

    kept: list[Event] = field(default_factory=list)

    def add(self, raw: str, *, at: float, indexed_at: float, meta: dict[str, str], fields: Row | None = None) -> Event:
        """Takes one event. `meta`: index, host, source, sourcetype; `fields`: what was indexed with it."""
        index = meta.get("index", "main")
        found = {**extracted(raw), **(fields or {})}
        serial = len(self.kept)
        row: Row = {
            **found,
            "_bkt": f"{index}~0~SIMULATOR",
            "_cd": f"0:{serial}",
            "_indextime": str(int(indexed_at)),
            "_raw": raw,
            "_si": (SERVER, index),
            "_sourcetype": meta.get("sourcetype", "test"),
            "_time": at,
            "host": meta.get("host", "localhost"),
            "index": index,
            "linecount": str(raw.count("\n") + 1),
            "source": meta.get("source", "simulator"),
            "sourcetype": meta.get("sourcetype", "test"),
            "splunk_server": SERVER,
        }
        event = Event(at=at, indexed_at=indexed_at, number=serial, row=row, found=frozenset(found))
        bisect.insort(self.kept, event, key=attrgetter("at"))
        return event

    def newest_first(self, earliest: float, latest: float) -> Iterator[Event]:
        """The events of [earliest, latest)."""
        first = bisect.bisect_left(self.kept, earliest, key=attrgetter("at"))
        end = bisect.bisect_left(self.kept, latest, key=attrgetter("at"))
        return reversed(self.kept[first:end])


def extracted(raw: str) -> Row:
    """The fields found in an event's text."""
    if raw.lstrip().startswith("{"):
        try:
            read = json.loads(raw)
        except ValueError:
            return _pairs(raw)
        return _flat(read) if isinstance(read, dict) else {}
    return _pairs(raw)


def _pairs(raw: str) -> Row:
    found: Row = {}
    for name, value in _PAIR.findall(raw):
        found.setdefault(name, re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value)
    return found


def _flat(read: dict[str, object], prefix: str = "") -> Row:
    found: Row = {}
    for name, value in read.items():
        key = prefix + name
        if isinstance(value, dict):
            found.update(_flat(value, f"{key}."))
        elif isinstance(value, list):
            found.update(_listed(key, value))
        elif value is not None:
            found[key] = _plain(value)
    return found


def _listed(key: str, values: list[object]) -> Row:
    found: Row = {}
    plain = [text(_plain(value)) for value in values if not isinstance(value, dict | list)]
    if plain:
        found[f"{key}{{}}"] = tuple(plain) if len(plain) > 1 else plain[0]
    for value in values:
        if isinstance(value, dict):
            for name, inner in _flat(value, f"{key}{{}}.").items():
                found[name] = (*_several(found.get(name)), *_several(inner))
    return found


def _several(value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (text(value),)


def _plain(value: object) -> Value:
    if isinstance(value, bool):
        return str(value).lower()
    return text(value) if isinstance(value, int | float) else str(value)
