"""How runs, plans and incidents are shown, wherever a command shows them."""

from __future__ import annotations

import json

from bot.cli.client import Answer
from bot.cli.console import Console, Style

_STEP_STYLES = {
    "succeeded": Style.GOOD,
    "failed": Style.BAD,
    "rejected": Style.BAD,
    "unknown": Style.BAD,
    "asking": Style.CAREFUL,
    "running": Style.CAREFUL,
}
_RISK_STYLES = {"read": Style.GOOD, "write": Style.CAREFUL, "destructive": Style.BAD}


def run_steps(run: Answer, console: Console) -> None:
    """The steps of a run, a line each."""
    console.table(
        ("STEP", "STATUS", "WHAT"),
        [
            (
                step["id"],
                (step["status"], _STEP_STYLES.get(step["status"], Style.FAINT)),
                f"{step['title']}: {step['reason']}" if step["reason"] else step["title"],
            )
            for step in run["steps"]
        ],
    )


def plan(found: Answer, console: Console) -> None:
    """Exactly what an action would do: what an approval is bound to, nothing left out."""
    console.say(hung(found["summary"]), _RISK_STYLES.get(found["risk"], Style.BAD))
    console.fields(
        (
            ("risk", found["risk"]),
            ("action", f"{found['action']} through {found['integration']}"),
            ("targets", ", ".join(found["targets"])),
            ("at", ", ".join(found["places"])),
            *((f"with {name}", _value(value)) for name, value in found["params"].items()),
            *((f"only if {name}", value) for name, value in found["preconditions"].items()),
            ("if its end is not seen", _afterwards(found)),
            ("undo", found["undo"]),
            ("plan", found["hash"]),
        )
    )
    if found["diff"]:
        console.say(f"\n    {hung(found['diff'])}")


def headline(incident: Answer) -> str:
    """An incident's title in a list or above a text; a drill or a test is known by it."""
    return str(incident["title"]) if incident["kind"] == "normal" else f"[{incident['kind']}] {incident['title']}"


def hung(text: str) -> str:
    """A text of others with its further lines indented, so that none of them looks like a line of ours."""
    return text.replace("\n", "\n    ")


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _afterwards(plan: Answer) -> str:
    """What Tocsin does about an action that began and whose end nobody saw."""
    if plan["repeatable"]:
        return "it is repeated"
    return "its probe is asked whether it ran" if plan["can_probe"] else "a person is asked whether it ran"
