"""Faults against finding incidents, and against the record of what notes said."""

from tests.bites import Bite, replaced
from tests.bites.promises import pytest

FOUND = "tests/contracts/test_store.py"

BITES = [
    Bite(
        fault="a story that goes on and is found only by how it began",
        file="bot/store/repositories/incidents.py",
        plant=replaced(
            "            self._search.tell(entry)\n", "            self._search.retell(entry.incident, [])\n"
        ),
        caught_by=pytest(FOUND, "-k", "by_the_words and sqlite"),
        says="await found(store",
    ),
    Bite(
        fault="an incident that is found by what was taken back",
        file="bot/store/repositories/search.py",
        plant=replaced("_of_entry(told.latest)", "_of_entry(told.entry)"),
        caught_by=pytest(FOUND, "-k", "what_was_changed and sqlite"),
        says="await found(store",
    ),
    Bite(
        fault="a page that begins with the incident the last one ended with",
        file="bot/store/repositories/search.py",
        plant=replaced("found.c.number < self._known", "found.c.number <= self._known"),
        caught_by=pytest(FOUND, "-k", "page_by_page and sqlite and shop"),
        says="assert seen ==",
    ),
    Bite(
        fault="what Tocsin recorded, reworded by a person",
        file="bot/incidents/amending.py",
        plant=replaced("if entry.kind is not EntryKind.NOTE:", "if entry.kind is EntryKind.SIGNAL:"),
        caught_by=pytest("tests/unit/incidents/test_amending.py"),
        says="DID NOT RAISE",
    ),
]
