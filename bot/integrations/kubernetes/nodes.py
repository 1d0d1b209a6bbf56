"""Whether a node gets new pods: `cordon` and `uncordon`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.integrations.kubernetes.changing import Changing, Wish
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import NODE, Object, Thing, at
from bot.integrations.kubernetes.words import Node
from bot.model.plan import Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec


class CordonParams(Node):
    """`with:` of kubernetes.cordon."""


class UncordonParams(Node):
    """`with:` of kubernetes.uncordon."""


_AFTER = {"schedulable": "whether new pods come to it now"}
_NEEDS = ("get nodes", "patch nodes")
CORDON = ActionSpec(
    name="kubernetes.cordon",
    params=CordonParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Lets no new pods come to a node; those that run there stay.",
    result=_AFTER,
    needs=_NEEDS,
)
UNCORDON = ActionSpec(
    name="kubernetes.uncordon",
    params=UncordonParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Lets new pods come to a node again.",
    result=_AFTER,
    needs=_NEEDS,
)
SPECS = (CORDON, UNCORDON)


class Nodes:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._cordon = Changing(
            cluster=cluster, spec=CORDON, thing=self._thing, wish=_wish_cordon, tell=_tell, back=self.uncordoned
        )
        self._uncordon = Changing(
            cluster=cluster, spec=UNCORDON, thing=self._thing, wish=_wish_uncordon, tell=_tell, back=self._cordoned
        )

    def actions(self) -> Sequence[Action]:
        """One each."""
        return (self._cordon.action(), self._uncordon.action())

    async def uncordoned(self, plan: Plan) -> Plan:
        """The plan that lets pods come again to the node of another plan."""
        return await self._uncordon.plan(UncordonParams(node=plan.params["node"]))

    async def _cordoned(self, plan: Plan) -> Plan:
        return await self._cordon.plan(CordonParams(node=plan.params["node"]))

    def _thing(self, params: Node) -> Thing:
        return self._cluster.thing(NODE, "", params.node)


async def _wish_cordon(params: CordonParams, value: Object, _: str) -> Wish:
    return _wish(params, value, closed=True)


async def _wish_uncordon(params: UncordonParams, value: Object, _: str) -> Wish:
    return _wish(params, value, closed=False)


def _wish(params: Node, value: Object, *, closed: bool) -> Wish:
    return Wish(
        patch={"spec": {"unschedulable": closed}},
        about={"unschedulable": bool(at(value, "spec.unschedulable", False))},
        then={"unschedulable": closed},
        summary=f"{'cordon' if closed else 'uncordon'} node {params.node}",
        undo=f"{'uncordon' if closed else 'cordon'} it",
        can_undo=True,
    )


def _tell(_: Plan, value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    return {"schedulable": not at(value, "spec.unschedulable", False)}
