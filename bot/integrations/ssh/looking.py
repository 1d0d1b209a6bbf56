"""What can be looked at on a host: its journal, disks and processes, the end of a file, whether it lets us in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.integrations.ssh.config import SshConfig
from bot.integrations.ssh.doing import Came, Host, Look, Plain, moved_on, refused
from bot.integrations.ssh.inventory import Inventory
from bot.integrations.ssh.params import DiskParams, JournalParams, OnHosts, PingParams, ProcessesParams, TailParams
from bot.integrations.ssh.patterns import fits_path
from bot.integrations.ssh.together import EVERY
from bot.kit.redaction import visible
from bot.model.plan import Outcome
from bot.model.runbook import Risk
from bot.ports.actions import ActionSpec, Say

_LINES = {"lines": "the lines, the oldest first", "count": "how many they are"} | EVERY
_NO_ENTRIES = "-- No entries --"
_COLUMNS = "pid=,ppid=,user=,pcpu=,rss=,etimes=,comm="


class _Reading(Plain):
    """A deed that only reads."""

    def risk(self, params: OnHosts) -> Risk:
        """It only reads."""
        return Risk.READ


class Journal(_Reading):
    """The deed of `host.journal`."""

    spec = ActionSpec(
        name="host.journal",
        params=JournalParams,
        risk=Risk.READ,
        help="Shows what a service wrote to the journal.",
        result=_LINES,
    )

    def line(self, params: JournalParams) -> str:
        """See `Deed`."""
        holding = f" that hold {params.grep!r}" if params.grep else ""
        return f"show at most {params.lines} lines of {params.unit}{holding}"

    async def run(
        self, host: Host, params: JournalParams, bound: Mapping[str, str], within: timedelta, say: Say
    ) -> Came:
        """The text to look for is a pattern to journalctl, so each of its characters is made to stand for itself."""
        argv = [
            "journalctl",
            f"--unit={params.unit}",
            f"--since=-{int(params.since.total_seconds())}s",
            f"--lines={params.lines}",
            "--output=short-iso",
            "--no-pager",
            "--utc",
        ]
        if params.grep:
            argv += [f"--grep={as_it_is(params.grep)}", "--case-sensitive=yes"]
        ended = await host.place.run(argv, None, say)
        if ended.exit_code != 0 and host.clean(ended.stdout).strip() != _NO_ENTRIES:  # which with --grep is exit 1
            return refused(ended, host, f"read the journal of {host.name}")
        return _lines(host, ended.stdout)


class DiskUsage(_Reading):
    """The deed of `host.disk_usage`."""

    spec = ActionSpec(
        name="host.disk_usage",
        params=DiskParams,
        risk=Risk.READ,
        help="Tells how full the file systems of a host are.",
        result={
            "filesystems": "each with `source`, `type`, `size`, `used`, `available` (bytes), `percent` and `mount`, "
            "the fullest first",
            "fullest": "the first of them",
        }
        | EVERY,
    )

    def line(self, params: DiskParams) -> str:
        """See `Deed`."""
        return f"tell how full {f'the disk of {params.path}' if params.path else 'its disks'} is"

    async def run(self, host: Host, params: DiskParams, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """A file system that cannot be looked at makes df complain and go on; what it did print counts."""
        argv = ["df", "-PT", "--block-size=1", *([params.path] if params.path else [])]
        ended = await host.place.run(argv, None, say)
        found = sorted(_filesystems(host.clean(ended.stdout)), key=lambda one: -int(one["percent"]))
        if not found:
            return refused(ended, host, f"see the disks of {host.name}")
        first = found[0]
        return Came(
            outcome=Outcome.SUCCEEDED,
            summary=visible(f"{first['mount']} on {host.name} is {first['percent']} % full"),
            value={"filesystems": found, "fullest": first},
            text=host.clean(ended.stdout),
        )


class Processes(_Reading):
    """The deed of `host.processes`. No arguments are shown: they often hold secrets."""

    spec = ActionSpec(
        name="host.processes",
        params=ProcessesParams,
        risk=Risk.READ,
        help="Lists the processes of a host, the largest first.",
        result={
            "processes": "each with `pid`, `parent`, `user`, `cpu` (percent of one processor over its life), `memory` "
            "(bytes resident), `seconds` (since its start) and `name`",
            "total": "how many there are in all",
        }
        | EVERY,
    )

    def line(self, params: ProcessesParams) -> str:
        """See `Deed`."""
        return f"list the {params.count} processes with the most {params.by}"

    async def run(
        self, host: Host, params: ProcessesParams, bound: Mapping[str, str], within: timedelta, say: Say
    ) -> Came:
        """Asks ps."""
        sort = "-pcpu" if params.by == "cpu" else "-rss"
        ended = await host.place.run(["ps", "-eo", _COLUMNS, f"--sort={sort}"])
        if ended.exit_code != 0:
            return refused(ended, host, f"list the processes of {host.name}")
        found = list(_processes(host.clean(ended.stdout)))
        text = "\n".join(_process_line(one) for one in found[: params.count])
        say(f"{text}\n")
        return Came(
            outcome=Outcome.SUCCEEDED,
            summary=visible(f"{host.name}: {len(found)} processes; {_process_line(found[0])}" if found else host.name),
            value={"processes": found[: params.count], "total": len(found)},
            text=text,
        )


class Tail(_Reading):
    """The deed of `host.file_tail`: of files that tocsin.yaml lists, wherever links lead."""

    spec = ActionSpec(
        name="host.file_tail",
        params=TailParams,
        risk=Risk.READ,
        help="Shows the last lines of a file that the configuration lists.",
        result=_LINES,
    )

    def __init__(self, config: SshConfig, inventory: Inventory) -> None:
        self._files = config.files
        self._inventory = inventory

    def check(self, params: TailParams, hosts: Sequence[Host]) -> None:
        """The path must fit what may be shown."""
        self._allow(params.path)

    def line(self, params: TailParams) -> str:
        """See `Deed`."""
        return f"show the last {params.lines} lines of {params.path}"

    async def look(self, host: Host, params: TailParams) -> Look:
        """Where the path leads, which must be allowed too."""
        real = await self._real(host, params.path)
        self._allow(real)
        return Look(bound={"file": real})

    async def run(self, host: Host, params: TailParams, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """Looks again where the path leads, and reads that."""
        real = await self._real(host, params.path)
        if real != bound["file"]:
            return moved_on(f"{params.path} leads to {visible(real)}")
        ended = await host.place.run(["tail", "-n", str(params.lines), "--", real], None, say)
        if ended.exit_code != 0:
            return refused(ended, host, f"read {params.path} on {host.name}")
        return _lines(host, ended.stdout)

    async def _real(self, host: Host, path: str) -> str:
        ended = await host.ask("readlink", "-e", "--", path)
        if ended.exit_code != 0:
            raise self._inventory.mistake(f"{host.name} has no file {visible(path)}", "see where it writes its logs")
        return host.clean(ended.stdout).removesuffix("\n")

    def _allow(self, path: str) -> None:
        if not any(fits_path(glob, path) for glob in self._files):
            message = f"{visible(path)[:200]} is not among the files that may be shown"
            raise self._inventory.mistake(message, f"add it under `integrations: {self._inventory.name}: files:`")


class Ping(_Reading):
    """The deed of `host.ping`."""

    spec = ActionSpec(
        name="host.ping",
        params=PingParams,
        risk=Risk.READ,
        help="Tells whether a host lets Tocsin in and runs a command.",
        result={"milliseconds": "how long that took"} | EVERY,
    )

    def line(self, params: PingParams) -> str:
        """See `Deed`."""
        return "log in and run nothing"

    async def run(self, host: Host, params: PingParams, bound: Mapping[str, str], within: timedelta, say: Say) -> Came:
        """A command that does nothing."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        ended = await host.ask("true")
        took = round((loop.time() - began) * 1000)
        if ended.exit_code != 0:
            return refused(ended, host, f"run a command on {host.name}")
        words = f"{host.name} lets Tocsin in, and answers within {took} ms"
        say(f"{words}\n")
        return Came(outcome=Outcome.SUCCEEDED, summary=words, value={"milliseconds": took}, text=words)


def as_it_is(text: str) -> str:
    """As a pattern that fits this text alone: a backslash makes every character that is no letter or digit literal."""
    return "".join(char if char.isalnum() or not char.isascii() else f"\\{char}" for char in text)


def _lines(host: Host, output: bytes) -> Came:
    text = host.clean(output)
    lines = [line for line in text.splitlines() if line != _NO_ENTRIES]
    return Came(
        outcome=Outcome.SUCCEEDED,
        summary=f"{len(lines)} lines on {host.name}",
        value={"lines": lines, "count": len(lines)},
        text="\n".join(lines),
    )


def _filesystems(printed: str) -> list[dict[str, Any]]:  # Any: plain JSON
    found = []
    for line in printed.splitlines()[1:]:
        parts = line.split(maxsplit=6)
        if len(parts) == 7 and all(part.isdigit() for part in parts[2:5]) and parts[5].removesuffix("%").isdigit():
            size, used, available = map(int, parts[2:5])
            found.append(
                {
                    "source": parts[0],
                    "type": parts[1],
                    "size": size,
                    "used": used,
                    "available": available,
                    "percent": int(parts[5].removesuffix("%")),
                    "mount": parts[6],
                }
            )
    return found


def _processes(printed: str) -> list[dict[str, Any]]:  # Any: plain JSON
    found = []
    for line in printed.splitlines():
        parts = line.split(maxsplit=6)
        if len(parts) == 7 and parts[0].isdigit() and parts[1].isdigit() and parts[4].isdigit() and parts[5].isdigit():
            found.append(
                {
                    "pid": int(parts[0]),
                    "parent": int(parts[1]),
                    "user": parts[2],
                    "cpu": float(parts[3]),
                    "memory": int(parts[4]) * 1024,
                    "seconds": int(parts[5]),
                    "name": parts[6],
                }
            )
    return found


def _process_line(one: Mapping[str, Any]) -> str:  # Any: plain JSON
    mib = one["memory"] // (1024 * 1024)
    return f"{one['pid']} {one['name']} of {one['user']}: {one['cpu']:g} % CPU, {mib} MiB, for {one['seconds']} s"
