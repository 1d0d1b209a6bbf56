"""The life of a job: created under an id of our own, watched to its end, read page by page, and never left behind."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.splunk import answers
from bot.integrations.splunk.answers import Message, Progress
from bot.integrations.splunk.rest import Rest
from bot.model.search_job import Row

_log = logging.getLogger(__name__)

_LARGE = 256 * 1024
"""A body beyond this many bytes is decoded in a thread, so that it does not hold up everything else."""
_PAGE = 5000
_FEWER = 8
"""A page whose rows are too long for one answer is asked for in this many parts."""
_SHORTEST, _LONGEST = 0.025, 2.0  # seconds before the first look at a job, and between two
_PART = 3  # a job is looked at again after this part of the time it has run
_APPEARS_WITHIN = 5.0  # seconds; a cluster of search heads takes a while to know of a new job
_PATIENCE = 30.0  # seconds for which a full server is asked again
_ABANDONED = 120
"""A job that nobody looks at for so many seconds ends by itself: its Tocsin is gone."""
_LAST_WORDS = 5.0
_MOST_LEFT = 1000
"""Jobs that wait to be removed; where there are more, nobody ever stops searching, and removing cannot wait for it."""


class _Lost(Temporary):
    """A job that was there is not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A search to be run; `form` says it in Splunk's words. `key` tells two runs apart that ask the same."""

    key: str
    owner: str
    app: str
    form: Mapping[str, str]

    @property
    def sid(self) -> str:
        """Its id: the same for the same run, in letters that Splunk takes; another as soon as anything is another."""
        parts = [self.key, self.owner, self.app, *(part for pair in sorted(self.form.items()) for part in pair)]
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return f"tocsin_{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A job at its end. `sid` is the id it got, `path` where it is found."""

    sid: str
    path: str
    progress: Progress


class Jobs:
    """Runs orders. `longest` is how long one may run, `keep` how long the server keeps the rows of one that is over.

    `quiet` returns when nobody waits to search: what need not be done before is done then.
    """

    def __init__(
        self, rest: Rest, *, longest: timedelta, keep: timedelta, quiet: Callable[[], Awaitable[None]]
    ) -> None:
        self._rest = rest
        self._quiet = quiet
        self._name = rest.access.name
        self._longest = longest.total_seconds()
        self._keep = keep
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._left: dict[str, None] = {}
        self._tidying: asyncio.Task[None] | None = None

    async def run(self, order: Order) -> Done:
        """To its end, or to that of the job of the same id that is there already. What does not end well is removed.

        A job that is lost on the way is made anew, once: its search head restarted, or another run of the same id had
        no rows and removed it. Raises Temporary and Permanent: no room, too long, failed; `client` for a mistake in
        the search.
        """
        try:
            return await self._run(order)
        except _Lost:
            return await self._run(order)

    async def _run(self, order: Order) -> Done:
        sid = await self._begun(order)
        path = self._path(order, sid)
        try:
            async with asyncio.timeout(self._longest):
                progress = await self._end_of(path)
        except TimeoutError:
            self.remove(path)
            message = f"{self._name}: the search took longer than {self._longest:g} s and was cancelled"
            hint = "give it longer with `search_timeout`, or let it look at less"
            raise Temporary(message, integration=self._name, reason="timeout", hint=hint) from None
        except BaseException:
            self.remove(path)
            raise
        if progress.is_failed:
            self.remove(path)
            raise answers.failed(progress.messages, self._name)
        return Done(sid=sid, path=path, progress=progress)

    async def existing(self, owner: str, app: str, sid: str) -> Done:
        """A job that is over, whoever created it. Missing where there is none, Temporary where it still runs."""
        path, answer = await self._rest.job(owner, app, sid)
        progress = answers.progress(answer.body, self._name, self._rest.access.redactor)
        if progress.is_failed:
            raise answers.failed(progress.messages, self._name)
        if not progress.is_done:
            raise Temporary(f"{self._name}: the search still runs", integration=self._name, reason="server")
        return Done(sid=sid, path=path, progress=progress)

    async def rows(self, done: Done, most: int) -> tuple[list[Row], list[Message]]:
        """The first rows of a job, at most so many, and what is said beside them.

        Temporary where the server has fewer than it counted: they are there, and we could not see them.
        """
        wanted, rows, said, size = min(most, done.progress.kept), list[Row](), list[Message](), _PAGE
        while len(rows) < wanted:
            form = {"count": str(min(size, wanted - len(rows))), "offset": str(len(rows))}
            try:
                page = await self._page(done.path, form)
            except answers.Missing:
                raise self._lost() from None
            except Permanent as error:
                if error.reason != "server" or size == 1:
                    raise
                size = max(1, size // _FEWER)
                continue
            if not page.rows:
                message = f"{self._name} counted {done.progress.kept} rows and gave {len(rows)} of them"
                raise Temporary(message, integration=self._name, reason="server")
            rows += page.rows
            said += page.messages
        return rows[:wanted], said

    def remove(self, path: str) -> None:
        """Ends a job and forgets its rows, without waiting for it: whoever was cancelled should not have to."""
        if path in self._ending:
            return
        task = self._ending[path] = asyncio.create_task(self._remove(path), name=f"ending a search of {self._name}")
        task.add_done_callback(lambda _: self._ending.pop(path, None))

    def leave(self, path: str) -> None:
        """Forgets the rows of a job that is over, which holds nobody up: when nobody waits to search."""
        if len(self._left) >= _MOST_LEFT:
            self.remove(path)
            return
        self._left[path] = None
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.create_task(self._tidy(), name=f"tidying up on {self._name}")

    async def aclose(self) -> None:
        """Waits a little for what is being removed. What is not removed by then ends by itself."""
        tidying = [self._tidying] if self._tidying else []
        if removals := [*tidying, *self._ending.values()]:
            await asyncio.wait(removals, timeout=_LAST_WORDS)
        removals = [*tidying, *self._ending.values()]
        for task in removals:
            task.cancel()
        await asyncio.gather(*removals, return_exceptions=True)

    async def _begun(self, order: Order) -> str:
        """The id of the job. Where nobody can say whether it was created, it is removed."""
        try:
            return await self._begin(order)
        except IntegrationError as error:
            if isinstance(error, Temporary) and error.reason != "rate_limited":
                self.remove(self._path(order))
            raise
        except asyncio.CancelledError:
            self.remove(self._path(order))
            raise

    async def _begin(self, order: Order) -> str:
        """Creates the job, or finds that it is there. One that is there and failed, or is being ended, is made anew."""
        path = self._path(order)
        self._left.pop(path, None)  # it is wanted again
        if path in self._ending:
            await asyncio.wait([self._ending[path]])
        try:
            return await self._created(order)
        except answers.Missing:
            raise
        except Permanent as refused:
            if refused.reason != "client":
                raise
            try:
                found = await self._progress(path)
            except answers.Missing:
                raise refused from None
        if found is not None and found.is_failed:
            await self._remove(path)
            return await self._created(order)
        return order.sid

    def _path(self, order: Order, sid: str = "") -> str:
        return f"{self._rest.jobs(order.owner, order.app)}/{quote(sid or order.sid, safe='')}"

    async def _created(self, order: Order) -> str:
        form = {
            **order.form,
            "id": order.sid,
            "exec_mode": "normal",
            "status_buckets": "0",
            "adhoc_search_level": "smart",
            "timeout": str(round(self._keep.total_seconds())),
            "auto_cancel": str(_ABANDONED),
        }
        pause, end = 1.0, _now() + _PATIENCE
        while True:
            try:
                answer = await self._rest.create(order.owner, order.app, form)
                return answers.sid(answer.body, self._name)
            except answers.Full as full:
                wait = full.retry_after if full.retry_after is not None else pause
                if _now() + wait > end:
                    raise
            await asyncio.sleep(wait)
            pause *= 2

    async def _end_of(self, path: str) -> Progress:
        began, was_seen = _now(), False
        while True:
            await asyncio.sleep(min(_LONGEST, max(_SHORTEST, (_now() - began) / _PART)))
            try:
                progress = await self._progress(path)
                was_seen = True
            except answers.Missing:
                if was_seen or _now() - began > _APPEARS_WITHIN:
                    raise self._lost() from None
                progress = None
            if progress is not None and (progress.is_done or progress.is_failed):
                return progress

    def _lost(self) -> _Lost:
        message = f"{self._name} has lost the search"
        hint = "see whether somebody cancelled it, or a load balancer leads to several search heads"
        return _Lost(message, integration=self._name, reason="server", hint=hint)

    async def _progress(self, path: str) -> Progress | None:
        """None: the job is there, and has nothing to say yet."""
        answer = await self._rest.get(path)
        return None if answer.status == 204 else answers.progress(answer.body, self._name, self._rest.access.redactor)

    async def _page(self, path: str, form: Mapping[str, str]) -> answers.Page:
        answer = await self._rest.results(path, form)
        redactor = self._rest.access.redactor
        if len(answer.body) > _LARGE:
            return await asyncio.to_thread(answers.page, answer.body, self._name, redactor)
        return answers.page(answer.body, self._name, redactor)

    async def _tidy(self) -> None:
        while self._left:
            await self._quiet()
            if self._left:
                path = next(iter(self._left))
                del self._left[path]
                self.remove(path)
                await asyncio.wait([self._ending[path]])

    async def _remove(self, path: str) -> None:
        try:
            await self._rest.post(f"{path}/control", {"action": "cancel"}, repeatable=True)
        except answers.Missing:
            pass  # it is gone, which is what was wanted
        except IntegrationError as error:
            _log.info("%s could not end a search, which ends by itself: %s", self._name, error)


def _now() -> float:
    return asyncio.get_running_loop().time()
