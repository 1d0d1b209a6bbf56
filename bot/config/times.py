"""Times as the document says them: named intervals and maintenance, as nouns, and what is wrong between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.config.schema import Config
from bot.documents import Path
from bot.model.time_interval import Maintenance, TimeInterval

Found = Iterator[tuple[Path, str]]


def intervals(config: Config) -> Mapping[str, TimeInterval]:
    """By name."""
    return {entry.name: entry.noun for entry in config.time_intervals}


def maintenance(config: Config) -> tuple[Maintenance, ...]:
    """In the order of the file."""
    return tuple(entry.noun(config.time_zone) for entry in config.maintenance)


def mistakes(config: Config) -> Found:
    """Names that are there twice, and what never begins."""
    for key in ("time_intervals", "maintenance"):
        names = [entry.name for entry in getattr(config, key)]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (key, index, "name"), f"{name!r} is there already; give one of them another name"
    for index, one in enumerate(maintenance(config)):
        if one.until is not None and one.starts_at is not None and one.until <= one.starts_at:
            yield ("maintenance", index, "until"), "it never begins: this is not after `starts_at`"


def unwise(config: Config) -> Found:
    """Maintenance that takes every alert."""
    for index, one in enumerate(maintenance(config)):
        if all(matcher.matches({}) for matcher in one.matchers):
            yield (
                ("maintenance", index, "matchers"),
                "alerts without these labels fit too, so it takes nearly every alert",
            )
