"""A plan as a journal keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.model.plan import Plan
from bot.model.runbook import Risk


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """A plan as a journal keeps it. Any: parameters are plain JSON of any shape."""
    return {
        "action": plan.action,
        "integration": plan.integration,
        "params": dict(plan.params),
        "targets": list(plan.targets),
        "summary": plan.summary,
        "risk": str(plan.risk),
        "repeatable": plan.repeatable,
        "can_probe": plan.can_probe,
        "diff": plan.diff,
        "undo": plan.undo,
        "preconditions": dict(plan.preconditions),
        "places": list(plan.places),
        "can_undo": plan.can_undo,
        "hash": plan.hash,
    }


def plan_from_json(data: Mapping[str, Any]) -> Plan:
    """The plan a journal kept."""
    return Plan(
        action=data["action"],
        integration=data["integration"],
        params=data["params"],
        targets=tuple(data["targets"]),
        summary=data["summary"],
        risk=Risk(data["risk"]),
        repeatable=data["repeatable"],
        can_probe=data["can_probe"],
        diff=data["diff"],
        undo=data["undo"],
        preconditions=data["preconditions"],
        places=tuple(data.get("places", ())),
        can_undo=data.get("can_undo", False),
    )
