"""One run of a saved search: what is asked, what it means, what is told and what is kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Temporary
from bot.model.alert import Alert
from bot.model.rule import GroupStatus, RuleGroup, RuleState
from bot.model.search import Remembered
from bot.model.search_job import Row, SearchAnswer, SearchJob, Urgency
from bot.rules.evaluator import Evaluation, Failure
from bot.rules.savedsearches import comparing, conf, stanza
from bot.rules.savedsearches.evaluator import LAST_RUNS, MOST_ROWS, Asked, ask, decide, job_of
from bot.testing.searches import FakeSearchSource, Script

SLOT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(minutes=5)
BASE = """\
[Errors]
search = index=shop error | stats count by host
enableSched = 1
cron_schedule = */5 * * * *
dispatch.earliest_time = -5m@m
counttype = number of events
relation = greater than
quantity = 0
"""
ROWS = f"""\
{BASE}alert.digest_mode = 0
alert.suppress = 1
alert.suppress.period = 1m
alert.suppress.fields = host
description = $result.host$ has $result.count$ of $job.resultCount$
"""


def group_of(text: str, **more: str) -> RuleGroup:
    text += "".join(f"{key} = {value}\n" for key, value in more.items())
    reading = stanza.read(conf.parse(text, "savedsearches.conf"), stanza.Home(file="s.conf", source="splunk"))
    (group,) = reading.groups
    return group


def answered(group: RuleGroup, rows: Sequence[Row], **more: object) -> Asked:
    answer = SearchAnswer(sid="sid", count=len(rows), rows=tuple(rows))
    return Asked(job=job_of(group, SLOT), answer=replace(answer, **more), link="https://splunk/search")


def after(group: RuleGroup, *runs: Asked, before: GroupStatus | None = None) -> Evaluation:
    made = None
    for number, asked in enumerate(runs):
        slot = SLOT + number * EVERY
        made = decide(group, before, asked, slot, slot)
        before = made.status
    assert made is not None
    return made


def one(made: Evaluation) -> Alert:
    (alert,) = made.alerts
    return alert


async def test_the_run_is_asked_over_its_own_window_however_late_it_is() -> None:
    source, group = FakeSearchSource(), group_of(BASE)
    source.shows(group.rules[0].expr, [{"host": "a", "count": "1"}])
    asked = await ask(group, source, SLOT, urgency=Urgency.BACKTEST)
    made = decide(group, None, asked, SLOT, SLOT + timedelta(hours=3))
    (job,) = source.started
    assert (job.earliest, job.latest, job.scheduled_at) == (SLOT - EVERY, SLOT, SLOT)
    assert (job.app, job.owner, job.urgency) == ("search", "nobody", Urgency.BACKTEST)
    assert made.status.slot == SLOT
    assert made.status.evaluated_at == SLOT + timedelta(hours=3)
    assert one(made).starts_at == SLOT, "when it was due, not when somebody came to look"


def test_the_key_is_that_of_the_question() -> None:
    group = group_of(BASE)
    job = job_of(group, SLOT)
    assert job.key == job_of(group, SLOT, urgency=Urgency.BACKTEST).key
    others = [
        job_of(group, SLOT + EVERY),
        job_of(group_of(BASE.replace("error", "warning")), SLOT),
        job_of(group_of(BASE.replace("-5m", "-6m")), SLOT),
        job_of(replace(group, name="Other"), SLOT),
    ]
    assert len({one.key for one in (job, *others)}) == 5
    assert job.key.isascii()
    assert set(job.key) <= set("abcdefghijklmnopqrstuvwxyz0123456789_"), "Splunk takes it for an id"


def test_only_a_custom_condition_is_asked_of_the_server() -> None:
    custom = BASE.replace("number of events", "custom").replace("relation", "alert_condition = where x\n#")
    assert job_of(group_of(custom.replace("quantity", "#")), SLOT).condition == "where x"
    assert job_of(group_of(BASE), SLOT).condition == ""


def test_only_who_needs_them_is_sent_all_rows_and_counted_hosts() -> None:
    hosts = BASE.replace("number of events", "number of hosts")
    asked = [job_of(group_of(text), SLOT) for text in (ROWS, BASE, hosts)]
    assert [job.most_rows == MOST_ROWS for job in asked] == [True, False, False]
    assert [job.counts_hosts for job in asked] == [False, False, True]


def test_a_digest_is_told_with_the_tokens_of_its_first_row() -> None:
    group = group_of(BASE, description="$result.host$ of $job.resultCount$: $result.nosuch$", **{"alert.severity": "5"})
    made = after(group, answered(group, [{"host": "a"}, {"host": "b"}]))
    alert = one(made)
    assert dict(alert.labels) == {"alertname": "Errors", "app": "search", "severity": "critical"}
    assert alert.annotations["description"] == "a of 2: "
    assert (alert.value, alert.ends_at, alert.rule) == (2, None, "s.conf;Errors;Errors")
    assert alert.generator_url == "https://splunk/search"


def test_each_row_is_told_with_its_own_tokens() -> None:
    group = group_of(ROWS)
    made = after(group, answered(group, [{"host": "a", "count": "3"}, {"host": "b", "count": "9"}]))
    assert [(dict(alert.labels)["host"], alert.annotations["description"]) for alert in made.alerts] == [
        ("a", "a has 3 of 2"),
        ("b", "b has 9 of 2"),
    ]


def test_what_a_row_says_never_takes_the_place_of_what_the_search_says() -> None:
    hostile = {"host": "a", "alertname": "Other", "severity": "info", "app": "x"}
    group = group_of(f"{BASE.replace('| stats count by host', '')}alert.digest_mode = 0\n")
    alert = one(after(group, answered(group, [hostile])))
    assert (alert.labels["alertname"], alert.labels["severity"], alert.labels["app"]) == ("Errors", "warning", "search")


def test_a_failure_leaves_everything_as_it_was() -> None:
    group = group_of(ROWS)
    seen = answered(group, [{"host": "a"}])
    before = after(group, seen).status
    failed = Asked(job=job_of(group, SLOT), failure=_failure())
    made = after(group, failed, before=replace(before, slot=SLOT - EVERY))
    assert made.status.rules[0].alerts == before.rules[0].alerts
    assert made.status.rules[0].state is RuleState.UNKNOWN
    assert (made.alerts, made.failures) == ((), (_failure(),))
    assert made.status.memory is not None
    assert before.memory is not None
    assert made.status.memory.count == before.memory.count
    assert made.status.memory.runs[0].why == "too slow"


def test_unknown_since_is_the_first_failure() -> None:
    group = group_of(BASE)
    failed = Asked(job=job_of(group, SLOT), failure=_failure())
    assert after(group, failed, failed, failed).status.rules[0].unknown_since == SLOT
    assert after(group, failed, answered(group, [])).status.rules[0].unknown_since is None


def test_rows_that_were_not_sent_are_data_that_is_missing() -> None:
    group = group_of(ROWS)
    rows = [{"host": "a"}] * MOST_ROWS
    made = after(group, answered(group, rows, count=MOST_ROWS + 1))
    (failure,) = made.failures
    assert failure.reason == "partial"
    assert "only 10,000 of its 10,001 rows were read" in failure.message
    assert len(made.status.rules[0].alerts) == 1
    assert after(group_of(BASE), answered(group, rows[:100], count=5000)).failures == ()


def test_too_much_to_remember_is_said_and_nothing_is_kept() -> None:
    group = group_of(ROWS, **{"action.tocsin.param.compare": "new_term", "action.tocsin.param.keys": "host"})
    known = {str(number): Remembered(value="", seen_at=SLOT) for number in range(comparing.MOST_KEYS)}
    before = after(group, answered(group, [])).status
    assert before.memory is not None
    full = replace(before, slot=SLOT - EVERY, memory=replace(before.memory, seen=known, since=SLOT))
    made = after(group, answered(group, [{"host": "new"}]), before=full)
    (failure,) = made.failures
    assert (failure.reason, made.alerts) == ("rule", ())
    assert made.status.memory is not None
    assert made.status.memory.seen == known
    assert made.status.rules[0].state is RuleState.UNKNOWN


def test_a_search_that_is_changed_to_another_question_begins_anew() -> None:
    ours = {"action.tocsin.param.compare": "new_term", "action.tocsin.param.keys": "host"}
    group = group_of(ROWS, **ours)
    before = after(group, answered(group, [{"host": "a", "user": "x"}])).status
    by_user = group_of(ROWS, **{**ours, "action.tocsin.param.keys": "user"})
    assert after(by_user, answered(by_user, [{"host": "a", "user": "x"}]), before=before).alerts == ()
    reworded = group_of(ROWS.replace("error", "failure"), **ours)
    later = after(reworded, answered(reworded, [{"host": "b"}]), before=before)
    assert one(later).labels["host"] == "b", "the same question in other words goes on"
    rises = BASE.replace("greater than", "rises by").replace("quantity = 0", "quantity = 1")
    events, hosts = group_of(rises), group_of(rises.replace("number of events", "number of hosts"))
    counted = after(events, answered(events, [{"host": "a"}])).status
    assert after(hosts, answered(hosts, [], hosts=9), before=counted).alerts == ()
    assert after(events, answered(events, [{"host": "a"}] * 2), before=counted).alerts != ()


def test_a_condition_that_nobody_judged_is_data_that_is_missing() -> None:
    custom = BASE.replace("number of events", "custom").replace("relation", "alert_condition = where x\n#")
    group = group_of(custom.replace("quantity", "#"))
    made = after(group, answered(group, [{"host": "a"}]))
    assert [failure.message for failure in made.failures] == ["nobody said whether `where x` yields anything"]
    assert made.status.rules[0].state is RuleState.UNKNOWN


def test_the_last_runs_are_kept_and_no_more() -> None:
    group = group_of(BASE)
    made = after(group, *(answered(group, [{"host": "a"}] * number) for number in range(LAST_RUNS + 5)))
    assert made.status.memory is not None
    assert [run.count for run in made.status.memory.runs[:3]] == [LAST_RUNS + 4, LAST_RUNS + 3, LAST_RUNS + 2]
    assert len(made.status.memory.runs) == LAST_RUNS


def test_a_limit_is_the_rules_own_fault() -> None:
    group = replace(group_of(ROWS), limit=1)
    made = after(group, answered(group, [{"host": "a"}, {"host": "b"}]))
    (failure,) = made.failures
    assert (failure.reason, failure.message) == ("rule", "exceeded limit of 1 with 2 alerts")
    assert made.status.rules[0].alerts == ()


async def test_a_window_that_is_none_is_the_rules_own_fault() -> None:
    group = group_of(BASE)
    assert group.search is not None
    wrong = replace(group.search, dispatch=replace(group.search.dispatch, earliest="yesterday"))
    source = FakeSearchSource()
    group = replace(group, search=wrong)
    made = decide(group, None, await ask(group, source, SLOT), SLOT, SLOT)
    (failure,) = made.failures
    assert failure.reason == "rule"
    assert "its window: 'yesterday'" in failure.message
    assert source.started == []


async def test_an_error_of_the_source_is_its_own_reason() -> None:
    group, source = group_of(BASE), FakeSearchSource()
    error = Temporary("no room for another search", integration="splunk", reason="rate_limited")
    source.plays(group.rules[0].expr, lambda job: _broken(job, error))
    made = decide(group, None, await ask(group, source, SLOT), SLOT, SLOT)
    assert [(one.reason, one.message) for one in made.failures] == [("rate_limited", "no room for another search")]


async def test_a_group_without_a_search_is_no_saved_search() -> None:
    with pytest.raises(ValueError, match=r"s\.conf;Errors is no saved search"):
        await ask(replace(group_of(BASE), search=None), FakeSearchSource(), SLOT)


def _broken(job: SearchJob, error: Temporary) -> Script:
    assert job.scheduled_at == SLOT
    return Script(fails=error)


def _failure() -> Failure:
    return Failure(rule="Errors", reason="timeout", message="too slow")
