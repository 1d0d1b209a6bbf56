"""The API server on the wire: who asks, what is wrong with the line, and how an answer is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from bot.testing.kubernetes import executing, logs, tables
from bot.testing.kubernetes.access import User
from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster, stamp
from bot.testing.kubernetes.openapi import OpenApi
from bot.testing.kubernetes.reading import Watch
from bot.testing.kubernetes.refusals import NoSuchPath, Object, Refused, not_acceptable
from bot.testing.kubernetes.service import Service
from bot.testing.kubernetes.settings import Fault

LARGEST = 3 * 1024 * 1024
_HEALTH = ("/healthz", "/livez", "/readyz")
_OPEN = (*_HEALTH, "/version")
_ACCEPTED = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
_TYPES = ("*/*", "application/*", "application/json", "")
_ANYBODY = User(name="system:anonymous", groups=["system:unauthenticated"])


@dataclass(slots=True)
class _Line:
    """The line of the journal that a request is written to."""

    shown: Object


class Server:
    """Answers everything that is asked of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.service = Service(cluster)
        self.openapi = OpenApi(cluster.schema)
        self.stopping = False

    def application(self) -> web.Application:
        """The application; its handler takes every path."""
        made = web.Application(client_max_size=LARGEST)
        made.router.add_route("*", "/{path:.*}", self.handle)
        return made

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        line = _Line(self._noted(request))
        try:
            try:
                body = await request.read()
            except web.HTTPRequestEntityTooLarge as error:
                message = f"Request entity too large: limit is {LARGEST}"
                raise Refused(413, "RequestEntityTooLarge", message) from error
            line.shown["body"] = _shown(body)
            fault = self.cluster.faults.of(request.method, request.path)
            if fault is not None:
                return await self._faulty(request, body, line, fault)
            return await self._answer(request, body, line)
        except Refused as refused:
            return _refusal(refused, line)

    async def _faulty(self, request: web.Request, body: bytes, line: _Line, fault: Fault) -> web.StreamResponse:
        await asyncio.sleep(fault.latency)
        broken = bool(fault.status or fault.drop or fault.html)
        if fault.effect or not broken:
            usual = await self._answer(request, body, line)
            if not broken:
                return usual
        if fault.drop:
            if request.transport is not None:
                request.transport.abort()
            line.shown["status"] = 0
            return web.Response(status=500)
        if fault.html:
            line.shown["status"] = fault.status or 200
            page = "<!doctype html><title>Sorry</title><p>This is not the page you are looking for."
            return web.Response(status=fault.status or 200, text=page, content_type="text/html")
        usual_reason, usual_message = _USUAL.get(fault.status, ("", "so it is"))
        reason, message = fault.reason or usual_reason, fault.message or usual_message
        raise Refused(fault.status, reason, message, retry_after=fault.retry_after)

    async def _answer(self, request: web.Request, body: bytes, line: _Line) -> web.StreamResponse:
        path = request.path.rstrip("/") or "/"
        if path.partition("/")[2].partition("/")[0] in {one[1:] for one in _HEALTH}:
            line.shown["status"] = 200
            checks = "".join(f"[+]{name} ok\n" for name in ("ping", "log", "etcd"))
            name = path.strip("/").partition("/")[0]
            return web.Response(text=f"{checks}{name} check passed\n" if "verbose" in request.query else "ok")
        header = request.headers.get("Authorization", "")
        user = _ANYBODY if path in _OPEN and not header else self.cluster.access.who(header)
        line.shown["user"] = user.name
        one = Asked(
            method=request.method,
            path=path,
            query=parse_qs(request.rel_url.raw_query_string, keep_blank_values=True),
            body=body,
            content_type=request.headers.get("Content-Type", "").partition(";")[0].strip(),
            accept=request.headers.get("Accept", ""),
            agent=request.headers.get("User-Agent", ""),
            user=user,
        )
        try:
            if path.startswith("/openapi/"):
                return self._documented(path, line)
            at = self.service.target(one)
            return await self._respond(request, one, at, line)
        except NoSuchPath:
            line.shown["status"] = 404
            return web.Response(status=404, text="404 page not found\n")

    async def _respond(self, request: web.Request, one: Asked, at: Target | None, line: _Line) -> web.StreamResponse:
        if at is not None and at.sub == "exec":
            return await self._exec(request, one, at, line)
        if at is not None and at.sub == "log":
            return await self._log(request, one, at, line)
        _acceptable(one.accept)
        if at is not None and one.method == "GET" and not at.sub and one.watches:
            watch = Watch(self.cluster, one, at)
            return await self._stream(request, self._watched(one, watch), "application/json", line)
        answer = self.service.answer(one, at)
        shown = tables.table(at.kind, answer.body, one, self.cluster.now()) if at else answer.body
        made = _json(answer.code, shown, one.warnings)
        line.shown["status"] = answer.code
        return made

    async def _watched(self, one: Asked, watch: Watch) -> AsyncIterator[bytes]:
        first = True
        async for event in watch.events(lambda: self.stopping):
            shown = event
            if event["type"] not in ("ERROR", "BOOKMARK"):
                made = tables.table(watch.chosen.kind, event["object"], one, self.cluster.now(), headed=first)
                shown = {**event, "object": made}
                first = False
            yield json.dumps(shown, separators=(",", ":")).encode() + b"\n"

    async def _log(self, request: web.Request, one: Asked, at: Target, line: _Line) -> web.StreamResponse:
        pod = self.service.objects.found(at)
        want = logs.wanted(self.cluster, one, pod)
        found = logs.lines(self.cluster, pod, want)
        if want.follow and not want.previous:
            return await self._stream(
                request, logs.stream(self.cluster, at, want, lambda: self.stopping), "text/plain", line
            )
        line.shown["status"] = 200
        return web.Response(body=logs.text(found, want)[: want.limit], content_type="text/plain")

    async def _exec(self, request: web.Request, one: Asked, at: Target, line: _Line) -> web.StreamResponse:
        pod = self.service.objects.found(at)
        session = executing.Session.of(self.cluster, one, at, pod)
        line.shown["status"] = 101
        return await session.serve(request)

    async def _stream(
        self, request: web.Request, pieces: AsyncIterator[bytes], content_type: str, line: _Line
    ) -> web.StreamResponse:
        line.shown["status"] = 200
        response = web.StreamResponse(headers={"Content-Type": content_type, "Cache-Control": "no-cache, private"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            async for piece in pieces:
                await response.write(piece)
        except (ConnectionError, asyncio.CancelledError):
            return response
        await response.write_eof()
        return response

    def _documented(self, path: str, line: _Line) -> web.StreamResponse:
        document = self.openapi.document(path)
        if document is None:
            raise NoSuchPath(path)
        line.shown["status"] = 200
        return web.Response(body=document, content_type="application/json")

    def _noted(self, request: web.Request) -> Object:
        line: Object = {
            "at": stamp(self.cluster.now()),
            "method": request.method,
            "path": request.path,
            "query": {
                name: values if len(values) > 1 else values[0]
                for name, values in parse_qs(request.rel_url.raw_query_string, keep_blank_values=True).items()
            },
            "content_type": request.headers.get("Content-Type", ""),
            "agent": request.headers.get("User-Agent", ""),
            "user": None,
            "body": None,
            "status": None,
        }
        self.cluster.journal.append(line)
        return line


_USUAL = {
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "forbidden"),
    404: ("NotFound", "the server could not find the requested resource"),
    409: ("Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
    410: ("Expired", "The resourceVersion for the provided watch is too old."),
    429: ("TooManyRequests", "Too many requests, please try again later."),
    500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("ServiceUnavailable", "apiserver is shutting down"),
    504: ("Timeout", "Timeout: request did not complete within the allotted timeout"),
}


def _acceptable(accept: str) -> None:
    types = [part.partition(";")[0].strip() for part in accept.split(",")]
    if not any(one in _TYPES for one in types):
        raise not_acceptable(_ACCEPTED)


def _json(code: int, body: Object, warnings: list[str]) -> web.Response:
    made = web.Response(
        status=code, body=json.dumps(body, separators=(",", ":")).encode(), content_type="application/json"
    )
    for text in warnings:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        made.headers.add("Warning", f'299 - "{quoted}"')
    return made


def _refusal(refused: Refused, line: _Line) -> web.Response:
    line.shown["status"] = refused.code
    made = _json(refused.code, refused.status(), [])
    if refused.retry_after:
        made.headers["Retry-After"] = str(refused.retry_after)
    return made


def _shown(body: bytes) -> Any:  # Any: whatever JSON it is
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
