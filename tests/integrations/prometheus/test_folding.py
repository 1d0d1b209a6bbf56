"""Asked together, expressions answer exactly what each alone would: on a real Prometheus, and where one goes wrong."""

import asyncio
import itertools
import json
import os
import random
import re
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import promql_parser
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import IntegrationError, Permanent
from bot.integrations.prometheus.answers import MAX_BODY
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.folding import LABEL, MOST, MOST_BYTES, Rooms, fold, operand, owner
from bot.integrations.prometheus.wire import Reply
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.model.sample import Answer
from bot.testing.clock import FakeClock
from tests.conftest import needed
from tests.integrations.http_server import Asked, HttpServer, Script, says
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer, VictoriaMetricsServer, free_port
from tests.soak import ROOT, made_up_by, many, sample

CORPORA = Path(os.environ.get("TOCSIN_CORPORA", ROOT / "rules" / "prometheus"))


Server = PrometheusServer | VictoriaMetricsServer


def facts(answer: Answer | IntegrationError) -> object:
    """All that two answers may differ in: bits of values, labels, kind and words of errors; not the order.

    Of two series that are one too many VictoriaMetrics names either first, so what it says after that is left out.
    """
    if isinstance(answer, IntegrationError):
        return type(answer), answer.reason, re.split(r"duplicate time ?series", answer.message)[0]
    facts_of_each = ((tuple(one.labels.items()), struct.pack("<d", one.value)) for one in answer.samples)
    return sorted(facts_of_each), answer.warnings


class Counting(PrometheusSource):
    """Knows how many questions its server was asked."""

    asked = 0

    async def _ask(self, query: bytes, at: datetime) -> Reply:
        self.asked += 1
        return await super()._ask(query, at)


def _source(url: str) -> Counting:
    tools = Tools(name="prom", clock=FakeClock(), http=HttpOut(), redactor=Redactor())
    return Counting(access(PrometheusConfig(url=url, timeout=timedelta(minutes=1)), tools))


async def _compare(url: str, exprs: Sequence[str], at: datetime) -> None:
    source = _source(url)
    try:
        alone = [(await source.query_all([expr], at))[0] for expr in exprs]
        everything = await source.query_all(exprs, at)
        well = [place for place, answer in enumerate(alone) if isinstance(answer, Answer)]
        sound, source.rooms, source.asked = [exprs[place] for place in well], Rooms(), 0
        together = await source.query_all(sound, at)
    finally:
        await source.aclose()
    for expr, one, other in zip(exprs, alone, everything, strict=True):
        assert facts(other) == facts(one), expr
    for place, other in zip(well, together, strict=True):
        assert facts(other) == facts(alone[place]), exprs[place]
    assert source.asked == len(Rooms().folds(sound)), "a fold failed, and nothing in it was wrong"


def compare(url: str, exprs: Sequence[str], at: datetime) -> None:
    """Fails where an expression answers otherwise among others than alone, and where a fold of sound ones fails."""
    asyncio.run(_compare(url, exprs, at))


@pytest.fixture
async def asks(impostor: HttpServer, tools: Tools) -> AsyncIterator[PrometheusSource]:
    """A client of the impostor."""
    source = PrometheusSource(access(PrometheusConfig(url=impostor.url, timeout=timedelta(seconds=2)), tools))
    yield source
    await source.aclose()


# -- what there is to ask about --

METRICS = ("fold_a", "fold_b", "fold_bucket", "fold_total", "fold_values")


def confusing(at: datetime) -> Iterator[tuple[Mapping[str, str], datetime, float]]:
    """Series with every label that could confuse a fold, and every value that a float can be."""
    values = ("NaN", "+Inf", "-Inf", "0", "-0", "5e-324", "1.7976931348623157e308", "0.1", "-3", "1e6")
    marks = ("0/", "1/x", "3", "/", "", "line\nbreak", "$1", "999/")
    for index in range(19):
        time = at - timedelta(minutes=6) + index * timedelta(seconds=20)
        for name, job, number in itertools.product(("fold_a", "fold_b", "fold_total"), ("x", "y"), range(3)):
            yield {"__name__": name, "job": job, "instance": f"i{number}"}, time, float(index * number)
        for job, (number, le) in itertools.product(("x", "y"), enumerate(("0.1", "1", "+Inf"), 1)):
            yield {"__name__": "fold_bucket", "le": le, "job": job}, time, float(index * number)
        for text in values:
            yield {"__name__": "fold_values", "v": text}, time, float(text)
        for mark in marks:
            yield {"__name__": "fold_a", "job": "marked", LABEL: mark, "m": mark or "none"}, time, 1.0


@pytest.fixture(scope="module", params=["prometheus", "prometheus-old", "victoria-metrics"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, at: datetime) -> Iterator[Server]:
    """A server that holds those series."""
    folder = tmp_path_factory.mktemp(request.param)
    with needed():
        real = (
            VictoriaMetricsServer(folder)
            if request.param == "victoria-metrics"
            else PrometheusServer(folder, binary=request.param)
        )
    with real:
        write(real.url, confusing(at))
        if isinstance(real, VictoriaMetricsServer):
            real.flush()
        yield real


SELECTORS = st.builds(
    "{}{}{}".format,
    st.sampled_from((*METRICS, '{__name__=~"fold_a|fold_b"}', "fold_nothing")),
    st.just(""),
    st.sampled_from(("", " offset 1m", " @ end()", " offset -20s")),
)
LITERALS = st.sampled_from(("0", "1", "-1.5", "1e6", "NaN", "+Inf", "0x1f", "3 ^ 2", "time()", "scalar(fold_nothing)"))
FUNCTIONS = (
    "abs({})", "-{}", "sum({})", "sum by (job) ({})", "count without (instance) ({})", "topk(2, {})", "sort_desc({})",
    "absent({})", "timestamp({})", "vector(scalar({}))", "quantile(0.5, {})", "group({})",
    'label_replace({}, "tocsin_rule", "7/$1", "job", "(.*)")', 'label_replace({}, "job", "$1", "__name__", "(.+)")',
    'label_join({}, "all", "-", "job", "instance")', "({})", "clamp_max({}, 1)", "stddev by (job) ({})", "sgn({})",
    "histogram_quantile(0.9, {})", "limitk(1, {})", "bottomk by (job) (1, {})", "scalar({})",
    "sum_over_time({}[1m:20s])",
    "{} # ends here", "# begins here\n{}", "absent_over_time({}[1m:])", "{}[5m]", "max_over_time({}[5m:1m] offset 1m)",
    'label_replace({}, "__name__", "renamed", "", "")', "round({}, 0.1)", "label_replace({}, `a\nb`, '', '', '')",
)  # fmt: skip
RANGES = ("rate({}[5m])", "increase({}[2m])", "last_over_time({}[1m])", "changes({}[5m])", "absent_over_time({}[1m])")
OPERATORS = (
    "{} + {}", "{} > {}", "{} > bool {}", "{} == on (job) group_left {}", "{} and {}", "{} or {}", "{} unless {}",
    "{} / ignoring (instance) {}", "{} ^ {}", "{} % {}", "{} <= {}", "{} or on (job) {}", "{} != {}", "{} atan2 {}",
)  # fmt: skip


def larger(smaller: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.builds(lambda shape, inner: shape.format(inner), st.sampled_from(FUNCTIONS), smaller)
    two = st.builds(
        lambda shape, left, right: shape.format(left, right),
        st.sampled_from(OPERATORS),
        smaller,
        smaller | LITERALS,
    )
    return one | two


RATES = st.builds(lambda shape, inner: shape.format(inner), st.sampled_from(RANGES), st.sampled_from(METRICS))
CHOOSES = re.compile("topk|bottomk|limitk")
COUNTED = st.builds("count_values('n', {})".format, SELECTORS)  # its order is chance, so nothing may build upon it
BROKEN = st.sampled_from(("sum(", "'text'", "fold_a) or (fold_b", "", "`", "# nothing", "fold_a[5m]", "vector('x')"))
EXPRS = st.recursive(SELECTORS | LITERALS | RATES, larger, max_leaves=5) | COUNTED | BROKEN


@settings(max_examples=many(15, 3000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EXPRS, min_size=2, max_size=45))
def test_any_expressions_answer_as_each_alone(server: Server, at: datetime, exprs: list[str]) -> None:
    if isinstance(server, VictoriaMetricsServer):  # who of two alike comes first is chance there, alone as well
        exprs = [expr for expr in exprs if not CHOOSES.search(expr)]
    compare(server.url, exprs, at)


def test_an_order_that_was_asked_for_is_kept(server: Server, at: datetime) -> None:
    exprs = [f"{how}{{job='x'}})" for how in ("sort_desc(fold_a", "sort(fold_a", "topk(3, fold_b", "sort(fold_bucket")]

    async def ask() -> None:
        source = _source(server.url)
        try:
            for together, expr in zip(await source.query_all(exprs, at), exprs, strict=True):
                assert together == await source.query(expr, {}, at)
        finally:
            await source.aclose()

    asyncio.run(ask())


# -- what people ask --


def corpus() -> list[str]:
    """Every expression of the rule files at hand, each once."""
    found: dict[str, None] = {}
    for path in sorted([*CORPORA.rglob("*.yml"), *CORPORA.rglob("*.yaml")]):
        document = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
        for group in document.get("groups", ()) if isinstance(document, dict) else ():
            found |= {rule["expr"]: None for rule in group.get("rules", ()) if "expr" in rule}
    return list(found)


def series_for(expr: str) -> list[Mapping[str, str]]:
    """Two series for each selector, with what its matchers want."""
    found: list[Mapping[str, str]] = []

    def look(node: promql_parser.Expr) -> bool:
        selector = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(selector, promql_parser.VectorSelector) and selector.name:
            labels = {"__name__": selector.name, "le": "1", "job": "j", "instance": "i"}
            for matcher in selector.matchers.matchers:
                if not str(matcher.op).startswith("!"):
                    labels[matcher.name] = (
                        re.split(r"[|)]", matcher.value.lstrip("^("))[0].replace(".+", "x").replace(".*", "x")
                    )
            found.extend({**labels, "pod": pod} for pod in ("p1", "p2"))
        return True

    promql_parser.walk(promql_parser.parse(expr), look)
    return found


def test_the_rules_of_the_corpora_answer_as_each_alone(server: Server, at: datetime) -> None:
    chance = random.Random(made_up_by())
    exprs = sample([expr for expr in corpus() if operand(expr)], 150)
    assert exprs
    labels = {tuple(sorted(one.items())): None for expr in exprs for one in series_for(expr)}
    times = [at - timedelta(minutes=5), at - timedelta(minutes=1), at]
    write(
        server.url,
        [(dict(one), time, chance.choice((0.0, 1.0, 0.5, 1e9)) * chance.random()) for one in labels for time in times],
    )
    compare(server.url, exprs, at)


# -- what cannot be folded, and what goes wrong --


@pytest.mark.parametrize(
    "expr",
    [
        "",
        "sum(",
        "'text'",
        "('text')",
        "up[5m]",
        "(up[5m])",
        "up[5m:]",
        "lag(up)",
        "sort(up)",
        "(sort_desc(up))",
        "topk(1, up)",
        "bottomk by (job) (1, up)",
        "up) or (up",
        "\ud800",
    ],
)
def test_what_is_no_vector_or_has_an_order_is_asked_alone(expr: str) -> None:
    assert operand(expr) is None


@pytest.mark.parametrize(
    "expr", ["1", "-1", "(1)", "1 + 2 * 3", "time()", "scalar(up)", "-scalar(up)", "pi()", "1 > bool 2", "-(-(1))"]
)
def test_a_number_becomes_a_vector(expr: str) -> None:
    assert operand(expr) == f"vector(\n{expr}\n)"


@pytest.mark.parametrize("expr", ["up", "up > 1 # why", "vector(1)", "1 + up", "-up", "absent(up)", "up or vector(0)"])
def test_a_vector_stays_one(expr: str) -> None:
    assert operand(expr) == f"(\n{expr}\n)"


@pytest.mark.parametrize("mark", ["", "7", "x/", "/", "-1/", "1.0/", "²/"])
def test_a_mark_that_is_not_ours_is_not_believed(mark: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(mark)}$"):
        owner(mark)


def test_a_mark_keeps_what_was_there() -> None:
    assert owner("17/") == (17, "")
    assert owner("3/17/x\n") == (3, "17/x\n")


@given(st.lists(st.sampled_from(("up", "down", "'no'", "x" * (MOST_BYTES // 3))), max_size=100))
def test_every_expression_is_in_one_fold_of_a_fair_size(exprs: list[str]) -> None:
    folds = Rooms().folds(exprs)
    assert sorted(place for places in folds for place in places) == list(range(len(exprs)))
    for places in folds:
        assert 1 <= len(places) <= MOST
        texts = [operand(exprs[place]) for place in places]
        if len(places) > 1:
            assert len(fold([text for text in texts if text is not None]).encode()) <= MOST_BYTES


def test_room_halves_and_grows_again() -> None:
    rooms, exprs = Rooms(), [f"up{number}" for number in range(MOST)]

    def sizes() -> list[int]:
        return [len(places) for places in rooms.folds(exprs)]

    assert sizes() == [20]
    rooms.shrink(exprs, 10)
    rooms.shrink(exprs[:3], 1)
    assert sizes() == [1, 1, 1, 10, 7]
    rooms.grow(exprs)
    assert sizes() == [2, 1, 17]
    rooms.grow(exprs)
    rooms.grow(exprs)
    rooms.grow(exprs)
    rooms.grow(exprs)
    assert sizes() == [20]


EXPRS_OF_THREE = ["up", "down", "sideways"]


def scripted(answers: Callable[[str], tuple[int, object]]) -> Script:
    """A server that answers each query as the function says: a status, and JSON or bytes."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        (query,) = parse_qs(asked.body.decode())["query"]
        status, answer = answers(query)
        await says(status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())(asked, writer)

    return script


def vector(*metrics: Mapping[str, str], **more: object) -> tuple[int, object]:
    result = [{"metric": metric, "value": [1, "1"]} for metric in metrics]
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


FOLDS_THAT_SAY_NOTHING = {
    "refused": (422, {"status": "error", "errorType": "execution", "error": "duplicates"}),
    "failed": (500, b"panic"),
    "timed out": (503, {"status": "error", "errorType": "timeout", "error": "query timed out"}),
    "partial": vector(warnings=["store-2 is away"]),
    "partial at VictoriaMetrics": vector(isPartial=True),
    "unmarked": vector({"a": "b"}),
    "marked by a stranger": vector({LABEL: "9/"}),
    "marked with words": vector({LABEL: "up"}),
    "a scalar": (200, {"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}),
    "a page": (200, b"<html>"),
    "too large": (200, b" " * (MAX_BODY + 1)),
}


@pytest.mark.parametrize("folded", FOLDS_THAT_SAY_NOTHING.values(), ids=FOLDS_THAT_SAY_NOTHING)
async def test_a_fold_that_says_nothing_is_asked_apart(
    impostor: HttpServer, asks: PrometheusSource, at: datetime, folded: tuple[int, object]
) -> None:
    impostor.script = scripted(lambda query: folded if LABEL in query else vector({"expr": query}))
    for _ in range(5):
        impostor.asked.clear()
        answers = await asks.query_all(EXPRS_OF_THREE, at)
        assert [dict(answer.samples[0].labels) for answer in answers if isinstance(answer, Answer)] == [
            {"expr": expr} for expr in EXPRS_OF_THREE
        ]
        assert len(impostor.asked) <= 5  # the fold, whether the server answers at all, and each


async def test_one_that_fails_does_not_split_the_others_for_long(
    impostor: HttpServer, asks: PrometheusSource, at: datetime
) -> None:
    def answer(query: str) -> tuple[int, object]:
        if "down" in query:
            return 422, {"status": "error", "errorType": "execution", "error": "many-to-many"}
        return vector() if LABEL in query else vector({"expr": query})

    impostor.script = scripted(answer)
    first, second, third = await asks.query_all(EXPRS_OF_THREE, at)
    assert isinstance(second, Permanent)
    assert "many-to-many" in second.message
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    impostor.asked.clear()
    again = await asks.query_all(EXPRS_OF_THREE, at)
    assert [type(one) for one in again] == [Answer, Permanent, Answer]
    assert len(impostor.asked) == 2


async def test_partial_data_is_said_of_each_that_lacks_it(
    impostor: HttpServer, asks: PrometheusSource, at: datetime
) -> None:
    def answer(query: str) -> tuple[int, object]:
        return vector({"e": query}, warnings=["store-2 is away"]) if "down" in query else vector({"e": query})

    impostor.script = scripted(answer)
    answers = await asks.query_all(EXPRS_OF_THREE, at)
    assert [answer.warnings for answer in answers if isinstance(answer, Answer)] == [(), ("store-2 is away",), ()]


@pytest.mark.parametrize("status", [401, 403, 429, 502])
async def test_what_is_refused_to_us_is_not_asked_twenty_times(
    impostor: HttpServer, asks: PrometheusSource, at: datetime, status: int
) -> None:
    impostor.script = says(status)
    answers = await asks.query_all([f"up + {number}" for number in range(MOST)], at)
    assert all(isinstance(answer, IntegrationError) for answer in answers)
    assert len(answers) == MOST
    assert len(impostor.asked) == 2


async def test_a_server_that_hangs_is_not_waited_for_by_each(
    impostor: HttpServer, asks: PrometheusSource, at: datetime
) -> None:
    async def silence(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    impostor.script = silence
    answers = await asks.query_all([f"up + {number}" for number in range(MOST)], at)
    assert {answer.reason for answer in answers if isinstance(answer, IntegrationError)} == {"timeout"}
    assert len(impostor.asked) == 2


async def test_a_server_that_is_away_is_away_for_all(at: datetime, tools: Tools) -> None:
    source = PrometheusSource(access(PrometheusConfig(url=f"http://127.0.0.1:{free_port()}"), tools))
    answers = await source.query_all([f"up + {number}" for number in range(50)], at)
    await source.aclose()
    assert {answer.reason for answer in answers if isinstance(answer, IntegrationError)} == {"connection"}
    assert len(answers) == 50


async def test_a_slow_fold_is_halved(impostor: HttpServer, tools: Tools, at: datetime) -> None:
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)  # of a timeout of six seconds
        await scripted(lambda _: vector())(asked, writer)

    asks = PrometheusSource(access(PrometheusConfig(url=impostor.url, timeout=timedelta(seconds=6)), tools))
    impostor.script = slow
    exprs = [f"up + {number}" for number in range(MOST)]
    await asks.query_all(exprs, at)
    impostor.asked.clear()
    await asks.query_all(exprs, at)
    await asks.aclose()
    assert len(impostor.asked) == 2
