"""Saved searches written as a file, and read back."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.savedsearches import conf, writing

REST = {
    "search": "index=main\n| stats count by host",
    "is_scheduled": "1",
    "cron_schedule": " */5 * * * * ",
    "alert_type": "number of events",
    "alert_comparator": "greater than",
    "alert_threshold": "10",
    "actions": "email, webhook,",
    "schedule_window": "auto",
    "schedule_priority": "highest",
    "description": "",
    "action.email.to": "ann@example.net",
    "display.general.type": "statistics",
    "action.tocsin.param.label.team": "shop",
    "action.tocsin.param.span": " ",
}


def test_what_means_something_is_written_in_the_words_of_the_file() -> None:
    assert writing.text([("One", REST), ("Two", {"search": "a"})]) == (
        "[One]\n"
        "search = index=main\\\n"
        "| stats count by host\n"
        "enableSched = 1\n"
        "cron_schedule = */5 * * * *\n"
        "counttype = number of events\n"
        "relation = greater than\n"
        "quantity = 10\n"
        "schedule_priority = highest\n"
        "action.email = 1\n"
        "action.webhook = 1\n"
        "action.tocsin.param.label.team = shop\n"
        "\n"
        "[Two]\n"
        "search = a\n"
    )


def test_no_search_is_an_empty_file() -> None:
    assert writing.text([]) == ""


@pytest.mark.parametrize(
    ("name", "fits"), [("a ] b", True), ("default", False), ("a\nb", False), (" a", False), ("é", True)]
)
def test_a_name_stands_in_a_file_or_not(name: str, fits: bool) -> None:
    assert bool(writing.no_name(name)) is not fits


LINE = st.text(
    string.printable.replace("\r", "").replace("\n", "").replace("\x0b", "").replace("\x0c", ""), max_size=12
)


@given(st.lists(LINE, min_size=1, max_size=4))
def test_what_was_written_is_read_back(lines: list[str]) -> None:
    """Whatever the lines are, but for a backslash at the end, which would join what follows."""
    search = "\n".join(["search", *lines, "end"])
    read = conf.parse(writing.text([("a", {"search": search}), ("b", {"search": "c"})]), "a.conf")
    assert [stanza.name for stanza in read.stanzas] == ["a", "b"]
    assert read.settings(read.stanzas[0])["search"].value == search
    assert not read.complaints
