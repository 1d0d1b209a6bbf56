"""Alerts as bytes: what a request brings, and what a row of the log holds.

Labels and annotations stay the JSON text they came as for as long as nobody reads them: to compare them with what is
known takes no more. Times are seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import inf

import msgspec

from bot.model.alert import Alert

NO_END = inf
"""The end of an alert nobody gave one; it fires until somebody says that it is over."""

_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_encode = msgspec.json.Encoder().encode
_texts = msgspec.json.Decoder(dict[str, str]).decode


class Received(msgspec.Struct, gc=False):
    """One alert as it was said, its times filled in. `labels` are canonical (see `canonical`), `annotations` any JSON.

    `timeout`: the end is not the sender's, but one `resolve_timeout` from when it came in. `sent`: the labels as the
    sender wrote them, where they stand as we write them by now. `said_at`: when it was said, where that was before it
    was written.
    """

    labels: bytes
    starts_at: float
    ends_at: float = NO_END
    annotations: bytes = b"{}"
    timeout: bool = False
    generator_url: str = ""
    source: str = ""
    rule: str = ""
    value: float | None = None
    sent: bytes = b""
    said_at: float = 0.0

    @classmethod
    def of(cls, alert: Alert) -> Received:
        """An alert of our own rules, or one that a hook has read."""
        return cls(
            labels=canonical(alert.labels),
            annotations=_sorted(dict(alert.annotations)),
            starts_at=alert.starts_at.timestamp(),
            ends_at=NO_END if alert.ends_at is None else alert.ends_at.timestamp(),
            generator_url=alert.generator_url,
            source=alert.source,
            rule=alert.rule,
            value=alert.value,
        )


def canonical(labels: Mapping[str, str]) -> bytes:
    """The one way to write these labels: sorted, without spaces; an empty label is an absent one."""
    plain = labels if isinstance(labels, dict) else dict(labels)
    return _sorted({name: value for name, value in plain.items() if value} if "" in plain.values() else plain)


def _sorted(texts: dict[str, str]) -> bytes:
    try:
        return _encode_sorted(texts)
    except UnicodeEncodeError:  # half a surrogate pair: what JSON cannot say is told as Go tells it
        return _encode_sorted({_whole(name): _whole(text) for name, text in texts.items()})


def _whole(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def canonical_text(text: str) -> bytes:
    """One text as `canonical` writes it."""
    return _encode(text)


def texts(json: bytes) -> dict[str, str]:
    """The labels or annotations in these bytes. ValueError when they are none."""
    return _texts(json)


class _Logged(msgspec.Struct, omit_defaults=True, kw_only=True, rename="camel"):
    """As a row of the log holds it, for people who look into the database too."""

    labels: msgspec.Raw
    annotations: msgspec.Raw = msgspec.Raw(b"{}")
    starts_at: float
    ends_at: float | None = None
    timeout: bool = False
    generator_url: str = msgspec.field(default="", name="generatorURL")
    source: str = ""
    rule: str = ""
    value: str = ""
    """A number as text, since JSON knows neither NaN nor infinity."""
    said_at: float = 0.0


_logged = msgspec.json.Decoder(list[_Logged]).decode


def encode(batch: Sequence[Received]) -> bytes:
    """The body of a row of the log."""
    return _encode(
        [
            _Logged(
                labels=msgspec.Raw(one.labels),
                annotations=msgspec.Raw(one.annotations),
                starts_at=one.starts_at,
                ends_at=None if one.ends_at == NO_END else one.ends_at,
                timeout=one.timeout,
                generator_url=one.generator_url,
                source=one.source,
                rule=one.rule,
                value="" if one.value is None else repr(one.value),
                said_at=one.said_at,
            )
            for one in batch
        ]
    )


def decode(body: bytes) -> Sequence[Received]:
    """What `encode` wrote. ValueError for anything else."""
    return [
        Received(
            labels=canonical(_texts(one.labels)),
            annotations=bytes(one.annotations),
            starts_at=one.starts_at,
            ends_at=NO_END if one.ends_at is None else one.ends_at,
            timeout=one.timeout,
            generator_url=one.generator_url,
            source=one.source,
            rule=one.rule,
            value=float(one.value) if one.value else None,
            said_at=one.said_at,
        )
        for one in _logged(body)
    ]
