"""`host.reboot`: reboots a host and waits until it is back; each start of a machine has an id of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.errors import IntegrationError, Permanent
from bot.integrations.ssh.config import SshConfig
from bot.integrations.ssh.doing import Came, Host, Look, Plain, moved_on, refused
from bot.integrations.ssh.ended import Lost
from bot.integrations.ssh.inventory import Inventory
from bot.integrations.ssh.params import RebootParams
from bot.integrations.ssh.reading import BOOT_ID
from bot.integrations.ssh.together import EVERY
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec, Say

_LOOK_AGAIN = 2.0  # seconds
_SAYS_SO_WITHIN = timedelta(seconds=30)
_ID = re.compile(r"[0-9a-f-]{36}")


class Reboot(Plain):
    """The deed. It asks two people, and is refused for more hosts than the configuration allows."""

    can_probe = True
    spec = ActionSpec(
        name="host.reboot",
        params=RebootParams,
        risk=Risk.DESTRUCTIVE,
        help="Reboots a host and waits until it is back.",
        result={"boot_id": "the id of the new start", "seconds": "how long it was until the host was back"} | EVERY,
    )

    def __init__(self, config: SshConfig, inventory: Inventory, *, look_again: float = _LOOK_AGAIN) -> None:
        self._most = config.most_reboots
        self._inventory = inventory
        self._look_again = look_again

    def check(self, params: RebootParams, hosts: Sequence[Host]) -> None:
        """Not too many, and not the one that Tocsin runs on."""
        if len(hosts) > self._most:
            message = f"one step may reboot {self._most} hosts, and this is {len(hosts)}"
            hint = f"raise `most_reboots` under `integrations: {self._inventory.name}`, or name fewer hosts"
            raise self._inventory.mistake(message, hint)
        for host in hosts:
            if host.local:
                message = f"{host.name} is the machine that Tocsin runs on: it could not see the end of it"
                raise self._inventory.mistake(message, "reboot it by hand, or from another Tocsin")

    def risk(self, params: RebootParams) -> Risk:
        """Everything that runs there stops."""
        return Risk.DESTRUCTIVE

    def line(self, params: RebootParams) -> str:
        """See `Deed`."""
        return "reboot"

    def summary(self, params: RebootParams, where: str) -> str:
        """See `Deed`."""
        return f"reboot {where}"

    async def look(self, host: Host, params: RebootParams) -> Look:
        """Since when it runs, as the id of its start."""
        boot = await _boot_id(host)
        now = f"{host.name} runs since start {boot}"
        return Look(now=now, then=f"{host.name} has been started anew", bound={"boot": boot})

    async def run(
        self, host: Host, params: RebootParams, bound: Mapping[str, str], within: timedelta, say: Say
    ) -> Came:
        """Says so to systemd, then looks until another start answers."""
        if await _boot_id(host) != bound["boot"]:
            return moved_on(f"{host.name} has been rebooted")
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            ended = await host.change("systemctl", "reboot", within=min(within, _SAYS_SO_WITHIN), say=say)
            if ended.exit_code not in (0, None):
                return refused(ended, host, f"reboot {host.name}")
        except Lost:
            say(f"{host.name} has hung up\n")
        # A little is left of the step's time, so that the answer is ours and not that time ran out.
        wait = min(params.wait.total_seconds(), within.total_seconds() * 0.95 - (loop.time() - began))
        return await self._comes_back(host, bound["boot"], began + wait, began, say)

    async def probe(self, host: Host, params: RebootParams, bound: Mapping[str, str]) -> Did:
        """By the id of its start; one that is shutting down still tells the old one."""
        if await _boot_id(host) != bound["boot"]:
            return Did.DID
        state = host.clean((await host.ask("systemctl", "is-system-running")).stdout).strip()
        return Did.UNKNOWN if state in ("stopping", "") else Did.DID_NOT

    async def _comes_back(self, host: Host, before: str, until: float, began: float, say: Say) -> Came:
        loop = asyncio.get_running_loop()
        last = ""
        while loop.time() < until:
            await asyncio.sleep(self._look_again)
            try:
                boot = await _boot_id(host)
            except IntegrationError as error:
                if error.message != last:
                    say(f"{error.message}\n")
                last = error.message
                continue
            if boot != before:
                took = round(loop.time() - began)
                words = f"{host.name} is back after {took} s"
                value = {"boot_id": boot, "seconds": took}
                return Came(outcome=Outcome.SUCCEEDED, summary=words, value=value, text=words, changed=True)
            last = ""
        if last:
            return Came(outcome=Outcome.UNKNOWN, summary=f"{host.name} is not back yet: {last}", changed=True)
        return Came(outcome=Outcome.FAILED, summary=f"{host.name} was told to reboot and has not", changed=True)


async def _boot_id(host: Host) -> str:
    ended = await host.ask("cat", BOOT_ID)
    found = host.clean(ended.stdout).strip()
    if ended.exit_code != 0 or _ID.fullmatch(found) is None:
        hint = "only Linux tells it, in /proc"
        raise Permanent(
            f"{host.name} does not tell which start this is", integration=host.integration, reason="client", hint=hint
        )
    return found
