"""Labels, matchers and fingerprints as Prometheus and Alertmanager know them."""

import contextlib
import time

import pytest
import re2

from bot.model.labels import LabelSet, Matcher, MatchOp, value_test
from bot.model.matchers import parse_matcher, parse_matchers


def test_an_empty_label_equals_an_absent_one_and_order_does_not_matter() -> None:
    assert LabelSet({"b": "2", "a": "1", "c": ""}) == LabelSet({"a": "1", "b": "2"})
    assert hash(LabelSet({"b": "2", "a": "1"})) == hash(LabelSet({"a": "1", "b": "2"}))
    assert list(LabelSet({"b": "2", "a": "1"})) == ["a", "b"]
    assert repr(LabelSet({"b": "2", "a": "1"})) == '{a="1", b="2"}'
    assert LabelSet({"a": "1", "b": "2"}).only(("b", "z")) == LabelSet({"b": "2"})
    assert LabelSet() != {}


@pytest.mark.parametrize(
    ("labels", "fingerprint"),
    [
        # prometheus/common model/fnv.go: FNV-1a, offset basis for no labels at all
        ({}, "cbf29ce484222325"),
        ({"a": "b"}, "d2b371819297f98a"),
    ],
)
def test_fingerprints(labels: dict[str, str], fingerprint: str) -> None:
    assert LabelSet(labels).fingerprint == fingerprint


@pytest.mark.parametrize(
    ("text", "labels", "fits"),
    [
        ('a="b"', {"a": "b"}, True),
        ("a=b", {"a": "b"}, True),
        ('a!="b"', {}, True),
        ('a=""', {}, True),
        ('a=~"b|c"', {"a": "c"}, True),
        ('a=~"b"', {"a": "bb"}, False),
        ('a!~"b.*"', {"a": "bb"}, False),
        (r'a="say \"x\"\n"', {"a": 'say "x"\n'}, True),
    ],
)
def test_matchers(text: str, labels: dict[str, str], fits: bool) -> None:
    matcher = parse_matcher(text)
    assert matcher.matches(labels) is fits
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize("text", ["", "a", 'a="b', 'a=~"["', "a=b,c=d"])
def test_what_is_no_matcher_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like|is broken"):
        parse_matcher(text)


def test_operators_are_alertmanagers() -> None:
    assert [str(op) for op in MatchOp] == ["=", "!=", "=~", "!~"]


WORDS = ["", "a", "b", "ab", "a|b", "a.b", "a\n", "\n", "ab\nc", "A", "é", "a b", "x-1", "x-12", "\ud800", "?"]


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a",
        "a|b",
        "a|",
        "|",
        "a.*",
        "a.+",
        ".*",
        ".+",
        "a.",
        "(a|b).*",
        "x-[0-9]+",
        "é|a b",
        "[^a]*",
        "(?s).+",
        "a?",
    ],
)
def test_shortcuts_find_what_re2_finds(pattern: str) -> None:
    compiled = re2.compile(f"(?:{pattern})")
    for op, wanted in ((MatchOp.REGEX, True), (MatchOp.NOT_REGEX, False)):
        matcher = Matcher(name="n", op=op, value=pattern)
        for word in WORDS:
            fits = compiled.fullmatch(word.encode(errors="replace")) is not None
            assert matcher.matches({"n": word}) is (fits is wanted), word


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"\1", "a**", "[z-a]", "(?P<n>a"])
def test_what_re2_does_not_read_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is broken"):
        value_test(Matcher(name="n", op=MatchOp.REGEX, value=pattern))


@pytest.mark.parametrize(
    "text",
    [
        '"',
        'a="\\"',
        'a="\\\\',
        '"a',
        "a=b,",
        " ",
        "a=\\,",
        "{",
        "a=~(",
        '"\\',
        'a="b" ',
        "a=b ",
        "a=b,,",
        'a=b,"',
        "=",
        "a=~",
    ],
)
def test_hostile_text_is_read_or_refused_at_once(text: str) -> None:
    """In time that grows with the length: one of these took minutes."""
    took = []
    for many in (2_000, 16_000):
        start = time.process_time()
        with contextlib.suppress(ValueError):
            parse_matchers(text * many + "c")
            parse_matchers(text + text[-1] * many + "c")
        took.append(time.process_time() - start)
    assert took[1] < max(took[0], 0.01) * 8 * 4
