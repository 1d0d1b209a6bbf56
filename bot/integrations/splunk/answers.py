"""What a Splunk sends, made into our nouns. Nothing here trusts it: a proxy may have answered instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import IntegrationError, Permanent, Temporary
from bot.kit.http_out import failure
from bot.kit.redaction import Redactor, visible
from bot.model.search_job import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_DETAIL = 300
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What looking into an answer of any shape can raise."""

_NO_ROOM = re.compile(
    r"maximum number of concurrent|concurrency limit|quota[^']{0,60}(reached|exceeded)|usage=\S+ quota=", re.IGNORECASE
)
_PASSES = re.compile(
    r"peer|timed? ?out|unavailable|unreachable|connection|killed|crash|out of memory|disk|restart|shut(ting)? ?down"
    r"|cancel|terminated|prematurely|try again",
    re.IGNORECASE,
)
"""Of a failed search's own words: those that speak of the server and not of the search."""

_INFO_OF_LOSS = re.compile(r"finaliz|truncat|limit|incomplete|partial|time(d )?out|cancel", re.IGNORECASE)
"""Splunk says some losses as mere information: a search that was finalized, a limit that was met."""

_HARMLESS = (
    "is unusually slow",
    "contains a wildcard in the middle",
    "missing from results",
    "Restricting results of the",
)
"""Warnings that speak of the search or its speed and not of data that was not seen."""


class Unknown(Permanent):
    """401: Splunk does not know us, or no longer."""


class Missing(Permanent):
    """404: no such path, app or job."""


class Full(Temporary):
    """A quota of searches or of their disk space is used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What Splunk says beside an answer. `kind`: DEBUG, INFO, WARN, ERROR or FATAL."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is. `count` is of rows where the search transforms, else of events; `kept` of rows to be read."""

    state: str
    is_done: bool
    is_failed: bool
    is_finalized: bool
    transforms: bool
    count: int
    kept: int
    took: timedelta
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a result, and what was said beside them."""

    rows: tuple[Row, ...]
    messages: tuple[Message, ...]


def exact(at: datetime) -> str:
    """Seconds since 1970 with six decimals. What was before 1970 is 1970: a minus would make it relative to now."""
    micros = max(0, (at - _EPOCH) // timedelta(microseconds=1))
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def refusal(status: int, body: bytes, integration: str, redactor: Redactor, wait: float | None) -> IntegrationError:
    """What a status that is no success means, with Splunk's own words where it is Splunk that speaks."""
    said = _said(body, redactor)
    if _NO_ROOM.search(said) and status in (400, 403, 429, 503):
        return no_room(integration, said, wait)
    error = failure(integration, status, said, wait)
    kind = {401: Unknown, 404: Missing}.get(status)
    if kind is not None:
        error = kind(error.message, integration=integration, reason=error.reason)
    error.said = said
    return error


def no_room(integration: str, said: str, wait: float | None = None) -> Full:
    """What it means that a quota of searches or of their disk space is used up."""
    hint = "raise srchJobsQuota or srchDiskQuota of Tocsin's role in Splunk, or lower `searches_at_once`"
    message = f"{integration} has no room for another search: {said}"
    full = Full(message, integration=integration, reason="rate_limited", retry_after=wait, hint=hint)
    full.said = said
    return full


def fields(body: bytes, integration: str) -> Mapping[str, Any]:
    """A JSON object; Temporary (`server`) where this is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise not_splunk(integration)
    return found


def entries(found: Mapping[str, Any], integration: str) -> Sequence[Mapping[str, Any]]:
    """The entries of a collection, each with a `content`."""
    listed = found.get("entry")
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("content"), dict) for one in listed
    ):
        raise not_splunk(integration)
    return listed


def settings(content: Mapping[str, Any]) -> Mapping[str, str]:
    """The settings of a saved search as texts, as its file would have them."""
    return {
        str(key): ("1" if value else "0") if isinstance(value, bool) else _text(value)
        for key, value in content.items()
        if value is not None and not isinstance(value, list | dict)
    }


def sid(body: bytes, integration: str) -> str:
    """The id of the job that was created."""
    found = fields(body, integration).get("sid")
    if not isinstance(found, str) or not found:
        raise not_splunk(integration)
    return found


def progress(body: bytes, integration: str, redactor: Redactor) -> Progress:
    """How far a job is."""
    try:
        content = entries(fields(body, integration), integration)[0]["content"]
        transforms = bool(content.get("reportSearch"))
        kept = int(content.get("resultCount", 0))
        state = str(content["dispatchState"]).upper()
        return Progress(
            state=state,
            is_done=yes(content.get("isDone", False)),
            is_failed=yes(content.get("isFailed", False)) or state == "FAILED" or yes(content.get("isZombie", False)),
            is_finalized=yes(content.get("isFinalized", False)),
            transforms=transforms,
            count=kept if transforms else int(content.get("eventCount", kept)),
            kept=kept,
            took=timedelta(seconds=float(content.get("runDuration", 0))),
            messages=messages(content, redactor),
        )
    except _UNREADABLE:
        raise not_splunk(integration) from None


def page(body: bytes, integration: str, redactor: Redactor) -> Page:
    """Rows of a result that is complete; Temporary for a preview of one, and for anything that is no result."""
    found = fields(body, integration)
    listed = found.get("results")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed) or yes(found.get("preview")):
        raise not_splunk(integration)
    return Page(rows=tuple(map(row, listed)), messages=messages(found, redactor))


def row(found: Mapping[str, Any]) -> Row:
    """One row: what is no text is written as one, and several values stay several. Null is no value."""
    return {
        str(name): tuple(map(_text, value)) if isinstance(value, list) else _text(value)
        for name, value in found.items()
        if value is not None
    }


def failed(said_of_it: Iterable[Message], integration: str) -> IntegrationError:
    """Why a search failed: for want of something that comes back, or because of what it says."""
    words = [message.text for message in said_of_it if message.kind in ("FATAL", "ERROR")]
    said = "; ".join(words)[:_LONGEST_DETAIL] or "it did not say why"
    if _NO_ROOM.search(said):
        return no_room(integration, said)
    error: IntegrationError
    if not words or _PASSES.search(said):
        error = Temporary(f"{integration}: the search failed: {said}", integration=integration, reason="server")
    else:
        hint = "correct the search; Splunk's own search page says the same of it"
        message = f"{integration}: the search failed: {said}"
        error = Permanent(message, integration=integration, reason="client", hint=hint)
    error.said = said
    return error


def losses(said: Iterable[Message], harmless: Sequence[str]) -> tuple[str, ...]:
    """Which of these say that data is missing: errors and warnings but for harmless ones, and some information."""
    told = dict.fromkeys(message.text for message in said if _tells_of_loss(message))
    return tuple(text for text in told if not any(word in text for word in (*_HARMLESS, *harmless)))


def messages(found: Mapping[str, Any], redactor: Redactor) -> tuple[Message, ...]:
    """What Splunk says beside an answer, without secrets and in one line each."""
    listed = found.get("messages")
    if not isinstance(listed, list):
        return ()
    return tuple(
        Message(
            kind=str(one.get("type", "")).upper(),
            text=visible(redactor.clean(_text(one.get("text", ""))))[:_LONGEST_DETAIL],
        )
        for one in listed
        if isinstance(one, dict)
    )


def yes(value: object) -> bool:
    """Whether this is one of the ways in which Splunk writes yes."""
    return value in (True, 1, "1", "true", "True")


def not_splunk(integration: str) -> Temporary:
    """The answer was not what Splunk would say, or only a part of it."""
    return Temporary(
        f"{integration} does not answer like Splunk",
        integration=integration,
        reason="server",
        hint="see that `url` is the management port (8089), and whether a proxy or a sign-in page stands before it",
    )


def _tells_of_loss(message: Message) -> bool:
    if message.kind in ("DEBUG", "INFO"):
        return message.kind == "INFO" and bool(_INFO_OF_LOSS.search(message.text))
    return True


def _said(body: bytes, redactor: Redactor) -> str:
    try:
        return "; ".join(message.text for message in messages(json.loads(body), redactor))[:_LONGEST_DETAIL]
    except _UNREADABLE:
        return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
