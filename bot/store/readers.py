"""A few threads that read, each work on one consistent snapshot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.store.backend import Backend, Verdict, closed
from bot.store.channel import Channel

T = TypeVar("T")


class Readers:
    """Connections are opened when first needed, one per thread."""

    def __init__(self, backend: Backend, threads: int) -> None:
        self._backend = backend
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="store-reader")
        self._own = threading.local()
        self._open: set[Channel] = set()
        self._closed = False

    async def run(self, work: Callable[[Channel], T]) -> T:
        """The work's result; StoreUnavailable."""
        if self._closed:
            raise closed(self._backend)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work)

    async def close(self) -> None:
        """Lets what is under way finish and closes the connections."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)
        while self._open:
            self._open.pop().close()

    def _read(self, work: Callable[[Channel], T]) -> T:
        try:
            return self._attempt(work)
        except self._backend.errors as error:
            if self._backend.verdict(error) is not Verdict.AGAIN:
                raise self._backend.translate(error) from None
        try:  # the connection was lost, perhaps long ago; a read can simply be done again
            return self._attempt(work)
        except self._backend.errors as error:
            raise self._backend.translate(error) from None

    def _attempt(self, work: Callable[[Channel], T]) -> T:
        channel = self._channel()
        try:
            channel.say(self._backend.begin_read)
            channel.pending.begin()
            result = work(channel)
            channel.say("COMMIT")
            return result
        except BaseException as error:
            if isinstance(error, self._backend.errors):
                self._drop(channel)
            else:
                channel.say("ROLLBACK")
            raise

    def _channel(self) -> Channel:
        channel: Channel | None = getattr(self._own, "channel", None)
        if channel is None:
            channel = self._own.channel = self._backend.open_reader()
            self._open.add(channel)
        return channel

    def _drop(self, channel: Channel) -> None:
        self._own.channel = None
        self._open.discard(channel)
        channel.close()
