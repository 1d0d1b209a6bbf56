"""What is posted to reach one person: a page, or a message. The bodies are ours; keys are only ever added."""

from __future__ import annotations

import json

from bot.model.page import Call, Message


def page_body(call: Call) -> bytes:
    """Somebody is to be woken."""
    return _json(
        kind="page",
        page=call.page,
        incident=call.incident,
        key=call.key,
        severity=str(call.severity),
        title=call.title,
        service=call.service,
        text=call.text,
        link=call.link,
        person=call.person,
        address=call.address,
        at=call.at.isoformat(),
    )


def message_body(message: Message) -> bytes:
    """Somebody is to read something."""
    return _json(
        kind="message",
        id=message.id,
        address=message.address,
        subject=message.subject,
        text=message.text,
        link=message.link,
        at=message.at.isoformat(),
    )


def _json(**fields: str) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
