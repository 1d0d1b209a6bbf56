"""Numbers and texts as Go's strconv and fmt have them; the figures are Go's own."""

import math

import pytest

from bot.rules.gotemplate.numbers import number, parse_float, quoted, shortest, unquote
from bot.rules.gotemplate.printing import sprintf


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (123456.0, "123456"),
        (999999.0, "999999"),
        (1000000.0, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (12345678901234567.0, "1.2345678901234568e+16"),
        (1e21, "1e+21"),
        (1e22, "1e+22"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_the_shortest_form(value: float, text: str) -> None:
    assert shortest(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("-1e3", -1000.0),
        ("1_000", 1000.0),
        ("0x1p4", 16.0),
        ("-0x.8p0", -0.5),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
    ],
)
def test_reading_a_float(text: str, value: float) -> None:
    assert parse_float(text) == value


def test_reading_what_is_not_a_number() -> None:
    assert math.isnan(parse_float("nan"))


@pytest.mark.parametrize("text", ["", " 1", "1 ", "x", "0x10", "++1", "++inf", "1e", "_1", "1__0", "1_", "\u0661"])
def test_no_float(text: str) -> None:
    with pytest.raises(ValueError, match="invalid syntax"):
        parse_float(text)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "0x1p5000"])
def test_a_float_too_large(text: str) -> None:
    with pytest.raises(ValueError, match="value out of range"):
        parse_float(text)


def test_a_number_in_source_is_whole_unless_it_says_otherwise() -> None:
    assert [type(number(text)) for text in ("1", "0x1F", "010", "'a'")] == [int] * 4
    assert [type(number(text)) for text in ("1.0", "1e3", "0x1p0")] == [float] * 3


def test_quoting_and_back() -> None:
    text = 'a"b\\c\n\t\a\x00\x7f\u00a0é\u2028\U0001f600'
    assert quoted(text) == r'"a\"b\\c\n\t\a\x00\x7f\u00a0é\u2028😀"'
    assert quoted("é😀", ascii_only=True) == r'"\u00e9\U0001f600"'
    assert unquote(quoted(text)) == text
    assert unquote("`a\\n\r`") == "a\\n"


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("%v", math.inf, "+Inf"),
        ("%f", -math.inf, "-Inf"),
        ("% .2f", math.inf, " Inf"),
        ("%08.2f", math.inf, "    +Inf"),
        ("%08.2f", math.nan, "     NaN"),
        ("%+f", math.nan, "+NaN"),
        ("%.3g", 1234567.0, "1.23e+06"),
        ("%G", 1e-7, "1E-07"),
        ("%+08.2f", 3.14159, "+0003.14"),
        ("%-8.2f|", 2.5, "2.50    |"),
    ],
)
def test_floats_with_verbs(template: str, value: float, text: str) -> None:
    assert sprintf(template, [value]) == text
