"""What can be said of an expression without asking a server."""

import pytest

from bot.model.rule import Signal
from bot.rules import parser
from bot.rules.promql import check, signal


@pytest.mark.parametrize(
    ("expr", "of", "op", "threshold"),
    [
        ("a / b > 0.05", "a / b", ">", 0.05),
        ("0.05 < a/b", "a/b", ">", 0.05),
        ("5 <= a", "a", ">=", 5),
        ("1 > 2 ^ a", "2 ^ a", "<", 1),
        ("5 == a", "a", "==", 5),
        ("up == 0", "up", "==", 0),
        ("up != 1", "up", "!=", 1),
        ("a<-1", "a", "<", -1),
        ("  (a > 5) ", "a", ">", 5),
        ("((a) > (5*60))", "(a)", ">", 300),
        ("a > 2 + 3 - 1 / 2", "a", ">", 4.5),
        ("a > 5m", "a", ">", 300),
        ("a > 1_000", "a", ">", 1000),
        ("x <= 0xff", "x", "<=", 255),
        ("a > 5 > 3", "a > 5", ">", 3),
        ("a{x=\"> 3\", y='<', z=`>=`} > 1", "a{x=\"> 3\", y='<', z=`>=`}", ">", 1),
        ('a{x="\\" > 3"} > 1', 'a{x="\\" > 3"}', ">", 1),
        ("sum(a > 2) # > 3\n > # > 4\n 1", "sum(a > 2)", ">", 1),
        ('a{x=~"a\\\\.b"} > 1', 'a{x=~"a\\\\.b"}', ">", 1),
        ("rate(a[5m:]) > 1", "rate(a[5m:])", ">", 1),
        ("sum by (x) (rate(a[5m])) > 1", "sum by (x) (rate(a[5m]))", ">", 1),
    ],
)
def test_the_comparison_is_taken_off(expr: str, of: str, op: str, threshold: float) -> None:
    assert signal(expr) == Signal(expr=of, op=op, threshold=threshold)


@pytest.mark.parametrize(
    "expr",
    [
        "up",
        "absent(up)",
        "a > b",
        "a > on (x) group_left b",
        "a > bool 1",
        "a > 1 and b > 2",
        "a > 1 or b",
        "a > 1 unless b",
        "sum(a > 1)",
        "a + 1",
        "a > 2 ^ 3",
        "a > 1 / 0",
        "a > Inf",
        "a > NaN",
        "a > -b",
        "a > (b)",
        "(a > 1) * (b > 2)",
        "(a) + (b)",
        "sum(",
        "(" * 1200 + "a > 1" + ")" * 1200,
        "",
    ],
    ids=lambda expr: expr[:20],
)
def test_in_doubt_it_is_left_on(expr: str) -> None:
    assert signal(expr) == Signal(expr=expr)


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("up > 1_000", None),
        ('{"a.b", c="d"}', None),
        ("nosuch(up)", "unknown function with name 'nosuch'"),
        ("sum(", "unclosed left parenthesis"),
        ("up ==", "not valid PromQL"),
    ],
)
def test_the_syntax(expr: str, problem: str | None) -> None:
    assert check(expr) == problem


@pytest.mark.parametrize("expr", ["x offset 1e300", "x[5m:1e300]"])
def test_what_would_make_the_parser_panic_is_a_mistake_like_any_other(expr: str) -> None:
    assert check(expr)
    with pytest.raises(ValueError, match="not valid PromQL"):
        parser.parse(expr)
