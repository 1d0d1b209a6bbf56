"""Our reading of series beside promtool's: it finds the samples that we read, and refuses what we refuse."""

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rules.proving.notation import NotationError, read_series
from tests.integrations.testrules.verdicts import of_promtool
from tests.soak import many

VALUES = [
    "",
    " 1",
    "1 2\t3   4 ",
    "-1 +2 .5 5. 1e3 1E-3 +.5e+2 -0",
    "1_000 0.1",
    "010 08 00 0777 09.5",
    "Inf -inf +INF NaN nan",
    "_ 1 _x3 2 _x0 3",
    "1x4 2x0",
    "1+1x4 1-2x4 -2+4x3 1+0x2 0.1+0.1x9",
    "1.5e1+2.5e-1x3 -1-1x2 +1+1x2",
    "1 stale 2 stale",
    "1e3x2 1e3+1e1x2",
]
REFUSED = [
    "a", "1a", "1 x3", "x3", "_3", "_x", "_x-1", "1x", "1x1.5", "1x1e1", "1x1_0", "1+2", "1+2x", "1+-2x3", "1 + 2x3",
    "stalex3", "NaNx3", "infx2", "1+infx2", "0x10 y", "1,2", "1;2", "5m", "1..2", "1._5", "_1", "1__0",
    "1_", "{{buckets:[a]}}", "1e", "1e+", "1e400", "--1", "'1'", "{{schema}}", "{{foo:1}}", "{{sum:}}",
    "{{buckets:[]}}",
    "{{schema:0.5}}", "{{sum:1 sum:2}}", "{{schema:1}}+{{schema:1}}", "{{schema:1}}+1x2", "{{schema:1}", "{{}} x3",
    "{{counter_reset_hint:maybe}}", "# 1", "1 # 2", "1 \uff11", "{1}",
]  # fmt: skip
SERIES = [
    "up{n='%d'}",
    'up{n="%d",}',
    'up{ n = "%d" , a="b" }',
    'up{a="x\\ty\\\\\\"z",n="%d"}',
    "up{a=`x\\t`,n='%d'}",
    'up{a="",n="%d"}',
    'a:b_c9{n="%d"}',
    ':{n="%d"}',
    'up{a="\\u00e9\\x41\\101\\U0001F600",n="%d"}',
    'up{a="é",n="%d"}',
    'sum{n="%d",by="c",without="d"}',
    '{__name__="up2",n="%d"}',
    'up3{__name__="other",n="%d"}',
    '{"u p",n="%d","a b"="c"}',
    'up{\tn="%d"}',
]
NOT_SERIES = [
    "", "1up", "up{", "up}", "up{a}", "up{a=b}", 'up{a=~"b"}', 'up{a="b" c="d"}', 'up{,a="b"}', 'up{a="b",,}',
    'up{a="b"', 'up {a="b"}', 'up{a="\\d"}', 'up{a="b"}}', 'up{1a="b"}', 'up{a-b="c"}', 'up{a="b",a="c"}', "u p", "up!",
    'up{a="\\ud800"}', 'up{a="\\xzz"}', "é",
]  # fmt: skip


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def sheet(series: list[tuple[str, str]], expectations: list[tuple[str, int, str, str]]) -> str:
    """A test file; expectations are (expression, minute, labels, value), without labels nothing is expected."""
    lines = ["tests:", "- input_series:"]
    lines += [f"  - {{series: {quoted(name)}, values: {quoted(values)}}}" for name, values in series]
    lines += ["  promql_expr_test:"] if expectations else []
    for expr, minute, labels, value in expectations:
        samples = f"[{{labels: {quoted(labels)}, value: {value}}}]" if labels else "[]"
        lines.append(f"  - {{expr: {quoted(expr)}, eval_time: {minute}m, exp_samples: {samples}}}")
    return "\n".join(lines) + "\n"


def as_read(values: list[str]) -> str:
    """What we read in each text, as expectations for promtool."""
    series = [(f's{{n="{number}"}}', text) for number, text in enumerate(values)]
    expectations = []
    for number, (name, text) in enumerate(series):
        found = dict(read_series(f"{name} {text}").samples())
        for minute in range(max(found, default=0) + 2):
            value, here = found.get(minute), f'last_over_time(s{{n="{number}"}}[59s])'
            labels = f's{{n="{number}"}}'
            if not isinstance(value, float):
                expectations.append((here, minute, "", ""))
            elif math.isnan(value):
                expectations.append((f"{here} != {here}", minute, "", ""))
                expectations.append((f"count({here})", minute, "{}", "1"))
            else:
                expectations.append((here, minute, labels, repr(value).replace("inf", ".inf")))
    return sheet(series, expectations)


def test_it_finds_what_we_read(promtool: str, tmp_path: Path) -> None:
    file = tmp_path / "values.test"
    file.write_text(as_read(VALUES))
    passed, said = of_promtool(promtool, [file])
    nan_is_not_itself = said.count(" != last_over_time")
    assert passed == [True] or nan_is_not_itself == said.count("expr:"), said


def made_up() -> Iterator[str]:
    chance = random.Random(7)
    numbers = ["0", "1", "2.5", "-3", "+4e2", ".5", "007", "1_0", "1e-3"]
    for _ in range(many(60, 3000)):
        items = []
        for _ in range(chance.randrange(1, 5)):
            number, step, times = chance.choice(numbers), chance.choice(numbers).lstrip("+-"), chance.randrange(5)
            items.append(
                chance.choice(
                    [number, f"{number}x{times}", f"{number}+{step}x{times}", f"{number}-{step}x{times}", "_", "stale"]
                )
            )
        yield " ".join(items)


def test_it_finds_what_we_read_in_anything_made_up(promtool: str, tmp_path: Path) -> None:
    file = tmp_path / "values.test"
    file.write_text(as_read(list(made_up())))
    passed, said = of_promtool(promtool, [file])
    assert passed == [True], said


def test_it_refuses_what_we_refuse(promtool: str, tmp_path: Path) -> None:
    refused = [("up", text) for text in REFUSED] + [(text, "1") for text in NOT_SERIES]
    files = [tmp_path / f"{number}.test" for number in range(len(refused))]
    for file, (name, values) in zip(files, refused, strict=True):
        file.write_text(sheet([(name, values)], []))
        with pytest.raises(NotationError):
            read_series(f"{name} {values}".strip())
    passed, said = of_promtool(promtool, files)
    assert not any(passed), [refused[number] for number, one in enumerate(passed) if one] + [said]


def test_it_finds_the_labels_that_we_read(promtool: str, tmp_path: Path) -> None:
    series = [(text % number, "1") for number, text in enumerate(SERIES)]
    expectations = []
    for number, (name, _) in enumerate(series):
        labels = dict(read_series(f"{name} 1").labels)
        metric = labels.pop("__name__")
        pairs = ", ".join([quoted(metric), *(f"{quoted(label)}={quoted(text)}" for label, text in labels.items())])
        expectations.append((f'{{n="{number}"}}', 0, f"{{{pairs}}}", "1"))
    file = tmp_path / "series.test"
    file.write_text(sheet(series, expectations))
    passed, said = of_promtool(promtool, [file])
    assert passed == [True], said
