"""Walks the routing tree as Alertmanager does: the deepest match wins, `continue` looks at siblings too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.model.labels import LabelSet, Matcher
from bot.model.matchers import fits
from bot.model.route import Route

BY_ALL = ("...",)
"""`group_by: ['...']`: every label set is a group of its own."""

_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SHORT = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_SHORT |= {"\\": r"\\", '"': r"\""}


def destinations(root: Route, labels: LabelSet) -> tuple[tuple[str, Route], ...]:
    """The routes an alert with these labels ends at, each with its name; at least the root, which takes every alert.

    A name is Alertmanager's: the matchers from the top of the tree on, `{}/{team="db"}/{severity="page"}`. It stays the
    same when other routes come and go, so that nothing is told again because of them. Of siblings with equal matchers
    the second one's ends in `#2`.
    """
    path = _text(root.matchers)
    return (tuple(_walk(root, path, labels)) if root.routes else ()) or ((path, root),)


def group_key(path: str, route: Route, labels: LabelSet) -> tuple[str, LabelSet]:
    """What identifies the group of an alert at the route with this name, in Alertmanager's form, and its labels.

    No two groups share a key, whatever an alert's labels hold.
    """
    if route.group_by == BY_ALL:
        return _key(path, labels), labels
    return _shared(path, route.group_by, tuple([labels.get(name, "") for name in route.group_by]))


@lru_cache(maxsize=8192)
def _shared(path: str, names: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, LabelSet]:
    """Made once for all the alerts of a group."""
    shared = LabelSet(dict(zip(names, values, strict=True)))
    return _key(path, shared), shared


def _key(path: str, shared: LabelSet) -> str:
    inside = ", ".join([f"{_name(name)}={_quoted(value)}" for name, value in shared.items()])
    return f"{path}:{{{inside}}}"


def _walk(route: Route, path: str, labels: LabelSet) -> Iterator[tuple[str, Route]]:
    """The ends below a route that takes these labels."""
    found = False
    for index, child in enumerate(route.routes):
        if fits(child.matchers, labels):
            found = True
            yield from _walk(child, f"{path}/{_text(child.matchers)}{_ordinal(route.routes[:index], child)}", labels)
            if not child.continue_:
                break
    if not found:
        yield path, route


def _ordinal(before: Sequence[Route], route: Route) -> str:
    """Only what may stand beside others that take the same labels needs a number."""
    alike = sum(one.matchers == route.matchers for one in before if one.continue_)
    return f"#{alike + 1}" if alike else ""


@lru_cache(maxsize=4096)
def _text(matchers: tuple[Matcher, ...]) -> str:
    return "{" + ",".join(str(one) for one in sorted(matchers, key=lambda one: one.name)) + "}"


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """As Go quotes it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_SHORT.get(sign) or (sign if sign.isprintable() else _escaped(sign)) for sign in text) + '"'


def _escaped(sign: str) -> str:
    number = ord(sign)
    if number < 0x20 or number == 0x7F:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
