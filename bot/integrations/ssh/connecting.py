"""Connections to other hosts, over asyncssh: who is let in, and who is believed to be whom.

Every host's key is checked against `known_hosts`, that of a host jumped over too. No file of OpenSSH's configuration is
read, no agent is asked or forwarded, no password is tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import IntegrationError, Permanent, Temporary

if TYPE_CHECKING:
    import asyncssh

_CONNECT = 10.0  # seconds
_KEEPALIVE = 10  # seconds of silence; after three such, the connection counts as lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where and as whom. `key` is a private key in PEM or OpenSSH form; `jump` is the host it is reached through."""

    host: str
    address: str
    port: int
    user: str
    known_hosts: str
    key: str = field(repr=False)
    jump: Login | None = None


@contextlib.asynccontextmanager
async def connected(login: Login, integration: str) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection for the length of a block; Temporary or Permanent when there is none to be had."""
    await asyncio.to_thread(importlib.import_module, "asyncssh")  # half a second, once
    async with contextlib.AsyncExitStack() as opened:
        through: asyncssh.SSHClientConnection | None = None
        if login.jump is not None:
            through = await opened.enter_async_context(connected(login.jump, integration))
        connection = await _Connecting(login, integration).connect(through)
        opened.callback(connection.abort)
        yield connection


@dataclass(frozen=True, slots=True)
class _Connecting:
    login: Login
    integration: str

    async def connect(self, through: asyncssh.SSHClientConnection | None) -> asyncssh.SSHClientConnection:
        import asyncssh

        login = self.login
        known, key = await asyncio.to_thread(self._files)
        try:
            async with asyncio.timeout(_CONNECT):
                return await asyncssh.connect(
                    login.address,
                    login.port,
                    tunnel=through,
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
            raise Temporary(message, integration=self.integration, reason="timeout") from None
        except (OSError, asyncssh.Error) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: OSError | asyncssh.Error) -> Temporary:
        login = self.login
        why = getattr(error, "strerror", None) or type(error).__name__
        way = f" through {login.jump.host}" if login.jump else ""
        message = f"{login.host} cannot be reached at {login.address}:{login.port}{way}: {why}"
        return Temporary(message, integration=self.integration, reason="connection")

    def _files(self) -> tuple[asyncssh.SSHKnownHosts, asyncssh.SSHKey]:
        """Read again for every connection, so that a key added to `known_hosts` counts at once."""
        import asyncssh

        path = self.login.known_hosts
        try:
            known = asyncssh.read_known_hosts(path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not in OpenSSH's form"
            message = f"the known_hosts file {path} cannot be read: {why}"
            hint = f"make it with `ssh-keyscan {self.login.address} >> {path}` and compare the fingerprints"
            raise self._permanent(message, hint) from None
        try:
            return known, asyncssh.import_private_key(self.login.key)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            hint = "`key` must hold a private key as ssh-keygen writes it, without a passphrase"
            raise self._permanent("the SSH key cannot be used", hint) from None

    def _not_the_host_we_know(self, known: asyncssh.SSHKnownHosts) -> IntegrationError:
        login = self.login
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
        return Permanent(message, integration=self.integration, reason="auth", hint=hint)
