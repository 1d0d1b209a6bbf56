"""Alerts as clients post them: read by a typed decoder, checked where they are not known yet.

What has been checked once is known by the bytes of its labels; the checks here are for what nobody has seen before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from bot.alerts import mapping
from bot.alerts.wire import Received, canonical, texts
from bot.model.route import FieldMap

MOST_LABELS = 64
LONGEST_NAME = 128
LARGEST_VALUE = 4096
_ZERO = datetime(1, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62135596800.0, 253402300799.0
"""What a time of day in UTC can be written for."""
_NUL = b"\\u0000"
"""The one way in which JSON writes it."""
_NOTHING = b"{}"
_LONGEST_SPELLING = 1024
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Unreadable(Exception):
    """A request nothing is taken of; `code` is go-openapi's, `status` HTTP's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Mistake(Exception):
    """One alert that is not taken, while the others of its request are."""


class _Alert(msgspec.Struct, gc=False, rename="camel"):
    labels: msgspec.Raw
    annotations: msgspec.Raw = msgspec.Raw(_NOTHING)
    starts_at: str | None = None
    ends_at: str | None = None
    generator_url: str | None = msgspec.field(default="", name="generatorURL")


_read: Callable[[bytes], list[_Alert] | None] = msgspec.json.Decoder(list[_Alert] | None).decode


def read(body: bytes, now: float, resolve_timeout: float, source: str) -> list[Received]:
    """The alerts of a request, their times filled in as Alertmanager does, their labels not looked at. Unreadable."""
    if not body.strip():
        raise Unreadable(422, 602, "alerts in body is required")
    try:
        posted = _read(body) or []
        seconds = _Seconds({None: None})
        found = []
        for one in posted:
            starts_at, ends_at = seconds[one.starts_at], seconds[one.ends_at]
            found.append(
                Received(
                    bytes(one.labels),
                    (now if ends_at is None else ends_at) if starts_at is None else starts_at,
                    now + resolve_timeout if ends_at is None else ends_at,
                    bytes(one.annotations),
                    ends_at is None,
                    one.generator_url or "",
                    source,
                )
            )
    except msgspec.ValidationError as error:
        raise _unfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(400, 400, f'parsing alerts body from "" failed, because {error}') from None
    return found


def _unfit(said: str) -> Unreadable:
    missing = re.fullmatch(r"Object missing required field `(\w+)` - at `\$\[(\d+)\]`", said)
    if missing:
        return Unreadable(422, 602, f"{missing[2]}.{missing[1]} in body is required")
    return Unreadable(400, 400, f'parsing alerts body from "" failed, because {said}')


class _Seconds(dict[str | None, float | None]):
    """Times by how they are written: of the alerts of one request, most share theirs.

    None for no time, and for Go's zero time, which is how its clients write that.
    """

    def __missing__(self, text: str | None) -> float | None:
        at = msgspec.convert(text, datetime)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        seconds = None if at == _ZERO else min(max(at.timestamp(), _FIRST), _LAST)
        self[text] = seconds
        return seconds


def checked(one: Received, index: int, maps: Sequence[FieldMap], spelled: dict[bytes, bytes]) -> Received:
    """The alert with its labels in our words and in canonical form. Mistake, or Unreadable for the whole request.

    `spelled` learns how its labels were written, where that is not how we do.
    """
    sent = one.sent or one.labels
    labels = _labels(sent, index)
    annotations = _annotations(one, index)
    if one.generator_url and not _is_uri(one.generator_url):
        said = one.generator_url[:200]
        raise Unreadable(422, 601, f'{index}.generatorURL in body must be of type uri: "{said}"')
    one.generator_url = sys.intern(one.generator_url)  # all alerts of one rule have the same
    if one.starts_at > one.ends_at:
        raise Mistake("start time must be before end time")
    ours = None
    if maps:
        ours = mapping.mapped(maps, one.source, labels)
        labels = dict(ours.labels)
        if not labels:
            raise Mistake("at least one label pair required, and the mapping in tocsin.yaml left none")
        if ours.aside:
            one.annotations = msgspec.json.encode({**ours.aside, **annotations})
    one.labels = canonical(labels)
    if one.labels != sent or maps:
        _learn(one, sent, spelled, aside=bool(ours and ours.aside))
    return one


def _learn(one: Received, sent: bytes, spelled: dict[bytes, bytes], *, aside: bool) -> None:
    """Not where the words change with the labels, nor where it is mostly spaces: that is read anew each time."""
    if not aside and len(sent) <= _LONGEST_SPELLING + 2 * len(one.labels):
        spelled[sent] = one.labels


def _labels(raw: bytes, index: int) -> dict[str, str]:
    if raw == b"null":
        raise Unreadable(422, 602, f"{index}.labels in body is required")
    labels = _texts(raw, "labels", index)
    if "" in labels.values():
        labels = {name: value for name, value in labels.items() if value}
    if not labels:
        raise Mistake("at least one label pair required")
    if "" in labels:
        raise Mistake('invalid label set: invalid name ""')
    if len(raw) > LARGEST_VALUE or len(labels) > MOST_LABELS or max(map(len, labels)) > LONGEST_NAME or _NUL in raw:
        _within_limits(labels)
    return labels


def _within_limits(labels: Mapping[str, str]) -> None:
    if len(labels) > MOST_LABELS:
        raise Mistake(f"invalid label set: {len(labels)} labels are more than {MOST_LABELS}")
    longest = max(labels, key=len)
    if len(longest) > LONGEST_NAME:
        raise Mistake(f'invalid label set: the name "{longest[:40]}..." is longer than {LONGEST_NAME}')
    for name, value in labels.items():
        if len(value.encode()) > LARGEST_VALUE:
            raise Mistake(f'invalid label set: the value of "{name}" is larger than {LARGEST_VALUE} bytes')
        if "\0" in value or "\0" in name:
            raise Mistake("invalid label set: U+0000 cannot be kept")


def _is_uri(text: str) -> bool:
    return bool(_URI.match(text)) and (text.isprintable() or not _CONTROL.search(text))


def _annotations(one: Received, index: int) -> dict[str, str]:
    if one.annotations == b"null":
        one.annotations = _NOTHING
    annotations = _texts(one.annotations, "annotations", index)
    if "" in annotations:
        raise Mistake('invalid annotations: invalid name ""')
    if _NUL in one.annotations and any("\0" in text for pair in annotations.items() for text in pair):
        raise Mistake("invalid annotations: U+0000 cannot be kept")
    return annotations


def _texts(raw: bytes, field: str, index: int) -> dict[str, str]:
    try:
        return texts(raw)
    except (ValueError, RecursionError) as error:
        message = f'parsing alerts body from "" failed, because of {field} of alert {index}: {error}'
        raise Unreadable(400, 400, message) from None
