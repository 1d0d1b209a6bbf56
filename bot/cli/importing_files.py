"""Files that hold what the APIs of PagerDuty, Opsgenie and Grafana OnCall answer, sorted by what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.cli.importing_fetch import Found
from bot.cli.importing_oncall import Plain
from bot.config.files import text_of
from bot.errors import NotAllowed

_KEYS = {
    "pagerduty": ("users", "schedules", "escalation_policies"),
    "opsgenie": ("users", "schedules", "overrides", "escalations"),
    "oncall": ("users", "schedules", "on_call_shifts", "escalation_chains", "escalation_policies"),
}
_ALONE = {"schedule": "schedules", "escalation_policy": "escalation_policies", "user": "users"}
"""An answer about one thing has it under this key."""
_MARKS: Mapping[str, Sequence[tuple[str, str]]] = {
    "pagerduty": (),
    "opsgenie": (
        ("alias", "overrides"), ("rotations", "schedules"), ("username", "users"), ("timezone", "schedules"),
        ("rules", "escalations"),
    ),
    "oncall": (
        ("position", "escalation_policies"), ("duration", "on_call_shifts"), ("username", "users"),
        ("on_call_now", "schedules"), ("shifts", "schedules"), ("id", "escalation_chains"),
    ),
}  # fmt: skip
"""Where a list is just `data` or `results`: what has such a key is one of those."""


def read(vendor: str, paths: Sequence[Path], base: Path) -> Found:
    """All that these files hold; NotAllowed where one holds something else."""
    found: dict[str, list[Plain]] = {}
    for path in paths:
        for key, items in _lists(vendor, path, base).items():
            found.setdefault(key, []).extend(items)
    return found


def _lists(vendor: str, path: Path, base: Path) -> Found:
    try:
        value = json.loads(text_of(base / path, str(path)))
    except (ValueError, RecursionError):
        value = None
    answers = value if isinstance(value, list) else [value]
    found: dict[str, list[Plain]] = {}
    for answer in answers:
        for key, item in _of_answer(vendor, answer):
            found.setdefault(key, []).append(item)
    if not found:
        keys = ", ".join(f"`{key}`" for key in _KEYS[vendor])
        raise NotAllowed(
            f"{path} holds nothing of {vendor}'s API", hint=f"it is JSON as the API answers, with lists of {keys}"
        )
    return found


def _of_answer(vendor: str, answer: object) -> Sequence[tuple[str, Plain]]:
    if not isinstance(answer, dict):
        return ()
    named = [(key, item) for key in _KEYS[vendor] for item in _mappings(answer.get(key))]
    alone = [(_ALONE[key], item) for key in _ALONE for item in _mappings([answer.get(key)])]
    unnamed = [
        (kind, item)
        for key in ("data", "results")
        for item in _mappings(answer.get(key))
        if (kind := next((kind for mark, kind in _MARKS[vendor] if mark in item), ""))
    ]
    return [*named, *alone, *unnamed]


def _mappings(value: object) -> Sequence[Plain]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
