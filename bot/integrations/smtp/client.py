"""Who brings mails to one server: each over a connection of its own, in threads, with failures in our own words."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.message import EmailMessage
from functools import partial

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.smtp import letters
from bot.integrations.smtp.config import Security, SmtpConfig, check_address
from bot.kit.plugin import Tools
from bot.kit.redaction import visible
from bot.model.page import Call, Message
from bot.ports.actions import Health
from bot.ports.reads_only import require_read

_PAGES, _MESSAGES = 8, 2
"""Mails on their way at once: those that wake somebody stand in no line behind the others."""
_WHOLE = 2.0
"""A mail takes this many times the patience for one answer at most."""
_MOST_SAID = 200
_MAY_PASS = range(400, 500)
_LOGIN = frozenset({454, 530, 534, 535, 538})
"""What a server answers to whom it does not know: RFC 4954."""


class Smtp:
    """A `Pager` and a `Messenger`. Whoever gets the same thing twice knows it by its `Message-ID`."""

    def __init__(self, config: SmtpConfig, tools: Tools) -> None:
        self._config = config
        self._name = tools.name
        self._redactor = tools.redactor
        self._timeout = config.timeout.total_seconds()
        self._pages = ThreadPoolExecutor(_PAGES, thread_name_prefix=f"{tools.name}-pages")
        self._messages = ThreadPoolExecutor(_MESSAGES, thread_name_prefix=f"{tools.name}-messages")

    async def page(self, call: Call) -> str:
        """See `Pager`."""
        require_read("a mail", integration=self._name, reads=False)
        self._check(call.address)
        await self._do(self._pages, partial(self._bring, letters.of_page(call, self._config.sender)))
        return ""

    async def send(self, message: Message) -> None:
        """See `Messenger`."""
        require_read("a mail", integration=self._name, reads=False)
        self._check(message.address)
        await self._do(self._messages, partial(self._bring, letters.of_message(message, self._config.sender)))

    async def examine(self) -> Sequence[Health]:
        """Whether the server answers, with TLS, and knows us. No mail is sent to find out."""
        place = f"{self._config.host}:{self._config.port}"
        try:
            await self._do(self._messages, lambda: self._use(lambda connection: connection.noop()))
        except IntegrationError as error:
            what = "permission" if error.reason == "auth" else "reachable"
            return [Health(what=what, ok=False, detail=error.message, hint=error.hint)]
        return [Health(what="reachable", ok=True, detail=f"{place} answers ({self._config.security})")]

    def close(self) -> None:
        """What is under way ends by itself, within the patience for one answer."""
        for pool in (self._pages, self._messages):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _do(self, pool: ThreadPoolExecutor, work: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(self._timeout * _WHOLE):
                await asyncio.get_running_loop().run_in_executor(pool, work)
        except TimeoutError:
            message = f"{self._config.host} did not take it within {self._timeout * _WHOLE:g} s"
            raise Temporary(message, integration=self._name, reason="timeout") from None

    def _bring(self, mail: EmailMessage) -> None:
        self._use(lambda connection: connection.send_message(mail))

    def _use(self, how: Callable[[smtplib.SMTP], object]) -> None:
        with self._in_our_words():
            connection = self._connected()
            try:
                if self._config.password is not None:
                    connection.login(self._config.username, self._config.password.get_secret_value().strip())
                how(connection)
                connection.quit()
            finally:
                connection.close()

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        if config.security is Security.NONE:
            return smtplib.SMTP(config.host, config.port, timeout=self._timeout)
        context = ssl.create_default_context(cafile=config.ca)
        if config.security is Security.TLS:
            return smtplib.SMTP_SSL(config.host, config.port, timeout=self._timeout, context=context)
        connection = smtplib.SMTP(config.host, config.port, timeout=self._timeout)
        try:
            connection.starttls(context=context)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise self._refused(code, said) from None
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:
            hint = "choose another `security`, or leave `username` out, as the server has it"
            raise self._lost(Permanent, "client", f"does not know how: {error}", hint) from None
        except ssl.SSLCertVerificationError as error:
            hint = "name its authority with `ca`, or the host as its certificate does"
            raise self._lost(Permanent, "auth", f"is not who it says: {error.verify_message}", hint) from None
        except (OSError, smtplib.SMTPException) as error:
            if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):  # smtplib wraps its own
                raise self._lost(Temporary, "timeout", f"did not answer within {self._timeout:g} s") from None
            raise self._lost(Temporary, "connection", f"cannot be used: {error}") from None

    def _refused(self, code: int, said: bytes | str) -> IntegrationError:
        """4xx may pass, 5xx will not; a code below 0 is Python's word for an answer that has none."""
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        if code < 0:
            return self._lost(Permanent, "client", "answered, and not in SMTP", hint="see whether `port` is right")
        may_pass = code in _MAY_PASS
        reason = "auth" if code in _LOGIN else "server" if may_pass else "client"
        return self._lost(Temporary if may_pass else Permanent, reason, f"answered {code}: {text}")

    def _lost(
        self, kind: type[Temporary] | type[Permanent], reason: str, what: str, hint: str = ""
    ) -> IntegrationError:
        said = self._redactor.clean(visible(what))[:_MOST_SAID]
        return kind(f"{self._config.host} {said}", integration=self._name, reason=reason, hint=hint)

    def _check(self, address: str) -> None:
        try:
            check_address(address)
        except ValueError as error:
            hint = "write `address` for this contact under `people:` in tocsin.yaml"
            raise Permanent(str(error), integration=self._name, reason="client", hint=hint) from None
