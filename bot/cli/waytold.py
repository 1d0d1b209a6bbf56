"""The way of an alert in plain words, from what the API knows of it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.cli.client import Answer
from bot.cli.console import Console, Style
from bot.cli.times import Times
from bot.model.wording import one_line

_BEFORE = 8
_STYLES = {
    "told": Style.BAD,
    "silenced": Style.CAREFUL,
    "inhibited": Style.CAREFUL,
    "muted": Style.CAREFUL,
    "held": Style.CAREFUL,
    "resolved": Style.GOOD,
}


def tell(found: Answer, zone: str, env: Mapping[str, str], console: Console) -> None:
    """Every alert of the answer: what it is, what is decided on it now, and what was told of its groups."""
    times = Times(env, zone)
    for place, alert in enumerate(found["alerts"]):
        if place:
            console.say()
        labels = ", ".join(f'{name}="{value}"' for name, value in alert["labels"].items())
        console.say(f"{{{one_line(labels)}}}", Style.BAD if alert["firing"] else Style.GOOD)
        console.say(f"fingerprint {alert['fingerprint']}", Style.FAINT)
        for decision in alert["now"]:
            text = f"{decision['verdict']:9}  {one_line(decision['text'])}  [{one_line(decision['rule'])}]"
            console.say(text, _STYLES.get(decision["verdict"], Style.PLAIN))
        if alert["before"]:
            console.say("before, the newest first:")
        for decision in alert["before"][:_BEFORE]:
            at = times.moment(decision["at"])
            console.say(f"  {at}  {decision['verdict']}: {one_line(decision['text'])}  [{one_line(decision['rule'])}]")
    hidden = found["count"] - len(found["alerts"])
    if hidden > 0:
        console.say(f"and {hidden:,} more alerts of this name; ask for one by its fingerprint", Style.FAINT)
