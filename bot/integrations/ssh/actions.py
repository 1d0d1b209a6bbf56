"""`host.run`: one command, as a list of arguments."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.integrations.ssh.config import SshConfig, WriteConfig
from bot.integrations.ssh.doing import Came, Host, Look, Plain
from bot.integrations.ssh.ended import MAX_OUTPUT, Ended, document
from bot.integrations.ssh.inventory import Inventory
from bot.integrations.ssh.params import RunParams
from bot.integrations.ssh.patterns import Pattern, put_in
from bot.integrations.ssh.reading import only_reads
from bot.integrations.ssh.together import EVERY
from bot.kit.redaction import visible
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec, Say


@dataclass(frozen=True, slots=True)
class _Known:
    """What tocsin.yaml says of a command."""

    risk: Risk
    probe: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


class Running(Plain):
    """The deed of `host.run`."""

    can_probe = True
    undone_by = "host.run"
    spec = ActionSpec(
        name="host.run",
        params=RunParams,
        risk=Risk.DESTRUCTIVE,
        undoes=True,
        mildest=Risk.READ,
        help="Runs a command on a host; it is destructive unless the command is known to read, or to be undone.",
        result={
            "exit_code": "the exit status",
            "stdout": "what it printed",
            "stderr": "what it complained of",
            "json": "what it printed, read as JSON; absent when it is not one JSON document",
        }
        | EVERY,
    )

    def __init__(self, config: SshConfig, inventory: Inventory) -> None:
        self._config = config
        self._inventory = inventory

    def check(self, params: RunParams, hosts: Sequence[Host]) -> None:
        """No argument may be empty, or one that no program could be given."""
        for argument in params.argv:
            self._refuse_odd(argument)

    def risk(self, params: RunParams) -> Risk:
        """What the command is known for."""
        return self._known(params.argv).risk

    def probes(self, params: RunParams) -> bool:
        """Whether tocsin.yaml says how."""
        return bool(self._known(params.argv).probe)

    def line(self, params: RunParams) -> str:
        """The command as a shell would show it."""
        return shlex.join(params.argv)

    def summary(self, params: RunParams, where: str) -> str:
        """The command after the hosts, for it may be long."""
        return f"run on {where}: {self.line(params)}"

    def taken_back(self, params: RunParams) -> Mapping[str, object]:
        """The command that tocsin.yaml names."""
        return {"argv": list(self._known(params.argv).undo)}

    async def look(self, host: Host, params: RunParams) -> Look:
        """Nobody knows what to look at."""
        return Look(undo=visible(shlex.join(self._known(params.argv).undo)))

    async def run(self, host: Host, params: RunParams, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """Runs it; a read has no deadline of its own."""
        reads = self.risk(params) is Risk.READ
        return _came(await host.place.run(params.argv, None if reads else within, say), host, changed=not reads)

    async def probe(self, host: Host, params: RunParams, bound: Mapping[str, str]) -> Did:
        """What the probe of tocsin.yaml says by its exit status."""
        probe = self._known(params.argv).probe
        if not probe:
            return Did.UNKNOWN
        ended = await host.place.run(probe)
        return {0: Did.DID, 1: Did.DID_NOT}.get(-1 if ended.exit_code is None else ended.exit_code, Did.UNKNOWN)

    def _refuse_odd(self, argument: str) -> None:
        hint = "see which template made it; a value that is missing leaves an empty argument"
        if not argument:
            raise self._inventory.mistake("an argument of the command is empty", hint)
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise self._inventory.mistake("an argument of the command is not valid Unicode", hint) from None
        if "\x00" in argument:
            raise self._inventory.mistake("an argument of the command holds a NUL, which no program can be given", hint)

    def _known(self, argv: Sequence[str]) -> _Known:
        if only_reads(argv) or any(Pattern(tuple(read)).match(argv) is not None for read in self._config.read):
            return _Known(Risk.READ)
        for write in self._config.write:
            captured = Pattern(tuple(write.argv)).match(argv)
            if captured is not None:
                return _change(write, captured)
        return _Known(Risk.DESTRUCTIVE)


def _change(write: WriteConfig, captured: Sequence[str]) -> _Known:
    return _Known(Risk.WRITE, probe=put_in(write.probe, captured), undo=put_in(write.undo, captured))


def _came(ended: Ended, host: Host, *, changed: bool) -> Came:
    stdout, stderr = host.clean(ended.stdout), host.clean(ended.stderr)
    value = {"exit_code": ended.exit_code, "stdout": stdout, "stderr": stderr}
    parsed = document(stdout)
    if parsed is not None:
        value["json"] = parsed
    printed = "\n".join(part for part in (stdout.rstrip("\n"), stderr.rstrip("\n")) if part)
    if max(len(ended.stdout), len(ended.stderr)) == MAX_OUTPUT:
        printed += f"\n(cut after {MAX_OUTPUT // 1024} KiB)"
    ok = ended.exit_code == 0
    return Came(
        outcome=Outcome.SUCCEEDED if ok else Outcome.FAILED,
        summary=f"done on {host.name}" if ok else f"{_how(ended)} on {host.name}{_last_line(stderr)}",
        value=value,
        text=printed,
        changed=changed,
    )


def _how(ended: Ended) -> str:
    return f"ended by {ended.signal}" if ended.exit_code is None else f"exit status {ended.exit_code}"


def _last_line(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    return f": {visible(lines[-1].strip())}" if lines else ""
