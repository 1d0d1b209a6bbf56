"""Looking at objects: one (`get`, `describe`), many (`list`), and what was said about them (`events`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field

from bot.documents import Strict
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import EVENT, Object, Thing, at
from bot.integrations.kubernetes.reading import Aim, Reading, Seen
from bot.integrations.kubernetes.showing import cleaned, to_yaml
from bot.integrations.kubernetes.words import KindWord, MaybeName, MaybeNamespace, One, Selector
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Say

_GOOD = frozenset(
    {
        "Ready", "Available", "Progressing", "Established", "NamesAccepted", "AbleToScale", "ScalingActive",
        "DisruptionAllowed", "Accepted", "Programmed", "ResolvedRefs", "Synced", "Healthy", "Reconciled", "Valid",
    }
)  # fmt: skip
_BAD = re.compile(r"Fail|Error|Pressure$|Unavailable$|Limited$|Degraded$|Stalled$|Remaining$|^Invalid|^Unhealthy")
_MOST_EVENTS = 50
_MOST_VALUE = 128 * 1024  # characters of an object that a later step may use


class GetParams(One):
    """`with:` of kubernetes.get."""


class DescribeParams(One):
    """`with:` of kubernetes.describe."""


class EventsParams(Strict):
    """`with:` of kubernetes.events."""

    namespace: MaybeNamespace = Field(default="", description="The namespace to look in; empty: all.")
    kind: KindWord | None = Field(default=None, description="Only what was said about objects of this kind.")
    name: MaybeName = Field(default="", description="Only what was said about the object of this name.")
    warnings: bool = Field(default=False, description="Only warnings.")


class ListParams(Strict):
    """`with:` of kubernetes.list."""

    kind: KindWord = Field(description="The kind of objects, as in kubernetes.get.")
    namespace: MaybeNamespace = Field(default="", description="The namespace to look in; empty: all.")
    labels: Selector = Field(default="", description="A label selector, such as `app=cart,tier in (web, api)`.")
    node: MaybeName = Field(default="", description="Only pods on this node.")
    limit: int = Field(default=100, ge=1, le=1000, description="The most objects to show.")


GET = ActionSpec(
    name="kubernetes.get",
    params=GetParams,
    risk=Risk.READ,
    help="Reads one object; the data of a Secret is never shown.",
    result={"object": "the object, without what only machines read; absent when it is too large to keep"},
    needs=("get {kind}",),
)
DESCRIBE = ActionSpec(
    name="kubernetes.describe",
    params=DescribeParams,
    risk=Risk.READ,
    help="Reads one object, what state it says it is in, and the events about it.",
    result={
        "object": "the object; absent when it is too large to keep",
        "conditions": "its conditions, each with `type`, `status`, `reason`, `message`",
        "unwell": "one line for each thing that is not as it should be",
        "events": "what was said about it, the newest last, each with `type`, `reason`, `message`, `count`, `at`",
        "workload": "what keeps it there: `kind` and `name` of its controller; both empty where it has none",
    },
    needs=("get {kind}", "list events"),
)
LIST = ActionSpec(
    name="kubernetes.list",
    params=ListParams,
    risk=Risk.READ,
    help="Lists objects of one kind, with the state each says it is in.",
    result={
        "count": "how many there are",
        "items": "each with `name`, `namespace`, `state`, `ready`, `restarts`, `node`, `labels`",
        "unwell": "the names of those that are not as they should be",
        "more": "whether there are others beyond `limit`",
    },
    needs=("list {kind}",),
)
EVENTS = ActionSpec(
    name="kubernetes.events",
    params=EventsParams,
    risk=Risk.READ,
    help="Shows what the cluster said about its objects lately.",
    result={
        "count": "how many events came",
        "events": f"the newest {_MOST_EVENTS}, the newest last, each with `type`, `reason`, `message`, `count`, `at`, "
        "`about`",
    },
    needs=("list events",),
)
SPECS = (GET, DESCRIBE, LIST, EVENTS)


class Looking:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """One each."""
        cluster = self._cluster
        return (
            Reading(cluster=cluster, spec=GET, aim=self._aim("read"), look=self._get).action(),
            Reading(cluster=cluster, spec=DESCRIBE, aim=self._aim("describe"), look=self._describe).action(),
            Reading(cluster=cluster, spec=LIST, aim=self._aim_list, look=self._list).action(),
            Reading(cluster=cluster, spec=EVENTS, aim=self._aim_events, look=self._events).action(),
        )

    def _thing(self, params: One) -> Thing:
        kind = self._cluster.kind(params.kind, params.namespace)
        return self._cluster.thing(kind, params.namespace, params.name)

    def _aim(self, verb: str) -> Any:  # Any: a function of either model of parameters
        def aim(params: One) -> Aim:
            thing = self._thing(params)
            places = self._cluster.places(namespace=thing.namespace)
            return Aim(target=str(thing), summary=f"{verb} {thing} on {self._cluster.name}", places=places)

        return aim

    def _aim_list(self, params: ListParams) -> Aim:
        kind = self._cluster.kind(params.kind, params.namespace)
        self._cluster.check_collection(kind, params.namespace)
        if params.node and kind.name != "Pod":
            raise self._cluster.mistake("`node` is for pods", "leave `node` out, or list pods")
        where = f" in {params.namespace}" if kind.namespaced and params.namespace else ""
        which = f" with {params.labels}" if params.labels else ""
        summary = f"list {kind.plural}{which}{where} on {self._cluster.name}"
        places = self._cluster.places(namespace=params.namespace, node=params.node)
        return Aim(target=f"{kind.plural}{where}", summary=summary, places=places)

    def _aim_events(self, params: EventsParams) -> Aim:
        if params.kind is not None:
            self._cluster.kind(params.kind, params.namespace)
        self._cluster.check_namespace(params.namespace)
        about = f" about {params.name}" if params.name else ""
        where = f" in {params.namespace}" if params.namespace else ""
        places = self._cluster.places(namespace=params.namespace)
        summary = f"show the events{about}{where} on {self._cluster.name}"
        return Aim(target=f"events{where}", summary=summary, places=places)

    async def _get(self, params: GetParams, _: timedelta, __: Say) -> Seen:
        thing = self._thing(params)
        value = cleaned(await self._cluster.get(thing), self._cluster.clean)
        text = to_yaml(value)
        return Seen(summary=f"{thing}: {_state(value) or 'is there'}", value=_kept(value, text), text=text)

    async def _describe(self, params: DescribeParams, _: timedelta, __: Say) -> Seen:
        thing = self._thing(params)
        value = cleaned(await self._cluster.get(thing), self._cluster.clean)
        events = await self._about(thing, value)
        wrong = unwell(value)
        text = to_yaml(value)
        parts = [f"# {line}" for line in wrong] + [text] + [event_line(event) for event in events]
        return Seen(
            summary=f"{thing}: {'; '.join(wrong) or _state(value) or 'is there'}",
            value={
                **_kept(value, text),
                "conditions": [
                    {key: str(one.get(key, "")) for key in ("type", "status", "reason", "message")}
                    for one in at(value, "status.conditions", [])
                ],
                "unwell": wrong,
                "events": events,
                "workload": _workload(value),
            },
            text="\n".join(parts),
        )

    async def _about(self, thing: Thing, value: Object) -> list[dict[str, Any]]:
        # Any: an event as plain JSON.
        kind, uid = value.get("kind") or thing.kind.name, str(value["metadata"].get("uid", ""))
        fields = f"involvedObject.name={thing.name},involvedObject.kind={kind}"
        if uid and thing.kind.name != "Node":  # what a kubelet says about its node has the node's name for a uid
            fields += f",involvedObject.uid={uid}"
        where = thing.namespace or "default"
        if not thing.namespace and self._cluster.namespaces and where not in self._cluster.namespaces:
            return []  # events about what lies in no namespace lie in one that may not be touched
        found = await self._cluster.list(EVENT, where, fields=fields, most=1000)
        return _newest(found.items)

    async def _list(self, params: ListParams, _: timedelta, __: Say) -> Seen:
        kind = self._cluster.kind(params.kind, params.namespace)
        fields = f"spec.nodeName={params.node}" if params.node else ""
        found = await self._cluster.list(kind, params.namespace, labels=params.labels, fields=fields, most=params.limit)
        rows = [_row(value) for value in found.items]
        wrong = {
            f"{row['namespace']}/{row['name']}".lstrip("/"): unwell(v) for row, v in zip(rows, found.items, strict=True)
        }
        lines = [
            f"{name}: {row['state'] or '-'}" + (f" ({'; '.join(wrong[name])})" if wrong[name] else "")
            for name, row in zip(wrong, rows, strict=True)
        ]
        bad = [name for name, lines_ in wrong.items() if lines_]
        count = f"{len(rows)}{' or more' if found.more else ''}"
        return Seen(
            summary=f"{count} {kind.plural}" + (f", {len(bad)} unwell: {', '.join(bad[:5])}" if bad else ""),
            value={"count": len(rows), "items": rows, "unwell": bad, "more": found.more},
            text="\n".join(lines),
        )

    async def _events(self, params: EventsParams, _: timedelta, __: Say) -> Seen:
        fields = [f"involvedObject.name={params.name}"] * bool(params.name)
        if params.kind is not None:
            kind = await self._cluster.name_of(self._cluster.kind(params.kind, params.namespace))
            fields.append(f"involvedObject.kind={kind}")
        fields += ["type=Warning"] * params.warnings
        found = await self._cluster.list(EVENT, params.namespace, fields=",".join(fields))
        events = _newest(found.items)
        last = f"; the newest: {events[-1]['reason']}: {events[-1]['message']}" if events else ""
        return Seen(
            summary=f"{len(found.items)} events{last}",
            value={"count": len(found.items), "events": events},
            text="\n".join(map(event_line, events)),
        )


def unwell(value: Object) -> list[str]:
    """One line for each thing about an object that is not as it should be, in the cluster's own words."""
    kind = value.get("kind")
    since = at(value, "metadata.deletionTimestamp")
    lines = [f"is being deleted since {since}"] * bool(since)
    if kind == "Pod":
        return lines + _pod(value)
    if kind == "Node":
        lines += ["cordoned"] * bool(at(value, "spec.unschedulable"))
    for one in at(value, "status.conditions", []):
        well = _well(str(kind), str(one.get("type")))
        if well and one.get("status") != well:
            lines.append(
                f"{one.get('type')} is {one.get('status')}: {one.get('reason', '')} {one.get('message', '')}".strip()
            )
    return lines


def _well(kind: str, condition: str) -> str:
    """What a condition says when all is well; empty where nobody knows: a custom kind may mean anything by it."""
    if kind == "Node":
        return "True" if condition == "Ready" else "False"
    if condition == "Progressing" and kind != "Deployment":
        return ""
    if condition in _GOOD:
        return "True"
    return "False" if _BAD.search(condition) else ""


def _pod(value: Object) -> list[str]:
    lines = []
    for group in ("initContainerStatuses", "containerStatuses"):
        for one in at(value, f"status.{group}", []):
            why = _waits(one)
            if why:
                restarts = f", restarted {one['restartCount']} times" if one.get("restartCount") else ""
                lines.append(f"container {one.get('name')}: {why}{restarts}")
    lines += [
        f"not scheduled: {one.get('message') or one.get('reason', '')}"
        for one in at(value, "status.conditions", [])
        if one.get("type") == "PodScheduled" and one.get("status") != "True"
    ]
    if not lines and at(value, "status.phase") in ("Failed", "Unknown", "Pending"):
        lines.append(
            f"{at(value, 'status.phase')}: {at(value, 'status.reason', '')} {at(value, 'status.message', '')}".strip(
                ": "
            )
        )
    return lines


def _workload(value: Object) -> dict[str, str]:
    """The controller; of the pods of a Deployment the Deployment, whose replica sets have its name and their hash."""
    owners: list[Object] = at(value, "metadata.ownerReferences", [])
    owner: Object = next((one for one in owners if one.get("controller")), {})
    kind, name = str(owner.get("kind", "")), str(owner.get("name", ""))
    template = str(at(value, "metadata.labels", {}).get("pod-template-hash", ""))
    if kind == "ReplicaSet" and template and name.endswith(f"-{template}"):
        kind, name = "Deployment", name.removesuffix(f"-{template}")
    return {"kind": kind, "name": name}


def _waits(status: Object) -> str:
    """Why a container is not running and well; empty when it is, or has ended well."""
    waiting, ended = at(status, "state.waiting"), at(status, "state.terminated")
    last = at(status, "lastState.terminated")
    before = f"; ended before with {last.get('exitCode')} ({last.get('reason', '')})" if last else ""
    if waiting:
        return f"{waiting.get('reason', 'waiting')}{before}"
    if ended and ended.get("exitCode"):
        return f"ended with {ended['exitCode']} ({ended.get('reason', '')})"
    running = at(status, "state.running")
    return f"not ready{before}" if running and not status.get("ready") else ""


def event_line(event: dict[str, Any]) -> str:  # Any: as `_newest` makes it
    """One event on one line."""
    times = f" ({event['count']} times)" if event["count"] > 1 else ""
    about = f" {event['about']}" if event.get("about") else ""
    return f"{event['at']} {event['type']}{about} {event['reason']}: {event['message']}{times}"


def _newest(items: Sequence[Object]) -> list[dict[str, Any]]:
    # Any: an event as plain JSON.
    return sorted(map(_event, items), key=lambda event: str(event["at"]))[-_MOST_EVENTS:]


def _event(value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    about = value.get("involvedObject") or {}
    series = value.get("series") or {}
    times = (series.get("lastObservedTime"), value.get("lastTimestamp"), value.get("eventTime"))
    return {
        "at": next((str(time) for time in times if time), str(at(value, "metadata.creationTimestamp", ""))),
        "type": str(value.get("type", "")),
        "reason": str(value.get("reason", "")),
        "message": str(value.get("message", "")),
        "count": int(series.get("count") or value.get("count") or 1),
        "about": f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
    }


def _row(value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    metadata = value.get("metadata", {})
    containers = at(value, "status.containerStatuses", [])
    return {
        "name": str(metadata.get("name", "")),
        "namespace": str(metadata.get("namespace", "")),
        "state": _state(value),
        "ready": _ready(value),
        "restarts": sum(int(one.get("restartCount", 0)) for one in containers),
        "node": str(at(value, "spec.nodeName", "")),
        "labels": dict(metadata.get("labels") or {}),
    }


def _ready(value: Object) -> bool:
    if at(value, "spec.replicas") is not None:
        return bool(at(value, "status.readyReplicas", 0) == at(value, "spec.replicas"))
    conditions = {one.get("type"): one.get("status") for one in at(value, "status.conditions", [])}
    return bool(conditions.get("Ready", "True") == "True")


def _state(value: Object) -> str:
    """A word or two on how an object is, where its kind has such."""
    if at(value, "spec.replicas") is not None:
        return f"{at(value, 'status.readyReplicas', 0)} of {at(value, 'spec.replicas')} ready"
    phase = at(value, "status.phase")
    if phase:
        return str(phase)
    conditions = {one.get("type"): one.get("status") for one in at(value, "status.conditions", [])}
    if "Ready" in conditions:
        return "ready" if conditions["Ready"] == "True" else "not ready"
    return ""


def _kept(value: Object, text: str) -> dict[str, Any]:
    # Any: plain JSON.
    return {"object": value} if len(text) <= _MOST_VALUE else {}
