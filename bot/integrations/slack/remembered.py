"""What somebody said, as it is written down until it is followed."""

from __future__ import annotations

from collections.abc import Mapping

from bot.integrations.slack.hearing import Heard
from bot.model.utterance import Filled, Utterance

_WHERE = ("user", "channel", "thread", "back", "trigger", "inviter")
_FLAGS = ("quiet", "at_home", "joined", "looked")
_VALUE = "value."


def written(heard: Heard) -> Mapping[str, str]:
    """Texts by their names; what is empty is left out."""
    what = heard.what
    said = {"text": what.text, "place": what.place} if isinstance(what, Utterance) else {"command": what.command}
    values = {f"{_VALUE}{name}": value for name, value in what.values.items()} if isinstance(what, Filled) else {}
    where = {name: getattr(heard, name) for name in _WHERE}
    flags = {name: "yes" if getattr(heard, name) else "" for name in _FLAGS}
    kept = {**where, **flags, **said, "prefix": what.prefix, **values}
    return {name: value for name, value in kept.items() if value}


def read(kept: Mapping[str, str]) -> Heard:
    """What `written` wrote."""
    return Heard(
        what=_what(kept),
        user=kept.get("user", ""),
        channel=kept.get("channel", ""),
        thread=kept.get("thread", ""),
        back=kept.get("back", ""),
        trigger=kept.get("trigger", ""),
        quiet="quiet" in kept,
        at_home="at_home" in kept,
        joined="joined" in kept,
        looked="looked" in kept,
        inviter=kept.get("inviter", ""),
    )


def _what(kept: Mapping[str, str]) -> Utterance | Filled:
    prefix = kept.get("prefix", "")
    if "command" not in kept:
        place, thread = kept.get("place", ""), kept.get("thread", "")
        return Utterance(text=kept.get("text", ""), place=place, thread=thread, prefix=prefix)
    values = {name.removeprefix(_VALUE): value for name, value in kept.items() if name.startswith(_VALUE)}
    return Filled(command=kept["command"], values=values, prefix=prefix)
