"""A machine to log in to: a real sshd, and a systemd of which only the programs are there."""

import asyncio
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.servers.sshd import Sshd

PROGRAMS = Path(__file__).with_name("systemd_programs.py")
RUNNING = {"ActiveState": "active", "SubState": "running", "Type": "simple", "Result": "success", "NRestarts": "0"}
# The kernel has one boot id for all machines of a test; this cat knows of one for each.
CAT = """\
#!/bin/sh
for arg; do
    shift
    [ "$arg" != /proc/sys/kernel/random/boot_id ] || arg='{folder}/boot_id'
    set -- "$@" "$arg"
done
exec {cat} "$@"
"""
# Nobody may mount anything in a test; this df knows where the journal's folder is mounted.
DF = """\
#!/bin/sh
case "$*" in
    *" /var/log/journal") ;;
    *) exec {df} "$@" ;;
esac
echo "Filesystem     Type   1-blocks        Used  Available Capacity Mounted on"
echo "/dev/vda1      ext4 21474836480 20937965568  536870912      98% {mount}"
"""
SUDO = """\
#!/bin/sh
[ "$1 $2" = "-n --" ] || { echo "sudo: a password is required" >&2; exit 1; }
shift 2
echo "$@" >>'%s/sudo'
exec "$@"
"""


class Systemd:
    """The programs in `folder/bin`, to stand first in a PATH, and the units they speak of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        self.path = f"{folder}/bin:{os.environ['PATH']}"
        (folder / "state.json").write_text(json.dumps({"units": {}, "aliases": {}, "invocations": 0}))
        for name in ("journal", "calls", "sudo"):
            (folder / name).touch()
        for program in ("systemctl", "journalctl"):
            self._program(program, f'#!/bin/sh\nexec {sys.executable} -IS {PROGRAMS} {program} {folder} "$@"\n')
        self._program("cat", CAT.format(folder=folder, cat=shutil.which("cat")))
        self._program("sudo", SUDO % folder)
        self.boots()

    def boots(self) -> None:
        """The machine starts anew."""
        (self.folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
        (self.folder / "rebooting").unlink(missing_ok=True)

    def unit(self, name: str, **properties: Any) -> None:
        """Adds a service, or changes it; `fails` makes its starts fail, `dies` that systemd must start it once more.

        Other keys are systemd's properties.
        """
        state = self.state
        unit = state["units"].get(name)
        if unit is None:
            state["invocations"] += 1
            unit = {**RUNNING, "InvocationID": f"{state['invocations']:032x}", "MainPID": "1"}
        state["units"][name] = unit | properties
        (self.folder / "state.json").write_text(json.dumps(state))

    def alias(self, name: str, unit: str) -> None:
        """Gives a unit another name."""
        state = self.state
        state["aliases"][name] = unit
        (self.folder / "state.json").write_text(json.dumps(state))

    def keeps_journal_in(self, file: Path) -> None:
        """The journal's files, as one: what `journalctl --vacuum-size` makes smaller; their folder is a disk."""
        (self.folder / "state.json").write_text(json.dumps({**self.state, "journal": str(file)}))
        self._program("df", DF.format(mount=file.parent, df=shutil.which("df")))

    @property
    def state(self) -> Any:
        """Everything there is to know."""
        return json.loads((self.folder / "state.json").read_text())

    def __getitem__(self, name: str) -> Any:
        return self.state["units"][name]

    @property
    def calls(self) -> list[list[str]]:
        """What was asked of it, in order."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def changes(self) -> list[list[str]]:
        """The part of it that changes something."""
        return [call for call in self.calls if call[0] == "systemctl" and call[1] not in ("show", "is-system-running")]

    def log(self, unit: str, message: str, *, ago: float = 0) -> None:
        """Adds an entry to the journal."""
        entry = {"at": time.time() - ago, "unit": unit, "message": message}
        with (self.folder / "journal").open("a") as journal:
            journal.write(json.dumps(entry) + "\n")

    def _program(self, name: str, text: str) -> None:
        (self.folder / "bin" / name).write_text(text)
        (self.folder / "bin" / name).chmod(0o755)


class Machine(Sshd):
    """A host with an sshd and a systemd."""

    def __init__(self, folder: Path) -> None:
        self.systemd = Systemd(folder / "systemd")
        super().__init__(folder, path=self.systemd.path)

    def crash(self) -> None:
        """Ends the sshd and all that it runs, as the end of the machine would."""
        for child in psutil.Process(self.pid).children(recursive=True):
            child.kill()
        self.kill()

    @asynccontextmanager
    async def reboots(self, *, down: float = 0.5, comes_back: bool = True) -> AsyncIterator[None]:
        """Within this block the machine reboots when it is told to, and is away for so many seconds."""
        watching = asyncio.create_task(self._watch(down, comes_back))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, down: float, comes_back: bool) -> None:
        while not (self.systemd.folder / "rebooting").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)  # its answer still leaves
        await asyncio.to_thread(self.crash)
        await asyncio.sleep(down)
        if comes_back:
            self.systemd.boots()
            await asyncio.to_thread(self.start)
