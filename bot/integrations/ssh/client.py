"""Commands on other hosts. Their login shell reads each command again, so each argument is quoted for it."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import Temporary
from bot.integrations.ssh.connecting import Login, connected
from bot.integrations.ssh.ended import MAX_OUTPUT, Ended, Lines, Lost, bounded
from bot.integrations.ssh.reading import Reads, only_looks
from bot.ports.actions import Say, nobody
from bot.ports.reads_only import require_read

if TYPE_CHECKING:
    import asyncssh

_GRACE = 2.0  # seconds between asking a cancelled command to stop and ending it
# OpenSSH does not pass signals on in sessions of root. Each command leads a process group of its own, and all commands
# of one connection have the same parent: so a second one can end the first, knowing nothing of it.
_STOP_THE_OTHERS = (
    "exec sh -c 'for pid in $(pgrep -P $PPID || cat /proc/$PPID/task/$PPID/children); do "
    '[ "$pid" = $$ ] || kill -s {signal} -- "-$pid"; done\''
)


class RemoteHost:
    """A `Place` reached over SSH. Each command has a connection of its own: none is kept that could have gone stale."""

    def __init__(self, login: Login, integration: str, *, at_once: int = 4, reads: Reads = only_looks) -> None:
        self._login = login
        self._integration = integration
        self._turns = asyncio.Semaphore(at_once)
        self._reads = reads

    async def run(self, argv: Sequence[str], within: timedelta | None = None, say: Say = nobody) -> Ended:
        """See `Place`."""
        require_read(f"{argv[0]} on {self._login.host}", integration=self._integration, reads=self._reads(argv))
        began = time.monotonic()
        async with self._turns, connected(self._login, self._integration) as connection:
            if within is not None:
                argv = ("exec", *bounded(argv, within.total_seconds() - (time.monotonic() - began)))
            return await self._run(connection, shlex.join(argv), say)

    async def version(self) -> str:
        """Logs in, and says what the host's SSH server calls itself; Temporary or Permanent when it is not let in."""
        async with connected(self._login, self._integration) as connection:
            return str(connection.get_extra_info("server_version", ""))

    async def _run(self, connection: asyncssh.SSHClientConnection, command: str, say: Say) -> Ended:
        import asyncssh

        try:
            process = await connection.create_process(command, stdin=asyncssh.DEVNULL, encoding=None)
        except asyncssh.ChannelOpenError:
            message = f"{self._login.host} refuses to run a command"
            raise Temporary(message, integration=self._integration, reason="server") from None
        except (OSError, asyncssh.Error):  # the request was sent, and nobody said whether it arrived
            raise Lost from None
        try:
            stdout, stderr = await asyncio.gather(_drain(process.stdout, say), _drain(process.stderr, say))
            await process.wait_closed()
        except asyncio.CancelledError:
            await _stop(connection, process)
            raise
        except (OSError, asyncssh.Error):
            raise Lost from None
        if process.exit_status is None and process.exit_signal is None:
            raise Lost
        name = f"SIG{process.exit_signal[0]}" if process.exit_signal else ""
        code = None if name else process.exit_status
        return Ended(exit_code=code, signal=name, stdout=stdout, stderr=stderr)


async def _drain(stream: asyncssh.SSHReader[bytes], say: Say) -> bytes:
    """All of it is read, or the command would wait for us; what is beyond the cap is dropped."""
    kept, lines = bytearray(), Lines(say)
    while chunk := await stream.read(64 * 1024):
        kept += chunk[: MAX_OUTPUT - len(kept)]
        lines.hear(chunk)
    lines.end()
    return bytes(kept)


async def _stop(connection: asyncssh.SSHClientConnection, process: asyncssh.SSHClientProcess[bytes]) -> None:
    """Asks the command to stop, and after a moment does not ask. A host that does not listen is left."""
    for signal in ("TERM", "KILL"):
        with contextlib.suppress(TimeoutError, OSError, *_ssh_errors()):
            async with asyncio.timeout(_GRACE):
                process.send_signal(signal)
                await connection.run(_STOP_THE_OTHERS.format(signal=signal))
                await process.wait_closed()
                return


def _ssh_errors() -> tuple[type[Exception], ...]:
    import asyncssh

    return (asyncssh.Error,)
