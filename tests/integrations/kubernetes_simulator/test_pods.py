"""Pods: what they wrote, what runs in them, where they run, and how they leave."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import WSMsgType
from kubernetes.aio import client
from kubernetes.aio.stream import WsApiClient

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, MERGE, Ask, causes, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, budget, deployment, pod
from tests.servers import SimulatedKubernetes

Core = client.CoreV1Api
POLICY = f"/apis/policy/v1/namespaces/{NAMESPACE}"


@pytest.fixture
async def one(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    """A pod that runs."""
    await ask("POST", f"{CORE}/pods", pod())
    kubernetes.advance(1)


def eviction(name: str, **options: object) -> Json:
    made: Json = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
    return made | ({"deleteOptions": options} if options else {})


async def evict(ask: Ask, name: str) -> Json:
    made: Json = await ask("POST", f"{CORE}/pods/{name}/eviction", eviction(name))
    return made


async def pods(ask: Ask, **query: str) -> list[Json]:
    listed: Json = await ask("GET", f"{CORE}/pods", **query)
    return list(listed["items"])


class TestLogs:
    """GET pods/log."""

    async def test_as_much_as_is_asked_for(
        self, kubernetes: SimulatedKubernetes, core: client.CoreV1Api, one: None
    ) -> None:
        kubernetes.writes("one", "two", "three")
        read = core.read_namespaced_pod_log
        assert await read("one", NAMESPACE) == "one: starting\none: listening on :8080\ntwo\nthree\n"
        assert await read("one", NAMESPACE, tail_lines=1) == "three\n"
        assert await read("one", NAMESPACE, tail_lines=0) == ""
        assert await read("one", NAMESPACE, limit_bytes=5) == "one: "
        assert (await read("one", NAMESPACE, tail_lines=1, timestamps=True)).endswith("Z three\n")
        kubernetes.advance(100)
        kubernetes.writes("one", "four")
        assert await read("one", NAMESPACE, since_seconds=50) == "four\n"

    async def test_the_instance_before(
        self, kubernetes: SimulatedKubernetes, core: client.CoreV1Api, ask: Ask, one: None
    ) -> None:
        body = await refused(core.read_namespaced_pod_log("one", NAMESPACE, previous=True), 400, "BadRequest")
        assert body["message"] == 'previous terminated container "one" in pod "one" not found'
        for yes in ("some", "", "TRUE"):  # whatever is not 0 or false
            await refused(ask("GET", f"{CORE}/pods/one/log", accept="*/*", previous=yes), 400, "BadRequest")
        assert "one: starting" in await core.read_namespaced_pod_log("one", NAMESPACE, previous=False)
        kubernetes.images(**{"shop/two:1": {"does": "crash", "log": ["cannot open /etc/prices"], "exit_code": 3}})
        await ask("POST", f"{CORE}/pods", pod("two", "shop/two:1"))
        kubernetes.advance(2)
        assert await core.read_namespaced_pod_log("two", NAMESPACE, previous=True) == "cannot open /etc/prices\n"
        (status,) = (await ask("GET", f"{CORE}/pods/two"))["status"]["containerStatuses"]
        assert status["lastState"]["terminated"]["exitCode"] == 3

    async def test_what_cannot_be_is_refused(
        self, kubernetes: SimulatedKubernetes, core: client.CoreV1Api, ask: Ask, one: None
    ) -> None:
        read = core.read_namespaced_pod_log
        await refused(read("none", NAMESPACE), 404, "NotFound")
        body = await refused(read("one", NAMESPACE, container="two"), 400, "BadRequest")
        assert body["message"] == "container two is not valid for pod one"
        body = await refused(read("one", NAMESPACE, tail_lines=-1), 422, "Invalid")
        assert "must be greater than or equal to 0" in causes(body)["tailLines"]
        await refused(read("one", NAMESPACE, limit_bytes=0), 422, "Invalid")
        await refused(read("one", NAMESPACE, since_seconds=0), 422, "Invalid")
        containers = [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]
        await ask("POST", f"{CORE}/pods", pod("both", containers=containers))
        body = await refused(read("both", NAMESPACE), 400, "BadRequest")
        assert body["message"] == "a container name must be specified for pod both, choose one of: [a b]"
        await ask("POST", f"{CORE}/pods", pod("missing", "shop/one:missing"))
        kubernetes.advance(1)
        body = await refused(read("missing", NAMESPACE), 400, "BadRequest")
        assert "is waiting to start: trying and failing to pull image" in body["message"]

    async def test_as_it_comes(self, kubernetes: SimulatedKubernetes, ask: Ask, one: None) -> None:
        asked = await ask.api.param_serialize(
            "GET", f"{CORE}/pods/one/log", query_params=[("follow", "true"), ("tailLines", "0")],
            header_params={"Accept": "*/*"}, auth_settings=["BearerToken"],
        )  # fmt: skip
        answer = await ask.api.call_api(*asked)
        lines = answer.response.content
        for text in ("first", "second"):
            await asyncio.to_thread(kubernetes.writes, "one", text)
            async with asyncio.timeout(5):
                assert await lines.readline() == f"{text}\n".encode()
        await ask("DELETE", f"{CORE}/pods/one", {"gracePeriodSeconds": 0})
        async with asyncio.timeout(5):
            assert await lines.read() == b""


class TestContainersThatComeFirst:
    """Init containers, one after the other; those that are restarted always run on beside the others."""

    async def test_the_others_wait_for_them(
        self, kubernetes: SimulatedKubernetes, core: client.CoreV1Api, ask: Ask
    ) -> None:
        first = [
            {"name": "proxy", "image": "shop/proxy:1", "restartPolicy": "Always"},
            {"name": "move", "image": "shop/move:bad"},
        ]
        kubernetes.set(backoff=100, longest_backoff=100)
        await ask("POST", f"{CORE}/pods", pod(initContainers=first))
        kubernetes.advance(1)
        status = (await ask("GET", f"{CORE}/pods/one"))["status"]
        assert status["phase"] == "Pending"
        assert status["containerStatuses"][0]["state"]["waiting"]["reason"] == "PodInitializing"
        assert [one["name"] for one in status["initContainerStatuses"] if one["ready"]] == ["proxy"]
        assert status["initContainerStatuses"][1]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        conditions = {one["type"]: one for one in status["conditions"]}
        assert conditions["Initialized"]["message"] == "containers with incomplete status: [move]"
        read = core.read_namespaced_pod_log
        body = await refused(read("one", NAMESPACE), 400, "BadRequest")
        assert body["message"] == 'container "one" in pod "one" is waiting to start: PodInitializing'
        assert "cannot read its configuration" in await read("one", NAMESPACE, container="move", previous=True)
        assert "listening" in await read("one", NAMESPACE, container="proxy")
        kubernetes.images(**{"shop/move:bad": {"does": "done"}})
        kubernetes.advance(200)
        status = (await ask("GET", f"{CORE}/pods/one"))["status"]
        assert status["phase"] == "Running"
        assert all(one["ready"] for one in status["containerStatuses"] + status["initContainerStatuses"])

    async def test_one_that_is_not_restarted_ends_its_pod(self, kubernetes: SimulatedKubernetes, ask: Ask) -> None:
        first = [{"name": "move", "image": "shop/move:bad"}]
        await ask("POST", f"{CORE}/pods", pod(initContainers=first, restartPolicy="Never"))
        kubernetes.advance(5)
        assert (await ask("GET", f"{CORE}/pods/one"))["status"]["phase"] == "Failed"


class TestExec:
    """pods/exec over a websocket."""

    @pytest.fixture
    async def ws(self, api: client.ApiClient, one: None) -> AsyncIterator[WsApiClient]:
        async with WsApiClient(api.configuration) as opened:
            yield opened
        await asyncio.sleep(0.1)  # aiohttp does not wait for the end of TLS, and asks its users to

    async def run(self, ws: WsApiClient, *argv: str, given: bytes = b"", **more: str) -> tuple[str, str, Json]:
        """Standard output, standard error and the final Status of a command."""
        query = [("command", word) for word in argv] + list({"stdout": "true", "stderr": "true", **more}.items())
        asked = await ws.param_serialize(
            "GET", f"{CORE}/pods/one/exec", query_params=query, header_params={}, auth_settings=["BearerToken"]
        )
        answer = await ws.call_api(*asked, _preload_content=False)
        said = {1: "", 2: "", 3: ""}
        async with answer.response as socket:
            if given:
                await socket.send_bytes(b"\x00" + given)
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    said[message.data[0]] += message.data[1:].decode()
        return said[1], said[2], json.loads(said[3])

    async def test_what_commands_say(self, kubernetes: SimulatedKubernetes, ws: WsApiClient) -> None:
        out, _, status = await self.run(ws, "echo", "a b", "c")
        assert (out, status["status"]) == ("a b c\n", "Success")
        kubernetes.execs({"argv": ["df", "-h"], "stdout": "full", "stderr": "of things", "exit_code": 3})
        out, error, status = await self.run(ws, "df", "-h", "/")
        assert (out, error) == ("full", "of things")
        assert (status["reason"], WsApiClient.parse_error_data(json.dumps(status))) == ("NonZeroExitCode", 3)
        out, _, _ = await self.run(ws, "cat", given=b"as it is", stdin="true")
        assert out == "as it is"

    async def test_what_is_not_there_fails(self, ws: WsApiClient) -> None:
        _, _, status = await self.run(ws, "nothing")
        assert (status["status"], status["code"]) == ("Failure", 500)
        assert 'exec: "nothing": executable file not found in $PATH' in status["message"]

    async def test_what_cannot_be_is_refused(self, kubernetes: SimulatedKubernetes, ask: Ask, one: None) -> None:
        path = f"{CORE}/pods/one/exec"
        body = await refused(ask("GET", path, stdout="true"), 400, "BadRequest")
        assert body["message"] == "you must specify at least 1 command for the container"
        body = await refused(ask("GET", path, command="ls"), 400, "BadRequest")
        assert body["message"] == "you must specify at least one of stdin, stdout, stderr"
        await refused(ask("GET", path, command="ls", stdout="true"), 400, "BadRequest")
        await refused(ask("GET", f"{CORE}/pods/none/exec", command="ls", stdout="true"), 404, "NotFound")
        await ask("POST", f"{CORE}/pods", pod("two", "shop/two:bad"))
        kubernetes.set(backoff=100, longest_backoff=100)
        kubernetes.advance(1)
        body = await refused(ask("GET", f"{CORE}/pods/two/exec", command="ls", stdout="true"), 500, "InternalError")
        assert 'container not found ("one")' in body["message"]


class TestEviction:
    """POST pods/eviction, and the budgets."""

    @pytest.fixture
    async def three(self, kubernetes: SimulatedKubernetes, ask: Ask) -> list[str]:
        """Three pods of a deployment, of which two are needed."""
        await ask("POST", f"{APPS}/deployments", deployment())
        await ask("POST", f"{POLICY}/poddisruptionbudgets", budget(minAvailable=2))
        kubernetes.advance(1)
        return [one["metadata"]["name"] for one in await pods(ask)]

    async def test_a_budget_blocks_until_there_are_enough(
        self, kubernetes: SimulatedKubernetes, ask: Ask, three: list[str]
    ) -> None:
        kubernetes.set(start=100)
        await evict(ask, three[0])
        body = await refused(evict(ask, three[1]), 429, "TooManyRequests")
        assert body["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
        why = "The disruption budget cart needs 2 healthy pods and has 2 currently"
        assert body["details"]["causes"] == [{"reason": "DisruptionBudget", "message": why}]
        kubernetes.advance(101)
        await evict(ask, three[1])

    async def test_a_new_budget_is_waited_for(
        self, kubernetes: SimulatedKubernetes, ask: Ask, three: list[str]
    ) -> None:
        kubernetes.set(frozen=True)
        change = {"spec": {"minAvailable": 1}}
        await ask("PATCH", f"{POLICY}/poddisruptionbudgets/cart", change, media=MERGE)
        body = await refused(evict(ask, three[0]), 429, "TooManyRequests")
        assert body["details"]["retryAfterSeconds"] == 10
        assert ask.headers["Retry-After"] == "10"

    async def test_a_rehearsal_of_it_moves_nothing(self, ask: Ask, three: list[str]) -> None:
        made = await ask("POST", f"{CORE}/pods/{three[0]}/eviction", eviction(three[0], dryRun=["All"]))
        assert made["status"] == "Success"
        assert [one["metadata"]["name"] for one in await pods(ask)] == three
        allowed = (await ask("GET", f"{POLICY}/poddisruptionbudgets/cart"))["status"]["disruptionsAllowed"]
        assert allowed == 1

    async def test_what_cannot_be_is_refused(self, ask: Ask, three: list[str]) -> None:
        await refused(ask("POST", f"{CORE}/pods/none/eviction", eviction("none")), 404, "NotFound")
        await refused(ask("POST", f"{CORE}/pods/{three[0]}/eviction", eviction("other")), 400, "BadRequest")
        await refused(ask("POST", f"{CORE}/pods/{three[0]}/eviction", pod(three[0])), 400, "BadRequest")
        stale = eviction(three[0], preconditions={"uid": "another"})
        await refused(ask("POST", f"{CORE}/pods/{three[0]}/eviction", stale), 409, "Conflict")
        second = budget(maxUnavailable=1)
        second["metadata"]["name"] = "second"
        await ask("POST", f"{POLICY}/poddisruptionbudgets", second)
        body = await refused(evict(ask, three[0]), 500, "")
        assert body["message"].startswith("This pod has more than one PodDisruptionBudget, which the eviction")

    async def test_pods_of_controllers_that_nobody_knows_count_themselves(
        self, kubernetes: SimulatedKubernetes, ask: Ask
    ) -> None:
        owner = {"apiVersion": "example.net/v1", "kind": "Rollout", "name": "x", "uid": "1-2-3", "controller": True}
        made = pod("cart")
        made["metadata"]["finalizers"] = ["example.net/hold"]
        made["metadata"]["ownerReferences"] = [owner]
        await ask("POST", f"{CORE}/pods", made)
        await ask("POST", f"{POLICY}/poddisruptionbudgets", budget(maxUnavailable="100%"))
        kubernetes.advance(0.02)
        status = (await ask("GET", f"{POLICY}/poddisruptionbudgets/cart"))["status"]
        assert (status["expectedPods"], status["desiredHealthy"]) == (1, 0)

    async def test_what_is_not_healthy_may_leave_a_healthy_rest(
        self, kubernetes: SimulatedKubernetes, ask: Ask, three: list[str]
    ) -> None:
        kubernetes.images(**{"shop/cart:1": {"does": "slow"}})
        await ask("DELETE", f"{CORE}/pods/{three[0]}")
        kubernetes.advance(1)
        (unready,) = [one["metadata"]["name"] for one in await pods(ask) if one["metadata"]["name"] not in three]
        await evict(ask, unready)
        await refused(evict(ask, three[1]), 429, "TooManyRequests")


class TestNodes:
    """Where pods run."""

    async def test_a_cordoned_node_takes_none(self, kubernetes: SimulatedKubernetes, ask: Ask) -> None:
        for number in (1, 2, 3):
            await ask("PATCH", f"/api/v1/nodes/node-{number}", {"spec": {"unschedulable": True}}, media=MERGE)
        await ask("POST", f"{CORE}/pods", pod())
        kubernetes.advance(1)
        (waiting,) = await pods(ask)
        (said,) = waiting["status"]["conditions"]
        assert (said["type"], said["status"], said["reason"]) == ("PodScheduled", "False", "Unschedulable")
        assert said["message"] == "0/3 nodes are available: 3 node(s) were unschedulable."
        events = await ask("GET", f"{CORE}/events", fieldSelector="reason=FailedScheduling,involvedObject.name=one")
        assert events["items"][0]["message"] == said["message"]
        await ask("PATCH", "/api/v1/nodes/node-2", {"spec": {"unschedulable": None}}, media=MERGE)
        kubernetes.advance(1)
        (placed,) = await pods(ask)
        assert (placed["spec"]["nodeName"], placed["status"]["phase"]) == ("node-2", "Running")
        taints = (await ask("GET", "/api/v1/nodes/node-1"))["spec"]["taints"]
        assert [(one["key"], one["effect"]) for one in taints] == [("node.kubernetes.io/unschedulable", "NoSchedule")]

    async def test_what_asks_for_too_much_waits(self, kubernetes: SimulatedKubernetes, ask: Ask) -> None:
        large = {"resources": {"requests": {"cpu": "7", "memory": "100Gi"}}}
        await ask("POST", f"{CORE}/pods", pod(containers=[{"name": "one", "image": "shop/one:1", **large}]))
        kubernetes.advance(1)
        (waiting,) = await pods(ask)
        assert waiting["status"]["conditions"][0]["message"] == "0/3 nodes are available: 3 Insufficient memory."

    async def test_a_lost_node_loses_its_pods(self, kubernetes: SimulatedKubernetes, ask: Ask) -> None:
        await ask("POST", f"{APPS}/deployments", deployment())
        kubernetes.advance(1)
        kubernetes.node("node-1", ready=None)
        found = {one["spec"]["nodeName"]: one for one in await pods(ask)}
        ready = {one["type"]: one["status"] for one in found["node-1"]["status"]["conditions"]}
        assert ready["Ready"] == "False"
        kubernetes.advance(310)
        running = [one for one in await pods(ask) if "deletionTimestamp" not in one["metadata"]]
        assert len(running) == 3
        assert {one["spec"]["nodeName"] for one in running} == {"node-2", "node-3"}
        (stuck,) = [one for one in await pods(ask) if "deletionTimestamp" in one["metadata"]]
        kubernetes.node("node-1", ready=True)
        kubernetes.advance(1)
        assert stuck["metadata"]["name"] not in [one["metadata"]["name"] for one in await pods(ask)]

    async def test_a_node_that_is_deleted_takes_its_pods_along(
        self, kubernetes: SimulatedKubernetes, ask: Ask, one: None
    ) -> None:
        (there,) = await pods(ask)
        await ask("DELETE", f"/api/v1/nodes/{there['spec']['nodeName']}")
        kubernetes.advance(1)
        assert await pods(ask) == []

    async def test_pressure_is_a_condition_and_a_taint(self, kubernetes: SimulatedKubernetes, ask: Ask) -> None:
        kubernetes.node("node-1", pressure=["Disk"])
        node = await ask("GET", "/api/v1/nodes/node-1")
        assert {one["type"]: one["status"] for one in node["status"]["conditions"]}["DiskPressure"] == "True"
        assert node["spec"]["taints"][0]["key"] == "node.kubernetes.io/disk-pressure"

    async def test_a_pod_ends_with_grace(self, kubernetes: SimulatedKubernetes, ask: Ask, one: None) -> None:
        kubernetes.set(stop=20)
        ending = await ask("DELETE", f"{CORE}/pods/one", {"gracePeriodSeconds": 10})
        assert ending["metadata"]["deletionGracePeriodSeconds"] == 10
        assert len(await pods(ask)) == 1
        kubernetes.advance(11)
        assert await pods(ask) == []
