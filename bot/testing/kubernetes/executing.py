"""Commands in containers: a websocket with a channel for each stream, as `v4.channel.k8s.io` and v5 have it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from bot.testing.kubernetes import logs
from bot.testing.kubernetes.access import Ask
from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.refusals import Object, Refused, bad_request, internal
from bot.testing.kubernetes.settings import Exec

_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255
_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command in one container."""

    cluster: Cluster
    argv: list[str]
    stdin: bool
    stdout: bool
    stderr: bool

    @classmethod
    def of(cls, cluster: Cluster, asked: Asked, at: Target, pod: Object) -> Session:
        """Reads the request; refuses what is no command, or a container that does not run."""
        create = Ask(verb="create", resource="pods", sub="exec", namespace=at.namespace, name=at.name)
        cluster.access.check(asked.user, create)
        argv = list(asked.query.get("command") or ())
        streams = {name: asked.flag(name) for name in ("stdin", "stdout", "stderr")}
        if not argv:
            raise bad_request("you must specify at least 1 command for the container")
        if not any(streams.values()):
            raise bad_request("you must specify at least one of stdin, stdout, stderr")
        name = logs.container(pod, asked.get("container"))
        if pod["status"].get("phase") in ("Succeeded", "Failed"):
            phase = pod["status"]["phase"]
            raise bad_request(f"cannot exec into a container in a completed pod; current phase is {phase}")
        if not pod["spec"].get("nodeName"):
            raise bad_request(f"pod {at.name} does not have a host assigned")
        if logs.instance(cluster, pod, name).state != "running":
            raise internal(f'container not found ("{name}")')
        return cls(cluster=cluster, argv=argv, **streams)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speaks the protocol until the command has ended."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise Refused(400, "BadRequest", "Upgrade request required")
        socket = web.WebSocketResponse(protocols=_PROTOCOLS)
        await socket.prepare(request)
        if socket.ws_protocol not in _PROTOCOLS:
            await socket.close()
            return socket
        for channel, wanted in ((_STDOUT, self.stdout), (_STDERR, self.stderr)):
            if wanted:
                await socket.send_bytes(bytes([channel]))
        given = await self._input(socket) if self.stdin else b""
        found = next((one for one in self.cluster.execs if self.argv[: len(one.argv)] == one.argv), None)
        if found is None:
            found = _built_in(self.argv, given)
        if found is None:
            await self._end(socket, _not_there(self.argv[0]))
            return socket
        await asyncio.sleep(found.seconds)
        if self.stdout and found.stdout:
            await socket.send_bytes(bytes([_STDOUT]) + found.stdout.encode())
        if self.stderr and found.stderr:
            await socket.send_bytes(bytes([_STDERR]) + found.stderr.encode())
        await self._end(socket, _ended(found.exit_code))
        return socket

    async def _input(self, socket: web.WebSocketResponse) -> bytes:
        """What the command is given: in v5 until its stream is closed, in v4 what comes at once."""
        parts: list[bytes] = []
        closes = socket.ws_protocol == _PROTOCOLS[0]
        try:
            async with asyncio.timeout(None if closes else 0.2):
                async for message in socket:
                    if message.type is not WSMsgType.BINARY or not message.data:
                        continue
                    if message.data[0] == _CLOSE and message.data[1:2] == bytes([_STDIN]):
                        break
                    if message.data[0] == _STDIN:
                        parts.append(message.data[1:])
        except TimeoutError:
            pass
        return b"".join(parts)

    async def _end(self, socket: web.WebSocketResponse, status: Object) -> None:
        if not socket.closed:
            await socket.send_bytes(bytes([_ERROR]) + json.dumps(status).encode())
            await socket.close()


def _built_in(argv: list[str], given: bytes) -> Exec | None:
    match argv[0]:
        case "echo":
            return Exec(argv=argv, stdout=" ".join(argv[1:]) + "\n")
        case "true":
            return Exec(argv=argv)
        case "false":
            return Exec(argv=argv, exit_code=1)
        case "cat":
            return Exec(argv=argv, stdout=given.decode("utf-8", "replace"))
        case "sleep" if len(argv) == 2:
            return Exec(argv=argv, seconds=float(argv[1]))
        case _:
            return None


def _ended(code: int) -> Object:
    if not code:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _not_there(program: str) -> Object:
    message = (
        "Internal error occurred: error executing command in container: failed to exec in container: failed to start "
        "exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "
        f'"{program}": executable file not found in $PATH'
    )
    return {
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }
