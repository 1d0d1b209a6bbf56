"""Labels, matchers and fingerprints as Prometheus and Alertmanager know them."""

import pytest

from bot.model.labels import LabelSet, MatchOp, parse_matcher


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


@pytest.mark.parametrize("text", ["", "a", 'a="b', "1a=b", 'a=~"["', "a=b,c=d"])
def test_what_is_no_matcher_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like|is broken"):
        parse_matcher(text)


def test_operators_are_alertmanagers() -> None:
    assert [str(op) for op in MatchOp] == ["=", "!=", "=~", "!~"]
