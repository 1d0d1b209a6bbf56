"""A real mail server on this machine, from aiosmtpd: it takes mail, or refuses it as a test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.integrations.smtp.config import SmtpConfig

USER, PASSWORD = "tocsin", "hush-4711"  # a made-up one
TITLE = ": "


class MailServer:
    """What its mailboxes hold. `answers`: what each mail is answered, such as `450 later`; empty: it is taken."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers = ""
        self.rcpt_answers = ""
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        if self.rcpt_answers:
            return self.rcpt_answers
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.answers:
            return self.answers
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        if mail["Message-ID"] not in {one["Message-ID"] for one in self.mails}:  # as mailboxes do
            self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    # ---- as the contracts of pagers see it ------------------------------------------------------------------------

    def taken(self) -> Sequence[tuple[str, str]]:
        return [(mail["X-Tocsin-Id"], mail["Subject"].partition(TITLE)[2] or mail["Subject"]) for mail in self.mails]

    def refuses(self, *, for_good: bool) -> None:
        self.answers = "550 never" if for_good else "451 later"

    def takes(self) -> None:
        self.answers = ""


def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    """Whether this is the one that it knows."""
    is_known = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known, handled=False)


@asynccontextmanager
async def serving(
    certificate: tuple[Path, Path] | None = None, *, from_the_first_byte: bool = False, **options: Any
) -> AsyncIterator[tuple[MailServer, int]]:
    """A mail server on the test's own loop, and its port."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    boxes, offered = MailServer(), None if from_the_first_byte else context
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(boxes, tls_context=offered, **options),
        "127.0.0.1",
        0,
        ssl=context if from_the_first_byte else None,
    )
    try:
        yield boxes, server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def paged_side() -> AsyncIterator[MailServer]:
    """A relay as there may be one on the same machine."""
    async with serving() as (boxes, port):
        boxes.port = port
        yield boxes


def config(port: int, **keys: Any) -> SmtpConfig:
    """For a server on this machine."""
    given = {"host": "127.0.0.1", "port": port, "security": "none", "from": "tocsin@example.net", "timeout": "5s"}
    return SmtpConfig.model_validate({**given, **keys})
