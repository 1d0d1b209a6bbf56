"""`incident.silence`: the alerts of the run's incident are not told for a while; and `incident.unsilence`, its end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import Field

from bot.documents import Duration, Strict, format_duration, parse_duration
from bot.errors import NotFound, TocsinError
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.ids import IncidentId, SilenceId
from bot.model.labels import Matcher, MatchOp
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.model.silence import Silence, SilenceState
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Occasion, Say
from bot.ports.store import Tx
from bot.response import silences_kept
from bot.response.own.bound import NAME, Bound, Mistaken
from bot.response.world import World
from bot.rights import Act, require


class SilenceParams(Strict):
    """`with:` of incident.silence."""

    length: Duration = Field(
        alias="for",
        gt=timedelta(0),
        le=timedelta(hours=4),
        description="For how long, at most 4h.",
    )
    by: list[str] = Field(
        default_factory=list,
        description="Labels to silence by; without it, all that the incident's alerts have in common.",
    )
    comment: str = Field(
        default="", max_length=1000, description="Why, for who reads the silence; any text.", json_schema_extra=ANY_TEXT
    )


class UnsilenceParams(Strict):
    """`with:` of incident.unsilence."""

    silence: str = Field(
        pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Its id: `steps.ID.result.silence`.",
    )


SILENCE = ActionSpec(
    name="incident.silence",
    params=SilenceParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Silences the alerts of the run's incident for a while, and others that have the same labels.",
    result={"silence": "its id, for incident.unsilence", "ends_at": "when it ends"},
)
UNSILENCE = ActionSpec(
    name="incident.unsilence",
    params=UnsilenceParams,
    risk=Risk.WRITE,
    help="Ends a silence now.",
    result={"silence": "its id"},
)


def silence(world: World, actor: Actor) -> Action:
    """The action."""
    silencing = _Silencing(world, actor)
    return Action(spec=SILENCE, plan=silencing.plan, run=silencing.run, probe=silencing.probe, undo=silencing.undo)


def unsilence(world: World, actor: Actor) -> Action:
    """The action."""
    ending = _Ending(world, actor)
    return Action(spec=UNSILENCE, plan=ending.plan, run=ending.run, probe=ending.probe)


class _Silencing:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: SilenceParams, occasion: Occasion) -> Plan:
        bound = Bound.to(occasion)
        incident = bound.of_an_incident(SILENCE.name)
        require(self._actor, Act.LOOK, incident, self._world.clock.now())
        alerts = await self._world.store.read(lambda tx: _alerts(tx, incident))
        labels = _chosen(_common(alerts), params.by)
        length = format_duration(params.length)
        shown = ", ".join(f'{name}="{value}"' for name, value in labels.items())
        return Plan(
            action=SILENCE.name,
            integration=NAME,
            params={"for": length, "labels": labels, "comment": params.comment},
            targets=(incident,),
            summary=f"silence {shown} for {length}",
            risk=Risk.WRITE,
            repeatable=True,
            can_probe=True,
            can_undo=True,
            undo="end the silence",
            preconditions=bound.preconditions,
        )

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        bound, now = Bound.of(plan), self._world.clock.now()
        require(self._actor, Act.SILENCE, bound.incident, now)
        asked = Silence(
            id=SilenceId(""),
            matchers=tuple(
                Matcher(name=name, op=MatchOp.EQUAL, value=value) for name, value in plan.params["labels"].items()
            ),
            starts_at=now,
            ends_at=now + parse_duration(plan.params["for"]),
            updated_at=now,
            created_by=self._actor.name,
            comment="; ".join(filter(None, (plan.params["comment"], f"{bound.incident}: {bound.why}"))),
        )
        try:
            kept = await silences_kept.place(self._world, self._actor, asked, _id_of(plan))
        except TocsinError as error:
            return Bound.failed(error)
        value = {"silence": kept.id, "ends_at": kept.ends_at.isoformat()}
        summary = f"silenced until {kept.ends_at:%H:%M:%S} UTC"
        return ActionResult(outcome=Outcome.SUCCEEDED, summary=summary, value=value)

    async def probe(self, plan: Plan) -> Did:
        return Did.DID if await _standing(self._world, self._actor, _id_of(plan)) else Did.DID_NOT

    async def undo(self, plan: Plan, _: ActionResult) -> Plan:
        return _end(_id_of(plan), plan.preconditions)


class _Ending:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: UnsilenceParams, occasion: Occasion) -> Plan:
        if await _standing(self._world, self._actor, SilenceId(params.silence)) is None:
            raise Mistaken(f"there is no silence {params.silence}", "name one that an earlier step made")
        return _end(SilenceId(params.silence), Bound.to(occasion).preconditions)

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        wanted = SilenceId(plan.params["silence"])
        require(self._actor, Act.EXPIRE_SILENCE, wanted, self._world.clock.now())
        try:
            await silences_kept.expire(self._world, self._actor, wanted)
        except TocsinError as error:
            return Bound.failed(error)
        return ActionResult(outcome=Outcome.SUCCEEDED, summary=f"ended silence {wanted}", value={"silence": wanted})

    async def probe(self, plan: Plan) -> Did:
        standing = await _standing(self._world, self._actor, SilenceId(plan.params["silence"]))
        over = standing is None or standing.state(self._world.clock.now()) is SilenceState.EXPIRED
        return Did.DID if over else Did.DID_NOT


def _end(id: SilenceId, preconditions: Mapping[str, str]) -> Plan:
    return Plan(
        action=UNSILENCE.name,
        integration=NAME,
        params={"silence": id},
        targets=(id,),
        summary=f"end silence {id}",
        risk=Risk.WRITE,
        repeatable=True,
        can_probe=True,
        preconditions=preconditions,
    )


async def _standing(world: World, actor: Actor, id: SilenceId) -> Silence | None:
    require(actor, Act.LOOK, id, world.clock.now())
    try:
        return await world.store.read(lambda tx: tx.silences.get(id))
    except NotFound:
        return None


def _alerts(tx: Tx, incident: IncidentId) -> Sequence[Alert]:
    known = (tx.alerts.get(fingerprint) for fingerprint in tx.incidents.get(incident).alerts)
    return [alert for alert in known if alert is not None]


def _common(alerts: Sequence[Alert]) -> Mapping[str, str]:
    """The labels that all of them have, with the same value."""
    first = alerts[0].labels if alerts else {}
    return {name: value for name, value in first.items() if all(one.labels.get(name) == value for one in alerts)}


def _chosen(common: Mapping[str, str], by: Sequence[str]) -> dict[str, str]:
    """Those named; else all, and the alert's name among them: others would be silenced with this incident otherwise."""
    missing = [name for name in by or ["alertname"] if name not in common]
    if missing:
        shared = ", ".join(common) or "nothing"
        raise Mistaken(
            f"the incident's alerts do not have {', '.join(missing)} in common", f"they share {shared}: say `by`"
        )
    return {name: common[name] for name in (by or common)}


def _id_of(plan: Plan) -> SilenceId:
    """The same for the same step of the same run, so that one begun twice makes one silence."""
    digest = hashlib.sha256(f"{Bound.of(plan).why} {plan.hash}".encode()).hexdigest()
    return SilenceId(f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}")
