"""The same thing on every host that is meant: looked at first, then done in batches, with a result for each.

Once as many hosts have failed as the step allows, no further batch is begun; nor is one where the step's time is over,
or somebody wants nothing more of the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from bot.errors import IntegrationError, Permanent, Temporary
from bot.evidence.pieces import Pieces
from bot.integrations.ssh.doing import Came, Deed, Host, Look
from bot.integrations.ssh.ended import Lost
from bot.integrations.ssh.inventory import Inventory
from bot.integrations.ssh.params import OnHosts
from bot.integrations.ssh.together import short, together
from bot.integrations.ssh.turns import AT_ONCE, Turns, pace
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, Occasion, Say
from bot.ports.reads_only import reads_only

_PROBED_WITHIN = 30.0  # seconds


class Each:
    """Makes an Action of a Deed. `undone_by` makes the plans that take it back."""

    def __init__(
        self, deed: Deed, inventory: Inventory, hosts: Mapping[str, Host], undone_by: Each | None = None
    ) -> None:
        self._deed = deed
        self._inventory = inventory
        self._hosts = hosts
        self._undone_by = undone_by
        self._turns = asyncio.Semaphore(AT_ONCE)

    def action(self) -> Action:
        """The action, as runbooks use it."""
        return Action(
            spec=self._deed.spec,
            plan=self.plan,
            run=self._run,
            probe=self._probe if self._deed.can_probe else None,
            undo=self._undo if self._undone_by else None,
        )

    async def plan(self, params: OnHosts, _: Occasion) -> Plan:
        """See `Action.plan`."""
        names = self._inventory.meant(params)
        hosts = [self._hosts[name] for name in names]
        self._deed.check(params, hosts)
        looks = dict(zip(names, await self._looks(hosts, params), strict=True))
        risk, line = self._deed.risk(params), visible(self._deed.line(params))
        where = names[0] if len(names) == 1 else f"{len(names)} hosts, {pace(params, risk)}: {', '.join(names)}"
        undo = "\n".join(f"on {name}: {look.undo}" for name, look in looks.items() if look.undo)
        return Plan(
            action=self._deed.spec.name,
            integration=self._inventory.name,
            params=_kept(params, names),
            targets=names,
            places=self._inventory.places(names),
            summary=short(visible(self._deed.summary(params, where))),
            risk=risk,
            repeatable=risk is Risk.READ,
            can_probe=self._deed.can_probe and self._deed.probes(params),
            diff="\n".join(self._difference(name, line, look) for name, look in looks.items()),
            undo=undo,
            can_undo=bool(undo) and self._undone_by is not None,
            preconditions=dict(self._bound(looks)),
        )

    async def _looks(self, hosts: Sequence[Host], params: OnHosts) -> list[Look]:
        """What each host shows; the first fault, when one cannot be looked at."""

        async def look(host: Host) -> Look:
            async with self._turns:
                return await self._deed.look(host, params)

        found = await asyncio.gather(*map(look, hosts), return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if isinstance(one, Look)]

    def _difference(self, name: str, line: str, look: Look) -> str:
        shown = f"{self._inventory.address(name)}$ {line}"
        if look.now:
            shown += f"\n- {look.now}"
        if look.then:
            shown += f"\n+ {look.then}"
        return shown

    def _bound(self, looks: Mapping[str, Look]) -> Iterator[tuple[str, str]]:
        for name, look in looks.items():
            yield f"{name}: address", self._inventory.address(name)
            for key, value in look.bound.items():
                yield f"{name}: {key}", value

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params = cast(OnHosts, self._deed.spec.params.model_validate(plan.params))
        turns = Turns(plan.targets, params, plan.risk, within)
        came: dict[str, Came] = {}
        why_not = ""
        for batch in turns:
            if why_not := await turns.why_not_on(came.values()):
                break
            doing = _Doing(plan, params, turns.left if len(plan.targets) > 1 else within, say)
            found = await asyncio.gather(*(self._in_time(name, doing) for name in batch))
            came.update(zip(batch, found, strict=True))
        return together(plan, came, why_not)

    async def _in_time(self, name: str, doing: _Doing) -> Came:
        """What came of it there, as far as it is over in time: of several hosts, one that hangs hides no other."""
        if len(doing.plan.targets) == 1:
            return await self._on(name, doing)
        try:
            async with asyncio.timeout(doing.left.total_seconds()):
                return await self._on(name, doing)
        except TimeoutError:
            summary = f"no end on {name} within {doing.left.total_seconds():.0f} s"
            if doing.plan.repeatable:
                return Came(outcome=Outcome.FAILED, summary=summary, temporary=True, value={"reason": "timeout"})
            return Came(outcome=Outcome.UNKNOWN, summary=f"{summary}: it may have had its effect")

    async def _on(self, name: str, doing: _Doing) -> Came:
        plan = doing.plan
        host = self._same(plan, name)
        if host is None:
            summary = f"{name} has changed in the inventory since it was planned"
            return Came(outcome=Outcome.FAILED, summary=summary, untouched=True)
        try:
            async with self._turns:
                said = _under(f"{name}: " if len(plan.targets) > 1 else "", host, doing.say)
                return await self._deed.run(host, doing.params, _of(plan, name), doing.left, said)
        except IntegrationError as error:
            return Came(
                outcome=Outcome.FAILED,
                summary=error.message,
                text=error.hint,
                temporary=isinstance(error, Temporary),
                value={"reason": error.reason},
                untouched=True,  # of what may have been done another error tells
            )
        except Lost:
            summary = f"the connection to {name} was lost while the command ran"
            if plan.repeatable:
                return Came(outcome=Outcome.FAILED, summary=summary, temporary=True, value={"reason": "connection"})
            return Came(outcome=Outcome.UNKNOWN, summary=f"{summary}: it may have had its effect")

    def _same(self, plan: Plan, name: str) -> Host | None:
        """The host, if it still is where it was when it was planned."""
        was = plan.preconditions.get(f"{name}: address")
        return self._hosts[name] if name in self._inventory and self._inventory.address(name) == was else None

    async def _probe(self, plan: Plan) -> Did:
        """What all hosts agree on; a person must look where one did and another did not."""
        params = self._deed.spec.params.model_validate(plan.params)
        found = await asyncio.gather(*(self._probe_one(plan, params, name) for name in plan.targets))
        return found[0] if len(set(found)) == 1 else Did.UNKNOWN

    async def _probe_one(self, plan: Plan, params: Any, name: str) -> Did:  # Any: see Deed
        host = self._same(plan, name)
        if host is None:
            return Did.UNKNOWN
        try:
            async with asyncio.timeout(_PROBED_WITHIN):
                return await self._deed.probe(host, params, _of(plan, name))
        except (IntegrationError, Lost, TimeoutError):
            return Did.UNKNOWN

    async def _undo(self, plan: Plan, result: ActionResult) -> Plan:
        """Takes it back where it changed something, or may have."""
        names = _to_take_back(plan, result)
        if not names or self._undone_by is None:
            message = f"{plan.action} changed nothing that could be taken back"
            raise Permanent(message, integration=plan.integration, reason="client", hint="nothing is left to do")
        params = cast(OnHosts, self._deed.spec.params.model_validate(plan.params))
        back = {"hosts": names, "batch": params.batch, "stop_after": params.stop_after}
        other = self._undone_by._deed.spec.params.model_validate(back | dict(self._deed.taken_back(params)))
        with reads_only():
            return await self._undone_by.plan(cast(OnHosts, other), Occasion())


@dataclass(frozen=True, slots=True)
class _Doing:
    plan: Plan
    params: OnHosts
    left: timedelta
    say: Say


def _under(before: str, host: Host, say: Say) -> Say:
    """What a host prints, without secrets, and beside others under its name.

    Secrets are taken out before its lines come among those of others: a key is known by where it begins and ends.
    """
    pieces = Pieces(host.redactor.clean)

    def said(text: str) -> None:
        pieces.take(text)
        shown = pieces.give()
        if shown:
            say("".join(f"{before}{line}" for line in shown.splitlines(keepends=True)))

    return said


def _kept(params: OnHosts, names: Sequence[str]) -> dict[str, Any]:  # Any: plain JSON
    """The parameters as a journal keeps them, with the hosts that were meant."""
    return params.model_dump(mode="json", exclude_defaults=True, exclude={"host", "groups"}) | {"hosts": list(names)}


def _of(plan: Plan, name: str) -> dict[str, str]:
    before = f"{name}: "
    return {key.removeprefix(before): value for key, value in plan.preconditions.items() if key.startswith(before)}


def _to_take_back(plan: Plan, result: ActionResult) -> Sequence[str]:
    """All hosts, where nobody saw what came of each, and a probe or a person says that it ran."""
    each = result.value.get("hosts")
    if each is None:
        return () if result.outcome is Outcome.FAILED else plan.targets
    return [name for name, one in each.items() if one.get("changed") or one.get("outcome") == Outcome.UNKNOWN]
