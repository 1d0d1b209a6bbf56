"""Alerts, groups and silences as Alertmanager shows them. Times are cut to milliseconds, as its are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from bot.alerts.table import Entry
from bot.alerts.telling import Suppressed
from bot.alerts.wire import NO_END
from bot.model.labels import MatchOp
from bot.model.silence import Silence

_REGEX = frozenset({MatchOp.REGEX, MatchOp.NOT_REGEX})
_EQUAL = frozenset({MatchOp.EQUAL, MatchOp.REGEX})


class Name(msgspec.Struct):
    """A receiver beside an alert."""

    name: str


class Status(msgspec.Struct, rename="camel"):
    """What keeps an alert from being told."""

    inhibited_by: Sequence[str]
    muted_by: Sequence[str]
    silenced_by: Sequence[str]
    state: str


class ShownAlert(msgspec.Struct, omit_defaults=True, kw_only=True, rename="camel"):
    """One alert."""

    annotations: msgspec.Raw
    ends_at: str
    fingerprint: str
    receivers: Sequence[Name]
    starts_at: str
    status: Status
    updated_at: str
    generator_url: str = msgspec.field(default="", name="generatorURL")
    labels: msgspec.Raw


class ShownGroup(msgspec.Struct, rename="camel"):
    """One group."""

    alerts: Sequence[ShownAlert]
    labels: Mapping[str, str]
    receiver: Name


class ShownMatcher(msgspec.Struct, rename="camel"):
    """One matcher of a silence."""

    is_equal: bool
    is_regex: bool
    name: str
    value: str


class ShownSilence(msgspec.Struct, omit_defaults=True, kw_only=True, rename="camel"):
    """One silence."""

    id: str
    status: Mapping[str, str]
    updated_at: str
    comment: str
    created_by: str
    ends_at: str
    matchers: Sequence[ShownMatcher]
    starts_at: str
    annotations: Mapping[str, str] = msgspec.field(default_factory=dict)


def alert(
    entry: Entry, suppressed: Suppressed, receivers: Sequence[str], now: float, resolve_timeout: float
) -> ShownAlert:
    """An alert nobody gave an end is shown with the one that Alertmanager would give it."""
    ends_at = now + resolve_timeout if entry.ends_at == NO_END else entry.ends_at
    return ShownAlert(
        annotations=msgspec.Raw(entry.annotations),
        ends_at=moment(ends_at),
        fingerprint=entry.fingerprint(),
        receivers=[Name(name) for name in receivers],
        starts_at=moment(entry.starts_at),
        status=Status(
            inhibited_by=suppressed.inhibited_by,
            muted_by=suppressed.muted_by,
            silenced_by=suppressed.silenced_by,
            state="suppressed" if suppressed else "active",
        ),
        updated_at=moment(entry.updated_at),
        generator_url=entry.generator_url,
        labels=msgspec.Raw(entry.labels),
    )


def silence(one: Silence, now: datetime) -> ShownSilence:
    """A silence, with its state now."""
    return ShownSilence(
        id=one.id,
        status={"state": str(one.state(now))},
        updated_at=_text(one.updated_at),
        comment=one.comment,
        created_by=one.created_by,
        ends_at=_text(one.ends_at),
        matchers=[
            ShownMatcher(is_equal=each.op in _EQUAL, is_regex=each.op in _REGEX, name=each.name, value=each.value)
            for each in one.matchers
        ],
        starts_at=_text(one.starts_at),
        annotations=dict(one.annotations),
    )


@lru_cache(maxsize=4096)
def moment(seconds: float) -> str:
    """`2026-11-22T10:42:04.446Z`."""
    return _text(datetime.fromtimestamp(seconds, UTC))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
