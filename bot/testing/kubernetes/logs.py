"""What containers wrote: the end of it, since when, no more than so much, and as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster, moment
from bot.testing.kubernetes.controllers.containers import Container
from bot.testing.kubernetes.controllers.kubelet import run_of
from bot.testing.kubernetes.kinds import POD
from bot.testing.kubernetes.refusals import Cause, Object, Refused, bad_request, invalid, wrong

_OPTIONS_KIND = "PodLogOptions"
Line = tuple[datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of a log."""

    container: str
    previous: bool
    follow: bool
    timestamps: bool
    tail: int | None
    since: datetime | None
    limit: int | None


def wanted(cluster: Cluster, asked: Asked, pod: Object) -> Wanted:
    """Reads the query; 400 for a container that is not there or not named, 422 for numbers that cannot be."""
    causes: list[Cause] = []
    numbers = {name: asked.whole(name) for name in ("tailLines", "sinceSeconds", "limitBytes")}
    for name, least in (("tailLines", 0), ("sinceSeconds", 1), ("limitBytes", 1)):
        number = numbers[name]
        if number is not None and number < least:
            causes.append(wrong(name, number, f"must be greater than {'or equal to ' if not least else ''}0"))
    if numbers["sinceSeconds"] is not None and asked.get("sinceTime"):
        causes.append(
            Cause(
                reason="FieldValueForbidden",
                field="sinceTime",
                message="Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
            )
        )
    if causes:
        refused = invalid(POD, pod["metadata"]["name"], causes)
        refused.message = refused.message.replace("Pod ", f"{_OPTIONS_KIND} ", 1)
        raise refused
    seconds = numbers["sinceSeconds"]
    since = cluster.now() - timedelta(seconds=seconds) if seconds is not None else None
    if asked.get("sinceTime"):
        since = _since(asked.get("sinceTime"))
    return Wanted(
        container=container(pod, asked.get("container")),
        previous=asked.flag("previous"),
        follow=asked.flag("follow"),
        timestamps=asked.flag("timestamps"),
        tail=numbers["tailLines"],
        since=since,
        limit=numbers["limitBytes"],
    )


def _since(written: str) -> datetime:
    try:
        return moment(written)
    except ValueError:
        why = f'parsing time "{written}" as "2006-01-02T15:04:05Z07:00": cannot parse "{written}" as "2006"'
        raise bad_request(why) from None


def container(pod: Object, name: str) -> str:
    """The container that is meant; 400 where there are several and none is named, or none is called so."""
    names = _names(pod, "containers")
    others = {"init": _names(pod, "initContainers"), "ephemeral": _names(pod, "ephemeralContainers")}
    own = pod["metadata"]["name"]
    if not name:
        if len(names) > 1:
            more = "".join(
                f" or one of the {kind} containers: [{' '.join(those)}]" for kind, those in others.items() if those
            )
            raise bad_request(
                f"a container name must be specified for pod {own}, choose one of: [{' '.join(names)}]{more}"
            )
        return str(names[0])
    if name not in (*names, *others["init"], *others["ephemeral"]):
        raise bad_request(f"container {name} is not valid for pod {own}")
    return name


def _names(pod: Object, part: str) -> list[str]:
    return [str(one["name"]) for one in pod["spec"].get(part) or ()]


def instance(cluster: Cluster, pod: Object, name: str) -> Container:
    """The container of a pod that is or was there; 400 while it was never started."""
    own = pod["metadata"]["name"]
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {own} does not have a host assigned")
    found = run_of(cluster, pod).containers.get(name)
    if found is None or found.started is None:
        reason = found.reason if found is not None else "PodInitializing"
        text = "is waiting to start: " + ("trying and failing to pull image" if "Pull" in reason else reason)
        raise bad_request(f'container "{name}" in pod "{own}" {text}')
    return found


def lines(cluster: Cluster, pod: Object, want: Wanted) -> list[Line]:
    """What is there now of the part that is wanted."""
    one = instance(cluster, pod, want.container)
    if want.previous:
        kept = one.previous if one.state != "waiting" else one.log
        if kept is None:
            own = pod["metadata"]["name"]
            raise bad_request(f'previous terminated container "{want.container}" in pod "{own}" not found')
    else:
        kept = one.log
    found = [line for line in kept if want.since is None or line[0] >= want.since]
    return found if want.tail is None else found[len(found) - min(want.tail, len(found)) :]


def text(found: list[Line], want: Wanted) -> bytes:
    """Lines as they are sent."""
    parts = [
        f"{at.strftime('%Y-%m-%dT%H:%M:%S.%f')}000Z {line}\n" if want.timestamps else f"{line}\n" for at, line in found
    ]
    return "".join(parts).encode()


async def stream(cluster: Cluster, at: Target, want: Wanted, ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    """A log as it comes, until its container ends or nobody listens any more."""
    left = want.limit
    event, leave = cluster.store.watcher()
    pod = cluster.store.get(POD, (at.namespace, at.name))
    try:
        if pod is None:
            return
        one = instance(cluster, pod, want.container)
        told = len(one.log)
        log = one.log
        found = lines(cluster, pod, want)
        while not ended():
            piece = text(found, want)
            if left is not None:
                piece, left = piece[:left], left - min(left, len(piece))
            if piece:
                yield piece
            if left == 0 or one.log is not log or one.state != "running" or run_gone(cluster, pod):
                return
            event.clear()
            try:
                async with asyncio.timeout(0.5):
                    await event.wait()
            except TimeoutError:
                pass
            found, told = log[told:], len(log)
    finally:
        leave()


def run_gone(cluster: Cluster, pod: Object) -> bool:
    """Whether a pod is gone, or another has its name."""
    metadata = pod["metadata"]
    current = cluster.store.get(POD, (metadata["namespace"], metadata["name"]))
    return current is None or current["metadata"]["uid"] != metadata["uid"]


def wrote(cluster: Cluster, namespace: str, name: str, container_name: str, written: list[str]) -> None:
    """Lets a container write lines; 404 in a test's own words where it is not there."""
    pod = cluster.store.get(POD, (namespace, name))
    if pod is None:
        raise Refused(404, "NotFound", f"no pod {namespace}/{name}")
    one = instance(cluster, pod, container(pod, container_name))
    one.log += [(cluster.now(), line) for line in written]
