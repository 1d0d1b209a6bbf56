"""What a simulated PagerDuty answers: both of its APIs under one address, with its own words for what is wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.testing.outbound import Subscription, Webhooks
from bot.testing.pagerduty.account import (
    ACKNOWLEDGED,
    API_KEY,
    RESOLVED,
    ROUTING_KEY,
    USERS,
    Account,
    Incident,
    Json,
    User,
    person,
)
from bot.testing.wire import Wire

_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "error", "warning", "info")
_LONGEST = {"dedup_key": 255, "summary": 1024}
_MOST = 100

Handler = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """An answer that is no success, as the REST API says it."""

    def __init__(self, status: int, code: int, message: str, *errors: str) -> None:
        super().__init__(message)
        self.answer = JSONResponse({"error": {"message": message, "code": code, "errors": list(errors)}}, status)


def application() -> Wire:
    """A new account at a new address."""
    webhooks = Webhooks(_signed)
    desk = _Desk(Account(webhooks.tell), webhooks)
    routes = [Route("/v2/enqueue", desk.enqueue, methods=["POST"]), *desk.routes()]
    return Wire(Starlette(routes=routes), desk.knobs())


class _Desk:
    def __init__(self, account: Account, webhooks: Webhooks) -> None:
        self.account, self.webhooks = account, webhooks

    def routes(self) -> Sequence[Route]:
        return [
            Route("/abilities", _rest(self._abilities), methods=["GET"]),
            Route("/users", _rest(self._users), methods=["GET"]),
            Route("/incidents", _rest(self._listed), methods=["GET"]),
            Route("/incidents", _rest(self._many), methods=["PUT"]),
            Route("/incidents/{id}", _rest(self._shown), methods=["GET"]),
            Route("/incidents/{id}", _rest(self._one), methods=["PUT"]),
            Route("/incidents/{id}/notes", _rest(self._notes), methods=["GET"]),
            Route("/incidents/{id}/notes", _rest(self._note), methods=["POST"]),
            Route("/incidents/{id}/alerts", _rest(self._alerts), methods=["GET"]),
            Route("/incidents/{id}/log_entries", _rest(self._log), methods=["GET"]),
            Route("/log_entries", _rest(self._log), methods=["GET"]),
            Route("/webhook_subscriptions", _rest(self._subscribe), methods=["POST"]),
        ]

    def knobs(self) -> Sequence[Route]:
        """What only a test may do."""
        return [
            Route("/deliveries", self._deliveries, methods=["GET"]),
            Route("/webhooks", self._set_webhooks, methods=["PUT"]),
            Route("/account", self._set_account, methods=["PUT"]),
            Route("/timeouts/{id}", self._time_out, methods=["POST"]),
        ]

    # ---- Events API ---------------------------------------------------------------------------------------------

    async def enqueue(self, request: Request) -> Response:
        try:
            event = json.loads(await request.body())
            wrong = _wrong(event)
        except (ValueError, AttributeError, TypeError):
            return _invalid(["Invalid JSON"])
        if wrong:
            return _invalid(wrong)
        event = {"dedup_key": secrets.token_hex(16), **event}
        if event["routing_key"] == ROUTING_KEY:  # of an unknown key PagerDuty says nothing either
            self.account.take(event)
        said = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return JSONResponse(said, 202)

    # ---- REST API -----------------------------------------------------------------------------------------------

    async def _abilities(self, request: Request) -> Response:
        return JSONResponse({"abilities": ["teams", "urgencies"]})

    async def _users(self, request: Request) -> Response:
        wanted = request.query_params.get("query", "")
        found = [user for user in USERS if wanted in user.email or wanted in user.name]
        return _page(request, "users", [{**person(user), "type": "user", "email": user.email} for user in found])

    async def _listed(self, request: Request) -> Response:
        given = request.query_params
        statuses, key = given.getlist("statuses[]"), given.get("incident_key")
        found = [
            self.account.shown(one)
            for one in self.account.incidents
            if (not statuses or one.status in statuses) and key in (None, one.key)
        ]
        return _page(request, "incidents", found)

    async def _shown(self, request: Request) -> Response:
        return JSONResponse({"incident": self.account.shown(self._found(request))})

    async def _one(self, request: Request) -> Response:
        user, incident = self._requester(request), self._found(request)
        self._change(incident, (await _object(request))["incident"], user)
        return JSONResponse({"incident": self.account.shown(incident)})

    async def _many(self, request: Request) -> Response:
        user, wanted = self._requester(request), (await _object(request))["incidents"]
        found = [(self.account.incident(one["id"]), one) for one in wanted]
        for incident, change in found:
            if incident is None:
                raise Refused(404, 2100, "Not Found")
            self._change(incident, change, user)
        return JSONResponse({"incidents": [self.account.shown(one) for one, _ in found if one is not None]})

    def _change(self, incident: Incident, wanted: Mapping[str, Any], user: User) -> None:
        agent, status = person(user), wanted.get("status")
        if status is not None and incident.status == RESOLVED:
            raise Refused(400, 2001, "Invalid Input Provided", "Incident Already Resolved")
        if status == ACKNOWLEDGED:
            self.account.acknowledge(incident, agent)
        elif status == RESOLVED:
            self.account.resolve(incident, agent, wanted.get("resolution"))
        elif status is not None:
            raise Refused(400, 1003, "Invalid Status Provided")
        if "assignments" in wanted:
            ids = [one["assignee"]["id"] for one in wanted["assignments"]]
            self.account.assign(incident, [user for user in USERS if user.id in ids], agent)

    async def _notes(self, request: Request) -> Response:
        return JSONResponse({"notes": self._found(request).notes})

    async def _note(self, request: Request) -> Response:
        user, incident = self._requester(request), self._found(request)
        content = (await _object(request))["note"]["content"]
        return JSONResponse({"note": self.account.annotate(incident, content, user)}, 201)

    async def _alerts(self, request: Request) -> Response:
        return _page(request, "alerts", self._found(request).alerts)

    async def _log(self, request: Request) -> Response:
        since, incident = request.query_params.get("since", ""), request.path_params.get("id")
        found = [
            one
            for one in reversed(self.account.log)
            if one["created_at"] >= since and incident in (None, one["incident"]["id"])
        ]
        if "incidents" in request.query_params.getlist("include[]"):
            found = [{**one, "incident": self._whole(one["incident"]["id"])} for one in found]
        return _page(request, "log_entries", found)

    def _whole(self, id: str) -> Json:
        incident = self.account.incident(id)
        return {} if incident is None else self.account.shown(incident)

    async def _subscribe(self, request: Request) -> Response:
        method = (await _object(request))["webhook_subscription"]["delivery_method"]
        made = self.webhooks.subscribe(method["url"], secrets.token_hex(32))
        told = {**method, "secret": made.secret}
        shown = {"id": made.id, "type": "webhook_subscription", "active": True, "delivery_method": told}
        return JSONResponse({"webhook_subscription": shown}, 201)

    def _found(self, request: Request) -> Incident:
        found = self.account.incident(request.path_params["id"])
        if found is None:
            raise Refused(404, 2100, "Not Found")
        return found

    def _requester(self, request: Request) -> User:
        user = self.account.user(request.headers.get("from", ""))
        if user is None:
            raise Refused(400, 1008, "Requester User Not Found")
        return user

    # ---- what only a test may do --------------------------------------------------------------------------------

    async def _deliveries(self, request: Request) -> Response:
        return JSONResponse(self.webhooks.journal)

    async def _set_webhooks(self, request: Request) -> Response:
        self.webhooks.become(await _object(request))
        return JSONResponse({})

    async def _set_account(self, request: Request) -> Response:
        """`grouped`: incidents have no key of their own; `forgotten`: there are none."""
        wanted = await _object(request)
        self.account.grouped = wanted.get("grouped", False)
        if wanted.get("forgotten"):
            self.account.incidents.clear()
            self.account.log.clear()
        return JSONResponse({})

    async def _time_out(self, request: Request) -> Response:
        """PagerDuty's own timeouts: of an acknowledgement, or of all patience."""
        incident = self._found(request)
        if (await _object(request))["what"] == "acknowledgement":
            self.account.unacknowledge(incident, None)
        else:
            self.account.resolve(incident, None)
        return JSONResponse({})


def _signed(to: Subscription, body: bytes, event: Json) -> Mapping[str, str]:
    return {
        "user-agent": "PagerDuty-Webhook/V3.0",
        "x-pagerduty-signature": f"v1={hmac.new(to.secret.encode(), body, hashlib.sha256).hexdigest()}",
        "x-webhook-id": event["event"]["id"],
        "x-webhook-subscription": to.id,
    }


def _rest(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        if request.headers.get("authorization") != f"Token token={API_KEY}":
            return Refused(401, 2006, "Authentication failed").answer
        try:
            return await handler(request)
        except Refused as refusal:
            return refusal.answer
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Refused(400, 2001, "Invalid Input Provided", str(error)).answer

    return handle


async def _object(request: Request) -> Json:
    found = json.loads(await request.body())
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _page(request: Request, name: str, found: Sequence[Json]) -> Response:
    limit = min(int(request.query_params.get("limit", "25")), _MOST)
    offset = int(request.query_params.get("offset", "0"))
    shown = found[offset : offset + limit]
    more = offset + limit < len(found)
    return JSONResponse({name: shown, "limit": limit, "offset": offset, "more": more, "total": None})


def _wrong(event: Mapping[str, Any]) -> Sequence[str]:
    action, payload = event.get("event_action"), event.get("payload") or {}
    wrong = [] if len(event.get("routing_key") or "") == len(ROUTING_KEY) else ["Invalid routing key"]
    if action not in _ACTIONS:
        return [*wrong, "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge', 'resolve')"]
    if len(event.get("dedup_key") or "") > _LONGEST["dedup_key"]:
        wrong.append("'dedup_key' is too long (maximum is 255 characters)")
    if action != "trigger":
        return wrong if event.get("dedup_key") else [*wrong, "'dedup_key' is missing or blank"]
    wrong += [f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.get(name)]
    if len(payload.get("summary") or "") > _LONGEST["summary"]:
        wrong.append("'payload.summary' is too long (maximum is 1024 characters)")
    if payload.get("severity") not in _SEVERITIES:
        wrong.append("'payload.severity' is invalid")
    return wrong


def _invalid(errors: Sequence[str]) -> Response:
    said = {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}
    return JSONResponse(said, 400)
