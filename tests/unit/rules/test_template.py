"""Templates as Prometheus has them. The texts are what promtool 3.5.3 made of the same templates."""

import math
from datetime import UTC, datetime

import pytest

from bot.model.labels import LabelSet
from bot.model.sample import Sample
from bot.rules.template import Answers, Data, Needs, TemplateError, check, parse, render

DATA = Data(
    labels=LabelSet({"__name__": "test", "a": "b"}),
    value=1.0,
    at=datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC),
    external_labels={"foo": "bar"},
    external_url="https://tocsin.example.net/sub",
)
TEST = (
    Sample(labels=LabelSet({"__name__": "test", "a": "b"}), value=1.0),
    Sample(labels=LabelSet({"__name__": "test", "a": "a"}), value=2.0),
)
ANSWERS: Answers = {"test": TEST, "none": (), "bad": "1:5: parse error: unclosed left parenthesis"}
FAILED = "<error expanding template: error executing template __alert_A: template: __alert_A:1:"


def filled(text: str, value: float = 1.0) -> str | Needs:
    data = Data(
        labels=DATA.labels,
        value=value,
        at=DATA.at,
        external_labels=DATA.external_labels,
        external_url=DATA.external_url,
    )
    return render(parse(text, "A"), data, ANSWERS)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("humanize", 0, "0"),
        ("humanize", 1e-7, "100n"),
        ("humanize", 5e-324, "4.941e-300y"),
        ("humanize", 999.99, "1000"),
        ("humanize", 1000, "1k"),
        ("humanize", -123456789, "-123.5M"),
        ("humanize", 1e27, "1000Y"),
        ("humanize", math.nan, "NaN"),
        ("humanize", math.inf, "+Inf"),
        ("humanize1024", 0.5, "0.5"),
        ("humanize1024", 1, "1"),
        ("humanize1024", 1023.9, "1024"),
        ("humanize1024", 1048576, "1Mi"),
        ("humanize1024", -math.inf, "-Inf"),
        ("humanizeDuration", 0, "0s"),
        ("humanizeDuration", 0.001, "1ms"),
        ("humanizeDuration", -0.25, "-250ms"),
        ("humanizeDuration", 59.9, "59.9s"),
        ("humanizeDuration", 60, "1m 0s"),
        ("humanizeDuration", 3600, "1h 0m 0s"),
        ("humanizeDuration", -90061.5, "-1d 1h 1m 1s"),
        ("humanizeDuration", math.nan, "NaN"),
        ("humanizePercentage", -0.25, "-25%"),
        ("humanizePercentage", 12345.678, "1.235e+06%"),
        ("humanizeTimestamp", 0, "1970-01-01 00:00:00 +0000 UTC"),
        ("humanizeTimestamp", 1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
        ("humanizeTimestamp", 1e-5, "1970-01-01 00:00:00 +0000 UTC"),
        ("humanizeTimestamp", -1.5, "1969-12-31 23:59:58.5 +0000 UTC"),
        ("humanizeTimestamp", math.inf, "+Inf"),
        ('printf "%.2f"', 1e6, "1000000.00"),
        ('printf "%v %d"', 1e6, "1e+06 %!d(MISSING)"),
    ],
)
def test_the_value_in_words(text: str, value: float, expected: str) -> None:
    assert filled(f"{{{{ $value | {text} }}}}", value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain {text}", "plain {text}"),
        ("{{ $labels.a }}{{ .Labels.a }}{{ $labels.alertname }}{{ $labels.__name__ }}", "bbtest"),
        ("{{ $externalLabels.foo }} {{ $externalURL }}", "bar https://tocsin.example.net/sub"),
        ("{{ externalURL }} {{ pathPrefix }}", "https://tocsin.example.net/sub /sub"),
        ("{{ printf `%.1f` now }}", "1767225601.5"),
        ("{{ . }}", "{map[__name__:test a:b] map[foo:bar] https://tocsin.example.net/sub 1}"),
        ('{{ title "hello wORLD foo-bar it\'s o.k." }}', "Hello WORLD Foo-Bar It's O.k."),
        ('{{ title "3rd a_b x:y éa ß" }}', "3Rd A_b X:y Éa Ss"),
        ('{{ toUpper "straße ŉ" }} {{ toLower "İSTANBUL ÀÉ" }}', "STRAßE ŉ istanbul àé"),
        ('{{ reReplaceAll "(a)(b)?" "$1-$2-${1}x-$1x-$$-$9-$" "ab a" }}', "a-b-ax--$--$ a--ax--$--$"),
        ('{{ reReplaceAll "(?P<n>a+)" "${n}!$n" "aab" }} {{ reReplaceAll "(a)" "${1" "a" }}', "aa!aab ${1"),
        ('{{ reReplaceAll "x*" "-" "abc" }} {{ reReplaceAll "a|" "-" "bab" }}', "-a-b-c- -b-b-"),
        ('{{ match "b+" "abbc" }} {{ match "^b" "ab" }}', "true false"),
        ('{{ stripPort "h:1" }} {{ stripPort "h" }} {{ stripPort "[::1]:80" }}', "h h ::1"),
        ('{{ stripPort "a:b:c" }} {{ stripPort "[::1]" }}', "a:b:c [::1]"),
        ('{{ stripPort "[a]b:80" }} {{ stripPort "a]:80" }}', "[a]b:80 a]:80"),
        ('{{ stripDomain "a.b.c:80" }} {{ stripDomain "a.b" }} {{ stripDomain "10.0.0.1:80" }}', "a:80 a 10.0.0.1:80"),
        ('{{ stripDomain "[::1]:80" }} {{ stripDomain "a.b:" }} {{ stripDomain "[a:b.c]:80" }}', "[::1]:80 a [a:b]:80"),
        ('{{ graphLink "up > 1 & x" }}', "/graph?g0.expr=up+%3E+1+%26+x&g0.tab=0"),
        ('{{ tableLink "a+b c" }} {{ urlQueryEscape "a b" }}', "/graph?g0.expr=a%2Bb+c&g0.tab=1 a+b"),
        ('{{ parseDuration "1h30m" }} {{ parseDuration "-5m" }} {{ parseDuration "0" }}', "5400 -300 0"),
        ('{{ humanize "12345" }} {{ humanize 5 }} {{ humanize "inf" }} {{ safeHtml "<b>" }}', "12.35k 5 +Inf <b>"),
        ('{{ args 1 "b" }}', "map[arg0:1 arg1:b]"),
        ('{{ query "test" | first | value }} {{ query "test" | first | label "a" }}', "1 b"),
        ('{{ range query "test" | sortByLabel "a" }}{{ .Labels.a }}={{ .Value }};{{ end }}', "a=2;b=1;"),
        ('{{ with query "none" }}{{ . }}{{ else }}nothing{{ end }}{{ strvalue (query "test" | first) }}', "nothing"),
        ("{{ range sortByLabel `a` nil }}{{ end }}", ""),
    ],
)  # fmt: skip
def test_what_a_template_becomes(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('humanize "abc"', 'strconv.ParseFloat: parsing "abc": invalid syntax'),
        ("humanize true", "can't convert bool to float"),
        ("humanize nil", "can't convert <nil> to float"),
        ("humanize $labels", "can't convert map[string]string to float"),
        (
            "humanizeTimestamp 1e30",
            "1e+30 cannot be represented as a nanoseconds timestamp since it overflows int64",
        ),
        ('match "(" "x"', "error parsing regexp: missing closing ): `(`"),
        ('reReplaceAll "(`" "" "x"', 'regexp: Compile("(`"): error parsing regexp: missing closing ): `(``'),
        (
            'reReplaceAll "a**" "" "x"',
            "regexp: Compile(`a**`): error parsing regexp: invalid nested repetition operator: `**`",
        ),
        (r'match "\\" "x"', "error parsing regexp: trailing backslash at end of expression: ``"),
        ('parseDuration "5"', 'not a valid duration string: "5"'),
        ('parseDuration ""', "empty duration string"),
        ("first nil", "first() called on vector with no elements"),
        ('query "bad"', "1:5: parse error: unclosed left parenthesis"),
        ('label "a" nil', "runtime error: invalid memory address or nil pointer dereference"),
        ("value nil", "runtime error: invalid memory address or nil pointer dereference"),
        ("gt $value 1", "incompatible types for comparison: float64 and int"),
    ],
)
def test_what_fails_says_so_in_the_text(text: str, error: str) -> None:
    function = text.split()[0]
    where = f'115: executing "__alert_A" at <{text}>: error calling {function}'
    assert filled(f"{{{{ {text} }}}}") == f"{FAILED}{where}: {error}>"


def test_columns_count_what_prometheus_puts_before_the_text() -> None:
    assert filled("{{ $labels.a.b }}") == (
        f'{FAILED}122: executing "__alert_A" at <$labels.a.b>: can\'t evaluate field b in type string>'
    )


def test_a_query_is_asked_for_once_and_then_answered() -> None:
    template = parse('{{ query "up" | first | value }} of {{ query "all" | first | value }}', "A")
    assert render(template, DATA, {}) == Needs(query="up")
    up = {"up": (Sample(labels=LabelSet({}), value=3.0),)}
    assert render(template, DATA, up) == Needs(query="all")
    assert render(template, DATA, {**up, "all": (Sample(labels=LabelSet({}), value=5.0),)}) == "3 of 5"


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("{{ nope }}", 'function "nope" not defined', 1, 4),
        ("a\nb {{ nope 1 }}", 'function "nope" not defined', 2, 6),
        ("{{ $x }}", 'undefined variable "$x"', 1, 4),
        ('{{ define "a" }}{{ $value }}{{ end }}', 'undefined variable "$value"', 1, 20),
        ("{{ $value", "unclosed action", 1, 10),
        ("{{{ $value }}", 'unexpected "{" in command', 1, 3),
        ("{{ $labels.a }}{", None, 0, 0),
        ("{{ $value | humanizeDuration }} {{ $labels.a }} {{$value}}", None, 0, 0),
        ("{{ $value | printf `%f` }}", None, 0, 0),
        ("no action }}", None, 0, 0),
    ],
)
def test_checking(text: str, message: str | None, line: int, column: int) -> None:
    if message is None:
        check(text, "A")
        parse(text, "A")
        return
    for read in (check, parse):
        with pytest.raises(TemplateError) as raised:
            read(text, "A")
        assert (raised.value.message, raised.value.line, raised.value.column) == (message, line, column)


def test_a_byte_that_is_not_utf_8_is_shown_as_such() -> None:
    assert filled(r'{{ "a\xff" }}{{ slice "é" 1 }}') == "a\ufffd\ufffd"
