"""What is not asked would have had no answer: every expression that is spared, asked of a server without its series."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from bot.integrations.prometheus.scratch import scratch
from bot.model.labels import LabelSet
from bot.model.sample import Answer
from bot.ports.scratch import MadeUp
from bot.rules.proving.sparing import Sparing, needs
from tests.house.tree import ROOT
from tests.soak import sample

AT = datetime(1970, 1, 1, 5, tzinfo=UTC)


def expressions() -> list[str]:
    """Those of the rules we ship, and of public projects where they are at hand."""
    return sorted({rule["expr"] for file in files() for group in groups(file) for rule in group["rules"]})


def groups(file: Path) -> list[dict[str, list[dict[str, str]]]]:
    found: list[dict[str, list[dict[str, str]]]] = yaml.safe_load(file.read_text())["groups"]
    return found


def files() -> Iterator[Path]:
    yield from (ROOT / "rules" / "prometheus").glob("*.yaml")
    corpora = os.environ.get("TOCSIN_CORPORA")
    for folder in ("awesome-prometheus-alerts", "kubernetes-mixin") if corpora else ():
        yield from Path(corpora or "", folder).glob("*.y*ml")


async def test_what_is_spared_has_no_answer(prometheus_binary: str) -> None:
    spared = [expr for expr in sample(expressions(), 300) if needs(expr) is not None]
    assert len(spared) > 20
    async with scratch(Path(prometheus_binary), timedelta(minutes=1)) as server:
        answers = await server.source.query_all(spared, AT)
    assert [expr for expr, answer in zip(spared, answers, strict=True) if answer != Answer(samples=())] == []


@pytest.mark.parametrize(
    "expr",
    [
        "absent(up)", "absent_over_time(up[5m])", "vector(1)", "time()", "1", "hour()", "up or vector(0)",
        "vector(1) unless up", "scalar(up)", "count(absent(up))", "vector(1) > 0 or up", "sum(vector(1))", '{job="a"}',
        '{__name__=~"up"}', "up or absent(down)", "-vector(1)", "label_replace(vector(1), 'a', 'b', 'c', 'd')",
        "nosuch(up)", "up ==",
    ],
)  # fmt: skip
def test_what_may_have_an_answer_is_never_spared(expr: str) -> None:
    assert needs(expr) is None


async def test_it_is_asked_as_soon_as_its_series_is_there(prometheus_binary: str) -> None:
    async with scratch(Path(prometheus_binary), timedelta(minutes=1)) as server:
        sparing = Sparing(server)
        for _ in range(3):
            assert await sparing.query_all(['up{job="a"} > 0'], AT) == [Answer(samples=())]
        await sparing.fill([MadeUp(labels=LabelSet({"__name__": "up", "job": "b"}), at=AT, value=1.0)])
        assert await sparing.query_all(['up{job="a"} > 0'], AT) == [Answer(samples=())]
        await sparing.fill([MadeUp(labels=LabelSet({"__name__": "up", "job": "a"}), at=AT, value=1.0)])
        (answer,) = await sparing.query_all(['up{job="a"} > 0'], AT)
        assert isinstance(answer, Answer)
        assert len(answer.samples) == 1
