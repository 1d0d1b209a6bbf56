"""What an API server's refusal means to us: its Status becomes one of our errors, in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.errors import IntegrationError, Permanent, Temporary
from bot.kit.redaction import visible

_LONGEST = 600
_TEMPORARY = {408: "timeout", 429: "rate_limited"}
_MOST_CAUSES = 8
_NEVER = ("failed to create typed patch object", "This pod has more than one PodDisruptionBudget")
"""How the API server begins what it says with 500, though it will say it again however often it is asked."""


class Declined(Permanent):
    """A no with a status. `code` is that of HTTP, `word` the Status' reason, `causes` what is wrong where."""

    code = 0
    word = ""
    causes: tuple[str, ...] = ()


class Delayed(Temporary):
    """A not now with a status."""

    code = 0
    word = ""
    causes: tuple[str, ...] = ()


def code_of(error: BaseException) -> int:
    """The status of HTTP behind an error; 0 where there was no answer."""
    return error.code if isinstance(error, Declined | Delayed) else 0


def is_stale(error: BaseException) -> bool:
    """Whether the object had changed since it was read: a version that is no more, or a test of a JSON patch.

    Of a JSON patch that does not apply the API server names no cause; ours test the version, and replace what is there.
    """
    if isinstance(error, Declined) and error.code == 409:
        # A conflict over who manages a field is told by a second look as little as by the first.
        return error.word != "AlreadyExists" and not error.said.startswith("Apply failed")
    return isinstance(error, Declined) and error.code == 422 and not error.causes


def answered_with(
    status: int, body: bytes, retry_after: str, *, name: str, clean: Callable[[str], str]
) -> IntegrationError:
    """The error for a status that is none of success. `name` is what tocsin.yaml calls the integration."""
    said = _status(body)
    details = said.get("details")
    details = details if isinstance(details, dict) else {}
    causes = tuple(_causes(details, clean))
    text = visible(clean(str(said.get("message") or "").strip()))[:_LONGEST]
    message = f"{name} answered {status}" + (f": {text}" if text else "")
    wait = _seconds(retry_after) or _seconds(str(details.get("retryAfterSeconds") or ""))
    error: Declined | Delayed
    if status in _TEMPORARY or (status >= 500 and not text.startswith(_NEVER)):
        reason = _TEMPORARY.get(status, "server")
        error = Delayed(message, integration=name, reason=reason, retry_after=wait)
    else:
        reason = "auth" if status in (401, 403) else "client"
        error = Declined(message, integration=name, reason=reason, hint=_hint(status, name))
    error.code, error.word, error.causes, error.said = status, str(said.get("reason") or ""), causes, text
    return error


def _status(body: bytes) -> dict[str, Any]:  # Any: a Status of the API
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {"message": body[:_LONGEST].decode(errors="replace")}
    return said if isinstance(said, dict) else {}


def _causes(details: dict[str, Any], clean: Callable[[str], str]) -> list[str]:
    causes = details.get("causes")
    if not isinstance(causes, list):
        return []
    shown = [cause for cause in causes if isinstance(cause, dict)][:_MOST_CAUSES]
    parts = [(str(cause.get("field") or ""), str(cause.get("message") or "")) for cause in shown]
    return [visible(clean(f"{field}: {text}" if field else text))[:_LONGEST] for field, text in parts]


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _hint(status: int, name: str) -> str:
    return {
        401: f"its credentials are refused: see `integrations: {name}:` in tocsin.yaml",
        403: "grant what `tocsin runbook rbac` writes, or leave this out of the runbook",
        404: "see whether it is still there, and whether the runbook names the right namespace and cluster",
        409: "it was changed meanwhile: look at it again and plan anew",
        410: "what was asked about is too long ago: begin again",
        422: "the API server refuses the object itself: correct what it names",
    }.get(status, "see what it says, and `tocsin doctor`")
