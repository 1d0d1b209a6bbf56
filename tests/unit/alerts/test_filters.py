"""What clients ask to see."""

import re

import pytest

from bot.alerts import filters
from bot.model.labels import Matcher, MatchOp
from tests.contracts.store_alerts import silence


def test_each_text_is_one_matcher() -> None:
    found = filters.matchers(["severity=critical", '"a b"!~"x.*"'])
    assert found == (
        Matcher(name="severity", op=MatchOp.EQUAL, value="critical"),
        Matcher(name="a b", op=MatchOp.NOT_REGEX, value="x.*"),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "bad matcher format: "),
        ("a", "bad matcher format: a"),
        ("a=b,c=d", "bad matcher format: a=b,c=d"),
        ("{a=b}", "unexpected open or close brace: {a=b}"),
        ("a=b}", "unexpected open or close brace: a=b}"),
        ("a=~(", "the regular expression '(' is broken"),
    ],
)
def test_what_is_no_matcher_is_told_in_alertmanagers_words(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}"):
        filters.matchers([text])


def test_a_receiver_is_named_from_end_to_end() -> None:
    assert filters.named("d.*|sre")("db")
    assert not filters.named("d")("db")
    with pytest.raises(ValueError, match="failed to parse receiver param: error parsing regexp: missing"):
        filters.named("(")


def test_a_silence_is_found_by_the_matchers_it_has_and_not_by_what_it_silences() -> None:
    one = silence()
    assert filters.has_matchers(one, ())
    assert filters.has_matchers(one, filters.matchers(["alertname=ShopSlow"]))
    assert not filters.has_matchers(one, filters.matchers(['alertname=~"Shop.*"']))
    assert not filters.has_matchers(one, filters.matchers(["alertname=ShopSlow", "a=b"]))
