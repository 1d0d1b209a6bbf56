"""`kubernetes.top`: who uses how much, as the metrics API says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from bot.documents import Strict
from bot.errors import IntegrationError, Permanent
from bot.integrations.kubernetes.answers import code_of
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import Kind, Object
from bot.integrations.kubernetes.reading import Aim, Reading, Seen
from bot.integrations.kubernetes.words import MaybeNamespace, Selector
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Say

_GROUP, _VERSION = "metrics.k8s.io", "v1beta1"
_QUANTITY = re.compile(r"([0-9.]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_FACTORS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)
}
_SHOWN = 100


class TopParams(Strict):
    """`with:` of kubernetes.top."""

    of: Literal["pods", "nodes"] = Field(default="pods", description="Whose use: pods or nodes.")
    namespace: MaybeNamespace = Field(default="", description="Of pods: the namespace; empty: all.")
    labels: Selector = Field(default="", description="A label selector.")
    by: Literal["cpu", "memory"] = Field(default="memory", description="Who uses most of it comes first.")


TOP = ActionSpec(
    name="kubernetes.top",
    params=TopParams,
    risk=Risk.READ,
    help="Shows which pods or nodes use most CPU or memory now; needs metrics-server.",
    result={
        "count": "how many there are",
        "items": f"the first {_SHOWN}, each with `name`, `namespace`, `cpu` (cores), `memory` (bytes)",
    },
    needs=("list {of}.metrics.k8s.io",),
)


class Top:
    """Makes the action of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """The one."""
        return (Reading(cluster=self._cluster, spec=TOP, aim=self._aim, look=self._look).action(),)

    def _kind(self, params: TopParams) -> Kind:
        if params.of == "nodes":
            if params.namespace:
                raise self._cluster.mistake("nodes lie in no namespace", "leave `namespace` out")
            return Kind("NodeMetrics", "nodes", _GROUP, _VERSION, namespaced=False)
        self._cluster.check_namespace(params.namespace)
        return Kind("PodMetrics", "pods", _GROUP, _VERSION)

    def _aim(self, params: TopParams) -> Aim:
        kind = self._kind(params)
        where = f" in {params.namespace}" if params.namespace else ""
        summary = f"show which {kind.plural}{where} use most {params.by} on {self._cluster.name}"
        return Aim(
            target=f"{kind.plural}{where}", summary=summary, places=self._cluster.places(namespace=params.namespace)
        )

    async def _look(self, params: TopParams, _: timedelta, __: Say) -> Seen:
        try:
            found = await self._cluster.list(self._kind(params), params.namespace, labels=params.labels)
        except IntegrationError as error:
            if code_of(error) not in (404, 503):
                raise
            message = f"{self._cluster.name} has no metrics API"
            hint = "install metrics-server, or ask Prometheus for container_memory_working_set_bytes"
            raise Permanent(message, integration=self._cluster.name, reason="client", hint=hint) from None
        rows = sorted(map(_row, found.items), key=lambda row: -float(row[params.by]))
        lines = [
            f"{_name(row)}: {row['cpu']:.3f} cores, {row['memory'] / 1024 / 1024:.0f} MiB" for row in rows[:_SHOWN]
        ]
        return Seen(
            summary=f"{len(rows)} {params.of}" + (f", first {lines[0]}" if lines else ""),
            value={"count": len(rows), "items": rows[:_SHOWN]},
            text="\n".join(lines),
        )


def amount(text: object) -> float:
    """A quantity as a number: `250m` is 0.25, `1Ki` is 1024; 0 for what is none."""
    match = _QUANTITY.fullmatch(str(text))
    try:
        return float(match[1]) * _FACTORS.get(match[2] or "", 1.0) if match else 0.0
    except ValueError:
        return 0.0


def _row(value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    metadata = value.get("metadata", {})
    used = [one.get("usage") or {} for one in value.get("containers") or ()] or [value.get("usage") or {}]
    return {
        "name": str(metadata.get("name", "")),
        "namespace": str(metadata.get("namespace", "")),
        "cpu": round(sum(amount(one.get("cpu", 0)) for one in used), 6),
        "memory": round(sum(amount(one.get("memory", 0)) for one in used)),
    }


def _name(row: dict[str, Any]) -> str:  # Any: as `_row` makes it
    return f"{row['namespace']}/{row['name']}".lstrip("/")
