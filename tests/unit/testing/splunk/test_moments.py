"""Splunk's time modifiers, by the examples of its Search Reference: now is Wednesday, 2020-02-05 13:37:05 UTC."""

from datetime import UTC, datetime

import pytest

from bot.testing.splunk.moments import BadMoment, floored, following, moment

NOW = datetime(2020, 2, 5, 13, 37, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("now", "2020-02-05T13:37:05"),
        ("-60m", "2020-02-05T12:37:05"),
        ("-1h@h", "2020-02-05T12:00:00"),
        ("-24h", "2020-02-04T13:37:05"),
        ("@d", "2020-02-05T00:00:00"),
        ("-1d@d", "2020-02-04T00:00:00"),
        ("-7d@d", "2020-01-29T00:00:00"),
        ("@w0", "2020-02-02T00:00:00"),
        ("@w", "2020-02-02T00:00:00"),
        ("@w1", "2020-02-03T00:00:00"),
        ("@w7", "2020-02-02T00:00:00"),
        ("-1mon@mon", "2020-01-01T00:00:00"),
        ("@q", "2020-01-01T00:00:00"),
        ("@y", "2020-01-01T00:00:00"),
        ("-1y", "2019-02-05T13:37:05"),
        ("@d+2h", "2020-02-05T02:00:00"),
        ("-h", "2020-02-05T12:37:05"),
        ("-5m@m", "2020-02-05T13:32:00"),
        ("+1d", "2020-02-06T13:37:05"),
        ("-1mon@mon+7d", "2020-01-08T00:00:00"),
        ("1580909825", "2020-02-05T13:37:05"),
        ("1580909825.5", "2020-02-05T13:37:05.500000"),
        ("2020-02-05T14:37:05+01:00", "2020-02-05T13:37:05"),
        ("2020-02-05T13:37:05", "2020-02-05T13:37:05"),
    ],
)
def test_moments(text: str, wanted: str) -> None:
    assert datetime.fromtimestamp(moment(text, NOW), UTC).isoformat().removesuffix("+00:00") == wanted


def test_the_last_day_of_a_shorter_month() -> None:
    march = datetime(2020, 3, 31, 10, tzinfo=UTC).timestamp()
    assert datetime.fromtimestamp(moment("-1mon", march), UTC).isoformat() == "2020-02-29T10:00:00+00:00"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "-5", "-5x", "@", "@x", "-5m@", "rt", "2020-13-01T00:00:00", "-5m later"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(BadMoment):
        moment(text, NOW)


@pytest.mark.parametrize(
    ("count", "unit", "steps"), [(5, "m", 300), (1, "h", 3600), (1, "d", 86400), (2, "d", 172800), (1, "w", 604800)]
)
def test_spans_follow_each_other(count: int, unit: str, steps: int) -> None:
    start = floored(NOW, count, unit)
    assert start <= NOW < start + steps == following(start, count, unit)
    assert floored(start, count, unit) == start
