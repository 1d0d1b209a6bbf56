"""Whatever is sent to the API, by somebody who may do everything: no fault of ours, and every refusal a problem."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integrations.api.test_rights import API_CALLS
from tests.integrations.web.house import House

_KNOWN = st.sampled_from(["INC-1", "RUN-1", "APR-1", "EV-1", "signal.csv", "roll-back-release", "", ".", "..", "%2e"])
_TEXTS = st.one_of(_KNOWN, st.text(st.characters(exclude_categories=("Cs",)), max_size=50))
_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), _KNOWN)
_KEYS = st.sampled_from(
    ["title", "severity", "text", "reason", "answer", "plan_hash", "incident_id", "inputs", "service", "colour"]
)
_VALUES = st.one_of(
    st.sampled_from(["SEV1", "approve", "reject", "did", "did_not"]),
    st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner)),
)
_BODIES = st.one_of(st.dictionaries(_KEYS, _VALUES), _VALUES, st.binary(max_size=60))


@pytest.mark.parametrize("call", API_CALLS, ids=" ".join)
@given(parts=st.lists(_TEXTS, min_size=2, max_size=2), body=_BODIES, status=_TEXTS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_nothing_that_is_sent_is_a_fault_of_ours(
    house: House, call: tuple[str, str], parts: list[str], body: Any, status: str
) -> None:
    method, template = call
    path = "".join(
        f"/{quote(parts[index % 2], safe='') if part.startswith('{') else part}"
        for index, part in enumerate(template.strip("/").split("/"))
    )
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with house.program("ben") as program:
        answer = await program.request(
            method,
            f"/api/v1{path}",
            params={"status": status, "format": status} if method == "GET" else None,
            content=content if method == "POST" else None,
            headers={"content-type": "application/json"},
        )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["hint"]
