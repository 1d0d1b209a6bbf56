"""Runbooks: what a team wrote down to do, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bot.model.labels import Matcher


class Risk(StrEnum):
    """What an action can do to the world. Declared by the action; a runbook may only raise it."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


RISKS = (Risk.READ, Risk.WRITE, Risk.DESTRUCTIVE)
"""In rising order."""


class OnFailure(StrEnum):
    """What a failed step means for the run."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Which alerts a runbook fits. `auto` READ starts it unasked: reading steps run, everything else asks."""

    matchers: tuple[Matcher, ...]
    auto: Risk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A value a runbook needs. `source` is a dotted path such as `alert.labels.instance`."""

    name: str
    source: str = ""
    type: str = "text"
    pattern: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often to try a step, and how long to wait between."""

    attempts: int = 1
    wait: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """Who must say yes: `count` people who hold the role `by`, before `expires` has passed. `ask` is a template."""

    by: str = "on-call"
    count: int = 1
    expires: timedelta = timedelta(minutes=30)
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a runbook. `params` leaves and `condition` (the key `if`) are templates; `uses` names an action."""

    id: str
    title: str
    uses: str
    params: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON values, as written under `with`."""
    integration: str = ""
    condition: str = ""
    timeout: timedelta = timedelta(minutes=1)
    retry: Retry = Retry()
    on_failure: OnFailure = OnFailure.STOP
    risk: Risk | None = None
    approval: ApprovalTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A runbook as its file says it. `hash` is of the file's text: a run keeps the version it began with."""

    name: str
    title: str
    file: str
    hash: str
    steps: tuple[Step, ...]
    owner: str = ""
    summary: str = ""
    triggers: tuple[Trigger, ...] = ()
    inputs: tuple[Input, ...] = ()
    timeout: timedelta = timedelta(hours=1)
    verify_within: timedelta = timedelta(minutes=5)
    """How long the original signal has to recover after a step that changed something."""
