"""`notify`: brings somebody something to read. It wakes nobody, and reaches each person, or receiver, once a step.

A receiver hears it as it hears of alerts: as a group of one, which carries the text and never ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import Field

from bot.alerts import saying
from bot.documents import Strict
from bot.errors import NotAllowed, TocsinError
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.route import Receiver
from bot.model.runbook import Risk
from bot.model.setup import Setup
from bot.model.telling import Reason
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Occasion, Say
from bot.ports.store import Tx
from bot.response import escalating, messages
from bot.response.own.bound import NAME, Bound, Mistaken
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


class NotifyParams(Strict):
    """`with:` of notify."""

    to: str = Field(
        min_length=1,
        description="A person; a schedule, for whoever is on call when the step runs; or a receiver that has"
        " `webhook_configs`.",
    )
    text: str = Field(
        min_length=1, max_length=4000, description="What to tell; it may hold any text.", json_schema_extra=ANY_TEXT
    )
    subject: str = Field(
        default="", max_length=200, description="What it is about; without it, the run.", json_schema_extra=ANY_TEXT
    )


SPEC = ActionSpec(
    name="notify",
    params=NotifyParams,
    risk=Risk.READ,
    help="Sends a person, whoever is on call, or a receiver something to read; it wakes nobody.",
    result={
        "people": "the names of those who are told",
        "integrations": "the names of those that a receiver is told through",
    },
)


def notify(world: World, actor: Actor) -> Action:
    """The action."""
    notifying = _Notifying(world, actor)
    return Action(spec=SPEC, plan=notifying.plan, run=notifying.run)


class _Notifying:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: NotifyParams, occasion: Occasion) -> Plan:
        setup = self._world.setup
        if params.to not in {*setup.people, *setup.schedules, *_receivers(setup)}:
            message = f"no person, no schedule and no receiver that can be told is called {params.to!r}"
            raise Mistaken(message, "see `people:`, `schedules:` and `receivers:` in tocsin.yaml")
        return Plan(
            action=SPEC.name,
            integration=NAME,
            params=params.model_dump(mode="json"),
            targets=(params.to,),
            summary=f"tell {params.to}: {' '.join(params.text.split())[:120]}",
            risk=Risk.READ,
            repeatable=True,
            preconditions=Bound.to(occasion).preconditions,
        )

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        now = self._world.clock.now()
        require(self._actor, Act.TELL, plan.params["to"], now)
        try:
            value = await self._world.store.write(lambda tx: self._tell(tx, plan, now))
        except TocsinError as error:
            return Bound.failed(error)
        self._world.nudge()
        summary = f"told {plan.params['to'] if value['integrations'] else ', '.join(value['people'])}"
        return ActionResult(outcome=Outcome.SUCCEEDED, summary=summary, value=value)

    def _tell(self, tx: Tx, plan: Plan, now: datetime) -> Mapping[str, list[str]]:
        setup, to = self._world.setup, plan.params["to"]
        record(tx, self._actor, Act.TELL, Bound.of(plan).why, now, to=to)
        if to not in setup.people and to not in setup.schedules and to in _receivers(setup):
            return {"people": [], "integrations": _tell_receiver(tx, setup, _receivers(setup)[to], plan, now)}
        return {"people": self._tell_people(tx, plan, now), "integrations": []}

    def _tell_people(self, tx: Tx, plan: Plan, now: datetime) -> list[str]:
        setup, bound, to = self._world.setup, Bound.of(plan), plan.params["to"]
        people = (to,) if to in setup.people else escalating.on_duty(tx, setup, self._actor, to, now)
        told = [
            person
            for person in people
            if messages.send(
                tx, setup, self._actor, person, subject=_subject(plan),
                text=plan.params["text"], link=_link(setup, bound), id=f"{bound.run} {bound.step}", now=now,
                about=bound.incident or None,
            )
        ]  # fmt: skip
        if not told:
            hint = "write `contacts` for the person under `people:` in tocsin.yaml, or see who is on call"
            raise NotAllowed(f"nobody can be told under {to!r}", hint=hint)
        return told


def _receivers(setup: Setup) -> Mapping[str, Receiver]:
    """Those that anybody but Tocsin hears of."""
    return {receiver.name: receiver for receiver in setup.receivers if receiver.webhooks}


def _tell_receiver(tx: Tx, setup: Setup, receiver: Receiver, plan: Plan, now: datetime) -> list[str]:
    """The errands that bring it there, each once for this step."""
    bound, text = Bound.of(plan), plan.params["text"]
    where = {"incident": str(bound.incident), "run": str(bound.run), "step": bound.step}
    labels = LabelSet({"alertname": "RunbookNotice", **{name: value for name, value in where.items() if value}})
    notice = Alert(
        labels=labels,
        annotations={"summary": _subject(plan), "description": text},
        starts_at=now,
        generator_url=_link(setup, bound),
        source=NAME,
    )
    told = saying.said(
        f"notify {bound.run} {bound.step}", receiver.name, labels, [notice], Reason.NONE, setup.public_url, 0, now
    )
    once = replace(told, id=hashlib.sha256(f"{receiver.name}\n{told.key}".encode()).hexdigest()[:32])
    for webhook in receiver.webhooks:
        tx.outbox.add(saying.errand(once, webhook.integration))
    return [webhook.integration for webhook in receiver.webhooks]


def _subject(plan: Plan) -> str:
    bound = Bound.of(plan)
    return plan.params["subject"] or f"{bound.incident or bound.run}: {bound.why}"


def _link(setup: Setup, bound: Bound) -> str:
    page = f"incidents/{bound.incident}" if bound.incident else f"runs/{bound.run}"
    return f"{setup.public_url}/{page}"
