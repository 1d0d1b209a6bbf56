"""What somebody said in Slack, read: who, what, where they are answered, and what lets a modal be opened."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.integrations.slack import modals
from bot.integrations.slack.letters import ACKNOWLEDGE
from bot.integrations.slack.presses import is_below_answer
from bot.model.ids import IncidentId
from bot.model.utterance import Filled, Utterance

MENTION = "@tocsin"
"""What stands before a command where we are called by name."""
DECLARE = "declare"
"""The command behind the shortcut, and the shortcut's `callback_id`."""
CATCH_UP = "catchup"
_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,20})(?:\|[^>]{0,200})?>")
_ANGLED = re.compile(r"<(?:[#!])?([^<>|]{1,3000})(?:\|([^<>]{0,3000}))?>")

# Any: what Slack brings holds any JSON.
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that somebody said. `back` is the address at which they alone are answered, where there is one.

    `key` is of this one thing: brought twice, it is the same. `quiet`: what becomes of it is seen where it was clicked;
    `at_home`: that is their home tab. `joined`: they said nothing, and came into the channel, by an `inviter` perhaps;
    `looked`: they said nothing, and look at their home tab.
    """

    user: str
    what: Utterance | Filled
    channel: str = ""
    thread: str = ""
    back: str = ""
    trigger: str = ""
    key: str = ""
    quiet: bool = False
    at_home: bool = False
    joined: bool = False
    inviter: str = ""
    looked: bool = False

    def to(self, bot: str) -> Utterance | Filled:
        """What was said to us, who are `bot` there: of a mention what follows our name, or else what stands before."""
        if not isinstance(self.what, Utterance) or self.what.prefix != MENTION:
            return self.what
        text = self.what.text
        for found in _MENTION.finditer(text):
            if found[1] == bot:
                text = text[found.end() :].strip() or text[: found.start()]
                break
        return replace(self.what, text=said(text).strip())


def said(text: str) -> str:
    """What somebody typed, without Slack's marks: people by their id, links and channels by what they are."""
    plain = _MENTION.sub(lambda found: f"@{found[1]}", text)
    plain = _ANGLED.sub(lambda found: found[1], plain)
    return html.unescape(plain)


def command(payload: Payload) -> Heard | None:
    """A slash command; None: nobody typed it."""
    user = _text(payload, "user_id")
    if not user:
        return None
    place = _text(payload, "channel_id")
    what = Utterance(text=said(_text(payload, "text")), place=place, prefix=_text(payload, "command"))
    return Heard(
        user=user,
        what=what,
        channel=place,
        back=_text(payload, "response_url"),
        trigger=_text(payload, "trigger_id"),
        key=_text(payload, "trigger_id"),
    )


def mention(payload: Payload) -> Heard | None:
    """A message that calls us by name; None: no person wrote it, or it was there before and was edited."""
    event = _held(payload, "event")
    user, text = _text(event, "user"), _text(event, "text")
    place, thread = _text(event, "channel"), _text(event, "thread_ts")
    if not user or event.get("bot_id") or event.get("edited"):
        return None
    return Heard(
        user=user,
        what=Utterance(text=text, place=place, thread=thread, prefix=MENTION),
        channel=place,
        thread=thread,
        key=_text(payload, "event_id"),
    )


def joined(payload: Payload) -> Heard | None:
    """Somebody came into a channel: they would ask what happened so far; None: nobody did."""
    event = _held(payload, "event")
    user, channel = _text(event, "user"), _text(event, "channel")
    return Heard(
        user=user,
        what=Utterance(text=CATCH_UP, place=channel),
        channel=channel,
        key=_text(payload, "event_id"),
        joined=True,
        inviter=_text(event, "inviter"),
    ) if user else None  # fmt: skip


def looked(payload: Payload) -> Heard | None:
    """Somebody opened our home tab; None: nobody did, or they look at something else of ours."""
    event = _held(payload, "event")
    user = _text(event, "user")
    if not user or event.get("tab", "home") != "home":
        return None
    return Heard(user=user, what=Utterance(text=""), key=_text(payload, "event_id"), looked=True)


def shortcut(payload: Payload, prefix: str) -> Heard | None:
    """Somebody chose our entry of the menu that is everywhere: they declare an incident; None: nobody did."""
    user, trigger = _text(_held(payload, "user"), "id"), _text(payload, "trigger_id")
    return Heard(user=user, what=Utterance(text=DECLARE, prefix=prefix), trigger=trigger, key=trigger) if user else None


def submission(payload: Payload, prefix: str) -> Heard | None:
    """A form that was filled in; None: it is none of ours. `prefix` is what stands before a command."""
    found, user = modals.filled(payload, prefix), _text(_held(payload, "user"), "id")
    if found is None or not user:
        return None
    what, back = found
    return Heard(user=user, what=what, back=back, key=_text(_held(payload, "view"), "id"))


def click(payload: Payload, prefix: str) -> Heard | None:
    """A button that says something; None: it says nothing."""
    action = payload["actions"][0]
    user, value = _text(_held(payload, "user"), "id"), action.get("value")
    if not user or not isinstance(value, str):
        return None
    name = _text(action, "action_id")
    text = f"ack {IncidentId(value)}" if name == ACKNOWLEDGE else value
    return Heard(
        user=user,
        what=Utterance(text=text, prefix=prefix),
        channel=_text(_held(payload, "channel"), "id"),
        back=_text(payload, "response_url"),
        trigger=_text(payload, "trigger_id"),
        key=_text(payload, "trigger_id"),
        quiet=_held(payload, "container").get("is_ephemeral") is False and not is_below_answer(name),
        at_home=_held(payload, "view").get("type") == "home",
    )


def _held(payload: Payload, name: str) -> Payload:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _text(payload: Payload, name: str) -> str:
    found = payload.get(name)
    return found if isinstance(found, str) else ""
