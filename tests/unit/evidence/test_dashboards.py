from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.evidence.dashboards import LONGEST, dashboard_link
from bot.model.sample import Window
from tests.unit.evidence.signals import at

WINDOW = Window(start=at(0), end=at(240.5))
LABELS = {"service": "check out&x=1", "pod": "a"}


def query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def test_grafana_gets_absolute_times_and_the_alerts_labels_where_it_has_variables_for_them() -> None:
    link = dashboard_link(
        "https://grafana.example/d/abc/shop?orgId=1&from=now-1h&to=now&var-service=&var-other=x#panel", LABELS, WINDOW
    )
    assert query(link) == [
        ("orgId", "1"),
        ("var-service", "check out&x=1"),
        ("var-other", "x"),
        ("from", "1795356000000"),
        ("to", "1795356240500"),
    ]
    assert urlsplit(link).fragment == "panel"


def test_a_variable_with_several_values_becomes_the_one() -> None:
    link = dashboard_link("https://grafana.example/d/a?var-pod=x&var-pod=y", LABELS, WINDOW)
    assert [pair for pair in query(link) if pair[0] == "var-pod"] == [("var-pod", "a")]


def test_prometheus_gets_the_range_and_end_of_each_panel() -> None:
    link = dashboard_link(
        "http://127.0.0.1:9090/prom/graph?g0.expr=up&g0.tab=0&g0.range_input=5m&g1.expr=down", LABELS, WINDOW
    )
    end = "2026-11-22 14:04:00"
    assert query(link) == [
        ("g0.expr", "up"),
        ("g0.tab", "0"),
        ("g1.expr", "down"),
        *(("g0.range_input", "240s"), ("g0.end_input", end), ("g0.moment_input", end)),
        *(("g1.range_input", "240s"), ("g1.end_input", end), ("g1.moment_input", end)),
    ]


def test_any_other_page_is_linked_as_it_was_written() -> None:
    assert dashboard_link(" https://wiki.example/shop?a=b ", LABELS, WINDOW) == "https://wiki.example/shop?a=b"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt://grafana.example/d/x?%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "ftp://grafana.example/d/x",
        "//grafana.example/d/x",
        "/d/x",
        "https://",
        "https:///d/x",
        "https://ann:hunter2@grafana.example/d/x",
        "https://grafana.example@evil.example/d/x",
        "https://grafana.example:99999/d/x",
        "https://grafana.example:0/d/x",
        "https://[::1/d/x",
        "https://grafana.example/d/x y",
        "https://grafana.example/d/x\nSet-Cookie: a=b",
        'https://grafana.example/d/"><script>',
        "https://grafana.example/d/\u202eevil",
        "https://grafana.example/d/" + "x" * LONGEST,
    ],
)
def test_what_is_no_address_to_follow_is_not_offered(url: str) -> None:
    assert dashboard_link(url, LABELS, WINDOW) == ""
