"""Walks the Route tree, as Alertmanager does: the deepest match wins, `continue` looks at siblings too."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.alert import Route
from bot.model.labels import LabelSet

BY_ALL = ("...",)
"""`group_by: ['...']`: every label set is a group of its own."""


def destinations(root: Route, labels: LabelSet) -> tuple[tuple[str, Route], ...]:
    """The routes an alert with these labels ends at, each with its path in the tree (`0`, `0.1`); at least the root."""
    return tuple(_walk(root, "0", labels)) or (("0", root),)


def group_key(path: str, route: Route, labels: LabelSet) -> tuple[str, LabelSet]:
    """What identifies the group of an alert at this route, and the labels the group shares."""
    shared = labels if route.group_by == BY_ALL else labels.only(route.group_by)
    return f"{path}:{shared!r}", shared


def _walk(route: Route, path: str, labels: LabelSet) -> Iterator[tuple[str, Route]]:
    if not all(matcher.matches(labels) for matcher in route.matchers):
        return
    found = False
    for index, child in enumerate(route.routes):
        deeper = list(_walk(child, f"{path}.{index}", labels))
        yield from deeper
        found = found or bool(deeper)
        if deeper and not child.continue_:
            break
    if not found:
        yield path, route
