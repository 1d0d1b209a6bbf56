"""How far Tocsin may go by itself: autonomy, limits, the switch that stops everything, and what was earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Autonomy(StrEnum):
    """What a run that nobody began by hand may do. A run that a person began is never below SUGGEST."""

    OBSERVE = "observe"
    """Steps that read run; of a change is only written down what it would have done."""
    SUGGEST = "suggest"
    """Steps that read run; every change asks people, each for itself."""
    APPROVE = "approve"
    """As SUGGEST, but one answer is enough for all changes that were shown with it, as long as none of them differs."""
    AUTO = "auto"
    """A change of risk `write` runs unasked; a destructive one still asks."""


AUTONOMIES = (Autonomy.OBSERVE, Autonomy.SUGGEST, Autonomy.APPROVE, Autonomy.AUTO)
"""In rising order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be touched. `protected` are patterns over `Plan.places`, such as `namespace:kube-*`.

    `freeze` names time intervals in which nothing is changed; `per_service`: one run that changes things at a time.
    """

    targets: int = 10
    """The most targets that the changes of one run may have in all."""
    runs_per_hour: int = 20
    """Of runs that change something, in all."""
    per_service: bool = True
    protected: tuple[str, ...] = ("namespace:kube-system",)
    freeze: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """`automation:` of tocsin.yaml. `ceilings`: runbook, or `runbook@environment`, to the most it may ever have.

    `environment_label` is the alert's label that says which environment it is about. `promote_after`: so many
    recoveries one after the other, and the next autonomy is offered.
    """

    limits: Limits = field(default_factory=Limits)
    autonomy: Autonomy = Autonomy.SUGGEST
    ceilings: Mapping[str, Autonomy] = field(default_factory=dict)
    environment_label: str = "environment"
    promote_after: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The kill switch. While `paused`, no step begins."""

    paused: bool = False
    by: str = ""
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The autonomy that a person gave a runbook in an environment, or that a failure took from it.

    `does` is what the runbook did at that moment (see `bot.runbooks.autonomy.doing`): more than `SUGGEST` is given to
    that alone, and not to whatever is written under the same name afterwards.
    """

    runbook: str
    environment: str
    autonomy: Autonomy
    since: datetime
    by: str
    reason: str = ""
    does: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookRecord:
    """What became of the runs of one runbook in one environment. `in_a_row`: recoveries since the last that was none.

    In it count only runs that changed something, and that did what the runbook does now; in the rest all of its runs.
    `typically` is the median time to recovery.
    """

    runbook: str
    environment: str
    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    rejected: int = 0
    recovered: int = 0
    not_recovered: int = 0
    not_seen: int = 0
    in_a_row: int = 0
    typically: timedelta | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """A step that has begun and has not ended, for whoever pulls the switch."""

    run: str
    runbook: str
    step: str
    summary: str
    since: datetime
