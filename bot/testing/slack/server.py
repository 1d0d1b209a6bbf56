"""The simulated Slack as a server: its methods, its sockets, its upload and response addresses, and the knobs."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import formatdate

from aiohttp import web

from bot.testing.slack.api import Api, Limited, arguments
from bot.testing.slack.deliveries import Deliveries
from bot.testing.slack.doings import Doings
from bot.testing.slack.knobs import Knobs
from bot.testing.slack.settings import BOT_TOKEN, SlackFault
from bot.testing.slack.words import Asked, Json, Refused
from bot.testing.slack.workspace import TEAM, Workspace

_PAGE = "<!doctype html><title>Sorry</title><p>This is not the page you are looking for."
_SIGN_IN = (
    "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"
)


class Slack:
    """One workspace at one address."""

    def __init__(self, url: str) -> None:
        self._workspace = Workspace(self._happened)
        self._deliveries = Deliveries(self._workspace, lambda: self._api.settings)
        self._api = Api(self._workspace, self._deliveries)
        self._doings = Doings(self._workspace, self._api.chat, self._deliveries)
        self._knobs = Knobs(self._workspace, self._api, self._deliveries, self._doings)
        self._api.url = self._api.people.url = self._doings.url = url

    def application(self) -> web.Application:
        """Everything that can be asked."""
        made = web.Application(client_max_size=64 << 20)
        made.add_routes(
            [
                web.route("*", "/api/{method}", self._call),
                web.get("/link", self._deliveries.sockets.link),
                web.post("/upload/{id}", self._upload),
                web.get(f"/files-pri/{TEAM}-{{id}}/{{name:.+}}", self._file),
                web.post("/respond/{id}", self._respond),
                *self._knobs.routes(),
            ]
        )
        made.on_shutdown.append(self._end)
        return made

    def _happened(self, event: Json) -> None:
        self._deliveries.event(event)

    async def _end(self, application: web.Application) -> None:
        await self._deliveries.sockets.disconnect("", close=True)
        await self._deliveries.end()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        """One call of a method; written down, and broken where a test wants that."""
        method = request.match_info["method"]
        line: Json = {"at": datetime.now(UTC).isoformat(), "path": request.path, "method": method}
        self._knobs.journal.append(line)
        try:
            said, token = await arguments(request, reads_json=self._api.reads_json(method))
        except Refused as refused:
            return self._written(line, _refusal(refused))
        line["arguments"] = {name: _value(one) for name, one in said.items()}
        fault = self._knobs.faults.met(request.method, request.path)
        answer = (
            await self._broken(fault, Asked(method, said, token)) if fault else self._asked(Asked(method, said, token))
        )
        if answer is None:
            line["status"] = 0
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)
        return self._written(line, answer)

    async def _broken(self, fault: SlackFault, asked: Asked) -> web.Response | None:
        """None: the connection ends."""
        await asyncio.sleep(fault.latency)
        broken = fault.garbage or fault.status or fault.error or fault.cut
        usual = self._asked(asked) if fault.effect or not broken else web.Response()
        if not broken:
            return usual
        if fault.cut:
            return None
        if fault.garbage:
            return web.Response(text=_PAGE, content_type="text/html")
        body = {"ok": False, "error": fault.error or "internal_error"}
        return web.json_response(body, status=fault.status or 200, headers=fault.headers)

    def _asked(self, asked: Asked) -> web.Response:
        try:
            return web.json_response({"ok": True, **self._api.answer(asked)})
        except Refused as refused:
            return _refusal(refused)
        except Limited as limited:
            headers = {"retry-after": str(math.ceil(limited.wait))}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)

    def _written(self, line: Json, answer: web.Response) -> web.Response:
        line["status"] = answer.status
        if answer.content_type == "application/json" and isinstance(answer.text, str):
            said = json.loads(answer.text)
            line["error"] = said.get("error", "")
        settings = self._api.settings
        answer.headers["x-oauth-scopes"] = ",".join(settings.scopes.split())
        answer.headers["date"] = formatdate(self._workspace.clock() + settings.skew_s, usegmt=True)
        return answer

    async def _upload(self, request: web.Request) -> web.Response:
        content = await request.read()
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            held = next(iter(form.values()))
            content = held.file.read() if isinstance(held, web.FileField) else str(held).encode()
        try:
            self._api.people.uploaded(request.match_info["id"], content)
        except Refused as refused:
            return web.Response(status=400, text=refused.error)
        return web.Response(text=f"OK - {len(content)}")

    async def _file(self, request: web.Request) -> web.Response:
        """The bytes; to whoever may not read files, the page on which people sign in, as if that were all well."""
        self._knobs.journal.append({"at": datetime.now(UTC).isoformat(), "path": request.path, "method": "file"})
        fault, settings = self._knobs.faults.met(request.method, request.path), self._api.settings
        if fault is not None:
            return web.Response(status=fault.status or 500, headers=fault.headers)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token != BOT_TOKEN or settings.revoked or "files:read" not in settings.scopes.split():
            return web.Response(text=_SIGN_IN, content_type="text/html")
        file = self._workspace.files.get(request.match_info["id"])
        if file is None or not file["content"]:
            return web.Response(status=404)
        return web.Response(body=file["content"], content_type=file.get("mimetype", "application/octet-stream"))

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            self._api.chat.responded(request.match_info["id"], await request.json())
        except Refused as refused:
            return web.json_response({"ok": False, "error": refused.error}, status=404)
        self._deliveries.answered(f"{self._doings.url}{request.path}")
        return web.Response(text="ok")


def _refusal(refused: Refused) -> web.Response:
    return web.json_response({"ok": False, "error": refused.error, **refused.more})


def _value(given: object) -> object:
    """As it was meant, however it was written: JSON in a form is read."""
    if isinstance(given, str) and given[:1] in "[{":
        try:
            return json.loads(given)
        except ValueError:
            return given
    return given


def main(argv: Sequence[str]) -> int:
    """`python -m bot.testing.slack --port 0`: prints the address, and serves until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m bot.testing.slack", description="A simulated Slack, for tests.")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--certificate", help="PEM file: the address begins with https")
    parser.add_argument("--key", help="PEM file of the certificate's private key")
    given = parser.parse_args(argv)
    asyncio.run(_serve(given.host, given.port, given.certificate, given.key))
    return 0


async def _serve(host: str, port: int, certificate: str | None, key: str | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with socket.create_server((host, port), backlog=256) as listening:
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        at, number = listening.getsockname()[:2]
        url = f"{'https' if context else 'http'}://{at}:{number}"
        runner = web.AppRunner(Slack(url).application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listening, ssl_context=context).start()
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await stop.wait()
        await runner.cleanup()
