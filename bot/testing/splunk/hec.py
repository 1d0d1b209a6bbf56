"""The HTTP event collector: events and raw lines in, acknowledgements out, errors by their code numbers.

A real one listens on a port of its own (8088); this one shares the management port.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.testing.splunk.simulator import Simulator
from bot.testing.splunk.spl.values import Row

_CODES: dict[int, tuple[int, str]] = {
    0: (200, "Success"),
    1: (403, "Token disabled"),
    2: (401, "Token is required"),
    3: (401, "Invalid authorization"),
    4: (403, "Invalid token"),
    5: (400, "No data"),
    6: (400, "Invalid data format"),
    7: (400, "Incorrect index"),
    8: (500, "Internal server error"),
    9: (503, "Server is busy"),
    10: (400, "Data channel is missing"),
    11: (400, "Invalid data channel"),
    12: (400, "Event field is required"),
    13: (400, "Event field cannot be blank"),
    14: (400, "ACK is disabled"),
    15: (400, "Error in handling indexed fields"),
    17: (200, "HEC is healthy"),
    18: (503, "HEC is unhealthy, queues are full"),
}
_META = ("host", "source", "sourcetype", "index")
_KEYS = {*_META, "time", "event", "fields"}


class Rejected(Exception):
    """A request with a mistake: its code, and which of its events has it."""

    def __init__(self, code: int, number: int | None = None) -> None:
        """`number` counts events from 0."""
        super().__init__(_CODES[code][1])
        self.code, self.number = code, number


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One event, read and found right."""

    raw: str
    at: float
    meta: dict[str, str]
    fields: Row


@dataclass(slots=True)
class _Channel:
    """What a sender was promised: ack id -> when it is true (never: None)."""

    promised: dict[int, float | None] = field(default_factory=dict)
    next_id: int = 0


class Collector:
    """The handlers."""

    def __init__(self, simulator: Simulator) -> None:
        """Of this server."""
        self.simulator = simulator
        self.channels: dict[str, _Channel] = {}

    def routes(self) -> list[Route]:
        """All of them."""
        base = "/collector"
        return [
            *(Route(base + end, self.events, methods=["POST"]) for end in ("", "/event", "/event/1.0")),
            *(Route(base + end, self.raw, methods=["POST"]) for end in ("/raw", "/raw/1.0")),
            *(Route(base + end, self.acknowledged, methods=["POST"]) for end in ("/ack", "/ack/1.0")),
            *(Route(base + end, self.health, methods=["GET"]) for end in ("/health", "/health/1.0")),
        ]

    async def events(self, request: Request) -> Response:
        """JSON objects, one after the other."""
        try:
            index = self._index(request)
            return self._taken(request, self._read(await request.body(), index))
        except Rejected as rejected:
            return _said(rejected.code, rejected.number)

    async def raw(self, request: Request) -> Response:
        """Lines, each an event; what is known of them stands in the query."""
        try:
            index = self._index(request)
            if not self._channel(request):
                raise Rejected(10)
            lines = (await request.body()).decode("utf-8", "replace").splitlines()
            given = {name: value for name in _META if (value := request.query_params.get(name))}
            at = float(request.query_params.get("time", time.time()))
            meta = {"index": index, **given}
            self._known(meta["index"], 0)
            sent = [_Sent(raw=line, at=at, meta=meta, fields={}) for line in lines if line]
            return self._taken(request, sent)
        except Rejected as rejected:
            return _said(rejected.code, rejected.number)

    async def acknowledged(self, request: Request) -> Response:
        """Which of these are indexed; what was told as indexed is forgotten."""
        try:
            self._index(request)
            if not self.simulator.settings.hec_acknowledges:
                raise Rejected(14)
            name = self._channel(request)
            if not name:
                raise Rejected(10)
            wanted = json.loads(await request.body())["acks"]
        except Rejected as rejected:
            return _said(rejected.code)
        except (ValueError, KeyError, TypeError):
            return _said(6)
        promised = self.channels.setdefault(name, _Channel()).promised
        now = time.monotonic()
        told = {str(one): (due := promised.get(one)) is not None and due <= now for one in wanted}
        for one in wanted:
            if told[str(one)]:
                del promised[one]
        return JSONResponse({"acks": told})

    async def health(self, request: Request) -> Response:
        """Whether it takes events."""
        return _said(18 if self.simulator.faults.hec.code == 9 else 17)

    def _index(self, request: Request) -> str:
        """The index of the token, unless there is something wrong with it or with the server."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            raise Rejected(2)
        if scheme == "Basic":
            secret = _password(secret)
        elif scheme != "Splunk":
            raise Rejected(3)
        index = self.simulator.settings.hec_tokens.get(secret.strip())
        if index is None:
            raise Rejected(4)
        fault = self.simulator.faults.hec
        if fault.code is not None and fault.times != 0:
            fault.times = None if fault.times is None else fault.times - 1
            raise Rejected(fault.code)
        return index

    def _read(self, body: bytes, index: str) -> list[_Sent]:
        text, at, sent = body.decode("utf-8", "replace").strip(), 0, list[_Sent]()
        if not text:
            raise Rejected(5)
        while at < len(text):
            try:
                one, at = json.JSONDecoder().raw_decode(text, at)
            except ValueError as error:
                raise Rejected(6, len(sent)) from error
            sent.append(self._event(one, index, len(sent)))
            while at < len(text) and text[at].isspace():
                at += 1
        return sent

    def _event(self, one: object, index: str, number: int) -> _Sent:
        if not isinstance(one, dict) or set(one) - _KEYS:
            raise Rejected(6, number)
        if "event" not in one:
            raise Rejected(12, number)
        event = one["event"]
        if event in ("", None) or event == {}:
            raise Rejected(13, number)
        given = one.get("fields", {})
        if not isinstance(given, dict) or any(isinstance(value, dict) for value in given.values()):
            raise Rejected(15, number)
        meta = {"index": index} | {name: str(one[name]) for name in _META if name in one}
        self._known(meta["index"], number)
        fields: Row = {
            name: tuple(map(str, value)) if isinstance(value, list) else str(value) for name, value in given.items()
        }
        try:
            at = float(one.get("time", time.time()))
        except (TypeError, ValueError) as error:
            raise Rejected(6, number) from error
        return _Sent(raw=event if isinstance(event, str) else json.dumps(event), at=at, meta=meta, fields=fields)

    def _known(self, index: str, number: int) -> None:
        if index not in self.simulator.settings.indexes:
            raise Rejected(7, number)

    def _channel(self, request: Request) -> str:
        return request.headers.get("x-splunk-request-channel", "") or request.query_params.get("channel", "")

    def _taken(self, request: Request, sent: list[_Sent]) -> Response:
        fault, name = self.simulator.faults.hec, self._channel(request)
        acknowledges = self.simulator.settings.hec_acknowledges
        if acknowledges and not name:
            raise Rejected(10)
        if not sent:
            raise Rejected(5)
        if not fault.loses:
            now = time.time()
            for one in sent:
                self.simulator.events.add(one.raw, at=one.at, indexed_at=now, meta=one.meta, fields=one.fields)
        if not acknowledges:
            return _said(0)
        channel = self.channels.setdefault(name, _Channel())
        channel.promised[channel.next_id] = None if fault.loses else time.monotonic() + fault.acknowledges_after
        channel.next_id += 1
        return JSONResponse({"text": "Success", "code": 0, "ackId": channel.next_id - 1})


def _password(secret: str) -> str:
    try:
        return base64.b64decode(secret, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise Rejected(3) from None


def _said(code: int, number: int | None = None) -> Response:
    status, text = _CODES[code]
    body: dict[str, str | int] = {"text": text, "code": code}
    if number is not None:
        body["invalid-event-number"] = number
    return JSONResponse(body, status)
