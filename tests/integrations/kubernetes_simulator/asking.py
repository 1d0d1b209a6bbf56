"""The official client below its typed methods: for what these would not let through, as a wrong object."""

import json
from collections.abc import Awaitable
from typing import Any

import pytest
from kubernetes.aio import client
from kubernetes.aio.client import ApiException

from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, said

CORE, APPS = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/apps/v1/namespaces/{NAMESPACE}"
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


class Ask:
    """`await ask("POST", path, body)` gives the answer as JSON; raises the client's own ApiException."""

    def __init__(self, api: client.ApiClient) -> None:
        self.api = api
        self.headers: dict[str, str] = {}

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        media: str = "application/json",
        accept: str = "application/json",
        **query: str,
    ) -> Any:
        """One request."""
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = media
        asked = await self.api.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = await self.api.call_api(*asked)
        await answer.read()
        self.headers = dict(answer.headers)
        if not 200 <= answer.status <= 299:
            self.api.response_deserialize(answer, {"2XX": "object"})
        return json.loads(answer.data)


async def refused(asked: Awaitable[object], status: int, reason: str) -> Json:
    """The Status of a request that must not succeed."""
    with pytest.raises(ApiException) as caught:
        await asked
    body = said(caught.value)
    assert (body["code"], body.get("reason", "")) == (status, reason), body
    return body


def causes(body: Json) -> dict[str, str]:
    """What is wrong, by field."""
    return {cause["field"]: cause["message"] for cause in body["details"]["causes"]}
