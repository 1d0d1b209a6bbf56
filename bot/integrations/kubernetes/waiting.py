"""`kubernetes.wait`: until an object says of itself what is wanted. What cannot be seen is never success."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from bot.errors import Permanent, Temporary
from bot.integrations.kubernetes.answers import code_of
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import Object, Thing, at
from bot.integrations.kubernetes.reading import Aim, Reading, Seen
from bot.integrations.kubernetes.words import Condition, FieldPath, One
from bot.model.runbook import Risk
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Say

MARGIN = 1.0
"""Seconds that are kept back, to say how far it came before the step is out of time."""


_OLD = "what it says is of an older version of itself"


class WaitParams(One):
    """`with:` of kubernetes.wait."""

    condition: Condition | None = Field(default=None, description="The type of the condition that must be `status`.")
    status: str = Field(default="True", max_length=20, description="What that condition must be.")
    field: FieldPath = Field(default="", description="Instead of a condition: a field, such as `status.phase`.")
    value: str = Field(default="", max_length=253, description="What the field must be.", json_schema_extra=ANY_TEXT)
    gone: bool = Field(default=False, description="Instead of both: until there is no such object any more.")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum((self.condition is not None, bool(self.field), self.gone)) != 1:
            raise ValueError("write one of `condition`, `field` with `value`, or `gone: true`")
        return self


WAIT = ActionSpec(
    name="kubernetes.wait",
    params=WaitParams,
    risk=Risk.READ,
    help="Waits until an object says of itself what is wanted; an object that is not there never does.",
    result={"waited": "seconds from the start", "seen": "what it said last"},
    needs=("get {kind}",),
)


class Waiting:
    """Makes the action of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """The one."""
        return (Reading(cluster=self._cluster, spec=WAIT, aim=self._aim, look=self._look).action(),)

    def _thing(self, params: WaitParams) -> Thing:
        return self._cluster.thing(self._cluster.kind(params.kind, params.namespace), params.namespace, params.name)

    def _aim(self, params: WaitParams) -> Aim:
        thing = self._thing(params)
        summary = f"wait until {thing} on {self._cluster.name} {_wish(params)}"
        return Aim(target=str(thing), summary=summary, places=self._cluster.places(namespace=thing.namespace))

    async def _look(self, params: WaitParams, within: timedelta, say: Say) -> Seen:
        """Until it is so, or the time is over; the first look is told apart from later ones for `gone`."""
        thing = self._thing(params)
        loop = asyncio.get_running_loop()
        began, last = loop.time(), ""
        for pause in self._cluster.pauses():
            so, seen = await self._once(params, thing)
            if seen != last:
                say(f"{thing}: {seen}\n")
                last = seen
            waited = round(loop.time() - began, 3)
            if so:
                return Seen(
                    summary=f"{thing} {_wish(params)} after {waited:.1f} s", value={"waited": waited, "seen": seen}
                )
            if waited + pause + MARGIN > within.total_seconds():
                summary = f"{thing}: {seen}, after {waited:.0f} s of waiting until it {_wish(params)}"
                return Seen(summary=summary, value={"waited": waited, "seen": seen}, well=False)
            await asyncio.sleep(pause)
        raise AssertionError("there is always another pause")

    async def _once(self, params: WaitParams, thing: Thing) -> tuple[bool, str]:
        """Whether it is so, and what was seen. Only an answer of the API server counts as having seen."""
        try:
            value = await self._cluster.get(thing)
        except Temporary as error:
            return False, f"could not see it ({error.message})"
        except Permanent as error:
            if code_of(error) != 404:
                raise
            return params.gone, "is gone" if params.gone else "could not see it: there is no such object"
        if params.gone:
            return False, "is there"
        return _so(params, value)


def _so(params: WaitParams, value: Object) -> tuple[bool, str]:
    if _is_old(value, at(value, "status.observedGeneration")):
        return False, _OLD
    if params.condition is None:
        said = at(value, params.field)
        shown = said if isinstance(said, str) else "absent" if said is None else json.dumps(said)
        return said is not None and shown == params.value, f"{params.field} is {shown}"[:300]
    for one in at(value, "status.conditions", []):
        if str(one.get("type")).lower() == params.condition.lower():
            if _is_old(value, one.get("observedGeneration")):
                return False, _OLD
            why = f" ({one['reason']})" if one.get("reason") else ""
            return one.get("status") == params.status, f"{one.get('type')} is {one.get('status')}{why}"
    return False, f"has no condition {params.condition}"


def _is_old(value: Object, observed: int | None) -> bool:
    """Whether something was said of an object before its last change; many say with each condition when it was."""
    generation = at(value, "metadata.generation")
    return generation is not None and observed is not None and observed < generation


def _wish(params: WaitParams) -> str:
    if params.gone:
        return "is gone"
    if params.condition is not None:
        return f"says {params.condition} is {params.status}"
    return f"has {params.value!r} as its {params.field}"
