"""The API put together: routers, errors as problem JSON, the OpenAPI document that is the contract."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from bot import __version__
from bot.api import (
    about,
    automation,
    chat,
    incident_links,
    incident_list,
    incidents,
    oncall,
    pages,
    people,
    practice,
    prometheus,
    response,
    run_list,
    runs,
    services,
    stats,
    timeline,
    why,
)
from bot.api.about import Examine
from bot.api.alertmanager import document as alertmanager
from bot.api.schema import Problem
from bot.errors import Complaint, DocumentError
from bot.kit.http_in import App, Guard, Refusal, Reply, Scope
from bot.kit.who_asks import Door, TokenPorter
from bot.ports.commands import Commands
from bot.response.world import World

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
PARTS = (
    automation,
    incident_list,
    incidents,
    incident_links,
    practice,
    oncall,
    pages,
    run_list,
    runs,
    about,
    why,
    prometheus,
    stats,
    services,
    response,
    timeline,
    chat,
    people,
)
"""Every module that has routes."""

_WHERE = f"`GET {PREFIX}/openapi.json` says what each call takes"


class Api(FastAPI):
    """FastAPI, whose document says that problems are problem JSON."""

    # Any: an OpenAPI document is a tree of plain JSON.
    def openapi(self) -> dict[str, Any]:
        """The document that describes this API, made when it is first asked for."""
        if self.openapi_schema is None:
            document = super().openapi()
            for operations in document["paths"].values():
                for operation in operations.values():
                    content = operation["responses"]["default"]["content"]
                    content[PROBLEM] = content.pop("application/json")
            alertmanager.add_to(document)
        return super().openapi()


def make_api(world: World, door: Door, examine: Examine, commands: Commands) -> App:
    """The application for everything under /api/v1, behind a door that asks for a token."""
    app = Api(
        title="Tocsin",
        version=__version__,
        description="Incidents, runbooks, approvals, evidence and reports. A 2xx means: it is committed.",
        openapi_url=None,  # served by a route of ours, so that the door stands before it too
        redirect_slashes=False,
        generate_unique_id_function=_name,
        exception_handlers={RequestValidationError: _unreadable, HTTPException: _unrouted, Exception: _to_the_guard},
        dependencies=[
            Security(HTTPBearer(auto_error=False, description="A token from tocsin.yaml, or `tocsin run`'s."))
        ],
        responses={"default": {"model": Problem, "description": "Refused, or failed; the hint says what to do."}},
        # Nothing leaves Tocsin that nobody asked for, whatever OTEL_* variables the machine sets.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.world, app.state.door, app.state.examine = world, door, examine
    app.state.commands = commands
    for part in PARTS:
        app.include_router(part.router, prefix=PREFIX)
    return Guard(app, origins=door.origins, porter=TokenPorter(door), refuse=problem)


def problem(scope: Scope, refusal: Refusal) -> Reply:
    """A refusal as problem JSON: `error`, `hint`, and `complaints` where single fields are wrong.

    What is answered in Prometheus' form is refused in it too.
    """
    headers = [("retry-after", str(refusal.retry_after))] if refusal.retry_after is not None else []
    if refusal.status == 401:
        headers.append(("www-authenticate", 'Bearer realm="tocsin"'))
    body, media_type = Problem.of(refusal).model_dump_json().encode(), PROBLEM
    if scope["path"].removeprefix(PREFIX) in prometheus.PATHS:
        body = prometheus.refusal_body(refusal.status, f"{refusal.error}; {refusal.hint}")
        media_type = prometheus.MEDIA_TYPE
    return Reply(body=body, status=refusal.status, media_type=media_type, headers=headers)


def _name(route: APIRoute) -> str:
    return route.name


async def _unreadable(request: Request, error: Exception) -> Response:
    """A body or a parameter that does not fit: told as mistakes in a document are, each with its path."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for nothing else
    raise DocumentError(
        [
            Complaint(file="request", line=0, column=0, path=".".join(map(str, each["loc"])), message=each["msg"])
            for each in error.errors()
        ],
        hint=_WHERE,
    )


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for nothing else
    what = "no such call" if error.status_code == 404 else str(error.detail).lower()
    reply = problem(request.scope, Refusal(status=error.status_code, error=what, hint=_WHERE))
    return Response(reply.body, status_code=reply.status, media_type=reply.media_type, headers=error.headers)


async def _to_the_guard(request: Request, error: Exception) -> Response:
    """Starlette would answer by itself; the door's guard words every error, ours and unforeseen ones."""
    raise error
