"""`host.run`: one command, as a list of arguments, on one host of the inventory."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field

from bot.documents import Strict, suggest
from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.ssh.config import HostConfig, SshConfig, WriteConfig
from bot.integrations.ssh.ended import MAX_OUTPUT, Ended, Lost, Place, document, text
from bot.integrations.ssh.patterns import Pattern, put_in
from bot.integrations.ssh.reading import only_reads
from bot.kit.redaction import Redactor, visible
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec

_LONGEST_SUMMARY = 200
_PROBE_WITHIN = 30.0  # seconds
_PORT = re.compile(r":\d+$")


class RunParams(Strict):
    """`with:` of host.run."""

    host: str = Field(
        min_length=1, description="Its name in the inventory, or its address; an exporter's `:port` is left out."
    )
    argv: list[str] = Field(min_length=1, description="The program and its arguments. There is no shell.")


RUN = ActionSpec(
    name="host.run",
    params=RunParams,
    risk=Risk.DESTRUCTIVE,
    help="Runs a command on a host; it is destructive unless the command is known to read, or to be undone.",
    result={
        "exit_code": "the exit status",
        "stdout": "what it printed",
        "stderr": "what it complained of",
        "json": "what it printed, read as JSON; absent when it is not one JSON document",
    },
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What tocsin.yaml says of a command."""

    risk: Risk
    probe: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


class Running:
    """Makes the action of one inventory, which tocsin.yaml calls `name`."""

    def __init__(self, name: str, config: SshConfig, places: Mapping[str, Place], redactor: Redactor) -> None:
        self._name = name
        self._config = config
        self._places = places
        self._redactor = redactor

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return {RUN.name: Action(spec=RUN, plan=self._plan, run=self._run, probe=self._probe)}

    async def _plan(self, params: RunParams) -> Plan:
        host = self._host(params.host)
        for argument in params.argv:
            self._refuse_odd(argument)
        known = self._known(params.argv)
        command = visible(shlex.join(params.argv))
        return Plan(
            action=RUN.name,
            integration=self._name,
            params={"host": host, "argv": list(params.argv)},
            targets=(host,),
            summary=_short(f"run on {host}: {command}"),
            risk=known.risk,
            repeatable=known.risk is Risk.READ,
            can_probe=bool(known.probe),
            diff=f"{self._address(host)}$ {command}",
            undo=f"on {host}: {visible(shlex.join(known.undo))}" if known.undo else "",
            preconditions={"address": self._address(host)},
        )

    async def _run(self, plan: Plan, within: timedelta) -> ActionResult:
        host, argv = plan.params["host"], plan.params["argv"]
        if host not in self._places or self._address(host) != plan.preconditions["address"]:
            return ActionResult(
                outcome=Outcome.FAILED, summary=f"{host} has changed in the inventory since it was planned"
            )
        try:
            ended = await self._places[host].run(argv, None if plan.repeatable else within)
        except IntegrationError as error:
            temporary = isinstance(error, Temporary)
            return ActionResult(outcome=Outcome.FAILED, summary=error.message, text=error.hint, temporary=temporary)
        except Lost:
            summary = f"the connection to {host} was lost while the command ran"
            if plan.repeatable:
                return ActionResult(outcome=Outcome.FAILED, summary=summary, temporary=True)
            return ActionResult(outcome=Outcome.UNKNOWN, summary=f"{summary}: it may have had its effect")
        return self._result(ended, host)

    async def _probe(self, plan: Plan) -> Did:
        host, probe = plan.params["host"], self._known(plan.params["argv"]).probe
        if not probe or host not in self._places or self._address(host) != plan.preconditions["address"]:
            return Did.UNKNOWN
        try:
            async with asyncio.timeout(_PROBE_WITHIN):
                ended = await self._places[host].run(probe)
        except (IntegrationError, Lost, TimeoutError):
            return Did.UNKNOWN
        return {0: Did.DID, 1: Did.DID_NOT}.get(-1 if ended.exit_code is None else ended.exit_code, Did.UNKNOWN)

    def _result(self, ended: Ended, host: str) -> ActionResult:
        stdout, stderr = (self._redactor.clean(text(output)) for output in (ended.stdout, ended.stderr))
        value = {"exit_code": ended.exit_code, "stdout": stdout, "stderr": stderr}
        parsed = document(stdout)
        if parsed is not None:
            value["json"] = parsed
        printed = "\n".join(part for part in (stdout.rstrip("\n"), stderr.rstrip("\n")) if part)
        if max(len(ended.stdout), len(ended.stderr)) == MAX_OUTPUT:
            printed += f"\n(cut after {MAX_OUTPUT // 1024} KiB)"
        ok = ended.exit_code == 0
        return ActionResult(
            outcome=Outcome.SUCCEEDED if ok else Outcome.FAILED,
            summary=_short(f"done on {host}" if ok else f"{_how(ended)} on {host}{_last_line(stderr)}"),
            value=value,
            text=printed,
        )

    def _host(self, wanted: str) -> str:
        """The name in the inventory that this name or address means; Permanent when it means none, or several."""
        hosts = self._config.hosts
        for said in (wanted, _PORT.sub("", wanted).strip("[]")):
            found = [said] if said in hosts else [name for name, host in hosts.items() if host.address == said]
            if len(found) == 1:
                return found[0]
            if found:
                message = f"{visible(said)!r} is the address of several hosts: {', '.join(found)}"
                raise self._mistake(message, "name one of them")
        known = [*hosts, *(host.address for host in hosts.values() if host.address)]
        message = f"no host is called {visible(wanted)[:80]!r}{suggest(wanted, known)}"
        raise self._mistake(message, f"add it under `integrations: {self._name}: hosts:` in tocsin.yaml")

    def _refuse_odd(self, argument: str) -> None:
        hint = "see which template made it; a value that is missing leaves an empty argument"
        if not argument:
            raise self._mistake("an argument of the command is empty", hint)
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise self._mistake("an argument of the command is not valid Unicode", hint) from None
        if "\x00" in argument:
            raise self._mistake("an argument of the command holds a NUL, which no program can be given", hint)

    def _known(self, argv: Sequence[str]) -> _Known:
        if only_reads(argv) or any(Pattern(tuple(read)).match(argv) is not None for read in self._config.read):
            return _Known(Risk.READ)
        for write in self._config.write:
            captured = Pattern(tuple(write.argv)).match(argv)
            if captured is not None:
                return _change(write, captured)
        return _Known(Risk.DESTRUCTIVE)

    def _address(self, host: str) -> str:
        return address(self._config, self._config.hosts[host])

    def _mistake(self, message: str, hint: str) -> Permanent:
        return Permanent(message, integration=self._name, reason="client", hint=hint)


def address(config: SshConfig, host: HostConfig) -> str:
    """`user@address:port`, or `local`: what a plan is bound to."""
    return "local" if host.local else f"{host.user or config.user}@{host.address}:{host.port}"


def _change(write: WriteConfig, captured: Sequence[str]) -> _Known:
    return _Known(Risk.WRITE, probe=put_in(write.probe, captured), undo=put_in(write.undo, captured))


def _how(ended: Ended) -> str:
    return f"ended by {ended.signal}" if ended.exit_code is None else f"exit status {ended.exit_code}"


def _last_line(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    return f": {visible(lines[-1].strip())}" if lines else ""


def _short(summary: str) -> str:
    return summary if len(summary) <= _LONGEST_SUMMARY else f"{summary[: _LONGEST_SUMMARY - 1]}…"
