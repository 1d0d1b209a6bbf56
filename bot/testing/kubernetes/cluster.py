"""A cluster: what it keeps, what time it is there, who may do what, and how its containers behave."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.testing.kubernetes.access import Access
from bot.testing.kubernetes.kinds import EVENT, NAMESPACE, NODE, Kind
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.schema import Schema
from bot.testing.kubernetes.settings import Behaviour, Exec, Faults, Settings
from bot.testing.kubernetes.store import Store, key_of

Controller = Callable[["Cluster"], datetime | None]
"""One pass over everything it is responsible for; returns when it wants to look again even if nothing changes."""
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_MOST_PASSES = 500
_NAMESPACES = ("default", "kube-system", "kube-public")


def stamp(at: datetime) -> str:
    """A moment as metav1.Time has it: to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(written: str) -> datetime:
    """The moment that a metav1.Time or MicroTime says."""
    return datetime.fromisoformat(written.replace("Z", "+00:00"))


class Cluster:
    """Everything there is of one simulated cluster. One thread only; each request is one step of it."""

    def __init__(self, schema: Schema, controllers: list[Controller]) -> None:
        self.schema = schema
        self.controllers = controllers
        self.store = Store()
        self.changed = asyncio.Event()
        self.became(Settings())

    def became(self, settings: Settings) -> None:
        """Starts anew, with nothing in it but its namespaces and nodes."""
        self.settings = settings
        before, self.store = self.store, Store()
        before.wake()  # who watches it has nothing to wait for any more
        self.access = Access(self.store)
        self.behaviours: dict[str, Behaviour] = {}
        self.execs: list[Exec] = []
        self.faults = Faults()
        self.runs: dict[str, object] = {}
        self.usage: dict[str, Object] = {}
        self.journal: list[Object] = []
        self._offset = timedelta()
        self._random = random.Random(settings.seed)  # noqa: S311  # names that are the same on every run, no secrets
        for name in _NAMESPACES:
            self.make(NAMESPACE, {"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}})
        for number in range(settings.nodes):
            self.make(NODE, node(f"node-{number + 1}", number, stamp(self.now())))
        self.settle()

    # ---- time -----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time of the cluster: that of the machine, and what tests have let pass."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Lets time pass; everything that is due meanwhile happens at its time."""
        until = self.now() + timedelta(seconds=seconds)
        while (due := self.settle()) is not None and due <= until:
            self._offset += max(timedelta(), due - self.now())
        self._offset += max(timedelta(), until - self.now())
        self.settle()

    def settle(self) -> datetime | None:
        """Runs the controllers until none has anything to do; returns when one wants to be called again."""
        if self.settings.frozen:
            return None
        for _ in range(_MOST_PASSES):
            before = self.store.version
            dues = [due for controller in self.controllers if (due := controller(self)) is not None]
            if self.store.version == before:
                return min(dues, default=None)
        raise RuntimeError("the controllers of the simulated cluster do not come to rest")

    async def live(self) -> None:
        """Calls the controllers whenever something changed or is due; ends with its task."""
        while True:
            due = self.settle()
            self.changed.clear()
            wait = None if due is None else max(0.005, (due - self.now()).total_seconds())
            try:
                async with asyncio.timeout(wait):
                    await self.changed.wait()
            except TimeoutError:
                continue

    # ---- objects --------------------------------------------------------------------------------------------------

    def name(self, base: str) -> str:
        """A name that begins with this, as `generateName` makes one."""
        return base[:58] + "".join(self._random.choices(_LETTERS, k=5))

    def uid(self) -> str:
        """A fresh uid."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def make(self, kind: Kind, value: Object) -> Object:
        """Keeps a new object that the cluster itself makes."""
        metadata: Object = {"uid": value["metadata"].get("uid") or self.uid(), "creationTimestamp": stamp(self.now())}
        if kind.generation:
            metadata["generation"] = 1
        head = {"apiVersion": kind.api_version, "kind": kind.kind}
        return self.store.put(kind, {**head, **value, "metadata": {**value["metadata"], **metadata}})

    def set(self, kind: Kind, before: Object, **parts: object) -> Object:
        """Keeps an object with some of its parts changed; a changed spec is a new generation.

        What is gone meanwhile stays gone.
        """
        before = self.store.get(kind, key_of(kind, before)) or {}
        if not before:
            return before
        value = {**before, **parts}
        if kind.generation and value.get("spec") != before.get("spec"):
            generation = value["metadata"].get("generation", 1) + 1
            value["metadata"] = {**value["metadata"], "generation": generation}
        return self.store.put(kind, value)

    def delete(self, kind: Kind, value: Object, *, grace: float = 0) -> None:
        """Removes an object, or marks it for removal where something must happen first."""
        current = self.store.get(kind, key_of(kind, value))
        if current is None:
            return
        if not grace and not current["metadata"].get("finalizers"):
            self.store.remove(kind, key_of(kind, value))
        elif "deletionTimestamp" not in current["metadata"]:
            at = stamp(self.now() + timedelta(seconds=grace))
            marked = {**current["metadata"], "deletionTimestamp": at, "deletionGracePeriodSeconds": int(grace)}
            self.set(kind, current, metadata=marked)

    def record(self, kind: Kind, about: Object, type_: str, reason: str, message: str, component: str) -> None:
        """An event, or one more of the same."""
        metadata = about["metadata"]
        namespace = metadata.get("namespace") or "default"
        same = (metadata["uid"], reason, message)
        at = stamp(self.now())
        for event in self.store.all(EVENT, namespace):
            if ((event.get("involvedObject") or {}).get("uid"), event.get("reason"), event.get("message")) == same:
                self.store.put(EVENT, {**event, "count": event.get("count", 1) + 1, "lastTimestamp": at})
                return
        involved = {"kind": kind.kind, "apiVersion": kind.api_version, "name": metadata["name"], "uid": metadata["uid"]}
        if kind.namespaced:
            involved["namespace"] = namespace
        name = f"{metadata['name']}.{self._random.getrandbits(64):016x}"
        self.make(
            EVENT,
            {
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": {**involved, "resourceVersion": metadata.get("resourceVersion", "")},
                "reason": reason,
                "message": message,
                "source": {"component": component},
                "reportingComponent": component,
                "reportingInstance": "",
                "firstTimestamp": at,
                "lastTimestamp": at,
                "count": 1,
                "type": type_,
            },
        )


def node(name: str, number: int, at: str) -> Object:
    """A node that is ready, with eight cores and 32 GiB."""
    room = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"}
    ready = {
        "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
        "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    }
    conditions = [
        {
            "type": type_,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": at,
            "lastHeartbeatTime": at,
        }
        for type_, (status, reason, message) in ready.items()
    ]
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": f"10.244.{number}.0/24"},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": f"10.0.0.{number + 10}"},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "kubeletVersion": "v1.37.0",
                "osImage": "Simulated Linux",
                "kernelVersion": "6.12.0",
                "containerRuntimeVersion": "containerd://2.1.4",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
                "kubeProxyVersion": "",
            },
        },
    }
