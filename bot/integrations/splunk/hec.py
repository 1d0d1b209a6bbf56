"""Tocsin's own events, to the HTTP Event Collector: batch after batch, in order, each taken before the next is sent.

Delivered at least once: what was sent and not answered is sent again, under the same `key`.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.splunk import answers
from bot.integrations.splunk.config import HecConfig
from bot.integrations.splunk.rest import Identity
from bot.kit.http_out import HttpOut, failure
from bot.kit.redaction import visible
from bot.kit.way_in import Access
from bot.model.sent_event import SentEvent
from bot.ports.actions import Health

_BATCH, _BATCH_BYTES = 500, 512 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_PATIENCE = 30.0  # seconds for which a batch is sent again; after that it is whoever keeps the events that does
_INDEXED_WITHIN = 60.0

_HINTS = {
    1: "enable the token in Splunk under Settings > Data inputs > HTTP Event Collector",
    7: "see `hec: index:`, and which indexes the token may write to",
    10: "the token has indexer acknowledgement: write `hec: {ack: true}`",
    14: "the token has no indexer acknowledgement: write `hec: {ack: false}`",
}
"""By HEC's own code numbers."""


class Collector:
    """An `EventSink`. `access` is the way to the collector's own port; one batch is under way at a time."""

    def __init__(self, access: Access, http: HttpOut, config: HecConfig) -> None:
        self._http = http
        self._config = config
        headers = {"authorization": f"Splunk {config.token.get_secret_value().strip()}"}
        if config.ack:
            headers["x-splunk-request-channel"] = str(uuid.uuid4())
        tls = access.tls if config.tls is None else config.tls
        self._access = replace(access, url=config.url, headers=headers, tls=tls)
        self._identity = Identity(self._access)
        self._sending = asyncio.Lock()

    async def send(self, events: Sequence[SentEvent]) -> None:
        """See `EventSink`."""
        async with self._sending:
            for batch in _batches([self._written(event) for event in events]):
                await self._deliver(batch)

    async def examine(self) -> Health:
        """Whether it takes events, as it says itself; nothing is sent."""
        try:
            await self._ask("GET", "health", None)
        except IntegrationError as error:
            return Health(what="events", ok=False, detail=error.message, hint=error.hint)
        return Health(what="events", ok=True, detail=f"{self._access.url} takes events")

    async def _deliver(self, batch: bytes) -> None:
        """Again and again for a while, as long as trying again may help."""
        pause, end = _FIRST_PAUSE, _now() + _PATIENCE
        while True:
            try:
                await self._once(batch)
                return
            except Temporary as error:
                wait = error.retry_after if error.retry_after is not None else pause
                if _now() + wait > end:
                    raise
            await asyncio.sleep(wait)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _once(self, batch: bytes) -> None:
        taken = await self._ask("POST", "event", batch)
        if taken.get("code") != 0:
            raise answers.not_splunk(self._access.name)
        if self._config.ack:
            await self._indexed(taken.get("ackId"))

    async def _indexed(self, number: Any) -> None:  # Any: what came of somebody else's JSON
        """Waits until the batch is indexed."""
        if not isinstance(number, int):
            raise self._mistake("it promised no acknowledgement", _HINTS[14])
        asked = json.dumps({"acks": [number]}).encode()
        pause, end = _FIRST_PAUSE, _now() + _INDEXED_WITHIN
        while _now() < end:
            told = (await self._ask("POST", "ack", asked)).get("acks")
            if isinstance(told, dict) and answers.yes(told.get(str(number))):
                return
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
        message = f"{self._access.name} took events and did not index them within {_INDEXED_WITHIN:g} s"
        raise Temporary(message, integration=self._access.name, reason="timeout")

    async def _ask(self, method: str, what: str, content: bytes | None) -> Mapping[str, Any]:
        access = self._access
        answer = await self._http.request(
            method,
            f"{access.url}/services/collector/{what}",
            integration=access.name,
            headers={**access.headers, "content-type": "application/json"},
            content=content,
            deadline=access.timeout,
            repeatable=False,
            tls=await self._identity.context(),
            refused=self._refused,
        )
        return answers.fields(answer.body, access.name)

    def _refused(self, status: int, body: bytes, wait: float | None) -> IntegrationError:
        try:
            said = answers.fields(body, self._access.name)
        except Temporary:
            return failure(self._access.name, status, retry_after=wait)
        text = visible(self._access.redactor.clean(str(said.get("text", ""))))[:200]
        code = said.get("code")
        if status == 400 and isinstance(code, int):
            return self._mistake(text, _HINTS.get(code, ""))
        error = failure(self._access.name, status, text, wait)
        error.hint = _HINTS.get(code, error.hint) if isinstance(code, int) else error.hint
        return error

    def _mistake(self, text: str, hint: str) -> Permanent:
        message = f"{self._access.name} refuses events: {text}"
        return Permanent(message, integration=self._access.name, reason="client", hint=hint)

    def _written(self, event: SentEvent) -> bytes:
        told = {**event.fields, "kind": event.kind, "key": event.key}
        made = {
            "time": float(answers.exact(event.at)),
            "source": self._config.source,
            "sourcetype": f"{self._config.sourcetype}:{event.kind}",
            **({"index": self._config.index} if self._config.index else {}),
            "event": self._access.redactor.clean_tree(told),
        }
        return json.dumps(made, ensure_ascii=True, separators=(",", ":")).encode()


def _batches(events: Sequence[bytes]) -> Iterator[bytes]:
    """As many as fit into one request, in order; one that is too large alone goes alone."""
    batch: list[bytes] = []
    size = 0
    for event in events:
        if batch and (len(batch) >= _BATCH or size + len(event) > _BATCH_BYTES):
            yield b"\n".join(batch)
            batch, size = [], 0
        batch.append(event)
        size += len(event) + 1
    if batch:
        yield b"\n".join(batch)


def _now() -> float:
    return asyncio.get_running_loop().time()
