"""How pages say things."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import words

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (2820, "47 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_400, "1 d"),
        (360_000, "4 d 4 h"),
    ],
)
def test_a_duration_is_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert words.duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 20, 13, 31, 40, tzinfo=UTC), "14:31:40"),
        (datetime(2026, 11, 19, 23, 30, 0, tzinfo=UTC), "00:30:00"),
        (datetime(2026, 11, 19, 22, 30, 0, tzinfo=UTC), "19 Nov 23:30:00"),
        (datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC), "1 Jul 14:00:00"),
        (datetime(2025, 12, 31, 12, 0, 0, tzinfo=UTC), "31 Dec 2025 13:00:00"),
    ],
)
def test_a_time_is_said_in_the_readers_zone_as_short_as_is_clear(at: datetime, said: str) -> None:
    assert words.clock(at, datetime(2026, 11, 20, 14, 0, tzinfo=UTC), BERLIN) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay\u202egpj.exe", "pay<U+202E>gpj.exe"),
        ("a\x1b[31mred", "a<U+001B>[31mred"),
        ("a\x00b\ud800\ufeff\u2028", "a<U+0000>b<U+D800><U+FEFF><U+2028>"),
        ("two\nlines\tand 👩\u200d🚒 दे\u200cश", "two\nlines\tand 👩\u200d🚒 दे\u200cश"),
        ("plain", "plain"),
    ],
)
def test_letters_that_hide_or_reorder_others_are_spelt_out(text: str, shown: str) -> None:
    assert words.visible(text) == shown


@given(st.text())
def test_whatever_is_printed_can_be_encoded_and_does_not_reorder(text: str) -> None:
    shown = words.visible(text)
    shown.encode()
    assert not set(shown) & set("\x00\x1b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("https://prometheus.example.net/graph?g0.expr=up", True),
        ("http://127.0.0.1:9090", True),
        ("/incidents/INC-1", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("https:evil.example", False),
        ("http://[", False),
        ("dashboard", False),
        ("", False),
    ],
)
def test_people_are_sent_only_to_the_web_and_to_pages_of_ours(address: str, followed: bool) -> None:
    assert bool(words.followable(address)) is followed


def test_parameters_are_shown_one_by_one_as_they_are() -> None:
    params = {"argv": ["rm", "-rf", "/tmp/a b"], "host": "web-1", "count": 3, "dry": False, "env": {}, "cwd": None}
    assert words.parameters(params) == [
        ("argv", ["rm", "-rf", "/tmp/a b"]),
        ("host", ["web-1"]),
        ("count", ["3"]),
        ("dry", ["false"]),
    ]


def test_a_hint_shows_its_commands_as_code_and_nothing_as_html() -> None:
    assert words.coded("run `tocsin <x>` & see") == "run <code>tocsin &lt;x&gt;</code> &amp; see"


def test_what_lies_ahead_comes_in_a_while_or_now() -> None:
    assert words.ahead(timedelta(minutes=47)) == "in 47 min"
    assert words.ahead(timedelta(seconds=1)) == "in 1 s"
    assert words.ahead(timedelta(milliseconds=900)) == words.ahead(timedelta(hours=-1)) == "now"


def test_foreign_text_is_cut_to_one_line_that_fits() -> None:
    assert words.clipped(" two\r\nlines\t and more ", 40) == "two lines and more"
    assert words.clipped("A" * 50, 10) == "A" * 9 + "…"
    assert words.clipped("", 10) == ""
