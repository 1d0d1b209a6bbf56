"""What people write into fields: which alerts, and for how long."""

from datetime import timedelta

import pytest

from bot.web import asked


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", []),
        ("  HighLatency ", ['alertname="HighLatency"']),
        ("two words", ['alertname="two words"']),
        ('service="db", severity!="critical"', ['service="db"', 'severity!="critical"']),
        ("{host=~'web-.*'}", ["host=~\"'web-.*'\""]),
    ],
)
def test_matchers_are_alertmanagers_and_a_word_is_a_name(text: str, meant: list[str]) -> None:
    assert [str(matcher) for matcher in asked.matchers(text)] == meant


@pytest.mark.parametrize("text", ["=x", "service=~(", "{service", "~"])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"matcher|regular expression"):
        asked.matchers(text)


def test_a_length_is_a_duration_that_is_not_nothing() -> None:
    assert asked.length("1h30m") == asked.length(" 1h 30m ") == timedelta(minutes=90)
    for text in ("", "0", "0s", "soon", "-1h"):
        with pytest.raises(ValueError, match="write it like"):
            asked.length(text)
