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
class IncidentTrigger:
    """Which changes of an incident start a runbook: when it comes to one of `statuses`, and the rest fits.

    Empty means any. `severities` are names such as SEV1.
    """

    statuses: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTrigger:
    """When a runbook starts by the clock: five cron fields, in a time zone; with these inputs."""

    cron: str
    time_zone: str = "UTC"
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookTrigger:
    """A webhook that starts a runbook: `integration` says whose posts, `inputs` which JMESPath finds each input.

    `when` is a JMESPath that must be true of the body; without one every post begins a run.
    """

    integration: str
    when: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


class InputType(StrEnum):
    """What a value must be. Text from outside fills only what can be checked."""

    TEXT = "text"
    """Anything; a step may show it and never run it, unless `pattern` says what it looks like."""
    HOST = "host"
    """A host of an inventory, without the port that exporters append."""
    HOSTNAME = "hostname"
    """A name or an address as RFC 1123 writes it."""
    K8S_NAME = "k8s_name"
    """The name of an object in Kubernetes."""
    ENUM = "enum"
    INT = "int"
    """0 or more, unless `least` says otherwise."""
    DURATION = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A value a runbook needs. `source` is a dotted path such as `alert.labels.instance`.

    `values` are those of an ENUM, `least` and `most` the bounds of an INT. One that is not `required` may be absent:
    it is then the empty text.
    """

    name: str
    source: str = ""
    type: InputType = InputType.TEXT
    pattern: str = ""
    default: str | None = None
    values: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    required: bool = True
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often to try a step, and how long to wait between: `wait`, then each time `backoff` times as long."""

    attempts: int = 1
    wait: timedelta = timedelta(seconds=10)
    backoff: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalTerms:
    """Who must say yes: `count` people who hold the role `by`, before `expires` has passed. `ask` is a template."""

    by: str = "on-call"
    count: int = 1
    expires: timedelta = timedelta(minutes=30)
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a runbook. `params` leaves and `condition` (the key `if`) are templates; `uses` names an action.

    `expect` is a condition over `result` that must hold once it has run. `verify` is a step that only reads and must
    succeed after this one, or this one has failed; `rollback` is the step that takes this one back: on failure, in
    reverse order, or when a person asks for it. Their ids are `ID.verify` and `ID.rollback`.
    """

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
    expect: str = ""
    verify: Step | None = None
    rollback: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """What a step of a runbook's test answers. `outcome` is succeeded, failed or unknown.

    `risk` is what the action would be this time, where that depends on its parameters.
    """

    outcome: str = "succeeded"
    summary: str = ""
    value: Mapping[str, Any] = field(default_factory=dict)
    risk: Risk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookTest:
    """One of `tests:`: what is given, and what must come of it. `results` and `answers` are by step.

    An answer is approve, reject, expire, did or did_not. `signal` is what the alert's expression says afterwards:
    clear, firing or unknown. Of what is expected, what is None is not looked at; `path` are the steps
    that ran, in order.
    """

    name: str
    line: int
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, tuple[Canned, ...]] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    signal: str = "clear"
    path: tuple[str, ...] | None = None
    asked: tuple[str, ...] | None = None
    status: str | None = None
    verdict: str | None = None


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
    watch: timedelta = timedelta(0)
    """How long a run that changed nothing looks whether the signal recovers, as people act; 0: it does not."""
    incident_triggers: tuple[IncidentTrigger, ...] = ()
    schedule_triggers: tuple[ScheduleTrigger, ...] = ()
    hook_triggers: tuple[HookTrigger, ...] = ()
    concurrency: str = ""
    """A template over inputs: of runs for which it says the same, only one is under way."""
    freeze: tuple[str, ...] = ()
    """Names of time intervals in which this runbook changes nothing."""
    tests: tuple[RunbookTest, ...] = ()
