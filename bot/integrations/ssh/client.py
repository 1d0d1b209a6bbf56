"""Commands on other hosts, over asyncssh: its one home.

Every host's key is checked against `known_hosts`. No file of OpenSSH's configuration is read, no agent is asked or
forwarded, no password is tried. The other side's shell reads the command again, so each argument is quoted for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.ssh.ended import MAX_OUTPUT, Ended, Lost, bounded

if TYPE_CHECKING:
    import asyncssh

_CONNECT = 10.0  # seconds
_GRACE = 2.0  # seconds between asking a cancelled command to stop and ending it
_AT_ONCE = 4  # commands on one host
_KEEPALIVE = 10  # seconds of silence; after three such, the connection counts as lost
# OpenSSH does not pass signals on in sessions of root. Each command leads a process group of its own, and all commands
# of one connection have the same parent: so a second one can end the first, knowing nothing of it.
_STOP_THE_OTHERS = (
    "exec sh -c 'for pid in $(pgrep -P $PPID || cat /proc/$PPID/task/$PPID/children); do "
    '[ "$pid" = $$ ] || kill -s {signal} -- "-$pid"; done\''
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where and as whom. `key` is a private key in PEM or OpenSSH form."""

    host: str
    address: str
    port: int
    user: str
    known_hosts: str
    key: str = field(repr=False)


class RemoteHost:
    """A `Place` reached over SSH. Each command has a connection of its own: none is kept that could have gone stale."""

    def __init__(self, login: Login, integration: str) -> None:
        self._login = login
        self._integration = integration
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def run(self, argv: Sequence[str], within: timedelta | None = None) -> Ended:
        """See `Place`."""
        began = time.monotonic()
        async with self._turns:
            connection = await self._connect()
            if within is not None:
                argv = ("exec", *bounded(argv, within.total_seconds() - (time.monotonic() - began)))
            try:
                return await self._run(connection, shlex.join(argv))
            finally:
                connection.abort()

    async def version(self) -> str:
        """Logs in, and says what the host's SSH server calls itself; Temporary or Permanent when it is not let in."""
        connection = await self._connect()
        try:
            return str(connection.get_extra_info("server_version", ""))
        finally:
            connection.abort()

    async def _connect(self) -> asyncssh.SSHClientConnection:
        await asyncio.to_thread(importlib.import_module, "asyncssh")  # half a second, once
        import asyncssh

        login = self._login
        known, key = await asyncio.to_thread(self._files)
        try:
            async with asyncio.timeout(_CONNECT):
                return await asyncssh.connect(
                    login.address,
                    login.port,
                    username=login.user,
                    client_keys=[key],
                    known_hosts=known,
                    config=None,
                    agent_path=None,
                    preferred_auth="publickey",
                    gss_host=None,
                    keepalive_interval=_KEEPALIVE,
                )
        except asyncssh.HostKeyNotVerifiable:
            raise self._not_the_host_we_know(known) from None
        except asyncssh.PermissionDenied:
            message = f"{login.host} does not let {login.user} in with our key"
            hint = f"put the public half of `key` into {login.user}'s authorized_keys on {login.host}"
            raise self._permanent(message, hint) from None
        except asyncssh.KeyExchangeFailed:
            message = f"{login.host} and Tocsin have no algorithm in common"
            hint = f"see that {login.known_hosts} holds a key of each kind that the host offers"
            raise self._permanent(message, hint) from None
        except TimeoutError:
            message = f"{login.host} did not answer within {_CONNECT:g} s"
            raise Temporary(message, integration=self._integration, reason="timeout") from None
        except (OSError, asyncssh.Error) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            message = f"{login.host} cannot be reached at {login.address}:{login.port}: {why}"
            raise Temporary(message, integration=self._integration, reason="connection") from None

    async def _run(self, connection: asyncssh.SSHClientConnection, command: str) -> Ended:
        import asyncssh

        try:
            process = await connection.create_process(command, stdin=asyncssh.DEVNULL, encoding=None)
        except asyncssh.ChannelOpenError:
            message = f"{self._login.host} refuses to run a command"
            raise Temporary(message, integration=self._integration, reason="server") from None
        except (OSError, asyncssh.Error):  # the request was sent, and nobody said whether it arrived
            raise Lost from None
        try:
            stdout, stderr = await asyncio.gather(_drain(process.stdout), _drain(process.stderr))
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

    def _files(self) -> tuple[asyncssh.SSHKnownHosts, asyncssh.SSHKey]:
        """Read again for every connection, so that a key added to `known_hosts` counts at once."""
        import asyncssh

        path = self._login.known_hosts
        try:
            known = asyncssh.read_known_hosts(path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not in OpenSSH's form"
            message = f"the known_hosts file {path} cannot be read: {why}"
            hint = f"make it with `ssh-keyscan {self._login.address} >> {path}` and compare the fingerprints"
            raise self._permanent(message, hint) from None
        try:
            return known, asyncssh.import_private_key(self._login.key)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            hint = "`key` must hold a private key as ssh-keygen writes it, without a passphrase"
            raise self._permanent("the SSH key cannot be used", hint) from None

    def _not_the_host_we_know(self, known: asyncssh.SSHKnownHosts) -> IntegrationError:
        login = self._login
        if any(known.match(login.address, login.address, login.port)):
            message = f"the key of {login.host} is not the one in {login.known_hosts}"
            hint = (
                "either the host was installed anew or somebody stands in between: compare the fingerprint on the "
                "host's own console before you replace the line"
            )
        else:
            message = f"the key of {login.host} is not in {login.known_hosts}"
            port = f"-p {login.port} " if login.port != 22 else ""
            hint = (
                f"add it with `ssh-keyscan {port}{login.address} >> {login.known_hosts}`, and compare the fingerprint "
                "on the host's own console"
            )
        return self._permanent(message, hint)

    def _permanent(self, message: str, hint: str) -> Permanent:
        return Permanent(message, integration=self._integration, reason="auth", hint=hint)


async def _drain(stream: asyncssh.SSHReader[bytes]) -> bytes:
    """All of it is read, or the command would wait for us; what is beyond the cap is dropped."""
    kept = bytearray()
    while chunk := await stream.read(64 * 1024):
        kept += chunk[: MAX_OUTPUT - len(kept)]
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
