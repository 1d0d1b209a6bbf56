"""What an integration can do, and how a runbook is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from bot.model.plan import ActionResult, Did, Plan
from bot.model.runbook import Risk


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """What there is to know of an action without running it. `name` is what `uses` says; `help` is one sentence.

    `risk` is the gravest it can be; a plan says what it is this time. `result` names the keys of its value.
    """

    name: str
    params: type[BaseModel]
    risk: Risk
    help: str
    result: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action that can be run now. What it cannot do is absent, not refused.

    `plan` does no writes and raises DocumentError or Permanent when the parameters make no sense.
    `run` does what the plan says; it never raises for a failure of the thing itself, it answers FAILED.
    `run` gets the time it has. Its caller cancels it then, and it stops what it began; what could outlive a process
    that is killed meanwhile gets the same deadline of its own, so that it is gone `ENDING` after it at the latest.
    `probe` says whether a plan whose end nobody saw had its effect.
    """

    spec: ActionSpec
    # Any: each action has a parameter model of its own (`spec.params`); the caller validates with it first.
    plan: Callable[[Any], Awaitable[Plan]]
    run: Callable[[Plan, timedelta], Awaitable[ActionResult]]
    probe: Callable[[Plan], Awaitable[Did]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One thing `tocsin doctor` found out about an integration. `skew` is the server's clock minus ours."""

    what: str
    ok: bool
    detail: str
    hint: str = ""
    version: str = ""
    skew: timedelta | None = None
