"""A Prometheus that is thrown away: started on a free port with an empty folder, killed when nobody needs it more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from urllib.parse import urlencode

from bot.documents import format_duration
from bot.errors import Permanent, StartError
from bot.integrations.prometheus import answers, native
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.remote_write import HEADERS, RemoteWriter, snappy
from bot.integrations.prometheus.wire import Wire
from bot.kit.redaction import Redactor, visible
from bot.kit.way_in import Access, Tls
from bot.model.histogram import Histogram
from bot.model.labels import LabelSet
from bot.model.sample import Recorded
from bot.ports.metrics import MetricSource
from bot.ports.recorder import Recorder
from bot.ports.scratch import MadeUp, Seen

_NAME = "prometheus"
_VARIABLE = "TOCSIN_PROMETHEUS"
_ANSWER_WITHIN = 120.0
_START_WITHIN = 60.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_ANOTHER = f"name another Prometheus with --prometheus FILE or ${_VARIABLE}"
_HISTOGRAMS = "they need Prometheus 3; older ones take them in part only"
_LISTENING = re.compile(rb"Listening on.*address=(127\.0\.0\.1:\d+)")
_READY = b"Server is ready to receive web requests"
# Samples from 1970 on are taken, and none is ever too old to be kept
_CONFIG = "global: {{evaluation_interval: {every}}}\nstorage: {{tsdb: {{out_of_order_time_window: 36500d}}}}\n"
_FLAGS = (
    "--web.listen-address=127.0.0.1:0",
    "--web.enable-remote-write-receiver",
    "--storage.tsdb.retention.time=200y",
    "--enable-feature=native-histograms",
)


def find(named: Path | None, env: Mapping[str, str]) -> Path:
    """A Prometheus to start: the one named, $TOCSIN_PROMETHEUS, the one on PATH, or the one that our tests use.

    StartError when there is none, and when the one named cannot be run.
    """
    wanted = named or (Path(env[_VARIABLE]) if env.get(_VARIABLE) else None)
    if wanted is not None:
        if not wanted.is_file() or not os.access(wanted, os.X_OK):
            how = "--prometheus" if named else f"${_VARIABLE}"
            raise StartError(f"{wanted} is no program that can be run", hint=f"correct {how}, or leave it out")
        return wanted.absolute()
    on_path = shutil.which("prometheus", path=env.get("PATH", os.defpath))
    checkout = Path(__file__).resolve().parents[3]
    cache = Path(env.get("TOCSIN_CACHE") or checkout / ".cache") / "servers" / "bin" / "prometheus"
    found = Path(on_path) if on_path else cache
    if not found.is_file():
        raise StartError(
            "no Prometheus was found, and rules are proved against a real one",
            hint=f"put `prometheus` on PATH, or name it with --prometheus FILE or ${_VARIABLE}; in a checkout of "
            "Tocsin, `tests/servers/install prometheus` brings one",
        )
    return found.absolute()


@asynccontextmanager
async def scratch(binary: Path, every: timedelta) -> AsyncIterator[ScratchPrometheus]:
    """A fresh Prometheus whose subqueries without a step of their own take `every`. StartError when it does not start.

    It listens on loopback alone; process and folder are gone afterwards.
    """
    async with AsyncExitStack() as stack:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tocsin-"))
        stack.push_async_callback(asyncio.to_thread, shutil.rmtree, folder, ignore_errors=True)
        config = folder / "prometheus.yml"
        await asyncio.to_thread(config.write_text, _CONFIG.format(every=format_duration(every)))
        process = await _start(binary, config, folder / "data")
        stack.push_async_callback(_end, process)
        log: deque[bytes] = deque(maxlen=10)
        address = await _ready(binary, process, log)
        drain = asyncio.create_task(_drain(process, log))
        stack.callback(drain.cancel)
        server = ScratchPrometheus(f"http://{address}")
        stack.push_async_callback(server.aclose)
        yield server


class ScratchPrometheus:
    """A `Scratch`: an empty Prometheus at this address. `aclose` ends the connections to it."""

    def __init__(self, url: str) -> None:
        self._access = Access(name=_NAME, url=url, timeout=_ANSWER_WITHIN, headers={}, tls=Tls(), redactor=Redactor())
        self._source = PrometheusSource(self._access)
        self._writer = RemoteWriter(self._access)
        self._wire = Wire(self._access)

    @property
    def source(self) -> MetricSource:
        """See `Scratch`."""
        return self._source

    @property
    def recorder(self) -> Recorder:
        """See `Scratch`."""
        return self._writer

    async def fill(self, points: Sequence[MadeUp]) -> None:
        """See `Scratch`."""
        plain = [
            Recorded(labels=point.labels, at=point.at, value=point.value)
            for point in points
            if not isinstance(point.value, Histogram)
        ]
        if plain:
            await self._writer.record(plain)
        histograms = [(point.labels, (point.at, point.value)) for point in points if isinstance(point.value, Histogram)]
        if histograms:
            await self._write(histograms)

    async def ask(self, expr: str, at: datetime) -> Sequence[Seen]:
        """See `Scratch`."""
        reply = await self._post("/api/v1/query", expr, at)
        plain = answers.instant(reply, _NAME).samples
        result = json.loads(reply)["data"]["result"]
        return [
            Seen(
                labels=sample.labels,
                value=native.shown(written["histogram"][1])
                if isinstance(written, dict) and "histogram" in written
                else sample.value,
            )
            for sample, written in zip(plain, result, strict=False)
        ]

    async def aclose(self) -> None:
        """Closes the connections."""
        for one in (self._source, self._writer, self._wire):
            await one.aclose()

    async def _write(self, histograms: Sequence[tuple[LabelSet, tuple[datetime, Histogram]]]) -> None:
        ordered = sorted(histograms, key=lambda one: (tuple(one[0].items()), one[1][0]))
        message = b"".join(
            native.series(labels, [point for _, point in points])
            for labels, points in groupby(ordered, key=lambda one: one[0])
        )
        reply = await self._wire.post(f"{self._access.url}/api/v1/write", snappy(message), HEADERS)
        if not 200 <= reply.status < 300:
            said = visible(reply.body.decode(errors="replace").strip())
            message_of_it = f"the throw-away Prometheus does not take these native histograms: {said}"
            raise Permanent(message_of_it, integration=_NAME, reason="client", hint=_HISTOGRAMS)

    async def _post(self, path: str, expr: str, at: datetime) -> bytes:
        form = urlencode({"query": expr, "time": answers.exact(at)}).encode()
        reply = await self._wire.post(self._access.url + path, form, _FORM)
        if reply.status != 200:
            raise answers.refusal(reply.status, reply.body, _NAME, self._access.redactor, reply.retry_after)
        return reply.body


async def _start(binary: Path, config: Path, data: Path) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            binary,
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            *_FLAGS,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
    except OSError as error:
        why = (error.strerror or "unknown").lower()
        raise StartError(f"{binary} cannot be started: {why}", hint=_ANOTHER) from None


async def _ready(binary: Path, process: Process, log: deque[bytes]) -> str:
    """The address it answers at, once it does. It says so itself, so no port is guessed and nothing is polled."""
    address, ready = "", False  # either comes first
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_START_WITHIN):
            async for line in _lines(process):
                log.append(line)
                if found := _LISTENING.search(line):
                    address = found[1].decode()
                ready = ready or _READY in line
                if address and ready:
                    return address
    said = visible(b" ".join(log).decode(errors="replace"))[-500:]
    raise StartError(f"{binary} did not get ready: {said or 'it said nothing'}", hint=_ANOTHER)


async def _drain(process: Process, log: deque[bytes]) -> None:
    """Reads on, so that it never waits for somebody to read what it says."""
    async for line in _lines(process):
        log.append(line)


async def _lines(process: Process) -> AsyncIterator[bytes]:
    if process.stdout is not None:
        async for line in process.stdout:
            yield line


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
