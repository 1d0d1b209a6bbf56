"""What no API server has: `/_sim/...`, on a port of its own, for tests to turn things and to read what was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from bot.testing.kubernetes import logs, metrics
from bot.testing.kubernetes.access import ADMIN_TOKEN, User
from bot.testing.kubernetes.cluster import Cluster, node
from bot.testing.kubernetes.cluster import stamp as stamped
from bot.testing.kubernetes.kinds import KINDS, NODE, Kind
from bot.testing.kubernetes.refusals import Object, Refused
from bot.testing.kubernetes.settings import Behaviour, Exec, Faults, Settings, Strict

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Advance(Strict):
    """How many seconds are to pass."""

    advance: float = Field(ge=0)


class NodeIs(Strict):
    """How a node is. `ready`: True, False, or None for one of which nothing is heard. `pressure`: Memory, Disk, PID."""

    ready: bool | None = True
    pressure: list[str] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    allocatable: dict[str, str] = Field(default_factory=dict)


class Lines(Strict):
    """What a container writes."""

    lines: list[str]
    container: str = ""


class Usage(Strict):
    """How much of CPU and memory is used: by `node/NAME`, by `pod/NAMESPACE/NAME`."""

    usage: dict[str, dict[str, str]]


class Images(Strict):
    """How the containers of images behave."""

    images: dict[str, Behaviour]


class Users(Strict):
    """Who stands behind each token; the token of admin stays."""

    users: dict[str, User]


class Execs(Strict):
    """What commands answer."""

    commands: list[Exec]


class Knobs:
    """The handlers."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def application(self) -> web.Application:
        """All of them."""
        made = web.Application(client_max_size=64 * 1024 * 1024)
        made.router.add_routes(
            [
                web.post("/_sim/reset", self._checked(self.reset)),
                web.put("/_sim/settings", self._checked(self.settings)),
                web.post("/_sim/time", self._checked(self.time)),
                web.put("/_sim/images", self._checked(self.images)),
                web.put("/_sim/execs", self._checked(self.execs)),
                web.put("/_sim/users", self._checked(self.users)),
                web.put("/_sim/usage", self._checked(self.usage)),
                web.put("/_sim/nodes/{name}", self._checked(self.node)),
                web.patch("/_sim/status/{group}/{plural}/{namespace}/{name}", self._checked(self.status)),
                web.post("/_sim/logs/{namespace}/{name}", self._checked(self.log)),
                web.put("/_sim/faults", self._checked(self.breaks)),
                web.delete("/_sim/faults", self._checked(self.mends)),
                web.post("/_sim/compact", self._checked(self.compact)),
                web.get("/_sim/journal", self._checked(self.journal)),
                web.get("/_sim/metrics", self._checked(self.metrics)),
            ]
        )
        return made

    def _checked(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                made = await handler(request)
            except (ValidationError, ValueError) as error:
                return web.Response(status=400, text=str(error))
            except Refused as refused:
                return web.Response(status=refused.code, text=refused.message)
            if request.method != "GET":
                self.cluster.settle()
                self.cluster.changed.set()
            return made

        return handle

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """An empty cluster, with these settings."""
        self.cluster.became(Settings.model_validate_json(await request.read() or b"{}"))
        return web.json_response({})

    async def settings(self, request: web.Request) -> web.StreamResponse:
        """Changes the settings that are named; everything else stays as it is."""
        given = Settings.model_validate_json(await request.read())
        self.cluster.settings = self.cluster.settings.model_copy(update=given.model_dump(exclude_unset=True))
        return _said(self.cluster.settings)

    async def time(self, request: web.Request) -> web.StreamResponse:
        """Lets time pass."""
        self.cluster.advance(Advance.model_validate_json(await request.read()).advance)
        return web.json_response({"now": stamped(self.cluster.now())})

    async def images(self, request: web.Request) -> web.StreamResponse:
        """How images behave, from their containers' next start on."""
        self.cluster.behaviours |= Images.model_validate_json(await request.read()).images
        return web.json_response({})

    async def execs(self, request: web.Request) -> web.StreamResponse:
        """Replaces what commands answer."""
        self.cluster.execs = Execs.model_validate_json(await request.read()).commands
        return web.json_response({})

    async def users(self, request: web.Request) -> web.StreamResponse:
        """Replaces the users, all but admin."""
        given = Users.model_validate_json(await request.read()).users
        admin = self.cluster.access.users[ADMIN_TOKEN]
        self.cluster.access.users = {**given, ADMIN_TOKEN: admin}
        return web.json_response({})

    async def usage(self, request: web.Request) -> web.StreamResponse:
        """Replaces what is used."""
        self.cluster.usage = dict(Usage.model_validate_json(await request.read()).usage)
        return web.json_response({})

    async def node(self, request: web.Request) -> web.StreamResponse:
        """How a node is; it is made where there is none."""
        given = NodeIs.model_validate_json(await request.read())
        cluster, name = self.cluster, request.match_info["name"]
        at = stamped(cluster.now())
        usual = node(name, len(cluster.store.all(NODE)), at)
        before = cluster.store.get(NODE, ("", name)) or cluster.make(NODE, usual)
        status = {**usual["status"], **(before.get("status") or {})}
        status["conditions"] = _conditions(status["conditions"], given, at)
        status["allocatable"] = {**status["allocatable"], **given.allocatable}
        labels = {**(before["metadata"].get("labels") or {}), **given.labels}
        made = cluster.set(NODE, before, status=status, metadata={**before["metadata"], "labels": labels})
        return web.json_response(made)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """Replaces parts of the status of an object, as of an autoscaler. `core` is the group without a name."""
        kind = _kind(request.match_info["group"], request.match_info["plural"])
        namespace = request.match_info["namespace"] if kind.namespaced else ""
        before = self.cluster.store.get(kind, (namespace, request.match_info["name"]))
        if before is None:
            raise Refused(404, "NotFound", f"no {kind.resource} {namespace}/{request.match_info['name']}")
        parts = await request.json()
        return web.json_response(self.cluster.set(kind, before, status={**(before.get("status") or {}), **parts}))

    async def log(self, request: web.Request) -> web.StreamResponse:
        """Lets a container write lines."""
        given = Lines.model_validate_json(await request.read())
        logs.wrote(
            self.cluster, request.match_info["namespace"], request.match_info["name"], given.container, given.lines
        )
        self.cluster.store.wake()
        return web.json_response({})

    async def breaks(self, request: web.Request) -> web.StreamResponse:
        """Replaces the faults."""
        self.cluster.faults = Faults.model_validate_json(await request.read())
        return _said(self.cluster.faults)

    async def mends(self, request: web.Request) -> web.StreamResponse:
        """Takes all faults away."""
        self.cluster.faults = Faults()
        return web.json_response({})

    async def compact(self, request: web.Request) -> web.StreamResponse:
        """Forgets the past: who watches or pages from there is told 410."""
        self.cluster.store.compact()
        self.cluster.store.wake()
        return web.json_response({})

    async def journal(self, request: web.Request) -> web.StreamResponse:
        """What was asked, from line `since` on."""
        return web.json_response(self.cluster.journal[int(request.query.get("since", "0")) :])

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """What kube-state-metrics would tell of this cluster."""
        return web.Response(text=metrics.exposition(self.cluster), content_type="text/plain")


def _said(model: BaseModel) -> web.Response:
    return web.json_response(model.model_dump())


def _kind(group: str, plural: str) -> Kind:
    for kind in KINDS:
        if kind.plural == plural and kind.group == ("" if group == "core" else group):
            return kind
    raise Refused(404, "NotFound", f"no kind {plural} in {group}")


def _conditions(before: list[Object], given: NodeIs, at: str) -> list[Object]:
    told = {
        True: ("True", "KubeletReady", "kubelet is posting ready status"),
        False: ("False", "KubeletNotReady", "container runtime is down"),
        None: ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
    }
    wanted = {"Ready": told[given.ready]}
    for name in ("Memory", "Disk", "PID"):
        has = name in given.pressure
        reason = "KubeletHasInsufficient" if has else "KubeletHasSufficient"
        wanted[f"{name}Pressure"] = (
            "True" if has else "False",
            f"{reason}{name}",
            f"kubelet has {'' if has else 'no '}pressure",
        )
    made = []
    for one in before:
        status, reason, message = wanted[one["type"]]
        moved = at if status != one["status"] else one["lastTransitionTime"]
        made.append({**one, "status": status, "reason": reason, "message": message, "lastTransitionTime": moved})
    return made
