"""What `automation:` says of the rest: freezes that are time intervals, ceilings of runbooks that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.config.schema import Config
from bot.documents import Path, suggest

Found = Iterator[tuple[Path, str]]
_PLACES = ("cluster", "host", "namespace", "node", "service")
"""The kinds of places that our own actions name; those of others may name more."""


def mistakes(config: Config) -> Found:
    """Freezes that no time interval is called."""
    intervals = [entry.name for entry in config.time_intervals]
    for index, name in enumerate(config.automation.limits.freeze):
        if name not in intervals:
            near = suggest(name, intervals) or "; add it under `time_intervals`"
            yield ("automation", "limits", "freeze", index), f"no time interval is called {name!r}{near}"


def unwise(config: Config) -> Found:
    """Protections that may hold for nothing."""
    for index, place in enumerate(config.automation.limits.protected):
        kind = place.partition(":")[0]
        if kind not in _PLACES:
            near = suggest(kind, _PLACES) or f"; there are {', '.join(_PLACES)}"
            yield ("automation", "limits", "protected", index), f"no place of ours is a {kind!r}{near}"


def unknown_runbooks(config: Config, runbooks: Collection[str]) -> Found:
    """Ceilings that hold for nothing."""
    for name in config.automation.ceilings:
        runbook = name.partition("@")[0]
        if runbook not in runbooks:
            yield ("automation", "ceilings", name), f"no runbook is called {runbook!r}{suggest(runbook, runbooks)}"
