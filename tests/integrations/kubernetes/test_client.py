"""The way to the API server: what may leave while only reading is allowed, who we are, and what its refusals mean."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr, ValidationError

from bot.errors import Permanent, Temporary
from bot.integrations.kubernetes import integration
from bot.integrations.kubernetes.answers import code_of
from bot.integrations.kubernetes.client import Api, only_reads
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.kit.plugin import Tools
from bot.ports.reads_only import reads_only
from bot.testing.contracts import HttpContract
from tests.integrations.http_server import Asked, HttpServer, raised, says
from tests.integrations.kubernetes.conftest import ALL, SystemClock
from tests.servers.kubernetes import SimulatedKubernetes

PODS = "/api/v1/namespaces/shop/pods"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server


@pytest.fixture
async def api(server: HttpServer, tools: Tools) -> AsyncIterator[Api]:
    config = KubernetesConfig(server=server.url, token=SecretStr(HttpContract.SECRET), timeout=timedelta(seconds=2))
    made = Api(config, "prod", tools.redactor)
    yield made
    await made.close()


class TestHttp(HttpContract):
    @pytest.fixture
    def failing(self, server: HttpServer, api: Api) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        async def fail(status: int, body: bytes) -> BaseException | None:
            server.script = says(status, body, location="http://127.0.0.1:1/")
            return await raised(api.call("GET", PODS))

        return fail


@pytest.mark.parametrize(
    ("method", "path", "dry_run", "body", "reads"),
    [
        ("GET", PODS, [], None, True),
        ("HEAD", PODS, [], None, True),
        ("GET", f"{PODS}/exec", [], None, True),  # a pod that is called exec
        ("GET", f"{PODS}/web/log", [], None, True),
        ("GET", f"{PODS}/web/exec", [], None, False),
        ("GET", f"{PODS}/web/exec", ["All"], None, False),
        ("POST", f"{PODS}/web/attach", ["All"], None, False),
        ("GET", f"{PODS}/web/portforward", [], None, False),
        ("GET", "/api/v1/namespaces/shop/services/web/proxy/delete-all", [], None, False),
        ("GET", "/api/v1/nodes/node-1/proxy/run", [], None, False),
        ("POST", PODS, [], None, False),
        ("POST", PODS, ["All"], None, True),
        ("POST", PODS, ["all"], None, False),
        ("POST", PODS, ["All", "None"], None, False),
        ("PATCH", f"{PODS}/web", ["All"], {}, True),
        ("PUT", f"{PODS}/web", [], None, False),
        ("DELETE", f"{PODS}/web", [], None, False),
        ("DELETE", f"{PODS}/web", ["All"], None, True),
        ("DELETE", f"{PODS}/web", ["All"], {"gracePeriodSeconds": 0}, False),  # the body's options are what counts
        ("DELETE", f"{PODS}/web", ["All"], {"dryRun": ["All"]}, True),
        ("POST", REVIEW, [], None, True),
        ("POST", f"{REVIEW}/x", [], None, False),
        ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", [], None, False),
        ("OPTIONS", PODS, [], None, False),
    ],
)
def test_what_only_reads(method: str, path: str, dry_run: list[str], body: Any, reads: bool) -> None:
    assert only_reads(method, path, dry_run, body) is reads


async def test_nothing_else_leaves_while_only_reading_is_allowed(server: HttpServer, api: Api) -> None:
    """Not through any door of the client, and not through the official client behind it."""
    server.script = says(200, b"{}")
    with reads_only():
        await api.call("GET", PODS)
        await api.call("PATCH", f"{PODS}/web", query=[("dryRun", "All")], body={})
        await api.call("POST", REVIEW, body={})
        for ask in (
            api.call("POST", PODS, body={}),
            api.call("PATCH", f"{PODS}/web", body={}),
            api.call("DELETE", f"{PODS}/web", query=[("dryRun", "All")], body={"kind": "DeleteOptions"}),
            api.execute(f"{PODS}/web/exec", query=[("command", "id")], hear=lambda *_: None),
        ):
            with pytest.raises(Permanent, match="would write, and this is a rehearsal"):
                await ask
        client = await api._ready()
        with pytest.raises(Permanent, match="would write"):
            await client.call_api("DELETE", f"{server.url}{PODS}/web", {})
    assert [one.method for one in server.asked] == ["GET", "PATCH", "POST"]


async def test_a_redirect_is_not_followed(server: HttpServer, api: Api) -> None:
    async with HttpServer() as elsewhere:
        server.script = says(302, b"", location=f"{elsewhere.url}/api")
        with pytest.raises(Permanent, match="sends us elsewhere"):
            await api.call("GET", PODS)
        assert elsewhere.asked == []


async def test_a_token_goes_along(server: HttpServer, api: Api, tools: Tools) -> None:
    server.script = says(200, b"{}")
    await api.call("GET", PODS)
    assert server.asked[0].headers["authorization"] == f"Bearer {HttpContract.SECRET}"
    assert HttpContract.SECRET not in tools.redactor.clean(f"the token is {HttpContract.SECRET}")


async def test_a_token_that_was_replaced_is_read_anew_once(server: HttpServer, tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"

    def write(token: str) -> None:
        path.write_text(
            yaml.safe_dump(
                {
                    "clusters": [{"name": "c", "cluster": {"server": server.url}}],
                    "users": [{"name": "u", "user": {"token": token}}],
                    "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("one", "two")],
                    "current-context": "one",
                }
            )
        )

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        good = asked.headers["authorization"] == "Bearer token-two"
        await says(200 if good else 401, b"{}")(asked, writer)

    server.script = script
    write("token-one")
    api = Api(KubernetesConfig(kubeconfig=path, context="two"), "prod", tools.redactor)
    try:
        with pytest.raises(Permanent) as refused:
            await api.call("GET", PODS)
        assert (refused.value.reason, len(server.asked)) == ("auth", 2)
        write("token-two")
        assert (await api.call("GET", PODS)).body == {}
        assert len(server.asked) == 4
    finally:
        await api.close()


async def test_retry_after_and_causes_come_along(server: HttpServer, api: Api) -> None:
    status = {
        "kind": "Status",
        "message": 'Deployment.apps "cart" is invalid',
        "reason": "Invalid",
        "details": {"causes": [{"field": "spec.replicas", "message": "must be positive"}]},
    }
    server.script = says(422, json.dumps(status).encode())
    error = await raised(api.call("PATCH", PODS, body={}))
    assert getattr(error, "causes", ()) == ("spec.replicas: must be positive",)
    server.script = says(429, b"{}", retry_after="7")
    error = await raised(api.call("GET", PODS))
    assert isinstance(error, Temporary)
    assert (error.retry_after, code_of(error)) == (7.0, 429)
    server.script = says(429, json.dumps({"details": {"retryAfterSeconds": 9}}).encode())
    error = await raised(api.call("GET", PODS))
    assert isinstance(error, Temporary)
    assert error.retry_after == 9.0


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b'"text"', b'{"details": "none"}', b"[]"])
async def test_odd_refusals_are_errors_all_the_same(body: bytes, server: HttpServer, api: Api) -> None:
    for status in (403, 409, 500):
        server.script = says(status, body)
        assert code_of(await raised(api.call("GET", PODS)) or KeyError()) == status


async def test_silence_and_nonsense_are_told(server: HttpServer, api: Api) -> None:
    async def nothing(_: Asked, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server.script = nothing
    error = await raised(api.call("GET", PODS, within=0.2))
    assert isinstance(error, Temporary)
    assert error.reason == "timeout"

    async def hangs_up(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.script = hangs_up
    error = await raised(api.call("GET", PODS))
    assert isinstance(error, Temporary)
    assert error.reason == "connection"
    server.script = says(200, b"<html>")
    error = await raised(api.call("GET", PODS))
    assert isinstance(error, Permanent)
    assert "no JSON" in error.message


async def test_an_answer_without_end_is_cut(server: HttpServer, api: Api) -> None:
    server.script = says(200, b'"' + b"a" * (17 * 1024 * 1024) + b'"')
    with pytest.raises(Permanent, match="more than 16 MiB"):
        await api.call("GET", PODS, within=20)


@pytest.mark.parametrize("text", ["", "a: [", "[]", "clusters: 1", "current-context: x", "\x00", None])
async def test_a_kubeconfig_that_is_none_is_told(text: str | None, tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    api = Api(KubernetesConfig(kubeconfig=path), "prod", tools.redactor)
    error = await raised(api.call("GET", PODS))
    await api.close()
    assert isinstance(error, Permanent)
    assert error.reason == "auth"
    assert "cannot log in to prod" in error.message


async def test_outside_of_a_cluster_there_is_no_way_in_from_inside(tools: Tools) -> None:
    api = Api(KubernetesConfig(in_cluster=True), "prod", tools.redactor)
    error = await raised(api.call("GET", PODS))
    assert isinstance(error, Permanent)
    assert "cannot log in to prod" in error.message


async def test_a_certificate_that_is_not_trusted_is_told(kubernetes: SimulatedKubernetes, tools: Tools) -> None:
    token = SecretStr(kubernetes.token)
    stranger = Api(KubernetesConfig(server=kubernetes.url, token=token), "prod", tools.redactor)
    error = await raised(stranger.call("GET", PODS))
    await stranger.close()
    assert isinstance(error, Permanent)
    assert "`integrations: prod: ca:`".replace("`", "") in error.hint.replace("`", "")
    friend = Api(KubernetesConfig(server=kubernetes.url, token=token, ca=kubernetes.ca), "prod", tools.redactor)
    assert (await friend.call("GET", PODS)).body["items"] == []
    await friend.close()


class TestDoctor:
    async def examined(self, tools: Tools, **values: Any) -> Any:
        real = Tools(name=tools.name, clock=SystemClock(), http=tools.http, redactor=tools.redactor)
        async with integration.open(KubernetesConfig(allow=ALL, **values), real) as capabilities:
            return await capabilities.examine()

    async def test_all_is_well(self, kubernetes: SimulatedKubernetes, tools: Tools) -> None:
        found = await self.examined(tools, kubeconfig=kubernetes.kubeconfig)
        assert [health.ok for health in found] == [True, True]
        assert found[0].version == "v1.37.0"
        assert abs(found[0].skew) < timedelta(seconds=3)
        assert found[1].detail == "may do what runbooks ask for most"

    async def test_what_is_not_granted_is_told(self, kubernetes: SimulatedKubernetes, tools: Tools) -> None:
        rules = [{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}]
        kubernetes.users(**{"token-of-ann": {"name": "ann", "rules": rules}})
        found = await self.examined(tools, kubeconfig=kubernetes.kubeconfig_for("token-of-ann"))
        assert found[1].ok
        assert "patch deployments" in found[1].detail
        kubernetes.users(**{"token-of-ann": {"name": "ann"}})
        found = await self.examined(tools, kubeconfig=kubernetes.kubeconfig_for("token-of-ann"))
        assert not found[1].ok
        assert found[1].hint

    async def test_a_clock_that_is_off_is_told(self, server: HttpServer, tools: Tools) -> None:
        server.script = says(200, b'{"gitVersion": "v1.37.0"}', date="Sun, 06 Nov 1994 08:49:37 GMT")
        found = await self.examined(tools, server=server.url, token=SecretStr("abcdef"))
        assert not found[0].ok
        assert "behind ours" in found[0].detail


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kubeconfig": "/a", "in_cluster": True},
        {"server": "https://a"},
        {"token": "abc", "kubeconfig": "/a"},
        {"server": "ftp://a", "token": "abc"},
        {"server": "https://ann:pw@a", "token": "abc"},
        {"in_cluster": True, "context": "x"},
        {"in_cluster": True, "allow": []},
        {"in_cluster": True, "namespaces": ["Shop"]},
        {"in_cluster": True, "exec_read": [["*"]]},
        {"in_cluster": True, "timeout": "1ms"},
        {"in_cluster": True, "nonsense": 1},
    ],
)
def test_configurations_without_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KubernetesConfig.model_validate(values)
