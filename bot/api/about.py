"""Tocsin itself: what its rules see, what its integrations reach, links to its page, and this API's own document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from fastapi import APIRouter, Request

from bot.api.asked import AskedWorld, Asker
from bot.api.inventory import Doctor, LinkOut, RuleOut, Rules
from bot.kit.who_asks import Door
from bot.ports.actions import Health
from bot.response import looked_up

Examine = Callable[[], Awaitable[Mapping[str, Sequence[Health]]]]
"""Asks every integration how it is, by the name it has in tocsin.yaml."""

router = APIRouter(tags=["about"])


@router.get("/rule-states")
async def list_rules(world: AskedWorld, asker: Asker) -> Rules:
    """Where every rule stands, and which cannot see their source."""
    groups = await looked_up.rules(world, asker)
    return Rules(rules=[RuleOut.of(group, rule) for group in groups for rule in group.rules])


@router.get("/doctor")
async def examine(request: Request, world: AskedWorld, asker: Asker) -> Doctor:
    """Asks each integration now: reachable, permission, version, clock skew."""
    ask = cast(Examine, request.app.state.examine)
    return Doctor.of(await looked_up.examined(world, asker, ask))


@router.post("/links", status_code=201)
async def make_link(request: Request, asker: Asker) -> LinkOut:
    """A path of the page that signs its maker in, once, within ten minutes."""
    path, expires_at = await cast(Door, request.app.state.door).make_link(asker)
    return LinkOut(path=path, expires_at=expires_at)


@router.get("/openapi.json", include_in_schema=False)
# Any: an OpenAPI document is a tree of plain JSON.
async def openapi(request: Request) -> dict[str, Any]:
    """The document that describes this API."""
    return cast(dict[str, Any], request.app.openapi())
