"""What a simulated Opsgenie answers: that a request will be processed, and later what became of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.testing.opsgenie.account import API_KEY, Account, Alert, Json
from bot.testing.outbound import Subscription, Webhooks
from bot.testing.wire import Wire

_LONGEST = {"message": 130, "alias": 512, "description": 15_000, "note": 25_000}

Handler = Callable[[Request], Awaitable[Response]]


def application() -> Wire:
    """A new account at a new address."""
    webhooks = Webhooks(_headers)
    desk = _Desk(Account(webhooks.tell), webhooks)
    return Wire(Starlette(routes=list(desk.routes())), desk.knobs())


class _Desk:
    def __init__(self, account: Account, webhooks: Webhooks) -> None:
        self.account, self.webhooks = account, webhooks
        self.requests: dict[str, Json] = {}

    def routes(self) -> Sequence[Route]:
        account, undo = self.account, self._doing(self.account.unacknowledge)
        return [
            Route("/v2/alerts", _known(self._create), methods=["POST"]),
            Route("/v2/alerts", _known(self._listed), methods=["GET"]),
            Route("/v2/alerts/requests/{id}", _known(self._became), methods=["GET"]),
            Route("/v2/alerts/{alert:path}/acknowledge", _known(self._doing(account.acknowledge)), methods=["POST"]),
            Route("/v2/alerts/{alert:path}/unacknowledge", _known(undo), methods=["POST"]),
            Route("/v2/alerts/{alert:path}/close", _known(self._doing(account.close)), methods=["POST"]),
            Route("/v2/alerts/{alert:path}/assign", _known(self._doing(account.assign)), methods=["POST"]),
            Route("/v2/alerts/{alert:path}/responders", _known(self._doing(account.add_responder)), methods=["POST"]),
            Route("/v2/alerts/{alert:path}/notes", _known(self._doing(account.note)), methods=["POST"]),
            Route("/v2/alerts/{alert:path}/notes", _known(self._notes), methods=["GET"]),
        ]

    def knobs(self) -> Sequence[Route]:
        """What only a test may do."""
        return [
            Route("/deliveries", self._deliveries, methods=["GET"]),
            Route("/webhooks", self._set_webhooks, methods=["PUT"]),
            Route("/account", self._set_account, methods=["PUT"]),
        ]

    async def _create(self, request: Request) -> Response:
        wanted = await _object(request)
        if not wanted.get("message"):
            return _refused(422, "Request body is not processable. Please check the errors.", "message")
        if self.account.refuses:
            return self._accepted(self.account.refuses, success=False)
        return self._accepted(self.account.create(wanted), success=True)

    def _doing(self, deed: Callable[[Alert, Json], None]) -> Handler:
        async def handle(request: Request) -> Response:
            said, alert = await _object(request), self._found(request)
            if alert is None:
                return self._accepted("Alert does not exist", success=False)
            deed(alert, said)
            return self._accepted("Done", success=True)

        return handle

    async def _listed(self, request: Request) -> Response:
        newest_first = sorted(self.account.alerts, key=lambda one: one.updated_at, reverse=True)
        limit, offset = (int(request.query_params.get(name, usual)) for name, usual in (("limit", 20), ("offset", 0)))
        found = [self.account.shown(one) for one in newest_first]
        return JSONResponse({"data": found[offset : offset + limit], "took": 0.01, "requestId": str(uuid.uuid4())})

    async def _notes(self, request: Request) -> Response:
        alert = self._found(request)
        if alert is None:
            return _refused(404, "Alert does not exist", "")
        return JSONResponse({"data": alert.notes, "took": 0.01, "requestId": str(uuid.uuid4())})

    async def _became(self, request: Request) -> Response:
        found = self.requests.get(request.path_params["id"])
        return JSONResponse({"data": found}) if found else _refused(404, "Request not found", "")

    def _accepted(self, status: str, *, success: bool) -> Response:
        name = str(uuid.uuid4())
        self.requests[name] = {"success": success, "isSuccess": success, "status": status}
        return JSONResponse({"result": "Request will be processed", "took": 0.01, "requestId": name}, 202)

    def _found(self, request: Request) -> Alert | None:
        kind = request.query_params.get("identifierType", "id")
        return self.account.find(request.path_params["alert"], kind)

    async def _deliveries(self, request: Request) -> Response:
        return JSONResponse(self.webhooks.journal)

    async def _set_webhooks(self, request: Request) -> Response:
        self.webhooks.become(await _object(request))
        return JSONResponse({})

    async def _set_account(self, request: Request) -> Response:
        """`forgotten`: there are no alerts; `refuses`: why none is made, which only the request's status says."""
        wanted = await _object(request)
        self.account.refuses = wanted.get("refuses", "")
        if wanted.get("forgotten"):
            self.account.alerts.clear()
        return JSONResponse({})


def _headers(to: Subscription, body: bytes, event: Json) -> Mapping[str, str]:
    return {"user-agent": "Opsgenie"}


def _known(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        if request.headers.get("authorization") != f"GenieKey {API_KEY}":
            return _refused(401, "Could not authenticate", "")
        try:
            return await handler(request)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _refused(422, str(error), "")

    return handle


def _refused(status: int, message: str, field: str) -> Response:
    errors = {"errors": {field: "may not be empty"}} if field else {}
    return JSONResponse({"message": message, "took": 0.01, "requestId": str(uuid.uuid4()), **errors}, status)


async def _object(request: Request) -> Json:
    found = json.loads(await request.body())
    if not isinstance(found, dict):
        raise ValueError("not an object")
    for name, most in _LONGEST.items():
        if len(found.get(name) or "") > most:
            raise ValueError(f"{name} is too long")
    return found
