"""What every change of one object has in common: what it is bound to, how it is rehearsed, done, and seen afterwards.

A plan is made with `dryRun=All`, so the API server itself - its defaults, its quotas, its admission - says what would
come of it. It is bound to the object's uid and to the part of it that the change is about, not to its resourceVersion:
that moves with every status, and an approval would be void before it was read. The version is read anew right before
the change and sent with it; what was changed in between is refused by the API server, and looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from bot.errors import IntegrationError, Permanent
from bot.integrations.kubernetes.answers import code_of, is_stale
from bot.integrations.kubernetes.cautions import cautions
from bot.integrations.kubernetes.cluster import JSON_PATCH, STRATEGIC, Cluster
from bot.integrations.kubernetes.kinds import Object, Thing
from bot.integrations.kubernetes.reading import failed, refused, short
from bot.integrations.kubernetes.showing import diff, state
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say

P = TypeVar("P", bound=BaseModel)
NOW = "$now"
"""In a patch: the moment it is done."""
ABSENT: Object = {"metadata": {"uid": ""}}
"""What stands for an object that is not there."""
_WHEN_DONE = "(when it is done)"
_TRIES = 5
_UNSURE = ("timeout", "connection", "server")
_LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a change makes of an object, worked out from the object as it is.

    `about` is the part of it that must still be so when the change is done, `then` what that part is afterwards; both
    are JSON, and kept as digests where they are `hidden`. `before` is what an undo needs to know. `notes` are told
    beside the diff.
    """

    patch: object
    about: object
    then: object
    summary: str
    how: str = STRATEGIC
    sub: str = ""
    risk: Risk = Risk.WRITE
    before: Mapping[str, str] = field(default_factory=dict)
    undo: str = ""
    can_undo: bool = False
    notes: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)  # Any: plain JSON, over what the runbook wrote
    force: bool = False
    hidden: bool = False

    @property
    def now(self) -> str:
        """What the plan is bound to."""
        return state(self.about, hidden=self.hidden)

    @property
    def later(self) -> str:
        """What that becomes."""
        return state(self.then, hidden=self.hidden)

    @property
    def sent(self) -> str:
        """The patch, as the plan is bound to it."""
        return state(self.patch, hidden=self.hidden)


Undo = Callable[[Plan], Awaitable[Plan]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing(Generic[P]):
    """One action that changes one object by a patch.

    `thing` says which (and refuses what makes no sense), `wish` what is to become of it, `tell` what a later step may
    use of the object afterwards, `back` plans how it is taken back. `marks`: the change is told from others by the run
    and step it was made for. `makes`: an object that is not there is made.
    """

    cluster: Cluster
    spec: ActionSpec
    thing: Callable[[P], Thing]
    wish: Callable[[P, Object, str], Awaitable[Wish]]
    tell: Callable[[Plan, Object], dict[str, Any]]  # Any: plain JSON
    back: Undo | None = None
    marks: bool = False
    makes: bool = False

    def action(self) -> Action:
        """The action."""
        undo = self._undo if self.back is not None else None
        return Action(spec=self.spec, plan=self._plan, run=self._run, probe=self._probe, undo=undo)

    async def plan(self, params: P, mark: str = "") -> Plan:
        """What it would do."""
        cluster, thing = self.cluster, self.thing(params)
        value = await self._found(thing)
        is_new = value is ABSENT
        if is_new:
            await cluster.may("create", thing.kind, thing.namespace)
        wish = await self.wish(params, value, mark)
        await cluster.may("patch", thing.kind, thing.namespace, thing.name, wish.sub)
        rehearsed = await cluster.patch(
            thing, _dated(wish.patch, _WHEN_DONE), wish.how, sub=wish.sub, dry_run=True, force=wish.force
        )
        after = rehearsed if not wish.sub else _merged(value, rehearsed)
        shown = diff(str(thing), None if is_new else value, after, cluster.clean)
        same = wish.now == wish.later
        summary = f"{wish.summary} on {cluster.name}" + (" (it is so already)" if same else "")
        return Plan(
            action=self.spec.name,
            integration=cluster.name,
            params={**params.model_dump(mode="json"), **wish.params},
            targets=(str(thing),),
            summary=short(summary),
            risk=wish.risk,
            repeatable=True,
            can_probe=True,
            diff="\n".join(part for part in (shown, *wish.notes, *cautions(value, after)) if part),
            undo=wish.undo if not same else "",
            preconditions={
                "uid": str(value["metadata"]["uid"]),
                "is": wish.now,
                "becomes": wish.later,
                "patch": wish.sent,
                **({"mark": mark} if self.marks else {}),
                **({"server": await cluster.api.server()} if is_new else {}),  # where there is no uid to tell
                **{f"before.{key}": text for key, text in wish.before.items()},
            },
            places=cluster.places_of(thing),
            can_undo=wish.can_undo and not same,
        )

    async def _found(self, thing: Thing) -> Object:
        """The object; ABSENT where there is none and one can be made."""
        try:
            return await self.cluster.get(thing)
        except Permanent as error:
            if self.makes and code_of(error) == 404:
                return ABSENT
            raise

    async def _plan(self, params: P, occasion: Occasion) -> Plan:
        return await self.plan(params, mark_of(occasion) if self.marks else "")

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params = self._params(plan)
        thing = self.thing(params)
        try:
            for _ in range(_TRIES):
                done = await self._attempt(plan, params, thing, say)
                if done is not None:
                    return done
        except IntegrationError as error:
            if error.reason not in _UNSURE:
                return failed(error)
            return await self._unsure(plan, error)
        message = f"{thing} was changed by others each time it was about to be: tried {_TRIES} times"
        return ActionResult(outcome=Outcome.FAILED, summary=short(message), temporary=True)

    def _params(self, plan: Plan) -> P:
        return cast(P, self.spec.params.model_validate(plan.params))

    async def _attempt(self, plan: Plan, params: P, thing: Thing, say: Say) -> ActionResult | None:
        """One look and one change; None when the object was changed in between."""
        value = await self._found(thing)
        found = await self._compare(plan, params, value)
        if isinstance(found, ActionResult):
            return found
        patch = _dated(found.patch, self.cluster.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        try:
            exact = _at_version(patch, found.how, value)
            await self.cluster.patch(thing, exact, found.how, sub=found.sub, force=found.force)
        except Permanent as error:
            if is_stale(error):
                return None
            raise
        say(f"{plan.summary}: the API server has taken it\n")
        after = await self.cluster.get(thing)
        return self._succeeded(plan, after, "done")

    async def _compare(self, plan: Plan, params: P, value: Object) -> Wish | ActionResult:
        """What is to be done now; an end, when it is done already or is not what the plan was made for."""
        if plan.preconditions["uid"] not in ("", value["metadata"]["uid"]):
            return refused(f"another {plan.targets[0]} has taken the place of the one that was planned for")
        if await self._is_elsewhere(plan):
            return refused(f"{self.cluster.name} is another cluster than when it was planned")
        wish = await self.wish(params, value, plan.preconditions.get("mark", ""))
        if wish.now == plan.preconditions["becomes"]:
            return self._succeeded(plan, value, "it is so already")
        if wish.now != plan.preconditions["is"]:
            return refused(f"{plan.targets[0]} has changed since it was planned")
        if wish.sent != plan.preconditions["patch"]:
            return refused(f"the change of {plan.targets[0]} would be another one than was planned")
        return wish

    async def _unsure(self, plan: Plan, error: IntegrationError) -> ActionResult:
        """No answer came: whoever looks now knows whether it was done, unless nobody can see."""
        for _ in range(_LOOKS):
            match await self._probe(plan):
                case Did.DID:
                    return ActionResult(outcome=Outcome.SUCCEEDED, summary=short(f"done, though {error.message}"))
                case Did.DID_NOT:
                    return failed(error)
                case Did.UNKNOWN:
                    continue
        return ActionResult(outcome=Outcome.UNKNOWN, summary=short(f"{error.message}: it may have had its effect"))

    async def _probe(self, plan: Plan) -> Did:
        params = self._params(plan)
        try:
            value = await self._found(self.thing(params))
            wish = await self.wish(params, value, plan.preconditions.get("mark", ""))
        except IntegrationError:
            return Did.UNKNOWN
        if plan.preconditions["uid"] not in ("", value["metadata"]["uid"]) or await self._is_elsewhere(plan):
            return Did.UNKNOWN
        if wish.now == plan.preconditions["becomes"]:
            return Did.DID
        return Did.DID_NOT if wish.now == plan.preconditions["is"] else Did.UNKNOWN

    async def _is_elsewhere(self, plan: Plan) -> bool:
        """Whether what was to be made there would be made on another server."""
        planned = plan.preconditions.get("server")
        return planned is not None and planned != await self.cluster.api.server()

    async def _undo(self, plan: Plan, _: ActionResult) -> Plan:
        if self.back is None or not plan.can_undo:
            raise self.cluster.mistake(f"{plan.summary}: it cannot be taken back", "take it back by hand")
        return await self.back(plan)

    def _succeeded(self, plan: Plan, after: Object, how: str) -> ActionResult:
        value = self.cluster.clean(self.tell(plan, after))
        said = ", ".join(f"{key} {text}" for key, text in value.items() if isinstance(text, str | int) and text != "")
        summary = f"{plan.targets[0]}: {how}" + (f"; now {said}" if said else "")
        return ActionResult(outcome=Outcome.SUCCEEDED, summary=short(summary), value=value)


def mark_of(occasion: Occasion) -> str:
    """By what a change tells that it was made by this step of this run, however often that is tried."""
    return f"{occasion.run or 'no-run'}/{occasion.step or 'no-step'}"


def _at_version(patch: object, how: str, value: Object) -> object:
    """The patch, good for this version of the object only."""
    metadata = value["metadata"]
    if value is ABSENT:
        return patch
    if how == JSON_PATCH:
        tests = [
            {"op": "test", "path": f"/metadata/{key}", "value": metadata[key]} for key in ("uid", "resourceVersion")
        ]
        return [*tests, *(patch if isinstance(patch, list) else [])]
    asked = dict(patch) if isinstance(patch, dict) else {}
    return asked | {"metadata": {**asked.get("metadata", {}), "resourceVersion": metadata["resourceVersion"]}}


def _dated(patch: object, moment: str) -> object:
    found: object = json.loads(json.dumps(patch).replace(json.dumps(NOW), json.dumps(moment)))
    return found


def _merged(value: Object, part: Object) -> Object:
    """The object with what a part of it with an address of its own (its scale) says."""
    return {**value, "spec": {**value.get("spec", {}), **part.get("spec", {})}}
