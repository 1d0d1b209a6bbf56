"""The service catalogue: what teams run, how it stands, and the rules that watch what it promises."""

from __future__ import annotations

from typing import Annotated

import yaml
from fastapi import APIRouter, Path, Response

from bot.api.asked import AskedWorld, Asker
from bot.api.services_schema import ServiceDetail, ServiceOut, Services
from bot.response import services_looked_up
from bot.rules import slo

router = APIRouter(tags=["services"])

_YAML = "application/yaml"
AskedService = Annotated[str, Path(max_length=100)]


@router.get("/services")
async def list_services(world: AskedWorld, asker: Asker) -> Services:
    """All services of the catalogue, each with its open incidents."""
    found = await services_looked_up.services(world, asker)
    return Services(services=[ServiceOut.of(one) for one in found])


@router.get("/services/{service}")
async def show_service(world: AskedWorld, asker: Asker, service: AskedService) -> ServiceDetail:
    """One service with its last incidents."""
    return ServiceDetail.of(await services_looked_up.service(world, asker, service))


@router.get(
    "/services/{service}/rules",
    response_class=Response,
    responses={200: {"content": {_YAML: {"schema": {"type": "string"}}}}},
)
async def write_rules(world: AskedWorld, asker: Asker, service: AskedService) -> Response:
    """The rules that watch what it promises, as a rule file of Prometheus."""
    found = await services_looked_up.rules(world, asker, service)
    text = yaml.safe_dump(slo.document(found), sort_keys=False, width=120)
    return Response(text, media_type=_YAML)
