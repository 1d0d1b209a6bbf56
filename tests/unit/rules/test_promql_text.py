"""What Prometheus prints of an expression, as far as one can tell without asking it."""

import pytest

from bot.rules.promql_text import canonical


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("sum( rate(x{b='1',a=\"2\"}[300s]) )by(c)  # why", 'sum by (c) (rate(x{a="2",b="1"}[5m]))'),
        ("a*on(b)group_left c", "a * on (b) group_left () c"),
        ("foo{} offset 60 @ 1", "foo @ 1.000 offset 1m"),
        ("SUM(x) BY () AND 1e3 > .5", "sum(x) and 1000 > 0.5"),
        ("2^-1 + -1^2", "2 ^ -1 + -1 ^ 2"),
    ],
)
def test_the_same_in_prometheus_form(written: str, printed: str) -> None:
    assert canonical(written) == printed
    assert canonical(printed) == printed


@pytest.mark.parametrize(
    "text", ["", "sum(", "a b", "x[5m", "x offset", "x{a}", "x[5m*2]", "x @ step()", "?", "(" * 2000]
)
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert canonical(text) == text
