"""What was seen when a rule group was evaluated, for whoever asks later why a rule fired or did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet
from bot.model.rule import RuleState

LATE = timedelta(seconds=1)
"""How long after its slot an evaluation has to begin to be called late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One alert of a rule in one evaluation. INACTIVE: it was resolved by this evaluation.

    `labels` are there where the alert began or changed its state; in between it is known by its fingerprint.
    """

    fingerprint: Fingerprint
    state: RuleState
    value: float
    labels: LabelSet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """One rule in one evaluation, where there was anything to say of it. `place` is its place in the group.

    `alerts` counts all that are pending and firing; `sightings` are some of them, those that changed first.
    """

    rule: str
    place: int
    state: RuleState
    alerts: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecord:
    """One evaluation of a group. Rules that `findings` does not name were plainly inactive.

    `late` is how long after its slot it began, where that was a second or more.
    """

    group_key: str
    slot: datetime
    took: timedelta
    late: timedelta = timedelta(0)
    findings: tuple[RuleFinding, ...] = ()

    def of(self, rule: str, place: int) -> RuleFinding:
        """What was found of one rule: the one of this name at this place, else the first of this name."""
        named = [one for one in self.findings if one.rule == rule]
        calm = RuleFinding(rule=rule, place=place, state=RuleState.INACTIVE)
        return next((one for one in named if one.place == place), named[0] if named else calm)
