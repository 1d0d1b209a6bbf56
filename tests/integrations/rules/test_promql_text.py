"""An expression as we print it beside how Prometheus does: the `query` of its /api/v1/rules."""

import json
import urllib.request
from pathlib import Path

import pytest
import yaml

from bot.rules.promql_text import canonical
from tests.corpora import rule_files
from tests.servers import PrometheusServer

EXPRESSIONS = r"""
foo{}
foo{b="1",a='2'}
{__name__="foo"}
{__name__="foo",a="b"}
{"utf.8 name"}
{"utf.8 name",a="b"}
{"foo"}
{"foo",a="b"}
{"a.b"="c"}
{a="b","foo"}
{"foo","a.b"="c"}
foo{"a.b"="c",x="y"}
sum(x) by (a,b)
sum by (a) (x)
sum by () (x)
sum(x)
sum without () (x)
SUM(x) BY (a)
sum by ("a.b", c) (x)
topk(3, x)
topk by (a) (3,x)
count_values("v", x)
quantile(0.9, x) without(b)
a + ignoring() b
a + on() b
a * on(x) group_left b
a * on(x,y) group_left(z) b
a * ignoring(x) group_right(z,w) b
a * on("x.y") group_left("z.w") b
a == bool 1
a AND b
a and on(x) b
a unless ignoring(y) b
a or b
a atan2 b
-a
--a
-1
--1
+1
+a
-1 ^ 2
2 ^ -1
-(1)
-a ^ 2
1e3
1e21
0x1F
010
1_000
.5
5.
1e-7
Inf
+Inf
-Inf
-inf
NaN
nan
5m
1h30m
-5m
x > 5m
x > 1d
vector(1)
time()
"a\tb\"é"
'a\'b"c'
`a\b`
label_replace(x, "a", "$1", 'b', "(.*)\\.x")
foo[5m]
foo[300s]
foo[300]
foo[1.5]
foo[90s]
foo[7d]
foo[14d]
foo[365d]
foo[8d]
foo[1h30m]
foo[1y2w3d4h5m6s7ms]
rate(foo[5m:])
rate(foo[5m:1m])
rate(foo{a="b"}[5m] offset 1h)
foo offset 5m
foo offset -5m
foo offset 0s
foo offset 60
foo @ 123
foo @ 1609746000.5
foo @ start()
foo @ end() offset 5m
foo offset 5m @ end()
foo[5m] @ 1 offset 1m
foo[5m] offset 1m @ 1
rate(foo[5m])[1h:1m] offset 5m
max_over_time(rate(foo[5m] offset 1m)[1h:] @ 10)
(a + b) * c
a + b * c
a # comment
absent(foo{a="b"})
foo{a=~"x|y",a!~"z\\d+"}
foo{a=~'\\.x'}
histogram_quantile(0.9, sum by (le) (rate(x[5m])))
min_over_time(foo[1d12h])
round(x, 0.1)
sort_desc(x)
day_of_month()
sum
avg
avg{a="b"}
offset
a:b:c
:x
foo{on="b"}
foo{sum="x",}
sum(x) by (on)
sum by (by) (x)
a + on(group_left) b
(((a)))
a > bool (b)
a>b
a!=b
-a + -b
a - -b
a - -1
1 + +1
foo{a=""}
foo{a="\u00e9\x41\n"}
foo{a="\xff"}
scalar(a) + 1
x>1e300
x>0.1
x>123456789012345678
x>-0
x>-0.0
a % b
2 ^ 3 ^ 4
count(x) > bool 3
x > 90s
x > 3600s
x > 0s
2 * -5m
-5m ^ 2
x{a="b",a="b"}
count_values("v", x) by (a)
x offset +5m
x @ -1
x @ +1.0005
x @ 1e3
foo[5m] offset 1w3d
foo[0x10]
{a!="",b=~".+"}
x > 1ms
x > 9007199254740993
x >0.30000000000000004
.5e-3
1e+3
sum(sum(x) by (a)) without (b)
abs(-x)
label_join(x, "a", "-", "b", "c")
x{a="\u2028"}
x{a="\\"}
a>=bool on(b)c
stddev(x)
clamp(x,1,2)
a - 1
a -1
a- -1
""".strip().splitlines()


def expressions() -> list[str]:
    """Those above, and every expression of the rule files at hand."""
    written = [
        str(rule["expr"])
        for file in rule_files()
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
    return [*EXPRESSIONS, *dict.fromkeys(written)]


@pytest.fixture
def asked(prometheus_binary: str, tmp_path: Path) -> list[tuple[str, str]]:
    """Each expression and how Prometheus prints it."""
    given = expressions()
    groups = [
        {"name": str(number), "rules": [{"record": f"r:{number}", "expr": expr}]} for number, expr in enumerate(given)
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": groups}))
    config = "global: {evaluation_interval: 1h}\nrule_files: [rules.yml]\n"
    with (
        PrometheusServer(tmp_path, config) as server,
        urllib.request.urlopen(f"{server.url}/api/v1/rules", timeout=30) as answer,
    ):
        printed = json.load(answer)["data"]["groups"]
    assert len(printed) == len(given)
    return [(given[int(group["name"])], group["rules"][0]["query"]) for group in printed]


def test_expressions_as_prometheus_prints_them(asked: list[tuple[str, str]]) -> None:
    assert [(expr, canonical(expr), theirs) for expr, theirs in asked if canonical(expr) != theirs] == []


def test_what_was_printed_is_printed_the_same_again(asked: list[tuple[str, str]]) -> None:
    printed = [canonical(expr) for expr, _ in asked]
    assert [canonical(text) for text in printed if "(x.y)" not in text] == [
        text for text in printed if "(x.y)" not in text
    ]
