"""What an integration can do, and how a runbook is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.config import JsonDict

from bot.model.ids import IncidentId, RunId
from bot.model.plan import ActionResult, Did, Plan
from bot.model.runbook import Risk

ANY_TEXT: JsonDict = {"x-any-text": True}
"""`json_schema_extra` of a parameter in which any text from outside may stand: it is shown, or escaped as a value.

Every other parameter may be syntax (a command's argument, a name, a path, an expression, an address): only what can be
checked may stand there. See `bot.runbooks.taint`.
"""

LANGUAGE: JsonDict = {"x-language": True}
"""`json_schema_extra` of a parameter that is read as a language: PromQL, a manifest. Only words and numbers are filled
in there; what may be any text has a parameter of its own, such as `vars`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """What there is to know of an action without running it. `name` is what `uses` says; `help` is one sentence.

    `risk` is the gravest it can be, `mildest` the mildest where that is another; a plan says what it is this time.
    `result` names the keys of its value. `undoes`: it can take back what it did, which a plan says of this time.
    `needs` are the permissions it needs at its vendor, in the vendor's words; `{name}` stands for a parameter.
    """

    name: str
    params: type[BaseModel]
    risk: Risk
    help: str
    result: Mapping[str, str]
    needs: tuple[str, ...] = ()
    mildest: Risk | None = None
    undoes: bool = False

    @property
    def may_only_read(self) -> bool:
        """Whether there are parameters with which it changes nothing."""
        return Risk.READ in (self.risk, self.mildest)


def takes_any_text(spec: ActionSpec, param: str) -> bool:
    """Whether the action marked this parameter, by its name in a runbook, with `ANY_TEXT`."""
    return _is_marked(spec, param, ANY_TEXT)


def is_language(spec: ActionSpec, param: str) -> bool:
    """Whether it marked it with `LANGUAGE`."""
    return _is_marked(spec, param, LANGUAGE)


def _is_marked(spec: ActionSpec, param: str, mark: JsonDict) -> bool:
    for name, info in spec.params.model_fields.items():
        if param in (name, info.alias):
            extra = info.json_schema_extra
            return isinstance(extra, dict) and mark.items() <= extra.items()
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """For what an action is planned: which step of which run, for which incident. `run` is None in a rehearsal."""

    run: RunId | None = None
    step: str = ""
    incident: IncidentId | None = None
    source: str = ""
    depth: int = 0


Say = Callable[[str], None]
"""Takes what an action prints, piece by piece as it comes; it never waits and never fails."""


def nobody(_: str) -> None:
    """Listens to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action that can be run now. What it cannot do is absent, not refused.

    `plan` does no writes and raises DocumentError or Permanent when the parameters make no sense. It is called with
    `bot.ports.reads_only` in force, below which no write leaves this process.
    `run` does what the plan says; it never raises for a failure of the thing itself, it answers FAILED.
    `run` gets the time it has. Its caller cancels it then, and it stops what it began; what could outlive a process
    that is killed meanwhile gets the same deadline of its own, so that it is gone `ENDING` after it at the latest.
    `probe` says whether a plan whose end nobody saw had its effect.
    `undo` makes the plan that takes back what this plan did, with this result; Permanent when it cannot be.
    """

    spec: ActionSpec
    # Any: each action has a parameter model of its own (`spec.params`); the caller validates with it first.
    plan: Callable[[Any, Occasion], Awaitable[Plan]]
    run: Callable[[Plan, timedelta, Say], Awaitable[ActionResult]]
    probe: Callable[[Plan], Awaitable[Did]] | None = None
    undo: Callable[[Plan, ActionResult], Awaitable[Plan]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One thing `tocsin doctor` found out about an integration. `skew` is the server's clock minus ours."""

    what: str
    ok: bool
    detail: str
    hint: str = ""
    version: str = ""
    skew: timedelta | None = None
