"""`kubernetes.logs`: what a container printed, now or before it was started again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import POD, Object, at
from bot.integrations.kubernetes.reading import Aim, Lines, Reading, Seen
from bot.integrations.kubernetes.showing import MOST_TEXT
from bot.integrations.kubernetes.words import Container, Pod, Span
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Say

_MOST_READ = 16 * 1024 * 1024
"""Bytes that are read. The last `MOST_TEXT` of them are kept: what was printed last says why a container ended."""
_NOTE = 64
"""Characters that are left free for a note of what was left out."""
_DEFAULT = "kubectl.kubernetes.io/default-container"


class LogsParams(Pod):
    """`with:` of kubernetes.logs."""

    container: Container = Field(default="", description="Which container; empty: the only one, or the default one.")
    previous: bool = Field(default=False, description="What it printed before it was last started again.")
    tail: int = Field(default=200, ge=1, le=5000, description="The most lines, counted from the end.")
    since: Span | None = Field(default=None, description="Only what was printed in this time until now.")
    timestamps: bool = Field(default=False, description="Each line with its time in front.")


LOGS = ActionSpec(
    name="kubernetes.logs",
    params=LogsParams,
    risk=Risk.READ,
    help="Shows what a container printed, also before it was last started again.",
    result={"lines": "how many lines came", "last": "the last of them", "container": "whose they are"},
    needs=("get pods", "get pods/log"),
)


class Logs:
    """Makes the action of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """The one."""
        return (Reading(cluster=self._cluster, spec=LOGS, aim=self._aim, look=self._look).action(),)

    def _aim(self, params: LogsParams) -> Aim:
        thing = self._cluster.thing(POD, params.namespace, params.pod)
        which = "previous logs" if params.previous else "logs"
        of = f"{thing}/{params.container}" if params.container else str(thing)
        places = self._cluster.places(namespace=params.namespace)
        return Aim(target=str(thing), summary=f"show the {which} of {of} on {self._cluster.name}", places=places)

    async def _look(self, params: LogsParams, within: timedelta, say: Say) -> Seen:
        thing = self._cluster.thing(POD, params.namespace, params.pod)
        container = params.container or default_container(self._cluster, await self._cluster.get(thing))
        query = [
            ("container", container),
            ("tailLines", str(params.tail)),
            ("limitBytes", str(_MOST_READ)),
            ("timestamps", str(params.timestamps).lower()),
            ("previous", str(params.previous).lower()),
        ]
        if params.since is not None:
            query.append(("sinceSeconds", str(max(1, round(params.since.total_seconds())))))
        kept, read, told = bytearray(), 0, Lines(self._cluster, say)
        async for chunk in self._cluster.api.stream(thing.path("log"), query=query, within=within.total_seconds()):
            read += len(chunk)
            kept += chunk
            del kept[: _NOTE - MOST_TEXT]
            told.hear(chunk)
        told.end()
        text, cut = _whole_lines(bytes(kept), read)
        lines = text.splitlines()
        last = next((line for line in reversed(lines) if line.strip()), "")
        return Seen(
            summary=f"{len(lines)} lines of {container}{cut and f' {cut}'}" + (f"; the last: {last}" if last else ""),
            value={"lines": len(lines), "last": last[:1000].replace("\x00", "\ufffd"), "container": container},
            text=f"{cut}\n{text}" if cut else text,
        )


def _whole_lines(kept: bytes, read: int) -> tuple[str, str]:
    """The end of what was read, and what is to be said where that is not all.

    A line that was cut is left out: half a secret may stand there, which nobody would know for one.
    """
    text = kept.decode(errors="replace")
    if read == len(kept):
        return text, ""
    if read >= _MOST_READ:
        text = text[: text.rfind("\n") + 1]
        which = f"the last {MOST_TEXT // 1024} KiB of the first {_MOST_READ // 1024 // 1024} MiB"
    else:
        which = f"the last {MOST_TEXT // 1024} KiB"
    return text[text.find("\n") + 1 :], f"({which} of what was printed)"


def default_container(cluster: Cluster, pod: Object) -> str:
    """The container that is meant when none is named, as kubectl sees it; Permanent when that is not clear."""
    names = [str(one["name"]) for one in at(pod, "spec.containers", [])]
    wanted = (pod["metadata"].get("annotations") or {}).get(_DEFAULT)
    if wanted in names:
        return str(wanted)
    if len(names) == 1:
        return names[0]
    hint = f"write `container` as one of: {', '.join(names)}"
    raise cluster.mistake(f"{pod['metadata']['name']} has several containers", hint)
