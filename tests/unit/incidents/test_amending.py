"""Notes that turn out wrong: what is read instead, and what cannot be changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Conflict, NotAllowed, NotFound
from bot.incidents.amending import amend, meant, strike
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.ids import IncidentId
from bot.model.timeline import EntryKind, TimelineEntry, as_told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
ANN, BEN = (Actor(kind=ActorKind.PERSON, name=name) for name in ("ann", "ben"))
NOTE = TimelineEntry(
    incident=IncidentId("INC-1"), at=NOW, recorded_at=NOW, actor=ANN, kind=EntryKind.NOTE, text="the cache", seq=3
)


def test_a_note_is_read_anew_where_it_stood_and_says_who_changed_it() -> None:
    (before,) = as_told([NOTE])
    instead = replace(amend(before, " the disk ", " mistaken ", BEN, LATER), seq=7)
    assert (instead.at, instead.recorded_at, instead.amends, instead.text) == (NOW, LATER, 3, "the disk")
    (told,) = as_told([NOTE, instead])
    assert (told.text, told.is_struck, told.latest.actor) == ("the disk", False, BEN)
    read = told.read()
    assert (read.seq, read.actor, read.text, read.why) == (3, ANN, "the disk", "changed by ben; mistaken")
    again = replace(amend(told, "the network", "", ANN, LATER), seq=9)
    assert as_told([NOTE, instead, again])[0].read().why == "changed by ann"


def test_a_note_is_struck_out_and_can_be_said_again() -> None:
    struck = replace(strike(as_told([NOTE])[0], "not ours", BEN, LATER), seq=4)
    (told,) = as_told([NOTE, struck])
    assert (told.is_struck, told.read().text, told.read().why) == (True, "struck out by ben", "not ours")
    with pytest.raises(Conflict, match="struck out already"):
        strike(told, "", ANN, LATER)
    assert amend(told, "after all", "", ANN, LATER).text == "after all"


def test_only_what_somebody_wrote_can_be_changed() -> None:
    (alert,) = as_told([replace(NOTE, kind=EntryKind.ALERT, actor=TOCSIN)])
    with pytest.raises(NotAllowed, match="what Tocsin recorded"):
        amend(alert, "no alert", "", ANN, LATER)
    with pytest.raises(NotAllowed, match="what Tocsin recorded"):
        strike(alert, "", ANN, LATER)
    with pytest.raises(NotAllowed, match="needs a text"):
        amend(as_told([NOTE])[0], " ", "", ANN, LATER)


def test_whoever_changes_what_was_changed_meanwhile_is_told() -> None:
    first, second = (replace(NOTE, seq=seq, amends=3, text=f"text {seq}") for seq in (5, 6))
    story = as_told([NOTE, first, second])
    assert meant(story, 3) is meant(story, 6) is story[0]
    with pytest.raises(Conflict, match="entry 3 has been changed"):
        meant(story, 5)
    with pytest.raises(NotFound, match="no entry 99"):
        meant(story, 99)


def test_what_amends_nothing_here_stands_for_itself() -> None:
    stray = replace(NOTE, seq=8, amends=77)
    assert [told.entry.seq for told in as_told([NOTE, stray])] == [3, 8]
    assert as_told([NOTE])[0].read() is NOTE
