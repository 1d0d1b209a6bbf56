"""`host.kill_process`: one process, which is known by its start and its name, not by its number alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import IntegrationError
from bot.integrations.ssh.doing import Came, Host, Look, Plain, moved_on, not_read_back, refused
from bot.integrations.ssh.inventory import Inventory
from bot.integrations.ssh.params import KillParams
from bot.integrations.ssh.reading import BOOT_ID
from bot.integrations.ssh.together import EVERY
from bot.kit.redaction import visible
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec, Say

_STAT = re.compile(r"(\d+) \((.*)\) (\S) (.*)\n([0-9a-f-]{36})\n?", re.DOTALL)
_START = 17  # of the fields after the state: ticks between the machine's start and the process's
_LOOK_AGAIN = 0.5  # seconds
_GONE, _ANOTHER = 43, 44
# The start is compared and the signal sent by one shell, microseconds apart: a number that is given to another process
# between our look and our signal is not killed. Nothing of a runbook is in this text; it all comes as arguments.
_KILL_THE_SAME = (
    'stat=$(cat "/proc/$1/stat" 2>/dev/null) || exit 43; set -f; pid=$1 start=$2 signal=$3; shift 3; '
    'rest=${stat##*) }; sudo="$*"; set -- $rest; [ "${20}" = "$start" ] || exit 44; '
    '$sudo kill -s "$signal" "$pid"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """A process: `started` in ticks after the start of the machine, which `boot` names."""

    name: str
    state: str
    started: str
    boot: str

    @property
    def bound(self) -> Mapping[str, str]:
        return {"name": self.name, "started": self.started, "boot": self.boot}


class Kill(Plain):
    """The deed. What a process had not saved is lost, so it asks two people."""

    can_probe = True
    spec = ActionSpec(
        name="host.kill_process",
        params=KillParams,
        risk=Risk.DESTRUCTIVE,
        help="Sends a signal to one process, if it still is the one that was planned for.",
        result={"name": "what the process was called", "ended": "whether it has ended"} | EVERY,
    )

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def risk(self, params: KillParams) -> Risk:
        """What it had not saved is lost."""
        return Risk.DESTRUCTIVE

    def line(self, params: KillParams) -> str:
        """See `Deed`."""
        return f"send {params.signal} to process {params.pid}"

    async def look(self, host: Host, params: KillParams) -> Look:
        """Which process that is."""
        found = await _process(host, params.pid)
        if found is None:
            hint = "it may have ended by itself; host.processes lists those there are"
            raise self._inventory.mistake(f"{host.name} has no process {params.pid}", hint)
        then = "it decides itself" if params.signal == "HUP" else "it has ended"
        return Look(now=visible(f"process {params.pid} is {found.name}"), then=then, bound=found.bound)

    async def run(self, host: Host, params: KillParams, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """Sends the signal, and waits for the end."""
        found = await _process(host, params.pid)
        if found is None or not _same(found, bound):
            return moved_on(_what_now(params, found))
        started = bound["started"]
        argv = ("sh", "-c", _KILL_THE_SAME, "kill-the-same", str(params.pid), started, params.signal, *host.prefix)
        ended = await host.place.run(argv, within, say)
        if ended.exit_code in (_GONE, _ANOTHER):
            return moved_on(_what_now(params, None))
        if ended.exit_code != 0:
            return refused(ended, host, f"send {params.signal} to process {params.pid} on {host.name}")
        try:
            gone = await self._ends(host, params, bound)
        except IntegrationError as error:
            return not_read_back(error)
        name = bound["name"]
        if gone or params.signal == "HUP":
            words = visible(f"{name} (process {params.pid}) on {host.name} {'has ended' if gone else 'was told'}")
            return Came(outcome=Outcome.SUCCEEDED, summary=words, value={"name": name, "ended": gone}, changed=True)
        words = visible(f"{name} (process {params.pid}) on {host.name} was sent {params.signal} and has not ended")
        return Came(outcome=Outcome.FAILED, summary=words, value={"name": name, "ended": False}, changed=True)

    async def probe(self, host: Host, params: KillParams, bound: Mapping[str, str]) -> Did:
        """Gone is done. One that is still there may have been told, and may have taken no notice."""
        found = await _process(host, params.pid)
        if found is None or not _same(found, bound):
            return Did.DID
        return Did.DID_NOT if params.signal == "KILL" else Did.UNKNOWN

    async def _ends(self, host: Host, params: KillParams, bound: Mapping[str, str]) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + (0 if params.signal == "HUP" else params.wait.total_seconds())
        while True:
            found = await _process(host, params.pid)
            if found is None or not _same(found, bound):
                return True
            if loop.time() >= until:
                return False
            await asyncio.sleep(_LOOK_AGAIN)


async def _process(host: Host, pid: int) -> _Process | None:
    """None when there is no such process, or it has ended and only its parent has not noticed."""
    ended = await host.ask("cat", f"/proc/{pid}/stat", BOOT_ID)
    match = _STAT.fullmatch(host.clean(ended.stdout)) if ended.exit_code == 0 else None
    if match is None or match[3] in "ZXx":
        return None
    return _Process(name=match[2], state=match[3], started=match[4].split()[_START + 1], boot=match[5])


def _same(found: _Process, bound: Mapping[str, str]) -> bool:
    return dict(found.bound) == {key: bound[key] for key in bound if key != "address"}


def _what_now(params: KillParams, found: _Process | None) -> str:
    return f"process {params.pid} has " + ("ended" if found is None else "become another one")
