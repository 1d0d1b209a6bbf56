"""Tests of saved searches: what they say when something is not as expected."""

from collections.abc import Sequence

import pytest

from bot.errors import DocumentError
from bot.rules.proving.telling import tell
from bot.rules.savedsearches import conf, stanza
from bot.rules.savedsearches.proving import prove_search
from bot.rules.savedsearches.stories import is_of_searches, read_search_stories

CONF = """\
[Errors]
search = index=shop error | stats count by host
enableSched = 1
cron_schedule = */5 * * * *
counttype = number of events
relation = greater than
quantity = 0
alert.digest_mode = 0
alert.suppress = 1
alert.suppress.period = 1h
alert.suppress.fields = host
"""
RUNS = """\
search_files: [s.conf]
tests:
  - name: t
    search: Errors
    runs:
      - {at: 5m, rows: [{host: a, tags: [x, y]}]}
      - {at: 10m, error: "no route"}
      - {at: 15m, rows: []}
      - {at: 20m, rows: [{host: a}]}
    alert_search_test:
"""


def troubles(*expected: str, runs: str = RUNS) -> Sequence[str]:
    stories = read_search_stories(runs + "".join(f"      - {line}\n" for line in expected), "t.yaml")
    home = stanza.Home(file="s.conf", source="test", time_zone=stories.time_zone)
    groups = stanza.read(conf.parse(CONF, "s.conf"), home).groups
    return [line for story in stories.stories for line in tell(prove_search(story, groups))]


def test_what_is_as_expected_says_nothing() -> None:
    assert troubles(
        "{eval_time: 4m, state: unknown}",
        "{eval_time: 5m, told: 1, state: firing, exp_alerts: [{exp_labels: {host: a}}]}",
        "{eval_time: 6m, told: 1, exp_alerts: [{exp_labels: {host: a, severity: warning, app: search}}]}",
        "{eval_time: 10m, told: 0, state: unknown, exp_alerts: [{exp_labels: {host: a}}]}",
        "{eval_time: 15m, told: 0, state: inactive}",
        "{eval_time: 20m, told: 0, state: firing, exp_alerts: [{exp_labels: {host: a}}]}",
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("{eval_time: 5m}", ["t.yaml:11:9: Errors at 5m is not as expected",
                             '  came, and was not expected: {alertname="Errors", host="a"}']),
        ("{eval_time: 15m, exp_alerts: [{exp_labels: {host: a}}]}",
         ["t.yaml:11:9: Errors at 15m is not as expected",
          '  expected, and did not come: {alertname="Errors", host="a"}']),
        ("{eval_time: 10m, state: firing, exp_alerts: [{exp_labels: {host: a}}]}",
         ["t.yaml:11:9: at 10m it is unknown, not firing: no route"]),
        ("{eval_time: 1m, state: inactive}",
         ["t.yaml:11:9: at 1m it is unknown, not inactive: it had no run until then"]),
        ("{eval_time: 20m, told: 1, exp_alerts: [{exp_labels: {host: a}}]}",
         ["t.yaml:11:9: at 20m somebody is told of 0 alerts, not of 1"]),
    ],
)  # fmt: skip
def test_what_is_not_as_expected_is_said_with_its_place(expected: str, said: list[str]) -> None:
    assert troubles(expected) == said


def test_a_search_that_is_not_there_is_said_with_a_near_name() -> None:
    (said,) = troubles("{eval_time: 5m}", runs=RUNS.replace("search: Errors", "search: Erors"))
    assert said.startswith("t.yaml:3:5: none of its files has a search that is evaluated and called 'Erors'")
    assert "did you mean 'Errors'" in said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("start: yesterday", "write a time like 2026-01-31T08:00:00Z"),
        ("start: 2026-01-01T00:00:00", "write a time like 2026-01-31T08:00:00Z"),
        ("serch: x", "serch"),
    ],
)
def test_mistakes_are_said_with_their_place(wrong: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said) as refused:
        read_search_stories(RUNS.replace("name: t", wrong), "t.yaml")
    assert refused.value.complaints[0].line == 3


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(RUNS, True), ("rule_files: [a.yml]", False), ("", False), ("- a", False), ("{", False)],
)
def test_a_test_file_is_known_by_its_files(text: str, is_one: bool) -> None:
    assert is_of_searches(text) is is_one
