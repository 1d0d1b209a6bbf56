"""What the command line writes: plain in a pipe, aligned, and never what others coloured."""

import io
from collections.abc import Mapping

import pytest

from bot.cli.console import Console, Style, visible
from bot.cli.times import Times


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(env: Mapping[str, str], *, terminal: bool) -> str:
    out = Terminal() if terminal else io.StringIO()
    console = Console(out, io.StringIO(), io.StringIO(), env)
    console.say("all is well", Style.GOOD)
    console.table(("ID", "TITLE"), [(("INC-1", Style.BOLD), "a\x1b[2Jb")])
    return out.getvalue()


@pytest.mark.parametrize(
    ("env", "terminal"),
    [({}, False), ({"NO_COLOR": "1"}, True), ({"TERM": "dumb"}, True), ({"NO_COLOR": "1"}, False)],
)
def test_there_is_no_colour_in_a_pipe_or_where_nobody_wants_it(env: Mapping[str, str], terminal: bool) -> None:
    assert written(env, terminal=terminal) == "all is well\nID     TITLE\nINC-1  a\\x1b[2Jb\n"


def test_a_terminal_gets_our_colours_and_nobody_elses() -> None:
    text = written({"NO_COLOR": ""}, terminal=True)
    assert text.startswith("\x1b[32mall is well\x1b[0m\n")
    assert "a\\x1b[2Jb" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;title\x07b", "a\\x1b]0;title\\x07b"),
        ("a\rb\x00\x9b", "a\\x0db\\x00\\x9b"),
        ("abc\u202edef\u2066", "abc\\x202edef\\x2066"),
        ("tab\tand\nline, ü, 日本", "tab\tand\nline, ü, 日本"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_columns_are_aligned_also_for_wide_letters() -> None:
    out = io.StringIO()
    Console(out, io.StringIO(), io.StringIO(), {}).table(
        ("A", "B"), [("日本", "x"), ("abcde", "y\nz"), ("e\u0301", "")]
    )
    assert out.getvalue() == "A      B\n日本   x\nabcde  y z\ne\u0301\n"


def test_fields_without_a_value_are_left_out_and_lines_stay_under_their_value() -> None:
    out = io.StringIO()
    Console(out, io.StringIO(), io.StringIO(), {}).fields([("undo", "one\ntwo"), ("nothing", ""), ("id", "x")])
    assert out.getvalue() == "undo  one\n      two\nid    x\n"


@pytest.mark.parametrize(
    ("typed", "yes"), [("y\n", True), ("YES\n", True), ("\n", False), ("", False), ("yep\n", False)]
)
def test_only_yes_is_yes(typed: str, yes: bool) -> None:
    assert Console(io.StringIO(), io.StringIO(), io.StringIO(typed), {}).ask("sure?") is yes


def test_json_keeps_its_meaning_and_hides_control_characters() -> None:
    out = io.StringIO()
    Console(out, io.StringIO(), io.StringIO(), {}).json({"a": "ü\x1b\u202e"})
    assert out.getvalue() == '{\n  "a": "ü\\u001b\\u202e"\n}\n'


def test_moments_are_in_the_configured_zone_and_say_which() -> None:
    times = Times({}, "Europe/Berlin")
    assert times.moment("2026-07-01T10:00:00Z") == "2026-07-01 12:00:00 CEST"
    assert times.moment(None) == ""
    assert Times({}, "Nowhere/Land").moment("2026-07-01T10:00:00.250Z") == "2026-07-01 10:00:00 UTC"
