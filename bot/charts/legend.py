"""What series are called beside each other: by the labels that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.labels import LabelSet
from bot.model.wording import one_line


def series_names(labels: Sequence[LabelSet]) -> list[str]:
    """A name for each: by the one label that tells them all apart, else by all that not every one of them has.

    One alone is named by all its labels.
    """
    if len(labels) == 1:
        return [label_pairs(labels[0])]
    shared = set(labels[0].items()).intersection(*(one.items() for one in labels[1:])) if labels else set()
    differing = dict.fromkeys(key for one in labels for key, value in one.items() if (key, value) not in shared)
    telling = (key for key in differing if len({one.get(key) for one in labels}) == len(labels))
    keys = tuple(differing) if (key := next(telling, None)) is None else (key,)
    return [label_pairs(one.only(keys)) for one in labels]


def label_pairs(labels: LabelSet) -> str:
    """The labels on one line, the metric's name first."""
    metric = labels.get("__name__", "")
    pairs = ", ".join(f"{key}={value}" for key, value in labels.items() if key != "__name__")
    return one_line(f"{metric} {pairs}") or "no labels"
