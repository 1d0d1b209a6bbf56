"""What series are called beside each other: by the labels that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model.labels import LabelSet
from bot.model.wording import one_line

LONGEST = 72
"""Characters of a name; what is longer ends in an ellipsis."""


def series_names(labels: Sequence[LabelSet]) -> list[str]:
    """A name for each: the pairs that not all of them share, on one line. One alone is named by all it has."""
    shared = set(labels[0].items()).intersection(*(one.items() for one in labels[1:])) if len(labels) > 1 else set()
    return [
        one_line(_name({key: value for key, value in one.items() if (key, value) not in shared}), LONGEST)
        for one in labels
    ]


def _name(labels: Mapping[str, str]) -> str:
    metric = labels.get("__name__", "")
    pairs = ", ".join(f"{key}={value}" for key, value in labels.items() if key != "__name__")
    return f"{metric} {pairs}".strip() or "no labels"
