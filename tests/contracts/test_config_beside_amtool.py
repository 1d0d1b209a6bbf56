"""What amtool takes as a configuration `tocsin check` takes too, and refuses what it refuses; exceptions are named.

Where Alertmanager takes what can never mean anything (`weekdays: []`, month 13), Tocsin says so instead.
"""

import subprocess
from pathlib import Path

import pytest

from bot.config.checking import check_all
from tests.servers.process import locate

TOP = "route: {receiver: r}\n"
ROUTES = (
    "matchers: a=b", "matchers: []", "matchers: [a=b, 'c=~\"d|e\"']", "match: {a: 5, b: true}", "match_re: {c: 4..}",
    "match_re: {c: '('}", "group_interval: 0s", "repeat_interval: 0s", "group_wait: -1s", "group_wait: 0",
    "group_wait: 30", "group_wait: 1.5h", "group_wait: 1h30m", "group_wait: null", "group_by: [a, a]", "group_by: ['']",
    "group_by: ['...', a]", "group_by: a", "group_by: ['...']", "group_by: [a, b]", "routes: null, match: null",
    "mute_time_intervals: [x]", "active_time_intervals: [x]", "mute_time_intervals: [n], active_time_intervals: [n]",
    "continue: true", "continue: maybe", "receiver: nobody", "what: 1", "group_interval: 1m, repeat_interval: 30s",
)  # fmt: skip
ON_TOP = ("mute_time_intervals: [n]", "active_time_intervals: [n]", "matchers: [a=b]", "continue: true", "match: {}")
INHIBITS = (
    "{}", "{source_matchers: [a=b]}", "{name: x, source_matchers: [a=b], target_matchers: [c=d], equal: [e]}",
    "{sources: [a=b]}", "{source_match: {a: b}, target_match_re: {c: d.*}, equal: [e]}", "{equal: ['']}",
    "{equal: x}", "{equal: [a, a]}", "{source_matchers: ['a=~(']}",
)  # fmt: skip
TIMES = (
    "times: [{start_time: '00:00', end_time: '24:00'}]", "times: [{start_time: 09:00, end_time: 17:00}]",
    "times: [{start_time: '9:00', end_time: '17:00'}]", "times: [{start_time: '10:00', end_time: '09:00'}]",
    "times: [{start_time: '10:00', end_time: '10:00'}]", "times: [{start_time: '10:00'}]",
    "times: [{start_time: '24:00', end_time: '24:00'}]", "times: [{start_time: '10:60', end_time: '11:00'}]",
    "weekdays: ['Monday:friday']", "weekdays: [mon]", "weekdays: [1]", "weekdays: ['saturday:sunday']",
    "weekdays: monday", "weekdays: ['monday: friday']", "weekdays: null", "weekdays: ['monday:']",
    "weekdays: ['a:b:c']",
    "days_of_month: [1]", "days_of_month: ['1:5', '-3:-1']", "days_of_month: ['0']", "days_of_month: ['32']",
    "days_of_month: ['-32']", "days_of_month: ['-5:5']", "days_of_month: ['5:-5']", "days_of_month: ['5:1']",
    "days_of_month: [x]", "days_of_month: ['-1:-3']", "days_of_month: ['31:-5']", "days_of_month: ['-31:-1']",
    "months: [january]", "months: [jan]", "months: ['1:3', 'May:August', 'december']", "months: ['march:january']",
    "months: ['3:1']", "months: [12]", "years: [2020]", "years: ['2020:2019']", "years: ['x']", "years: ['2020:2022']",
    "location: Europe/Berlin", "location: Nowhere", "location: null", "foo: 1", "",
)  # fmt: skip
STRICTER = (
    "times: []", "weekdays: []", "days_of_month: []", "months: []", "years: []", "months: ['13']", "months: ['0']",
    "years: ['-5']", "location: Local", "location: ''",
)  # fmt: skip
"""Alertmanager takes these: nothing fits the lists, no such month or year comes, and whose zone it is depends on the
machine."""
MORE_OPEN = ("days_of_month: ['31:-1']", "days_of_month: ['28:-1']", "days_of_month: ['20:-11']")
"""Alertmanager refuses these as if every month had 28 days, counted from 0."""


def amtool_takes(text: str, folder: Path) -> bool:
    file = folder / "alertmanager.yml"
    file.write_text(text)
    ran = subprocess.run([locate("amtool"), "check-config", str(file)], capture_output=True, text=True, timeout=20)
    return ran.returncode == 0


def tocsin_takes(text: str, folder: Path) -> bool:
    file = folder / "tocsin.yaml"
    file.write_text(text)
    return not check_all(file, {}, folder).errors


def whole(*, top: str = "", route: str = "", inhibit: str = "", moments: str = "weekdays: [monday]") -> str:
    """A configuration with these pieces in it."""
    return (
        f"route: {{receiver: r, {top} {',' if top else ''} routes: [{{{route}}}]}}\n"
        "receivers: [{name: r}]\n"
        f"inhibit_rules: [{inhibit}]\n"
        f"time_intervals: [{{name: n, time_intervals: [{{{moments}}}]}}]\n"
    )


CASES = [
    *(whole(route=text) for text in ROUTES),
    *(whole(top=text) for text in ON_TOP),
    *(whole(inhibit=text) for text in INHIBITS),
    *(whole(moments=text) for text in TIMES),
    f"{TOP}receivers: []\n",
    f"{TOP}receivers: [{{name: r}}, {{name: r}}]\n",
    f"{TOP}receivers: [{{name: r}}]\ntime_intervals: [{{name: n}}, {{name: n}}]\n",
    f"{TOP}receivers: [{{name: r}}]\ntime_intervals: [{{time_intervals: []}}]\n",
]


@pytest.mark.parametrize("text", CASES)
def test_what_it_takes_is_taken_and_what_it_refuses_is_refused(text: str, tmp_path: Path) -> None:
    assert tocsin_takes(text, tmp_path) is amtool_takes(text, tmp_path)


@pytest.mark.parametrize("moments", STRICTER)
def test_what_never_comes_is_a_mistake_to_tocsin_alone(moments: str, tmp_path: Path) -> None:
    assert amtool_takes(whole(moments=moments), tmp_path)
    assert not tocsin_takes(whole(moments=moments), tmp_path)


@pytest.mark.parametrize("moments", MORE_OPEN)
def test_the_last_days_of_long_months_can_be_named_in_tocsin_alone(moments: str, tmp_path: Path) -> None:
    assert tocsin_takes(whole(moments=moments), tmp_path)
    assert not amtool_takes(whole(moments=moments), tmp_path)
