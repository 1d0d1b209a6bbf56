"""What came of it on every host, as one result.

Some failed: the whole failed, and says who. The end was not seen on any: the whole is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.integrations.ssh.doing import Came
from bot.integrations.ssh.turns import TOO_MANY
from bot.model.plan import ActionResult, Outcome, Plan

_LONGEST_SUMMARY = 200
_SKIPPED = "skipped"

EVERY = {
    "hosts": "what came of it on each host, by name: `outcome` (succeeded, failed, unknown or skipped), `summary`, "
    "`changed`, and of several hosts the other keys told here, which one alone has at the top",
    "failed": "the hosts on which it failed",
    "unseen": "the hosts on which nobody saw how it ended",
    "skipped": "the hosts that were left out, because too many had failed before, or the step's time was over, or "
    "nothing more of the run was to begin",
    "reason": "why a host could not be reached: auth, timeout, connection, client or server; absent when it was",
}
"""The keys of every result."""


def together(plan: Plan, came: Mapping[str, Came], why_not: str = TOO_MANY) -> ActionResult:
    """One result of those of the hosts that had their turn; a target that is not among them was left out: why."""
    failed = [name for name, one in came.items() if one.outcome is Outcome.FAILED]
    unseen = [name for name, one in came.items() if one.outcome is Outcome.UNKNOWN]
    skipped = [name for name in plan.targets if name not in came]
    # Any: plain JSON.
    value: dict[str, Any] = {
        "hosts": {name: _one(came.get(name), why_not) for name in plan.targets},
        "failed": failed,
        "unseen": unseen,
        "skipped": skipped,
    }
    if len(plan.targets) == 1:
        one = came[plan.targets[0]]
        return ActionResult(
            outcome=one.outcome,
            summary=short(one.summary),
            value={**one.value, **value, "hosts": {plan.targets[0]: _ended(one)}},
            text=one.text,
            temporary=one.temporary,
            untouched=one.untouched,
        )
    return ActionResult(
        outcome=Outcome.UNKNOWN if unseen else Outcome.FAILED if failed or skipped else Outcome.SUCCEEDED,
        summary=short(_told(came, failed, unseen, skipped, why_not)),
        value=value,
        text="\n".join(f"{name}: {line}" for name, one in came.items() for line in one.text.splitlines()),
        temporary=plan.repeatable and all(came[name].temporary for name in failed),
        untouched=all(one.untouched for one in came.values()),
    )


def short(summary: str) -> str:
    """The summary, cut to a length that a timeline can show."""
    return summary if len(summary) <= _LONGEST_SUMMARY else f"{summary[: _LONGEST_SUMMARY - 1]}…"


def _one(came: Came | None, why_not: str) -> dict[str, Any]:  # Any: plain JSON
    if came is None:
        return {"outcome": _SKIPPED, "summary": f"left out, because {why_not}", "changed": False}
    return {**came.value, **_ended(came)}


def _ended(came: Came) -> dict[str, Any]:  # Any: plain JSON
    return {"outcome": str(came.outcome), "summary": came.summary, "changed": came.changed}


def _told(
    came: Mapping[str, Came], failed: Sequence[str], unseen: Sequence[str], skipped: Sequence[str], why_not: str
) -> str:
    done = len(came) - len(failed) - len(unseen)
    parts = [f"done on {done} of {len(came) + len(skipped)} hosts"]
    if unseen:
        parts.append(f"nobody saw how it ended on {', '.join(unseen)}")
    if failed:
        parts.append(f"failed on {', '.join(failed)} ({came[failed[0]].summary})")
    if skipped:
        because = "" if why_not == TOO_MANY else f", because {why_not}"
        parts.append(f"left out{because}: {', '.join(skipped)}")
    return "; ".join(parts)
