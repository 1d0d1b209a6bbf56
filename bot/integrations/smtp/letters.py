"""A page or a message as a mail. Nothing that stands in an alert becomes a header of its own."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bot.model.page import Call, Message

_LONGEST_SUBJECT = 300


def of_page(call: Call, sender: str) -> EmailMessage:
    """Marked as urgent; mails of one incident are one conversation."""
    mail = _mail(sender, call.address, f"{call.severity} {call.incident}: {call.title}", call.text, call.at)
    mail["Message-ID"] = _id(f"{call.key}/{call.page}", sender)
    mail["References"] = mail["In-Reply-To"] = _id(call.key, sender)
    mail["Importance"] = "high"
    mail["X-Priority"] = "1"
    mail["X-Tocsin-Id"] = call.page
    return mail


def of_message(message: Message, sender: str) -> EmailMessage:
    """To be read when there is time."""
    text = f"{message.text}\n\n{message.link}" if message.link else message.text
    mail = _mail(sender, message.address, message.subject, text, message.at)
    mail["Message-ID"] = _id(f"{message.id} to {message.address}", sender)
    mail["X-Tocsin-Id"] = _line(message.id)
    return mail


def _mail(sender: str, to: str, subject: str, text: str, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = _line(subject)[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(at)
    mail["Auto-Submitted"] = "auto-generated"  # so that absence notes do not answer
    mail.set_content(text.encode(errors="replace").decode())
    return mail


def _line(text: str) -> str:
    """One line of characters that can be seen: no other header begins in it."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _id(what: str, sender: str) -> str:
    """The same for the same thing, however often it is sent: by it mailboxes know a second copy."""
    digest = hashlib.sha256(what.encode(errors="replace")).hexdigest()[:32]
    return f"<tocsin.{digest}@{sender.rpartition('@')[2]}>"
