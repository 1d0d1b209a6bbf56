"""What tocsin.yaml says of routing, times, maintenance and mapping: as nouns, and what is wrong with it and where."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config.checking import check_all
from bot.config.loading import load
from bot.model.route import FieldMap, Occurrences, Receiver, Webhook
from bot.model.setup import Setup
from bot.model.time_interval import Range

MINUTE = timedelta(minutes=1)
WHOLE = """\
time_zone: Europe/Berlin
integrations:
  out: {use: webhook, url: "https://hooks.example.net/x"}
route:
  receiver: sre
  hold: 2m
  occurrences: 3 within 10m
  routes:
    - matchers: ['{severity="page", team=~"a|b"}']
      match: {env: prod}
      group_interval: 1m
      repeat_interval: 1h
      mute_time_intervals: [nights]
      shadow: true
      routes: [{hold: 0s, shadow: false}]
receivers:
  - name: sre
    webhook_configs: [{integration: out}, {integration: out, send_resolved: false, max_alerts: 5}]
inhibit_rules:
  - {name: page first, source_matchers: [severity=page], target_match_re: {severity: "warn.*"}, equal: [service]}
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: "00:00", end_time: "06:30"}, {start_time: "22:00", end_time: "24:00"}]
        weekdays: ["monday:friday", sunday]
        days_of_month: ["1:5", "-3:-1"]
        months: ["may:august", "12"]
        years: ["2026:2028"]
        location: Asia/Tokyo
maintenance:
  - {name: once, matchers: [service=db], starts_at: "2026-03-29 02:30", lasts: 2h, reason: move, owner: ann}
  - {name: weekly, matchers: [service=db], cron: "30 2 * * sun", lasts: 1h, reason: vacuum, until: 2027-01-01T00:00:00Z}
  - {name: there, matchers: [service=db], starts_at: 2026-07-01, lasts: 1d, reason: r, time_zone: America/New_York}
mapping:
  - {source: out, labels: {host: instance}, severities: {P1: critical}, identity: [alertname], shadow: true}
resolve_timeout: 10m
"""


def setup(text: str, folder: Path) -> Setup:
    (folder / "tocsin.yaml").write_text(text)
    loaded = load(folder / "tocsin.yaml", {}, folder)
    assert not loaded.warnings
    return loaded.setup


def told(text: str, folder: Path) -> list[str]:
    (folder / "tocsin.yaml").write_text(text)
    return [str(one).removeprefix("tocsin.yaml:") for one in check_all(Path("tocsin.yaml"), {}, folder).complaints]


def test_a_whole_configuration_as_nouns(tmp_path: Path) -> None:
    found = setup(WHOLE, tmp_path)
    top, (page,) = found.route, found.route.routes
    (below,) = page.routes
    assert (top.group_interval, top.repeat_interval, top.hold) == (5 * MINUTE, timedelta(hours=4), 2 * MINUTE)
    assert top.occurrences == page.occurrences == below.occurrences == Occurrences(count=3, within=10 * MINUTE)
    assert [str(one) for one in page.matchers] == ['env="prod"', 'severity="page"', 'team=~"a|b"']
    assert (page.group_interval, page.repeat_interval) == (below.group_interval, below.repeat_interval)
    assert (page.mute_time_intervals, below.mute_time_intervals) == (("nights",), ())
    assert (top.shadow, page.shadow, below.shadow) == (False, True, False)
    assert (page.hold, below.hold) == (2 * MINUTE, timedelta(0))
    out = Webhook(integration="out")
    assert found.receivers == (
        Receiver(name="sre", webhooks=(out, Webhook(integration="out", send_resolved=False, max_alerts=5))),
    )
    (rule,) = found.inhibit_rules
    assert (rule.name, [str(one) for one in (*rule.source, *rule.target)], rule.equal) == (
        "page first",
        ['severity="page"', 'severity=~"warn.*"'],
        ("service",),
    )
    assert found.field_maps == (
        FieldMap(
            source="out",
            labels={"host": "instance"},
            severities={"P1": "critical"},
            identity=("alertname",),
            shadow=True,
        ),
    )
    assert found.resolve_timeout == 10 * MINUTE


def test_times_as_nouns(tmp_path: Path) -> None:
    found = setup(WHOLE, tmp_path)
    (nights,) = found.time_intervals["nights"].moments
    assert nights.times == (Range(first=0, last=390), Range(first=1320, last=1440))
    assert nights.weekdays == (Range(first=1, last=5), Range(first=0, last=0))
    assert nights.days_of_month == (Range(first=1, last=5), Range(first=-3, last=-1))
    assert nights.months == (Range(first=5, last=8), Range(first=12, last=12))
    assert (nights.years, nights.location) == ((Range(first=2026, last=2028),), "Asia/Tokyo")
    once, weekly, there = found.maintenance
    assert once.starts_at == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:30 is left out that day: when clocks go on
    assert (once.owner, once.reason, once.lasts, once.location) == ("ann", "move", 120 * MINUTE, "Europe/Berlin")
    assert (weekly.cron, weekly.until) == ("30 2 * * sun", datetime(2027, 1, 1, tzinfo=UTC))
    assert (there.starts_at, there.location) == (datetime(2026, 7, 1, 4, tzinfo=UTC), "America/New_York")


ROUTED = "receivers: [{name: a}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "route: {receiver: a, routes: [{mute_time_intervals: [nihgts]}]}\n"
            + ROUTED
            + "time_intervals: [{name: nights, time_intervals: [{weekdays: [monday]}]}]\n",
            [
                "1:54: route.routes[0].mute_time_intervals[0]: no time interval is called 'nihgts'; did you mean"
                " 'nights'?"
            ],
        ),
        (
            "route: {receiver: a, active_time_intervals: [x]}\n" + ROUTED,
            [
                "1:45: route.active_time_intervals: the top of the tree always tells; move the names to a node under"
                " `routes`",
                "1:46: route.active_time_intervals[0]: no time interval is called 'x'; name one under `time_intervals`",
            ],
        ),
        (
            "route: {receiver: a, group_interval: 5m, repeat_interval: 1m}\n" + ROUTED,
            [
                "1:59: warning: route.repeat_interval: a group is looked at every 5m (`group_interval`), so it cannot"
                " repeat every 1m"
            ],
        ),
        (
            "route: {receiver: a, routes: [{}, {matchers: [a=b]}]}\n" + ROUTED,
            ["1:31: warning: route.routes[0]: this takes every alert, so the nodes after it are never reached"],
        ),
        (
            "route: {receiver: a, occurrences: 1 within 5m}\n" + ROUTED,
            ["1:35: route.occurrences: '1 within 5m' holds nothing back; write 2 to 1000 occurrences within some time"],
        ),
        (
            "route: {receiver: a, occurrences: often}\n" + ROUTED,
            ["1:35: route.occurrences: not a number of occurrences: 'often'; write it like `3 within 10m`"],
        ),
        (
            "inhibit_rules: [{equal: [a]}]\n",
            [
                "1:17: warning: inhibit_rules[0]: it has no `source_matchers`: while any alert fires, its targets are"
                " not told",
                "1:17: warning: inhibit_rules[0]: it has no `target_matchers`: while its source fires, no other alert"
                " is told",
            ],
        ),
        (
            "receivers: [{name: a, webhook_configs: [{url: 'http://x'}]}]\n",
            [
                "1:41: receivers[0].webhook_configs[0]: an address is set up under `integrations`, as `NAME: {use:"
                " webhook, url: ...}`, and named here with `integration: NAME`"
            ],
        ),
        (
            "receivers: [{name: a, webhook_configs: [{integration: out}]}]\n",
            [
                "1:55: receivers[0].webhook_configs[0].integration: no integration is called 'out'; add `out: {use:"
                " webhook, url: ...}` to `integrations`"
            ],
        ),
        (
            "integrations: {p: {use: prometheus, url: 'http://x'}}\n"
            "receivers: [{name: a, webhook_configs: [{integration: p}]}]\n",
            [
                "2:55: receivers[0].webhook_configs[0].integration: 'p' (prometheus) takes no webhooks of ours; name"
                " one that uses `webhook`"
            ],
        ),
        (
            "receivers: [{name: a, slack_configs: []}]\n",
            ["1:23: receivers[0].slack_configs: unknown key 'slack_configs'; did you mean 'webhook_configs'?"],
        ),
        (
            "maintenance: [{name: m, matchers: [], cron: '* * * * *', lasts: 1h, reason: r}]\n",
            ["1:35: maintenance[0].matchers: this list needs something in it"],
        ),
        (
            "maintenance: [{name: m, matchers: [a=b], lasts: 1h, reason: r}]\n",
            ["1:15: maintenance[0]: it begins once or again and again: write either `starts_at` or `cron`"],
        ),
        (
            "maintenance: [{name: m, matchers: [a!=b], cron: '0 1 31 2 *', lasts: 0s, reason: r}]\n",
            [
                "1:49: maintenance[0].cron: '0 1 31 2 *' is no schedule: bad day-of-month",
                "1:70: maintenance[0].lasts: it must be longer than 0; write it like 30s, 5m or 14d",
            ],
        ),
        (
            "maintenance: [{name: m, matchers: [a!=b], starts_at: 2026-01-01, until: 2026-01-01, lasts: 1h, reason: r"
            "}]\n",
            [
                "1:35: warning: maintenance[0].matchers: alerts without these labels fit too, so it takes nearly every"
                " alert",
                "1:73: maintenance[0].until: it never begins: this is not after `starts_at`",
            ],
        ),
        (
            "maintenance: [{name: m, matchers: [a=b], starts_at: tomorrow, lasts: 1h, reason: r}]\n",
            ["1:53: maintenance[0].starts_at: not a date: 'tomorrow'; write it like 2027-01-31, or 2027-01-31 22:00"],
        ),
        (
            "mapping: [{source: pd}]\n",
            ["1:20: mapping[0].source: no integration is called 'pd'; leave it out for alerts of every source"],
        ),
        (
            "silences: [{matchers: [a=b]}]\n",
            ["1:11: silences: silences are not written here; make one with `tocsin silence add`"],
        ),
        (
            "time_intervals: [{name: n, time_intervals: [{times: [{start_time: '22:00', end_time: '06:00'}]}]}]\n",
            [
                "1:54: time_intervals[0].time_intervals[0].times[0]: it ends before it begins; across midnight, write"
                " two: until 24:00, and from 00:00"
            ],
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, expected: list[str], tmp_path: Path) -> None:
    assert told(text, tmp_path) == expected
