"""Turns the words of others into ours: severities, names of labels, and which labels make an alert the same alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.model.labels import LabelSet
from bot.model.route import FieldMap

_SEVERITY = "severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An alert's labels in our words. `aside` are labels that no longer tell it from others, to keep as annotations.

    `done` says what was changed, in words for people.
    """

    labels: LabelSet
    aside: Mapping[str, str] = field(default_factory=dict)
    done: tuple[str, ...] = ()


def concerning(maps: Sequence[FieldMap], source: str) -> tuple[FieldMap, ...]:
    """Those for alerts of this source, in order; (): its alerts need no mapping."""
    return tuple(one for one in maps if one.source in ("", source))


def mapped(maps: Sequence[FieldMap], source: str, labels: Mapping[str, str]) -> Mapped:
    """The labels after every map for this source, in order: names first, then the severity, then the identity.

    A label that is renamed takes the place of one that has the new name already. What a map in shadow would do is said
    only.
    """
    found = dict(labels)
    aside: dict[str, str] = {}
    done: list[str] = []
    for one in concerning(maps, source):
        if one.shadow:
            done += [f"shadow: {text}" for text in _apply(one, dict(found), {})]
        else:
            done += _apply(one, found, aside)
    return Mapped(labels=LabelSet(found), aside=aside, done=tuple(done))


def _apply(one: FieldMap, labels: dict[str, str], aside: dict[str, str]) -> list[str]:
    return [*_renamed(one, labels), *_graded(one, labels), *_identified(one, labels, aside)]


def _renamed(one: FieldMap, labels: dict[str, str]) -> list[str]:
    moved = {old: labels.pop(old) for old in one.labels if labels.get(old)}
    labels.update({one.labels[old]: value for old, value in moved.items()})
    return [f"label {old} is called {one.labels[old]}" for old in moved]


def _graded(one: FieldMap, labels: dict[str, str]) -> list[str]:
    given = labels.get(_SEVERITY, "")
    ours = one.severities.get(given)
    if ours is None or ours == given:
        return []
    labels[_SEVERITY] = ours
    return [f"severity {given or 'none'} is {ours}"]


def _identified(one: FieldMap, labels: dict[str, str], aside: dict[str, str]) -> list[str]:
    if not one.identity:
        return []
    others = [name for name in labels if name not in one.identity]
    aside.update({name: labels.pop(name) for name in others})
    return [f"label {name} does not tell it from others" for name in sorted(others)]
