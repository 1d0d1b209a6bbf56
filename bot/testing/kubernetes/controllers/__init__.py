"""What makes a cluster of kept objects: each controller looks at all there is and does the next thing that is due."""

from __future__ import annotations

from bot.testing.kubernetes.cluster import Controller
from bot.testing.kubernetes.controllers import (
    budgets,
    collector,
    cron,
    daemons,
    deployments,
    jobs,
    kubelet,
    nodes,
    replicas,
    scheduler,
    sets,
)


def controllers() -> list[Controller]:
    """All of them, in the order in which a change travels."""
    return [
        cron.control,
        jobs.control,
        deployments.control,
        replicas.control,
        sets.control,
        daemons.control,
        nodes.control,
        scheduler.control,
        kubelet.control,
        budgets.control,
        collector.control,
    ]
