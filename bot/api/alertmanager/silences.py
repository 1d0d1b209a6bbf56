"""Silences as clients post them, become ours; and which of ours a client wants to see."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from bot.alerts import filters, silencing
from bot.api.alertmanager.asked import Parameters
from bot.api.alertmanager.posted import Unreadable
from bot.model.ids import SilenceId
from bot.model.labels import Matcher
from bot.model.matchers import made
from bot.model.silence import Silence

_REQUIRED = ("comment", "createdBy", "endsAt", "matchers", "startsAt")
_LARGEST = 64 * 1024


class _Matcher(msgspec.Struct, rename="camel"):
    name: str
    value: str
    is_regex: bool
    is_equal: bool = True


class _Silence(msgspec.Struct, rename="camel", kw_only=True):
    comment: str | None = None
    created_by: str | None = None
    ends_at: datetime | None = None
    matchers: Sequence[_Matcher] | None = None
    starts_at: datetime | None = None
    id: str | None = None
    annotations: Mapping[str, str] | None = None


_read: Callable[[bytes], _Silence] = msgspec.json.Decoder(_Silence).decode


def read(body: bytes) -> Silence:
    """The silence a client asks for, without an id when it is a new one. Unreadable."""
    if not body.strip():
        raise Unreadable(422, 602, "silence in body is required")
    if len(body) > _LARGEST:
        raise Unreadable(413, 413, f"a silence is no larger than {_LARGEST // 1024} KiB")
    try:
        posted = _read(body)
    except msgspec.ValidationError as error:
        raise _unfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(400, 400, f'parsing silence body from "" failed, because {error}') from None
    if posted.comment is None or posted.created_by is None or posted.ends_at is None:
        raise _missing(posted)
    if posted.matchers is None or posted.starts_at is None:
        raise _missing(posted)
    if not posted.matchers:
        raise Unreadable(422, 612, "matchers in body should have at least 1 items")
    silence = Silence(
        id=SilenceId(posted.id or ""),
        matchers=tuple(_matcher(one, index) for index, one in enumerate(posted.matchers)),
        starts_at=_aware(posted.starts_at),
        ends_at=_aware(posted.ends_at),
        updated_at=_aware(posted.starts_at),
        created_by=posted.created_by,
        comment=posted.comment,
        annotations=dict(posted.annotations or {}),
    )
    _without_nul(silence)
    return silence


def _missing(posted: _Silence) -> Unreadable:
    names = ("comment", "created_by", "ends_at", "matchers", "starts_at")
    lacking = next(told for name, told in zip(names, _REQUIRED, strict=True) if getattr(posted, name) is None)
    return Unreadable(422, 602, f"{lacking} in body is required")


def _unfit(said: str) -> Unreadable:
    missing = re.fullmatch(r"Object missing required field `(\w+)` - at `\$\.matchers\[(\d+)\]`", said)
    if missing:
        return Unreadable(422, 602, f"matchers.{missing[2]}.{missing[1]} in body is required")
    return Unreadable(400, 400, f'parsing silence body from "" failed, because {said}')


def _matcher(one: _Matcher, index: int) -> Matcher:
    op = ("=~" if one.is_equal else "!~") if one.is_regex else ("=" if one.is_equal else "!=")
    try:
        return made(one.name, op, one.value)
    except ValueError as error:
        raise Unreadable(400, 0, f"invalid silence: invalid label matcher {index} in set 0: {error}") from None


def _without_nul(silence: Silence) -> None:
    texts = [silence.comment, silence.created_by, *silence.annotations.keys(), *silence.annotations.values()]
    texts += [part for one in silence.matchers for part in (one.name, one.value)]
    if any("\0" in text for text in texts):
        raise Unreadable(400, 0, "invalid silence: U+0000 cannot be kept")


def _aware(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise Unreadable(400, 400, f"the time {at.isoformat()} is too far away") from None


def wanted(silences: Sequence[Silence], parameters: Parameters, now: datetime) -> Sequence[Silence]:
    """Those that a client asks for, in Alertmanager's order. Unfit."""
    matchers = parameters.matchers()
    states = {state for state in ("active", "pending", "expired") if parameters.flag(state)}
    found = [one for one in silences if one.state(now) in states and filters.has_matchers(one, matchers)]
    return silencing.listed(found, now)


def known(text: str) -> SilenceId:
    """The id in a path. Unreadable for what is no UUID."""
    try:
        return SilenceId(str(uuid.UUID(text)))
    except ValueError:
        raise Unreadable(422, 601, f'silenceID in path must be of type uuid: "{text[:100]}"') from None


def fresh() -> SilenceId:
    """A new id."""
    return SilenceId(str(uuid.uuid4()))
