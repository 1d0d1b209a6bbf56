"""Pages and messages as Slack shows them, and what becomes of a page's message as its incident goes on.

A message carries its own words as metadata: by it a message whose outcome is unknown is found again, and one that
changes is written anew from what it was, without asking what Slack made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.integrations.slack import mrkdwn
from bot.kit.posted import web_link
from bot.model.mirror import Happening, OurChange
from bot.model.page import Call, Message

PAGE, MESSAGE = "tocsin_page", "tocsin_message"
ACKNOWLEDGE = "acknowledge"
"""What the button of a page is called when it is clicked."""
FIRING, TAKEN, OVER = "#d92d20", "#e8a33d", "#2e7d32"
"""The colours of the bar beside a message."""
_COLOURS = {"": FIRING, Happening.ACKNOWLEDGED: TAKEN, Happening.RESOLVED: OVER}
_ORDER = ("", Happening.ACKNOWLEDGED, Happening.RESOLVED)
_LONGEST_TITLE, _LONGEST_DETAIL, _LONGEST_PART = 500, 1500, 2900
_MOST_PARTS = 4

# Any: a JSON object.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is said in one message, as arguments of `chat.postMessage` and `chat.update`."""

    id: str
    text: str
    attachments: Sequence[Json]
    metadata: Json
    link: str = ""
    lesser: Letter | None = None
    """What is said where Slack finds this one ill-formed, before it is said in words alone."""

    @property
    def plain(self) -> Mapping[str, object]:
        """The same in words alone, which Slack takes whatever it thinks of the rest."""
        return {"text": f"{self.text}\n{mrkdwn.linked(self.link)}".strip(), "attachments": []}

    @property
    def arguments(self) -> Mapping[str, object]:
        """All but where it goes."""
        return {"text": self.text, "attachments": self.attachments, "metadata": self.metadata}


def of_page(call: Call, *, answered: bool, more: Sequence[Json] = ()) -> Letter:
    """Somebody is to be woken. `answered`: a click is heard, so that there is a button; `more`: others beside it."""
    link = web_link(call.link)
    known = f"{call.incident} {call.severity}: {call.title}"  # the page's text begins with what the title says
    payload = {
        "id": str(call.page),
        "incident": str(call.incident),
        "head": f"{call.severity} {call.incident}",
        "title": mrkdwn.line(call.title)[:_LONGEST_TITLE],
        "detail": mrkdwn.lines(_but_the_link(call.text.removeprefix(known), link))[:_LONGEST_DETAIL],
        "link": link,
        "state": "",
        "told": "",
    }
    return _page(payload, [_acknowledge(str(call.incident)), *more] if answered else [])


def changed(written: object, change: OurChange, more: Sequence[Json] = ()) -> Letter | None:
    """A page's message after what happened; None: it says so already, or is none of ours.

    `written`: its metadata; `more`: buttons that stand there until it is over.
    """
    payload = payload_of(written, PAGE)
    if payload is None or payload["state"] not in _ORDER:
        return None
    if _ORDER.index(payload["state"]) >= _ORDER.index(change.what):
        return None
    told = f"{change.what.capitalize()} by {mrkdwn.escaped(mrkdwn.line(change.by)[:100])} {mrkdwn.moment(change.at)}"
    return _page(
        {**payload, "state": str(change.what), "told": told}, () if change.what is Happening.RESOLVED else more
    )


def of_message(message: Message, first: Sequence[Json] = ()) -> Letter:
    """Somebody is to read something. `first`: buttons before the one that leads to Tocsin."""
    subject = mrkdwn.fitting(mrkdwn.line(message.subject), _LONGEST_TITLE)
    blocks = [section(part) for part in _parts(mrkdwn.lines(message.text))]
    return Letter(
        id=message.id,
        text=f"*{subject}*",
        attachments=bar("#9aa0a6", [*blocks, *open_button(web_link(message.link), first)]),
        metadata={"event_type": MESSAGE, "event_payload": {"id": message.id}},
        link=web_link(message.link),
    )


def is_of(written: object, id: str) -> bool:
    """Whether a message with this metadata is the one of this id."""
    payload = payload_of(written, PAGE) or payload_of(written, MESSAGE)
    return payload is not None and payload.get("id") == id


def _page(payload: Mapping[str, str], first: Sequence[Json] = ()) -> Letter:
    """`first`: buttons before the one that leads to Tocsin."""
    state = payload["state"]
    said = f"{state.capitalize()}: " if state else ""
    blocks = [section(mrkdwn.fitting(payload["detail"], _LONGEST_PART))] if payload["detail"] else []
    if payload["told"]:
        words = {"type": "mrkdwn", "text": payload["told"], "verbatim": True}
        blocks.append({"type": "context", "elements": [words]})
    return Letter(
        id=payload["id"],
        text=f"{said}*{mrkdwn.escaped(payload['head'])}* {mrkdwn.escaped(payload['title'])}",
        attachments=bar(_COLOURS[state], [*blocks, *open_button(payload["link"], first)]),
        metadata={"event_type": PAGE, "event_payload": dict(payload)},
        link=payload["link"],
    )


def _but_the_link(text: str, link: str) -> str:
    """A button leads there: what to do about the incident is not said once more, nor still when it is over."""
    return "\n".join(one for one in text.splitlines() if not link or link not in one)


def payload_of(written: object, kind: str) -> dict[str, str] | None:
    """What of ours stands there; everything in it is text."""
    if not isinstance(written, dict) or written.get("event_type") != kind:
        return None
    payload = written.get("event_payload")
    return {name: str(value) for name, value in payload.items()} if isinstance(payload, dict) else None


def bar(colour: str, blocks: Sequence[Json]) -> Sequence[Json]:
    """Blocks beside a bar of this colour."""
    return [{"color": colour, "blocks": list(blocks)}] if blocks else []


def section(text: str) -> Json:
    """A paragraph; what is mrkdwn in it is ours."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def open_button(link: str, first: Sequence[Json] = ()) -> Sequence[Json]:
    """A block that leads to Tocsin, with other buttons before; none where there is nothing to click."""
    buttons = [*first, *([leads("Open in Tocsin", "open", link)] if link else [])]
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _acknowledge(incident: str) -> Json:
    text = {"type": "plain_text", "text": "Acknowledge", "emoji": False}
    return {"type": "button", "action_id": ACKNOWLEDGE, "text": text, "value": incident, "style": "primary"}


def leads(words: str, id: str, link: str) -> Json:
    """A button that opens a page."""
    text = {"type": "plain_text", "text": words, "emoji": False}
    return {"type": "button", "action_id": id, "text": text, "url": link}


def _parts(text: str) -> Sequence[str]:
    """Pieces that each fit one section; what is longer than all of them is cut off."""
    parts: list[str] = []
    for one in text.split("\n"):
        if parts and len(mrkdwn.linked(f"{parts[-1]}\n{one}")) <= _LONGEST_PART:
            parts[-1] += f"\n{one}"
        else:
            parts.append(one)
    return [mrkdwn.fitting(part, _LONGEST_PART) for part in parts[:_MOST_PARTS] if part]
