"""Alerts as bytes of the log."""

from math import inf, isnan, nan

import pytest

from bot.alerts.wire import NO_END, Received, canonical, decode, encode, texts
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from tests.contracts.store_nouns import NOW

FULL = Received(
    labels=b'{"a":"1","b":"\xc3\xbc"}',
    starts_at=1.5,
    ends_at=2.25,
    annotations=b'{ "summary": "as it was sent" }',
    timeout=True,
    generator_url="http://p",
    source="prom",
    rule="f;g;r",
    value=inf,
    said_at=1.75,
)


def test_what_is_written_is_read() -> None:
    bare = Received(labels=b'{"a":"1"}', starts_at=0.0)
    assert list(decode(encode([FULL, bare]))) == [FULL, bare]
    assert bare.ends_at == NO_END
    assert b"endsAt" not in encode([bare])
    assert list(decode(encode([]))) == []


def test_a_value_that_json_cannot_say_is_kept() -> None:
    (found,) = decode(encode([Received(labels=b'{"a":"1"}', starts_at=0.0, value=nan)]))
    assert found.value is not None
    assert isnan(found.value)


def test_labels_are_read_in_canonical_form_however_they_were_written() -> None:
    (found,) = decode(b'[{"labels": {"b":"2", "a":"\\u00fc", "c":""}, "startsAt": 1}]')
    assert found.labels == canonical({"a": "ü", "b": "2"})


@pytest.mark.parametrize("body", [b"", b"{}", b"[{}]", b'[{"labels":[],"startsAt":1}]', b"\xff"])
def test_what_is_no_row_of_the_log_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the words are the decoder's
        decode(body)


def test_half_a_surrogate_pair_is_told_as_go_tells_it() -> None:
    alert = Alert(labels=LabelSet({"a": "x\ud800"}), annotations={"s": "\udfff"}, starts_at=NOW)
    said = Received.of(alert)
    assert texts(said.labels) == {"a": "x\ufffd"}
    assert texts(said.annotations) == {"s": "\ufffd"}
    assert decode(encode([said]))[0].labels == said.labels
