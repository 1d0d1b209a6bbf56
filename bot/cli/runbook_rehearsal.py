"""What `tocsin runbook rehearse` shows of each step: what it would do, whom it would ask, how it is taken back."""

from __future__ import annotations

from bot.cli.client import Answer
from bot.cli.console import Console, Style

_STYLES = {"run": Style.GOOD, "ask": Style.CAREFUL, "refuse": Style.BAD}
_INDENT = " " * 9


def show(rehearsal: Answer, console: Console) -> None:
    """Each step in order, and how many would be refused."""
    for step in rehearsal["steps"]:
        style = _STYLES.get(step["would"], Style.FAINT)
        console.line((step["would"].ljust(9), style), (step["step"], Style.BOLD), (f"  {step['title']}", Style.PLAIN))
        _show(step, console)
    refused = sum(step["would"] == "refuse" for step in rehearsal["steps"])
    console.tell(
        f"nothing was changed; a run would be refused at {refused} of its steps" if refused else "nothing was changed"
    )


def _show(step: Answer, console: Console) -> None:
    plan = step["plan"]
    if plan is None:
        console.say(_INDENT + step["text"])
        return
    console.say(_INDENT + plan["summary"])
    pairs = (("on", ", ".join(plan["targets"])), ("risk", plan["risk"]), ("who", step["text"]), ("undo", plan["undo"]))
    for name, value in pairs:
        if value:
            console.line((f"{_INDENT}{name.ljust(6)}", Style.FAINT), (value, Style.PLAIN))
    for line in plan["diff"].splitlines():
        console.line((f"{_INDENT}| ", Style.FAINT), (line, Style.PLAIN))
