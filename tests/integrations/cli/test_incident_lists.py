"""Incidents found from the command line: by what they are, by the words of their story, and page by page."""

import json
import re

from tests.integrations.cli.conftest import Served


def declared(served: Served, title: str, *more: str) -> str:
    """The id of a new incident."""
    said = served.says("ann", "incident", "declare", title, "--severity", "sev3", *more)
    assert said.status == 0, said.err
    return said.out.split()[0]


def test_by_the_words_of_the_story(served: Served) -> None:
    new = declared(served, "mail is slow", "--text", "the queue on mx-2.example.net is long")
    said = served.says("vera", "incident", "search", '"queue on mx-2" -checkout')
    assert said.out.splitlines()[0] == f"{new}  mail is slow"
    assert said.out.splitlines()[1].startswith("  SEV3 triggered, opened ")
    assert said.out.splitlines()[2].endswith("declared as SEV3: mail is slow (the queue on mx-2.example.net is long)")
    assert served.says("vera", "incident", "search", "queue", "nowhere").out == "nothing holds all of this\n"
    found = json.loads(served.says("vera", "incident", "search", "QUEU*", "--json").out)
    assert [one["id"] for one in found["incidents"]] == [new]
    (passage,) = found["passages"][new]
    assert [piece["text"] for piece in passage["pieces"] if piece["is_meant"]] == ["queue"]


def test_a_search_for_nothing_says_how_to_search(served: Served) -> None:
    said = served.says("vera", "incident", "search", "???")
    assert (said.status, said.err.splitlines()[0]) == (1, "search: no word to look for")
    assert "words in a row" in said.err


def test_by_what_it_is_and_page_by_page(served: Served) -> None:
    first, second = (declared(served, f"drill {word}", "--kind", "drill") for word in ("one", "two"))
    said = served.says("vera", "incident", "list", "--kind", "drill", "--limit", "1")
    assert second in said.out
    assert "[drill] drill two" in said.out
    assert first not in said.out
    assert said.err == f"there are more: say --after {second} to go on\n"
    rest = served.says("vera", "incident", "list", "--kind", "drill", "--after", second)
    assert first in rest.out
    assert (second in rest.out, rest.err) == (False, "")
    assert served.says("vera", "incident", "list", "--severity", "sev5").out == "no incidents\n"
    assert served.says("vera", "incident", "list", "--all", "--before", "2020-01-01").out == "no incidents\n"
    recent = served.says("vera", "incident", "list", "--kind", "drill", "--since", "100d").out
    assert first in recent
    assert second in recent
    assert "INC-99" in served.says("vera", "incident", "list", "--after", "INC-99").err
    assert "not a time" in served.says("vera", "incident", "list", "--since", "soon").err


def test_a_note_is_said_better_and_struck_out(served: Served) -> None:
    new = declared(served, "mail is slow")
    assert served.says("ann", "incident", "note", new, "it was the cache").status == 0
    story = served.says("vera", "incident", "show", new).out
    number = re.search(r"ann #(\d+): it was the cache", story)[1]
    said = served.says("ben", "incident", "amend", new, number, "it was the disk", "--reason", "seen in df")
    assert said.out == f"note {number} of {new} reads anew\n"
    story = served.says("vera", "incident", "show", new).out
    assert f"ann #{number}: it was the disk\n  changed by ben at " in story
    assert ": seen in df" in story
    assert "cache" not in story
    assert served.says("ann", "incident", "strike", new, number).out == f"note {number} of {new} is struck out\n"
    assert f"ann #{number}: struck out\n  struck out by ann at " in served.says("vera", "incident", "show", new).out
    assert "may not change a note" in served.says("vera", "incident", "strike", new, number).err
