"""The same rules in a real Prometheus and in ours, asked the same questions: the same answers, field by field."""

import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.api.prometheus_form import number
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.model.rule import GroupStatus
from bot.rules.evaluator import evaluate
from bot.rules.spec import read_groups
from bot.testing.clock import FakeClock
from tests.integrations.web.house import House
from tests.servers import PrometheusServer

MINUTE = timedelta(minutes=1)
MANY = """
groups:
- name: zebra
  interval: 1500ms
  limit: 10
  labels: {team: db}
  rules:
  - {record: "job:one:sum", expr: "sum(vector(1))", labels: {of: one}}
  - alert: Always
    expr: "vector( 1e-7 ) > 0"
    labels: {severity: page, none: "", v: "{{ $value }}"}
    annotations: {s: "at {{ $value }}"}
  - {alert: Pending, expr: "vector(123456)", for: 1h30m, keep_firing_for: 90s, labels: {severity: ticket}}
  - {alert: Never, expr: "vector(1) < 0", labels: {team: web}}
  - {alert: Infinite, expr: "vector(1) / 0"}
  - {alert: Nameless, expr: "vector(0) / 0"}
  - alert: Twice
    expr: 'label_replace(vector(1), "a", "1", "", "") or label_replace(vector(2), "a", "2", "", "")'
    labels: {a: same}
- name: apple
  interval: 1s
  rules:
  - {alert: Always, expr: vector(1), labels: {severity: ticket}}
"""
FEW = """
groups:
- {name: apple, interval: 1s, rules: [{alert: Other, expr: vector(2)}, {record: "r", expr: vector(3)}]}
- {name: empty, rules: []}
"""
QUESTIONS = [
    "alerts",
    "rules",
    "rules?type=alert",
    "rules?type=RECORD",
    "rules?type=both",
    "rules?exclude_alerts=true",
    "rules?exclude_alerts=1&type=alert",
    "rules?exclude_alerts=perhaps",
    "rules?rule_name[]=Always",
    "rules?rule_name[]=Always&rule_name[]=r&rule_name[]=none",
    "rules?rule_group[]=apple",
    "rules?rule_group[]=apple&file[]=FOLDER/many.yml",
    "rules?file[]=FOLDER/few.yml&file[]=elsewhere",
    "rules?rule_name[]=none",
    'rules?match[]={severity="page"}',
    'rules?match[]={severity=~"page|ticket"}',
    'rules?match[]={severity=~"pag"}',
    'rules?match[]={severity!="page",team="db"}',
    'rules?match[]={team="web"}&match[]={of=~"o.e"}',
    'rules?match[]={v="{{ $value }}"}',
    "rules?match[]={of='one'}&type=alert",
    "rules?group_limit=1",
    "rules?group_limit=2",
    "rules?group_limit=3",
    "rules?group_limit=0",
    "rules?group_limit=-1",
    "rules?group_limit=some",
    "rules?group_limit=99999999999",
    "rules?group_next_token=abc",
    "rules?group_limit=1&group_next_token=abc",
    "rules?group_limit=1&rule_group[]=zebra",
]
BROKEN = ["rules?match[]=", "rules?match[]={", "rules?match[]={}", "rules?match[]={a=~'('}", "rules?match[]=up[5m]"]


@pytest.fixture(scope="module")
def prometheus(prometheus_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    folder = tmp_path_factory.mktemp("prometheus")
    for name, text in (("many", MANY), ("few", FEW)):
        (folder / f"{name}.yml").write_text(text)
    with PrometheusServer(folder, f"rule_files: [{folder}/many.yml, {folder}/few.yml]\n") as server:
        asked(server.url, "rules", until=lambda data: "unknown" not in json.dumps(data))
        yield server


@pytest.fixture
async def evaluated(house: House, prometheus: PrometheusServer) -> House:
    """A house with the same rules, evaluated against that Prometheus."""
    folder = prometheus.folder
    groups = [
        group
        for name, text in (("many", MANY), ("few", FEW))
        for group in read_groups(text, f"{folder}/{name}.yml", source="prom", default_interval=MINUTE)
    ]
    async with HttpOut() as http:
        tools = Tools(name="prom", clock=FakeClock(), http=http, redactor=Redactor())
        source = PrometheusSource(access(PrometheusConfig(url=prometheus.url), tools))
        now = datetime.now(UTC)
        statuses: list[GroupStatus] = [(await evaluate(group, None, source, now, now)).status for group in groups]
        await source.aclose()
    for status in statuses:
        await house.store.write(lambda tx, status=status: tx.rules.save(status))  # type: ignore[misc]
    house.world.setup = replace(house.world.setup, groups=tuple(groups))
    return house


async def test_every_answer_is_prometheus_own(prometheus: PrometheusServer, evaluated: House) -> None:
    for question in (one.replace("FOLDER", str(prometheus.folder)) for one in QUESTIONS):
        ours, theirs = await told(evaluated, question), asked(prometheus.url, question)
        assert (question, plain(ours)) == (question, plain(theirs))


async def test_what_it_refuses_is_refused(prometheus: PrometheusServer, evaluated: House) -> None:
    for question in BROKEN:
        ours, theirs = await told(evaluated, question), asked(prometheus.url, question)
        assert (question, ours["status"], ours["errorType"]) == (question, theirs["status"], theirs["errorType"])
        assert ours["error"]  # in the words of our parser


async def test_pages_follow_each_other(prometheus: PrometheusServer, evaluated: House) -> None:
    seen, token = [], ""
    while True:
        question = f"rules?group_limit=1{f'&group_next_token={token}' if token else ''}"
        theirs, ours = asked(prometheus.url, question), await told(evaluated, question)
        assert plain(ours) == plain(theirs)
        seen += [(group["file"].rpartition("/")[2], group["name"]) for group in ours["data"]["groups"]]
        token = ours["data"].get("groupNextToken", "")
        if not token:
            break
    assert seen == [("few.yml", "apple"), ("many.yml", "apple"), ("many.yml", "zebra")]


async def test_rules_that_were_never_evaluated_are_unknown(evaluated: House) -> None:
    await evaluated.store.write(lambda tx: tx.rules.forget([group.key for group in evaluated.world.setup.groups]))
    groups = (await told(evaluated, "rules"))["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"unknown"}
    assert {rule["lastEvaluation"] for rule in rules} == {"0001-01-01T00:00:00Z"}
    assert {rule["state"] for rule in rules if rule["type"] == "alerting"} == {"unknown"}


async def test_strangers_are_refused_in_prometheus_words(evaluated: House) -> None:
    async with evaluated.client() as client:
        answer = await client.get("/api/v1/rules")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]
    assert answer.json()["status"] == "error"
    assert answer.json()["errorType"] == "bad_data"


async def test_grafana_finds_out_what_it_talks_to(evaluated: House) -> None:
    assert (await told(evaluated, "status/buildinfo"))["data"]["application"] == "Tocsin"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0e+00"),
        (-0.0, "-0e+00"),
        (1.0, "1e+00"),
        (10.0, "1e+01"),
        (-1234567.5, "-1.2345675e+06"),
        (0.1 + 0.2, "3.0000000000000004e-01"),
        (1e-7, "1e-07"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value: float, written: str) -> None:
    assert number(value) == written


def asked(url: str, question: str, *, until: Callable[[Any], bool] = lambda _: True) -> Any:
    """What Prometheus answers, once it answers that."""
    path, _, query = question.partition("?")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"{url}/api/v1/{path}?{urllib.parse.urlencode(pairs)}", timeout=5) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error)
        if until(said) or time.monotonic() > deadline:
            return said
        time.sleep(0.1)


async def told(house: House, question: str) -> Any:
    """What ours answers."""
    path, _, query = question.partition("?")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    async with house.program("vera") as program:
        return (await program.get(f"/api/v1/{path}", params=tuple(pairs))).json()


def plain(answer: Any) -> Any:
    """Without what two evaluations at two times cannot have alike, and without an order where there is none."""
    if isinstance(answer, dict):
        return {
            key: sorted(map(plain, value), key=json.dumps) if key == "alerts" and value else plain(value)
            for key, value in answer.items()
            if key not in ("evaluationTime", "lastEvaluation", "activeAt")
        }
    return [plain(one) for one in answer] if isinstance(answer, list) else answer
