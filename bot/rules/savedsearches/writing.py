"""Saved searches as the text of a `savedsearches.conf`: what means something to Tocsin, in the words of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.rules.savedsearches.conf import DEFAULT
from bot.rules.savedsearches.keys import KEYS, OURS


def text(stanzas: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """The file of these searches: name and settings, by their names in the file or those that REST has for them."""
    return "\n".join(_stanza(name, _of_the_file(settings)) for name, settings in stanzas)


def no_name(name: str) -> str:
    """Why a search of this name cannot stand in a file; empty when it can."""
    if name == DEFAULT:
        return "`[default]` is no search in a file"
    if not name.isprintable() or name != name.strip():
        return "its name holds what cannot stand in a file"
    return ""


def _of_the_file(settings: Mapping[str, str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for key in KEYS:
        value = settings.get(key.name) or settings.get(key.rest, "")
        if value.strip() and value.strip().lower() not in (key.without_effect or ()):
            found[key.name] = value.strip()
    for action in found.pop("actions", "").split(","):
        if action.strip():
            found[f"action.{action.strip()}"] = "1"
    return found | {key: value.strip() for key, value in settings.items() if key.startswith(OURS) and value.strip()}


def _stanza(name: str, settings: Mapping[str, str]) -> str:
    lines = (f"{key} = {_value(value)}\n" for key, value in settings.items())
    return f"[{name}]\n{''.join(lines)}"


def _value(value: str) -> str:
    """A value of several lines goes on after a backslash."""
    return "\\\n".join(value.replace("\r\n", "\n").split("\n"))
