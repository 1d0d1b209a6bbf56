"""Forms as modals: what is asked for, and what was filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.integrations.slack.letters import Json
from bot.model.answer import Blank, BlankKind, Form
from bot.model.utterance import Filled

CALLBACK = "tocsin_form"
_TITLE, _LABEL, _HINT, _OPTION, _BACK = 24, 2000, 2000, 75, 2800
_MOST_CHOICES = 100
_ENTRY = "value"
_LENGTHS = {BlankKind.LINE: 300, BlankKind.TEXT: 3000}


def view(form: Form, back: str) -> Json:
    """The modal. `back`: the address at which whoever fills it in is answered."""
    kept = {"command": form.command, "fixed": dict(form.fixed), "back": back}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(form.title[:_TITLE]),
        "submit": _plain(form.submit[:_TITLE]),
        "close": _plain("Cancel"),
        "private_metadata": json.dumps(kept) if len(json.dumps(kept)) <= _BACK else json.dumps({**kept, "back": ""}),
        "blocks": [_input(blank) for blank in form.blanks],
    }


def filled(payload: Mapping[str, Any], prefix: str) -> tuple[Filled, str] | None:
    """What was filled in, and where to answer; None: it is no form of ours. Any: it holds any JSON."""
    try:
        view = payload["view"]
        kept = json.loads(str(view.get("private_metadata")))
        values = {**kept["fixed"], **_values(view)}
        known = {str(name): str(value) for name, value in values.items()}
        return Filled(command=str(kept["command"]), values=known, prefix=prefix), str(kept["back"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def shown(payload: Mapping[str, Any]) -> frozenset[str]:
    """The names of the blanks that stand in the form, where they can be corrected. Any: as above."""
    return frozenset(str(one.get("block_id")) for one in payload["view"].get("blocks") or ())


def _values(view: Mapping[str, Any]) -> Mapping[str, str]:
    """By the name of its blank what stands in it. Any: as above."""
    found: dict[str, str] = {}
    for name, block in view["state"]["values"].items():
        entry = block.get(_ENTRY) or {}
        chosen = entry.get("selected_option")
        found[name] = str((chosen.get("value") if isinstance(chosen, dict) else entry.get("value")) or "")
    return found


def _input(blank: Blank) -> Json:
    made: Json = {
        "type": "input",
        "block_id": blank.name,
        "label": _plain(blank.label[:_LABEL]),
        "optional": not blank.needed,
        "element": _choice(blank) if blank.kind is BlankKind.CHOICE else _entry(blank),
    }
    if blank.hint:
        made["hint"] = _plain(blank.hint[:_HINT])
    return made


def _entry(blank: Blank) -> Json:
    made: Json = {
        "type": "plain_text_input",
        "action_id": _ENTRY,
        "multiline": blank.kind is BlankKind.TEXT,
        "max_length": _LENGTHS[blank.kind],
    }
    if blank.value:
        made["initial_value"] = blank.value[: _LENGTHS[blank.kind]]
    return made


def _choice(blank: Blank) -> Json:
    options = [_option(one) for one in blank.choices[:_MOST_CHOICES]]
    made: Json = {"type": "static_select", "action_id": _ENTRY, "options": options}
    if blank.value in blank.choices:
        made["initial_option"] = _option(blank.value)
    return made


def _option(text: str) -> Json:
    return {"text": _plain(text[:_OPTION]), "value": text[:_OPTION]}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
