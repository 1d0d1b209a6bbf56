"""Services of systemd: how they are, and starting, stopping and restarting them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import IntegrationError
from bot.integrations.ssh.doing import Came, Host, Look, Plain, moved_on, not_read_back, refused
from bot.integrations.ssh.params import ChangeService, OnService
from bot.integrations.ssh.systemd import Service, refuse_what_no_runbook_changes, service
from bot.integrations.ssh.together import EVERY
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec, Say

_STATE = {
    "unit": "the service by its own name",
    "active": "whether it does its work",
    "state": "active, reloading, inactive, failed, activating or deactivating",
    "sub_state": "systemd's finer word for it, such as running, dead or auto-restart",
    "result": "success, or what it failed of, such as exit-code, oom-kill or timeout",
    "main_pid": "its main process; 0 without one",
    "restarts": "how often systemd has restarted it by itself",
    "since": "when it last became active",
    "enabled": "enabled, disabled, static or masked",
} | EVERY


class Status(Plain):
    """The deed of `host.service_status`. A service that is down has been seen all the same: the step succeeds."""

    spec = ActionSpec(
        name="host.service_status",
        params=OnService,
        risk=Risk.READ,
        help="Tells how a service of systemd is.",
        result=_STATE,
    )

    def risk(self, params: OnService) -> Risk:
        """It only reads."""
        return Risk.READ

    def line(self, params: OnService) -> str:
        """See `Deed`."""
        return f"tell how {params.unit} is"

    async def run(self, host: Host, params: OnService, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """Asks systemd."""
        found = await service(host, params.unit)
        words = f"{found.words} on {host.name}"
        say(f"{words}\n")
        return Came(outcome=Outcome.SUCCEEDED, summary=words, value=found.value(), text=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """One way to change a service. `ends_up`: whether it runs afterwards."""

    name: str
    past: str
    help: str
    ends_up: bool
    back: str


START = _Verb(name="start", past="started", help="Starts a service of systemd.", ends_up=True, back="stop")
STOP = _Verb(name="stop", past="stopped", help="Stops a service of systemd.", ends_up=False, back="start")
RESTART = _Verb(
    name="restart", past="restarted", help="Restarts a service of systemd, or starts it.", ends_up=True, back=""
)


class Change(Plain):
    """The deeds of `host.service_start`, `_stop` and `_restart`: bound to the invocation people saw, and read back."""

    can_probe = True

    def __init__(self, verb: _Verb) -> None:
        self._verb = verb
        self.undone_by = f"host.service_{verb.back}" if verb.back else ""
        self.spec = ActionSpec(
            name=f"host.service_{verb.name}", params=ChangeService, risk=Risk.WRITE, help=verb.help, result=_STATE,
            undoes=bool(verb.back),
        )  # fmt: skip

    def risk(self, params: ChangeService) -> Risk:
        """It can be done again, or taken back."""
        return Risk.WRITE

    def line(self, params: ChangeService) -> str:
        """See `Deed`."""
        return f"{self._verb.name} {params.unit}"

    def taken_back(self, params: ChangeService) -> Mapping[str, object]:
        """The same service."""
        return {"unit": params.unit, "settle": params.settle}

    async def look(self, host: Host, params: ChangeService) -> Look:
        """The service as it is, and as it would be."""
        found = await service(host, params.unit)
        refuse_what_no_runbook_changes(host, found, stops=self._verb is STOP)
        if self._is_so(found):
            return Look(now=found.words, then="nothing would change", bound=found.bound)
        then = "active (running), as another invocation" if self._verb.ends_up else "inactive (dead)"
        undo = f"systemctl {self._verb.back} {found.id}" if self._verb.back else ""
        return Look(now=found.words, then=f"{found.id} is {then}", undo=undo, bound=found.bound)

    async def run(
        self, host: Host, params: ChangeService, bound: Mapping[str, str], within: timedelta, say: Say
    ) -> Came:
        """Does it, unless the service is no longer the one that people saw; then sees whether it lasts."""
        before = await service(host, params.unit)
        refuse_what_no_runbook_changes(host, before, stops=self._verb is STOP)
        if dict(before.bound) != {key: bound[key] for key in bound if key != "address"}:
            return moved_on(before.words)
        if self._is_so(before):
            words = f"nothing to do: {before.words} on {host.name}"
            return Came(outcome=Outcome.SUCCEEDED, summary=words, value=before.value(), text=words)
        say(f"{before.words}\n")
        ended = await host.change("systemctl", self._verb.name, params.unit, within=within, say=say)
        if ended.exit_code != 0:
            came = refused(ended, host, f"{self._verb.name} {params.unit} on {host.name}")
            return Came(outcome=came.outcome, summary=came.summary, text=came.text, changed=True)
        try:
            return await self._read_back(host, params, before, say)
        except IntegrationError as error:
            return not_read_back(error)

    async def probe(self, host: Host, params: ChangeService, bound: Mapping[str, str]) -> Did:
        """By what is running now, and whether it is another invocation than the one that people saw."""
        found = await service(host, params.unit)
        if found.active in ("activating", "deactivating"):
            return Did.UNKNOWN
        if self._verb is STOP:
            return Did.DID_NOT if found.is_up else Did.DID
        same = dict(found.bound) == {key: bound[key] for key in bound if key != "address"}
        if same:
            return Did.UNKNOWN if found.runs_once and not found.is_up else Did.DID_NOT
        return Did.DID if found.is_up else Did.UNKNOWN

    async def _read_back(self, host: Host, params: ChangeService, before: Service, say: Say) -> Came:
        first = await service(host, params.unit)
        await asyncio.sleep(params.settle.total_seconds())
        found = await service(host, params.unit)
        say(f"{found.words}\n")
        ok, why = self._is_done(before, first, found)
        words = f"{self._verb.past} on {host.name}: {found.words}"
        return Came(
            outcome=Outcome.SUCCEEDED if ok else Outcome.FAILED,
            summary=words if ok else f"{words}; {why}",
            value=found.value(),
            text=words,
            changed=True,
        )

    def _is_done(self, before: Service, first: Service, found: Service) -> tuple[bool, str]:
        if not self._verb.ends_up:
            return not found.is_up and found.active != "activating", "it did not stay stopped"
        if found.runs_once and not found.is_up:
            return found.result == "success", "its command did not succeed"
        if not found.is_up:
            return False, "it did not stay up"
        if found.invocation != first.invocation:
            return False, "it has been started again meanwhile"
        return not before.is_up or found.invocation != before.invocation, "it is the same invocation as before"

    def _is_so(self, found: Service) -> bool:
        """Whether there is nothing to do."""
        if self._verb is START:
            return found.is_up
        return self._verb is STOP and found.active in ("inactive", "failed")
