"""The demo's processes: started together, watched together, and never left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One process, the leader of a session of its own, and the file its words go to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self, lines: int = 3) -> str:
        """The end of its log, on one line."""
        return " | ".join(self.log.read_text(errors="replace").split("\n")[-lines - 1 :]).strip(" |")


class Crew:
    """All processes of one demo. Leaving it as a context manager stops every one of them."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._members: dict[str, Member] = {}
        self._dismissed: set[str] = set()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, argv: Sequence[str], cwd: Path) -> Member:
        """Start a process; its output goes to `logs/NAME.log`. Raises OSError when it cannot be started."""
        log = self._logs / f"{name}.log"
        # What the person has set for a Tocsin of their own is not meant for the demo's.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
        with log.open("ab") as words:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops everybody in order
                preexec_fn=_die_with_parent,
            )
        member = Member(name=name, process=process, log=log)
        self._members[name] = member
        return member

    def dismiss(self, name: str) -> None:
        """Stop one process on purpose: from now on its absence is no news."""
        self._dismissed.add(name)
        _end([self._members[name]])

    def lost(self) -> list[Member]:
        """Who ended although nobody asked them to."""
        members = (member for name, member in self._members.items() if name not in self._dismissed)
        return [member for member in members if member.process.poll() is not None]

    def dismissed(self) -> list[str]:
        """Who was stopped on purpose."""
        return sorted(self._dismissed)

    def stop(self) -> None:
        """Stop everybody: politely, and after a while not. A second Ctrl-C does not interrupt this."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            _end(list(self._members.values()))
        finally:
            signal.signal(signal.SIGINT, before)
        self._members.clear()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end(members: Sequence[Member]) -> None:
    for member in members:
        if member.process.poll() is None:
            member.process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for member in members:
        with suppress(subprocess.TimeoutExpired):
            member.process.wait(max(0.0, deadline - time.monotonic()))
        # Whatever it started itself is in its process group, and must not outlive it.
        with suppress(ProcessLookupError):
            os.killpg(member.process.pid, signal.SIGKILL)
        member.process.wait()


def _die_with_parent() -> None:
    """In the new process: ask Linux to end it should the demo itself be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
