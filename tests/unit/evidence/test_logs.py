"""Log lines become patterns, patterns are compared window by window, and what is told is only what was seen."""

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Temporary
from bot.evidence import patterns
from bot.evidence.logs import LEAD, LINES, LONGEST, MOST, collect_logs, log_evidence, log_questions, log_window
from bot.evidence.shifts import shifts, trend
from bot.model.alert import Alert
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.labels import LabelSet
from bot.model.log_look import LogLook
from bot.model.matchers import parse_matcher
from bot.model.search_job import LogLine
from bot.model.shift import Trend
from bot.ports.logs import LogSource
from bot.testing.logs import FakeLogSource

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LOOK = LogLook(title="What does it log?", source="logs", query='service="$service"', by="host")


def line(text: str, age: float = 0, **fields: str) -> LogLine:
    return LogLine(at=NOW - timedelta(seconds=age), text=text, fields={"service": "cart", **fields})


def alert(service: str = "cart", *, ago: float = 300, ended: float | None = None, **labels: str) -> Alert:
    return Alert(
        labels=LabelSet({"alertname": "Fails", "service": service, **labels}),
        annotations={},
        starts_at=NOW - timedelta(seconds=ago),
        ends_at=None if ended is None else NOW - timedelta(seconds=ended),
    )


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("2026-11-22T07:00:00.123Z user 17 waited 231ms", "<time> user <n> waited <n>"),
        ("lost 10.0.0.3:8080 and fe80:0:0:0:1:2", "lost <address> and <address>"),
        ("order 550e8400-e29b-41d4-a716-446655440000 of 8f14e45fceea167a", "order <id> of <id>"),
        ("pod cart-6d5f7b9c4d-abcde restarted 3 times", "pod cart-<id> restarted <n> times"),
        ("disk 93% of 3.5GB, 12MiB left, 0xff", "disk <n> of <n>, <n> left, <id>"),
        ("deadbeef face added decade", "deadbeef face added decade"),
        ("  many\tblanks\nand lines ", "many blanks and lines"),
        ("", ""),
    ],
)
def test_values_are_holes(text: str, masked: str) -> None:
    assert patterns.mask(text) == masked


def test_lines_that_differ_in_a_word_share_a_pattern_and_short_ones_do_not() -> None:
    users = [f"user {name} failed to log in" for name in ("ann", "ben", "cy")]
    found = patterns.templates([*users, "started", "stopped", "cart started", "cart stopped"])
    assert {found[user] for user in users} == {"user <*> failed to log in"}
    assert len({found[text] for text in ("started", "stopped", "cart started", "cart stopped")}) == 4


def test_the_order_of_lines_does_not_matter() -> None:
    texts = ["a b c d e", "a b c d f", "a b c g f", "a b h g f"]
    found = [patterns.templates(order) for order in permutations(texts)]
    assert all(one == found[0] for one in found)


def test_more_patterns_than_anybody_reads_are_told_as_one() -> None:
    letters = "abcdefghij"
    texts = [f"{a}{b}{c}{d} x" for a in letters for b in letters for c in letters for d in letters]
    found = patterns.templates(texts)
    assert len(set(found.values())) == patterns.MOST_PATTERNS + 1
    assert patterns.OTHERS in found.values()


@given(st.lists(st.text(max_size=700), max_size=20))
def test_any_text_has_a_pattern(texts: list[str]) -> None:
    found = patterns.templates(texts)
    assert found.keys() == set(texts)
    assert all("\n" not in template for template in found.values())


@pytest.mark.parametrize(
    ("before", "during", "expected"),
    [
        (0, 1, Trend.NEW),
        (2, 0, Trend.GONE),
        (1, 0, Trend.SAME),
        (10, 30, Trend.MORE),
        (30, 10, Trend.LESS),
        (1, 3, Trend.SAME),
        (1000, 1500, Trend.SAME),
        (5, 5, Trend.SAME),
    ],
)
def test_counts_are_compared_and_chance_is_no_news(before: int, during: int, expected: Trend) -> None:
    assert trend(before, during) is expected


def test_what_is_new_comes_first_with_its_hosts_and_examples() -> None:
    before = [line(f"GET /cart/{n} ok", 900 - n, host="a") for n in range(20)]
    during = [line(f"GET /cart/{n} ok", 300 - n, host="a") for n in range(22)]
    during += [line(f"payment refused for user {n}", 200 - n, host="ab"[n % 2]) for n in range(6)]
    new, same = shifts(before, during, "host")
    assert (new.template, new.trend, new.before, new.during) == ("payment refused for user <n>", Trend.NEW, 0, 6)
    assert new.groups == {"a": (0, 3), "b": (0, 3)}
    assert new.first == NOW - timedelta(seconds=200)
    assert new.last == NOW - timedelta(seconds=195)
    assert len(new.examples) == 3
    assert set(new.examples) <= {one.text for one in during}
    assert (same.trend, same.before, same.during) == (Trend.SAME, 20, 22)


def test_the_window_begins_before_the_first_alert_and_is_compared_with_the_one_before() -> None:
    (question,) = log_questions(IncidentId("INC-1"), [alert(ago=300), alert("till", ago=60)][:1], [LOOK], NOW)
    assert question.during.start == NOW - timedelta(seconds=300) - LEAD
    assert question.during.end == NOW
    assert question.before.end == question.during.start - timedelta(milliseconds=1)
    assert question.during.start - question.before.start == question.during.length
    assert log_window([alert(ago=90_000)], NOW).length == LONGEST
    assert log_window([alert(ago=300, ended=100)], NOW).end == NOW - timedelta(seconds=100)
    assert log_window([alert(ago=300, ended=100), alert("till")], NOW).end == NOW


def test_a_look_asks_once_for_each_value_and_never_without_one() -> None:
    alerts = [alert("cart"), alert("cart", pod="x"), alert("till")]
    asked = log_questions(IncidentId("INC-1"), alerts, [LOOK], NOW)
    assert [one.variables for one in asked] == [{"service": "cart"}, {"service": "till"}]
    assert asked[0].text == "What does it log? (service cart)"
    fitting = LogLook(title="t", source="logs", query="x", matchers=(parse_matcher('service="till"'),))
    assert [one.variables for one in log_questions(IncidentId("INC-1"), alerts, [fitting], NOW)] == [{}]
    nobody = LogLook(title="t", source="logs", query='region="$region"')
    assert log_questions(IncidentId("INC-1"), alerts, [nobody], NOW) == ()
    assert log_questions(IncidentId("INC-1"), [], [LOOK], NOW) == ()
    many = [alert(f"s{number}") for number in range(MOST + 3)]
    assert len(log_questions(IncidentId("INC-1"), many, [LOOK], NOW)) == MOST


async def seen(source: LogSource | None, *alerts: Alert) -> Evidence:
    asked = log_questions(IncidentId("INC-1"), alerts or [alert()], [LOOK], NOW)
    sources = {} if source is None else {"logs": source}
    (reply,) = await collect_logs(asked, sources, deadline=timedelta(seconds=5))
    return log_evidence(reply, evidence_id=EvidenceId("EV-1"), collected_at=NOW)


async def test_what_changed_is_told_and_kept() -> None:
    refused = [line(f"payment refused, token=hunter2secret{n:04}", 200 - n, host="web-1") for n in range(9)]
    evidence = await seen(FakeLogSource(lines=[*refused, line("GET ok", 700), line("GET ok", 100)]))
    assert evidence.kind is EvidenceKind.LOGS
    assert evidence.summary.startswith("10 lines in 10 min, one line in the 10 min before. New: “payment refused")
    assert "9 times (web-1 9)" in evidence.summary
    assert evidence.question == "What does it log? (service cart)"
    assert evidence.query == LOOK.query
    (file,) = evidence.attachments
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert [(row["trend"], row["before"], row["during"]) for row in rows] == [("new", "0", "9"), ("same", "1", "1")]
    assert "hunter2" not in repr(evidence)
    assert "service" in evidence.link


async def test_nothing_new_is_said_so_and_so_is_what_was_not_compared() -> None:
    many = [line("GET ok", 590 - number / 20) for number in range(LINES + 10)]
    source = FakeLogSource(lines=[*many, *(line("GET ok", 1190 - number / 20) for number in range(LINES))])
    source.warns("peer idx-2 is down")
    evidence = await seen(source)
    assert "No pattern is new, and none is clearly more or less frequent." in evidence.summary
    assert f"Only the newest {LINES} of them were compared." in evidence.summary
    assert "Not all data was there: peer idx-2 is down." in evidence.summary


async def test_a_source_that_does_not_answer_is_evidence_too() -> None:
    source = FakeLogSource()
    source.breaks(Temporary("503 from idx", integration="logs", reason="server"))
    assert (await seen(source)).unavailable == "503 from idx"
    assert (await seen(None)).unavailable == 'there is no log source "logs"'
    assert (await seen(source)).attachments == ()
