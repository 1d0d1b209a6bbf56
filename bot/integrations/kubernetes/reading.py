"""What every action that only reads has in common: a plan that asks nobody, and a look that fails with words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from bot.errors import IntegrationError, Temporary
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.showing import capped
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say

P = TypeVar("P", bound=BaseModel)
_LONGEST_SUMMARY = 200
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is looked at, and where it lies."""

    target: str
    summary: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look saw. `well` is False when what was wanted did not come."""

    summary: str
    value: dict[str, Any] = field(default_factory=dict)  # Any: plain JSON for later steps
    text: str = ""
    well: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[P]):
    """One action that reads: `aim` says at what (and refuses what makes no sense), `look` looks."""

    cluster: Cluster
    spec: ActionSpec
    aim: Callable[[P], Aim]
    look: Callable[[P, timedelta, Say], Awaitable[Seen]]

    def action(self) -> Action:
        """The action."""
        return Action(spec=self.spec, plan=self._plan, run=self._run)

    async def _plan(self, params: P, _: Occasion) -> Plan:
        aim = self.aim(params)
        return Plan(
            action=self.spec.name,
            integration=self.cluster.name,
            params=params.model_dump(mode="json"),
            targets=(aim.target,),
            summary=short(aim.summary),
            risk=Risk.READ,
            repeatable=True,
            places=aim.places,
        )

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params = cast(P, self.spec.params.model_validate(plan.params))
        try:
            seen = await self.look(params, within, say)
        except IntegrationError as error:
            return failed(error)
        return ActionResult(
            outcome=Outcome.SUCCEEDED if seen.well else Outcome.FAILED,
            summary=short(self.cluster.redactor.clean(seen.summary)),
            value=self.cluster.clean(seen.value),
            text=capped(self.cluster.redactor.clean(seen.text)),
        )


class Lines:
    """Tells output line by line: a secret, or a letter, that came in two pieces is told in one."""

    def __init__(self, cluster: Cluster, say: Say) -> None:
        self._cluster, self._say, self._left = cluster, say, b""

    def hear(self, data: bytes) -> None:
        """Takes a piece of output; tells the lines that are whole."""
        whole, _, self._left = (self._left + data).rpartition(b"\n")
        if whole:
            self._tell(whole + b"\n")
        if len(self._left) > _LONGEST_LINE:
            self.end()

    def end(self) -> None:
        """Tells what is left."""
        if self._left:
            self._tell(self._left)
        self._left = b""

    def _tell(self, data: bytes) -> None:
        self._say(self._cluster.redactor.clean(data.decode(errors="replace")))


def failed(error: IntegrationError) -> ActionResult:
    """The end of an action that an error ended before it changed anything."""
    causes = getattr(error, "causes", ())
    return ActionResult(
        outcome=Outcome.FAILED,
        summary=short(error.message),
        text="\n".join([error.message, *causes, error.hint]),
        temporary=isinstance(error, Temporary),
        untouched=not isinstance(error, Temporary),
    )


def refused(message: str) -> ActionResult:
    """The end of an action that was not begun: the world is not what its plan was made for."""
    return ActionResult(
        outcome=Outcome.FAILED, summary=short(message), text="look at it again, and plan anew", untouched=True
    )


def short(summary: str) -> str:
    """One line that fits into a list."""
    summary = visible(summary)
    return summary if len(summary) <= _LONGEST_SUMMARY else f"{summary[: _LONGEST_SUMMARY - 1]}…"
