"""Every difference between Alertmanager and Tocsin that is meant, with its reason. All others are mistakes.

An incident is no notification: that Tocsin opens one as soon as a group is due, whatever its receiver, is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tests.differential.alertmanager.scenario import Told, told

_KEYS = "told .*: groupKey"
KNOWN: Mapping[str, str] = {
    r".*: told .*: externalURL": "each names its own address",
    r".*\.updatedAt": "when each wrote it down, by its own clock",
    rf"(continue|twins): {_KEYS}": (
        "the key of a group on the second of two siblings with equal matchers ends in `#2`: in Alertmanager the two"
        " share a key, and are told apart by their receivers only"
    ),
    rf"utf-8: {_KEYS}": (
        "a name that is no plain word stands in quotes: in Alertmanager the name of a label can hold what looks like"
        " other labels, and two groups share a key"
    ),
    rf"old-notation: {_KEYS}": "Alertmanager writes `^(?:` and `)$` around the expressions of `match_re`",
    r"(both-sides|two-causes|drawn-\d+): alerts.*\.inhibitedBy\[0\]": (
        "of several causes one is named: in Alertmanager the one that was heard of last, which changes all the time; in"
        " Tocsin the one that fires longest"
    ),
    r"(both-sides-and-a-cause|two-causes-the-last-is-over): alerts.*\.(inhibitedBy|state)": "see TOLD_OTHERWISE",
    r"(muted-.*|drawn-\d+): alerts at .*\.(mutedBy|state)": (
        "an alert that no route of it tells now says so, and why, among all alerts too; Alertmanager only among groups"
    ),
    r"drawn-\d+: alerts/groups at .*\.(mutedBy|state)": (
        "Alertmanager shows of a group what it met when it told it last, and nothing of intervals where all alerts were"
        " inhibited; Tocsin what is so now"
    ),
    r"silence.*: silences \w+=false at .*": (
        "Alertmanager knows these parameters from 0.34 on, and before that shows everything"
    ),
    r"silences-refused: silence at .*": "after Alertmanager's words, or in their place, it is said what to do about it",
    r"two-webhooks: alerts receiver=\( at .*": "a wrong expression, in the words of RE2 itself and not of Go's package",
    r"every-operator: alerts filter=\{x=1\} at .*": "the same",
    r"one-of-them-is-wrong: push at .*\.message": "a time that cannot be read, in the words of another decoder",
}
"""A regular expression for the scenario and the place of a difference, and why it is there."""

_NO_NEWS = (
    "an alert that was over when it was first heard of, or that is said to be over once more, is no news to anybody:"
    " Alertmanager adds it to the next message, and sends one for it"
)
TOLD_OTHERWISE: Mapping[str, tuple[Sequence[Told], str]] = {
    "over-in-a-group-that-fires": ([told(1.5, "a")], _NO_NEWS),
    "over-once-more": ([told(1.5, "a b"), told(4.5, "-a b"), told(13.5, "b")], _NO_NEWS),
    "zero-times": ([told(1.5, "a b c d"), told(10.5, "-a b -c d")], _NO_NEWS),
    "two-causes-the-last-is-over": (
        [told(1.5, "a"), told(2.25, "b"), told(5.25, "-b")],
        "`a` still fires, and inhibits; but of the causes that are equal Alertmanager remembers one, the last",
    ),
    "both-sides-and-a-cause": (
        [told(1.5, "d")],
        "`e` is both a cause and a symptom, `d` a cause only, and so `d` inhibits `e`, as Alertmanager's manual says;"
        " but of the causes that are equal it remembers one, the last, which is `e` itself",
    ),
}
"""Scenarios in which Tocsin tells something else: what, and why."""


def is_known(place: str) -> bool:
    """Whether a difference at this place, after the scenario's name, is one of those above."""
    return any(re.fullmatch(pattern, place) for pattern in KNOWN)
