"""The way to Splunk's management port: who we are, in which app and as whose, by which version of its paths."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import quote, urlencode

from bot.errors import IntegrationError, Permanent
from bot.integrations.splunk import answers
from bot.kit.http_out import HttpAnswer, HttpOut
from bot.kit.way_in import Access, BasicAuth

MOST = 32 * 1024 * 1024
"""No answer but a stream may have more bytes."""

_TYPE = {"content-type": "application/x-www-form-urlencoded"}
_SILENCE = 60.0  # seconds; a search that streams may look long before it finds the next row


class Identity:
    """The TLS of a server: its files are read once, for connections are kept by what was read."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._reading = asyncio.Lock()
        self._read: list[ssl.SSLContext | None] = []

    async def context(self) -> ssl.SSLContext | None:
        """None: that of the system. Permanent when a file cannot be read; then it is tried again the next time."""
        if not self._read:
            async with self._reading:
                if not self._read:
                    self._read.append(await asyncio.to_thread(self._access.context))
        return self._read[0]


class Rest:
    """Asks one server. `login` is whom to sign in as, where every request does not carry its own credentials.

    Raises Temporary and Permanent; Unknown and Missing for 401 and 404.
    """

    def __init__(self, access: Access, http: HttpOut, login: BasicAuth | None = None) -> None:
        self.access = access
        self._http = http
        self._login = login
        self._session = ""
        self._signing_in = asyncio.Lock()
        self._identity = Identity(access)
        self._has_v2: bool | None = None

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> HttpAnswer:
        """Reads."""
        return await self._ask("GET", f"{path}?{self._form(query or {}).decode()}", None, repeatable=True)

    async def post(self, path: str, form: Mapping[str, str], *, repeatable: bool) -> HttpAnswer:
        """Sends a form; again after a temporary failure where it is `repeatable`."""
        return await self._ask("POST", path, self._form(form), repeatable=repeatable)

    async def create(self, owner: str, app: str, form: Mapping[str, str]) -> HttpAnswer:
        """Creates a job, by v2 of the paths, or by v1 where the server has no v2 (before 9.0.1); it stays with that.

        The form names the job's own id, so that it does no harm twice.
        """
        known = self._has_v2
        try:
            answer = await self.post(_jobs(owner, app, known is not False), form, repeatable=True)
        except answers.Missing as missing:
            if known is not None:
                raise
            return await self._create_by_v1(owner, app, form, missing)
        self._has_v2 = known is not False
        return answer

    async def _create_by_v1(
        self, owner: str, app: str, form: Mapping[str, str], missing: answers.Missing
    ) -> HttpAnswer:
        try:
            answer = await self.post(_jobs(owner, app, False), form, repeatable=True)
        except answers.Missing:
            raise missing from None  # the app is missing, and not the path
        except IntegrationError as error:
            if error.reason == "client":  # a mistake in the search: so it was read
                self._has_v2 = False
            raise
        self._has_v2 = False
        return answer

    async def job(self, owner: str, app: str, sid: str) -> tuple[str, HttpAnswer]:
        """A job that is there, whoever created it: its path, and how far it is."""
        known, name = self._has_v2, quote(sid, safe="")
        path = f"{_jobs(owner, app, known is not False)}/{name}"
        try:
            return path, await self.get(path)
        except answers.Missing:
            if known is not None:
                raise
            path = f"{_jobs(owner, app, False)}/{name}"
            answer = await self.get(path)
            self._has_v2 = False
            return path, answer

    async def results(self, job: str, form: Mapping[str, str]) -> HttpAnswer:
        """A page of a job's rows; v2 takes a form, v1 a query."""
        path = f"{job}/results"
        return await (self.get(path, form) if self._has_v2 is False else self.post(path, form, repeatable=True))

    def jobs(self, owner: str, app: str) -> str:
        """The path of the jobs of an owner in an app, by the version that the server is known or taken to have."""
        return _jobs(owner, app, self._has_v2 is not False)

    @asynccontextmanager
    async def export(self, owner: str, app: str, form: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """The rows of a search as they are found, in pieces. Whoever leaves early ends the search."""
        async with AsyncExitStack() as stack:
            try:
                pieces = await stack.enter_async_context(self._opened(f"{self.jobs(owner, app)}/export", form))
            except answers.Missing:
                if self._has_v2 is not None:
                    raise
                pieces = await stack.enter_async_context(self._opened(f"{_jobs(owner, app, False)}/export", form))
            yield pieces

    @asynccontextmanager
    async def _opened(self, path: str, form: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        async with AsyncExitStack() as stack:
            who = await self._who()
            try:
                pieces = await stack.enter_async_context(self._stream(path, form, who))
            except answers.Unknown:
                if self._login is None:
                    raise
                await self._renew(who)
                pieces = await stack.enter_async_context(self._stream(path, form, await self._who()))
            yield pieces

    @asynccontextmanager
    async def _stream(
        self, path: str, form: Mapping[str, str], who: Mapping[str, str]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self._http.stream(
            "POST",
            self.access.url + path,
            integration=self.access.name,
            headers={**self.access.headers, **_TYPE, **who},
            content=self._form(form),
            silence=max(_SILENCE, self.access.timeout),
            tls=await self._identity.context(),
            refused=self._refused,
            reads=True,
        ) as pieces:
            yield pieces

    async def _ask(self, method: str, path: str, content: bytes | None, *, repeatable: bool) -> HttpAnswer:
        used = await self._who()
        try:
            return await self._once(method, path, content, used, repeatable=repeatable)
        except answers.Unknown:
            if self._login is None:
                raise
            await self._renew(used)
            return await self._once(method, path, content, await self._who(), repeatable=repeatable)

    async def _once(
        self, method: str, path: str, content: bytes | None, who: Mapping[str, str], *, repeatable: bool
    ) -> HttpAnswer:
        access = self.access
        return await self._http.request(
            method,
            access.url + path,
            integration=access.name,
            headers={**access.headers, **(_TYPE if content is not None else {}), **who},
            content=content,
            deadline=access.timeout,
            repeatable=repeatable,
            tls=await self._identity.context(),
            refused=self._refused,
            most=MOST,
            reads=True,  # searches, and signing in to search: Splunk wants them posted
        )

    async def _who(self) -> Mapping[str, str]:
        """What says who we are, where it is a session that does."""
        if self._login is None:
            return {}
        async with self._signing_in:
            if not self._session:
                self._session = await self._sign_in(self._login)
            return {"authorization": f"Splunk {self._session}"}

    async def _renew(self, used: Mapping[str, str]) -> None:
        """Forgets the session that was refused, unless somebody else signed in again meanwhile."""
        async with self._signing_in:
            if used.get("authorization") == f"Splunk {self._session}":
                self._session = ""

    async def _sign_in(self, login: BasicAuth) -> str:
        form = {"username": login.username, "password": login.password.get_secret_value()}
        answer = await self._once("POST", "/services/auth/login", self._form(form), {}, repeatable=True)
        key = answers.fields(answer.body, self.access.name).get("sessionKey")
        if not isinstance(key, str) or not key or not key.isprintable():
            raise answers.not_splunk(self.access.name)
        self.access.redactor.add(key)
        return key

    def _form(self, form: Mapping[str, str]) -> bytes:
        try:
            return urlencode({**form, "output_mode": "json"}).encode()
        except UnicodeEncodeError:
            message, name = "the search is not valid Unicode", self.access.name
            raise Permanent(message, integration=name, reason="client", hint="correct the search") from None

    def _refused(self, status: int, body: bytes, wait: float | None) -> IntegrationError:
        return answers.refusal(status, body, self.access.name, self.access.redactor, wait)


def within(owner: str, app: str) -> str:
    """The beginning of the path of what belongs to an owner and an app."""
    return f"/servicesNS/{quote(owner, safe='')}/{quote(app, safe='')}"


def _jobs(owner: str, app: str, has_v2: bool) -> str:
    return f"{within(owner, app)}/search/{'v2/' if has_v2 else ''}jobs"
