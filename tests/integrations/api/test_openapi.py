"""Our OpenAPI document is what our API does: calls that schemathesis makes up from it, by somebody who may do all."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integrations.api.test_rights import API_CALLS
from tests.integrations.web.house import ADDRESS, House, open_house
from tests.soak import many

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNWRITTEN = {("GET", path) for path in ("/openapi.json", "/rules", "/alerts", "/status/buildinfo")}
"""The document itself, and what Prometheus' own documents describe."""
ALERTMANAGERS = [
    ("GET", "/api/v2/alerts"),
    ("POST", "/api/v2/alerts"),
    ("GET", "/api/v2/alerts/groups"),
    ("GET", "/api/v2/silences"),
    ("POST", "/api/v2/silences"),
    ("GET", "/api/v2/silence/{id}"),
    ("DELETE", "/api/v2/silence/{id}"),
    ("GET", "/api/v2/status"),
    ("GET", "/api/v2/receivers"),
]
CALLS = [*((method, f"/api/v1{path}") for method, path in API_CALLS if (method, path) not in UNWRITTEN), *ALERTMANAGERS]


@pytest.fixture(scope="module")
async def document(played: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document, as the API gives it."""
    database = tmp_path_factory.mktemp("document") / "tocsin.db"
    shutil.copy(played, database)
    async with open_house(database) as house, house.program("ben") as program:
        read: dict[str, Any] = (await program.get("/api/v1/openapi.json")).raise_for_status().json()
        return read


async def test_every_call_is_in_the_document(document: dict[str, Any]) -> None:
    found = {(method.upper(), path) for path, calls in document["paths"].items() for method in calls}
    assert found == set(CALLS)


def made_up(operation: Any, mode: GenerationMode, count: int) -> list[Any]:
    """So many calls that fit what the document says of this one, or do not; none, where it takes nothing."""
    cases: list[Any] = []

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=count, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
    def collect(case: Any) -> None:
        cases.append(case)

    with suppress(Unsatisfiable):
        collect()
    return cases


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
async def test_what_is_answered_is_what_the_document_says(
    house: House, document: dict[str, Any], call: tuple[str, str]
) -> None:
    method, path = call
    operation = schemathesis.openapi.from_dict(document)[path][method]
    cases = [case for mode in GenerationMode for case in made_up(operation, mode, many(5, 300))]
    assert cases
    async with house.program("ben") as program:
        for case in cases:
            asked = case.as_transport_kwargs(base_url=ADDRESS)
            asked["headers"] = {**dict(asked["headers"]), **program.headers}
            asked["content"] = asked.get("data")
            names = ("method", "url", "params", "content", "json", "headers")
            answer = await program.request(**{name: asked.get(name) for name in names})
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as found:  # pytest cannot show a group of schemathesis' own
                raise AssertionError("\n".join(map(str, found.exceptions))) from None
