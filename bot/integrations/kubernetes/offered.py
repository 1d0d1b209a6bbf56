"""Which actions there are, and which of them a cluster's configuration allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.integrations.kubernetes import (
    applying,
    drain,
    executing,
    jobs,
    logs,
    looking,
    nodes,
    pods,
    restarting,
    rollouts,
    sizes,
    top,
    waiting,
)
from bot.integrations.kubernetes.cluster import Cluster
from bot.model.plan import Plan
from bot.model.runbook import RISKS, Risk
from bot.ports.actions import Action, ActionSpec, Occasion

SPECS: tuple[ActionSpec, ...] = (
    *looking.SPECS,
    logs.LOGS,
    top.TOP,
    waiting.WAIT,
    *rollouts.SPECS,
    *restarting.SPECS,
    *sizes.SPECS,
    *nodes.SPECS,
    *pods.SPECS,
    drain.DRAIN,
    jobs.RUN,
    *applying.SPECS,
    executing.EXEC,
)


def offered(cluster: Cluster) -> Mapping[str, Action]:
    """The actions by name: those that can be of a risk that is allowed; the others are absent."""
    on_nodes = nodes.Nodes(cluster)
    made = (
        looking.Looking(cluster),
        logs.Logs(cluster),
        top.Top(cluster),
        waiting.Waiting(cluster),
        rollouts.Rollouts(cluster),
        restarting.Restarting(cluster),
        sizes.Sizes(cluster),
        on_nodes,
        pods.Pods(cluster),
        drain.Draining(cluster, on_nodes),
        jobs.Jobs(cluster),
        applying.Applying(cluster),
        executing.Executing(cluster),
    )
    actions = [action for one in made for action in one.actions()]
    return {action.spec.name: _within(cluster, action) for action in actions if _can_be(action.spec) & cluster.allow}


def _can_be(spec: ActionSpec) -> frozenset[Risk]:
    """Every risk that a plan of this action may be of."""
    mildest = spec.mildest or spec.risk
    return frozenset(RISKS[RISKS.index(mildest) : RISKS.index(spec.risk) + 1])


def _within(cluster: Cluster, action: Action) -> Action:
    """The action, whose plans are refused when this time they are graver than is allowed."""

    async def plan(params: Any, occasion: Occasion) -> Plan:  # Any: each action has a model of its own
        made = await action.plan(params, occasion)
        if made.risk not in cluster.allow:
            message = f"{made.summary}: that is {made.risk}, which is not allowed on {cluster.name}"
            hint = f"name it under `integrations: {cluster.name}: allow:` in tocsin.yaml, if it shall be"
            raise cluster.mistake(message, hint)
        return made

    return replace(action, plan=plan)
