"""Mail, brought to a real server: what arrives, in whose words it fails, and who may read it on its way."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.smtp import integration as smtp_integration
from bot.integrations.smtp.client import Smtp
from bot.integrations.smtp.config import SmtpConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Integration, Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from bot.testing.contracts import IntegrationContract
from bot.testing.pager_contract import MessengerContract, PagerContract, call, message
from tests.integrations.http_server import raised
from tests.integrations.smtp.conftest import PASSWORD, USER, MailServer, config, knows, serving
from tests.servers import free_port

LOGIN = {"username": USER, "password": PASSWORD}


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    redactor = Redactor()
    redactor.add(PASSWORD)
    async with HttpOut() as http:
        yield Tools(name="mail", clock=FakeClock(), http=http, redactor=redactor)


@pytest.fixture
def opens(tools: Tools) -> Iterator[Callable[[SmtpConfig], Smtp]]:
    made: list[Smtp] = []

    def open_it(config: SmtpConfig) -> Smtp:
        made.append(Smtp(config, tools))
        return made[-1]

    yield open_it
    for each in made:
        each.close()


class TestPager(PagerContract):
    @pytest.fixture
    def open_pager(self, opens: Callable[[SmtpConfig], Smtp], paged_side: MailServer) -> Callable[[], Smtp]:
        return lambda: opens(config(paged_side.port))


class TestMessenger(MessengerContract):
    @pytest.fixture
    def open_messenger(self, opens: Callable[[SmtpConfig], Smtp], paged_side: MailServer) -> Callable[[], Smtp]:
        return lambda: opens(config(paged_side.port))


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return smtp_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return (PASSWORD,)

    @pytest.fixture
    def unreachable(self) -> BaseModel:
        return config(free_port(), security="starttls", username=USER, password=SecretStr(PASSWORD))


async def test_a_page_arrives_as_an_urgent_mail_of_its_incident(
    paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp]
) -> None:
    smtp = opens(config(paged_side.port))
    await smtp.page(call(0))
    await smtp.page(call(1))
    first, second = paged_side.mails
    assert (first["From"], first["To"]) == ("tocsin@example.net", "ann@example.net")
    assert first["Subject"] == "SEV1 INC-7: the shop is slow"
    assert first.get_content().splitlines() == ["INC-7 SEV1: the shop is slow", "service: shop"]
    assert (first["Importance"], first["Auto-Submitted"]) == ("high", "auto-generated")
    assert first["References"] == second["References"], "they are one conversation"
    assert first["Message-ID"] != second["Message-ID"]
    assert paged_side.recipients == [["ann@example.net"]] * 2


async def test_a_message_arrives_with_its_link(paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp]) -> None:
    await opens(config(paged_side.port)).send(message(0))
    [mail] = paged_side.mails
    assert mail["Subject"] == "your turn begins"
    assert mail.get_content().splitlines() == ["Nothing burns.", "", "https://tocsin.example.net/oncall"]
    assert mail["Importance"] is None


async def test_what_stands_in_an_alert_adds_no_recipient(
    paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp]
) -> None:
    smtp = opens(config(paged_side.port))
    title = "x\r\nBcc: evil@example.net\r\n\r\nbody\r\n.\r\nMAIL FROM:<evil@example.net>"
    await smtp.page(call(0, title=title))
    await smtp.send(message(0, subject=title))
    assert paged_side.recipients == [["ann@example.net"]] * 2
    assert all(mail["Bcc"] is None for mail in paged_side.mails)
    assert all(len(mail.get_all("Subject")) == 1 for mail in paged_side.mails)


async def test_characters_that_no_mail_can_hold_hold_up_nobody(
    paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp]
) -> None:
    smtp = opens(config(paged_side.port))
    await smtp.page(replace(call(0, title="odd \ud800 \x00 \u2028"), text="odd \ud800 \x00"))
    assert len(paged_side.mails) == 1


@pytest.mark.parametrize("address", ["", "ann", "ann@x, ben@x", "ann@x\nBcc: b@x", "<ann@x>", "-ann@x y"])
async def test_what_is_no_address_is_refused_before_anybody_is_asked(
    paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp], address: str
) -> None:
    error = await raised(opens(config(paged_side.port)).page(call(0, address=address)))
    assert isinstance(error, Permanent)
    assert "people:" in error.hint
    assert paged_side.mails == []


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        ("421 too many", Temporary, "server"),
        ("452 full", Temporary, "server"),
        ("550 no such mailbox", Permanent, "client"),
        ("554 spam", Permanent, "client"),
        ("530 sign in first", Permanent, "auth"),
    ],
)
@pytest.mark.parametrize("when", ["answers", "rcpt_answers"])
async def test_what_the_server_answers_says_whether_trying_again_may_help(
    paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp], answer: str, kind: type, reason: str, when: str
) -> None:
    vars(paged_side)[when] = answer
    error = await raised(opens(config(paged_side.port)).page(call(0)))
    assert isinstance(error, kind)
    assert isinstance(error, IntegrationError)
    assert (error.reason, error.integration, bool(error.hint)) == (reason, "mail", True)
    assert answer[:3] in error.message


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_it_signs_in_over_tls(
    certificate: tuple[Path, Path], opens: Callable[[SmtpConfig], Smtp], security: str
) -> None:
    starts = security == "starttls"  # aiosmtpd does not know that its whole connection is TLS
    options = {"authenticator": knows, "auth_required": starts, "auth_require_tls": starts}
    async with serving(certificate, from_the_first_byte=not starts, **options) as (boxes, port):
        smtp = opens(config(port, security=security, ca=certificate[0], **LOGIN))
        await smtp.page(call(0))
        [found] = await smtp.examine()
        assert (len(boxes.mails), found.ok) == (1, True)
        wrong = opens(config(port, security=security, ca=certificate[0], username=USER, password="not-this-one"))
        error = await raised(wrong.page(call(1)))
        assert isinstance(error, Permanent)
        assert error.reason == "auth"
        assert "not-this-one" not in error.message
        [refused] = await wrong.examine()
        assert (refused.what, refused.ok) == ("permission", False)


async def test_a_server_that_does_not_prove_who_it_is_gets_nothing(
    certificate: tuple[Path, Path], opens: Callable[[SmtpConfig], Smtp]
) -> None:
    async with serving(certificate, authenticator=knows) as (boxes, port):
        error = await raised(opens(config(port, security="starttls", **LOGIN)).page(call(0)))
        assert isinstance(error, Permanent)
        assert "`ca`" in error.hint
        assert boxes.mails == []


async def test_a_server_without_tls_gets_no_password_and_no_mail(
    paged_side: MailServer, opens: Callable[[SmtpConfig], Smtp]
) -> None:
    for login in (LOGIN, {}):
        error = await raised(opens(config(paged_side.port, security="starttls", **login)).page(call(0)))
        assert isinstance(error, Permanent)
        assert paged_side.mails == []


async def test_nobody_there_and_nobody_who_speaks_are_passing_troubles(opens: Callable[[SmtpConfig], Smtp]) -> None:
    away = await raised(opens(config(free_port())).page(call(0)))
    assert isinstance(away, Temporary)
    assert away.reason == "connection"
    with mute() as port:
        silent = await raised(opens(config(port, timeout="200ms")).page(call(0)))
    assert isinstance(silent, Temporary)
    assert silent.reason == "timeout"


async def test_whoever_speaks_something_else_is_called_that(opens: Callable[[SmtpConfig], Smtp]) -> None:
    async with await asyncio.start_server(_web, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await raised(opens(config(port)).page(call(0)))
    assert isinstance(error, Permanent)
    assert (error.reason, error.message) == ("client", "127.0.0.1 answered, and not in SMTP")
    assert "port" in error.hint


async def _web(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


@contextmanager
def mute() -> Iterator[int]:
    """Something that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


async def test_whoever_is_woken_does_not_wait_behind_those_who_only_read(paged_side: MailServer, tools: Tools) -> None:
    with mute() as port:
        stuck = Smtp(config(port, timeout="1s"), tools)
        waiting = [asyncio.create_task(raised(stuck.send(message(number)))) for number in range(4)]
        await asyncio.sleep(0)
        error = await raised(stuck.page(call(0)))
        assert isinstance(error, Temporary)
        assert not all(task.done() for task in waiting), "the page stood in their line"
        await asyncio.gather(*waiting)
        stuck.close()


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"security": "none", **LOGIN}, "a password is not sent without TLS"),
        ({"security": "tls", "username": USER}, "needed together"),
        ({"from": "Tocsin <a@b>"}, "not a mail address"),
        ({"host": "mail.example.net/x"}, "not a host"),
        ({"timeout": "1m"}, "15s at most"),
    ],
)
def test_what_cannot_work_or_is_not_safe_is_refused(keys: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as caught:
        config(25, **keys)
    assert PASSWORD not in str(caught.value.errors(include_input=False))
