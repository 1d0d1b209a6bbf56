"""What `tocsin runbook rehearse` shows of each step: what it would do, whom it would ask, how it is taken back."""

from __future__ import annotations

from bot.cli.client import Answer
from bot.cli.console import Console, Style

_STYLES = {"run": Style.GOOD, "ask": Style.CAREFUL, "refuse": Style.BAD}
_INDENT = " " * 9


def show(rehearsal: Answer, console: Console) -> None:
    """Each step in order, how many would be refused, and of how many nobody can know before."""
    for step in rehearsal["steps"]:
        style = _STYLES.get(step["would"], Style.FAINT)
        console.line((step["would"].ljust(9), style), (step["step"], Style.BOLD), (f"  {step['title']}", Style.PLAIN))
        _show(step, console)
    refused, unknown = (sum(step["would"] == would for step in rehearsal["steps"]) for would in ("refuse", "unknown"))
    said = ["nothing was changed"]
    if unknown:
        said.append(f"what {unknown} of its steps would do cannot be known before others have run")
    if refused:
        said.append(f"a run would be refused at {refused} of its steps")
    console.tell("; ".join(said))


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
