"""Buttons by which somebody says something to Tocsin: a click says what stands behind it, as if they had typed it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.integrations.slack.letters import Json
from bot.model.answer import Press, Tone

SAYS = "say:"
"""What the `action_id` of such a button begins with; its value is what is said."""
_STYLES = {Tone.GOOD: "primary", Tone.BAD: "danger"}
_NUMBERED = re.compile(r"\.\d+$")
_LONGEST_LABEL, _LONGEST_CONFIRM = 75, 300


def is_below_answer(action_id: str) -> bool:
    """Whether it is one of an answer's, which are numbered: nothing that stands there shows what became of a click."""
    return bool(_NUMBERED.search(action_id))


def button(press: Press) -> Json:
    """As Block Kit has it."""
    made: Json = {
        "type": "button",
        "action_id": f"{SAYS}{'-'.join(press.label.lower().split())[:200]}",
        "text": _plain(press.label[:_LONGEST_LABEL]),
        "value": press.says,
    }
    if press.tone in _STYLES:
        made["style"] = _STYLES[press.tone]
    if press.confirm:
        made["confirm"] = {
            "title": _plain(press.label[:100]),
            "text": _plain(press.confirm[:_LONGEST_CONFIRM]),
            "confirm": _plain("Yes"),
            "deny": _plain("No"),
        }
    return made


def buttons(presses: Iterable[Press]) -> list[Json]:
    """All of them."""
    return [button(one) for one in presses]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
