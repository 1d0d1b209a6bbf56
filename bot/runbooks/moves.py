"""What the carrier of a run can be told to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.plan import Plan
from bot.model.run import RunStatus
from bot.model.runbook import Step

ENDING = timedelta(seconds=5)
"""What an action that is out of time may take until it is really over; see `bot.ports.actions.Action.run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Decide `if`, fill the parameters in, and plan."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask people whether this plan may run."""

    step: Step
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWhat:
    """Ask people the runbook's own question (`uses: ask`); their answers are the step's result."""

    step: Step
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """Nobody answered in time."""

    step: Step
    approval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Write down what this change would have done, and leave it out."""

    step: Step
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Write the intent down, then act. `approved` says whether people agreed to exactly this plan."""

    step: Step
    plan: Plan
    attempt: int
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """We do not know whether the attempt had its effect, and the action can find out.

    Until this time it may still be under way, for it can outlive the process that began it: then a no is not final.
    """

    step: Step
    plan: Plan
    attempt: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskIfItRan:
    """We do not know whether the attempt had its effect, and only a person can find out."""

    step: Step
    plan: Plan
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do until this time, or until somebody answers."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Look at the original signal until it is clear, or until this time."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Look at the original signal now and then until it is clear, or until this time: people act meanwhile, not we."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Write down that what was changed is taken back, because of this. The steps that do it follow."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The run is over. `given_up`: nobody saw how it went, and somebody is to look."""

    status: RunStatus
    reason: str
    given_up: bool = False


Question = Ask | AskWhat | AskIfItRan | Expire
Noted = Prepare | Observe | Check | TakeBack | Question
"""After each of these there is more to do."""
Move = Noted | Start | Probe | Watch | Wait | Done
