"""Commands on this machine: no shell, an environment of their own, and a life of their own.

Their output goes to unlinked files, not to pipes: when Tocsin is killed, a pipe would break and cut the command short
at its next line of output. So it finishes by itself, as one on another host would, or is out of its time; and what came
of it is probed after the restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from bot.errors import Permanent, Temporary
from bot.integrations.ssh.ended import MAX_OUTPUT, Ended, Lines, bounded
from bot.integrations.ssh.reading import Reads, only_looks
from bot.ports.actions import Say, nobody
from bot.ports.reads_only import require_read

_PASSED_ON = ("HOME", "PATH", "TZ")
_GRACE = 2.0  # seconds between asking a cancelled command to stop and ending it
_FOLDER = "/"
_LOOK = 0.2  # seconds between two looks at how much it has printed
_SPILL = 4 * MAX_OUTPUT


class LocalHost:
    """A `Place`: this machine, as the user that Tocsin runs as."""

    def __init__(self, integration: str, reads: Reads = only_looks) -> None:
        self._integration = integration
        self._reads = reads

    async def run(self, argv: Sequence[str], within: timedelta | None = None, say: Say = nobody) -> Ended:
        """See `Place`."""
        require_read(f"{argv[0]} on this machine", integration=self._integration, reads=self._reads(argv))
        if within is not None:
            self._find(argv[0])  # timeout(1) would say it with an exit status, as the command itself might
            argv = bounded(argv, within.total_seconds())
        with _output() as stdout, _output() as stderr:
            process = await self._start(argv, stdout, stderr)
            ended = asyncio.ensure_future(process.wait())
            told = [_Told(stdout, Lines(say)), _Told(stderr, Lines(say))]
            try:
                while not ended.done():
                    await asyncio.wait({ended}, timeout=_LOOK)
                    for output in told:
                        output.look()
                for output in told:
                    output.lines.end()
            except asyncio.CancelledError:
                await _stop(process.pid, ended)
                raise
            code = ended.result()
            return Ended(
                exit_code=code if code >= 0 else None,
                signal=_signal(-code) if code < 0 else "",
                stdout=_head(stdout),
                stderr=_head(stderr),
            )

    async def _start(self, argv: Sequence[str], stdout: IO[bytes], stderr: IO[bytes]) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=_FOLDER,
                env={"LC_ALL": "C.UTF-8"} | {name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            raise self._unfit(argv[0], error.strerror or "it does not start") from None
        except OSError as error:
            message = f"cannot start {argv[0]} on this machine: {error.strerror}"
            raise Temporary(message, integration=self._integration, reason="server") from None

    def _find(self, program: str) -> None:
        if shutil.which(os.path.join(_FOLDER, program) if "/" in program else program) is None:
            raise self._unfit(program, "there is no such program")

    def _unfit(self, program: str, why: str) -> Permanent:
        message = f"cannot run {program} on this machine: {why}"
        hint = "name the program by its full path, and see that Tocsin's user may run it"
        return Permanent(message, integration=self._integration, reason="client", hint=hint)


async def _stop(group: int, ended: asyncio.Future[int]) -> None:
    """Ends the command and all it started: asks, and after a moment does not ask."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        await asyncio.wait({ended}, timeout=_GRACE)
        os.killpg(group, signal.SIGKILL)
    await ended


@dataclass(slots=True)
class _Told:
    """How much of an output has been told."""

    file: IO[bytes]
    lines: Lines
    told: int = 0

    def look(self) -> None:
        """Tells what is new, and keeps a command that never stops printing from filling the disk."""
        if self.told < MAX_OUTPUT:
            piece = os.pread(self.file.fileno(), MAX_OUTPUT - self.told, self.told)
            self.told += len(piece)
            self.lines.hear(piece)
        _cut(self.file)


@contextlib.contextmanager
def _output() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        # What is appended after a cut goes to the new end; without this the file would grow a hole.
        fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
        yield file


def _cut(file: IO[bytes]) -> None:
    """What is beyond the cap is not shown anyway."""
    if os.fstat(file.fileno()).st_size > _SPILL:
        os.ftruncate(file.fileno(), MAX_OUTPUT)


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(MAX_OUTPUT)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
