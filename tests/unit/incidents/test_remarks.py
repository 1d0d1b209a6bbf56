"""Messages of a chat on a timeline: when they were said, and as they read there until a person changes that here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.incidents import remarks
from bot.incidents.amending import amend, strike
from bot.model.actor import Actor, ActorKind
from bot.model.ids import IncidentId
from bot.model.remark import Remark
from bot.model.timeline import EntryKind, as_told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAID = NOW - timedelta(minutes=5)
ANN, BEN = (Actor(kind=ActorKind.PERSON, name=name) for name in ("ann", "ben"))
CHAT = Actor(kind=ActorKind.SOURCE, name="slack")
REMARK = Remark(
    integration="slack", place="C1", at=SAID, link="https://slack.example/p1", text="a: b", files={"x.png": "https://x"}
)
ENTRY = replace(remarks.kept(IncidentId("INC-1"), REMARK, "ben: x", "pinned there", ANN, NOW), seq=3)


def test_it_stands_at_its_own_time_with_who_said_it_and_its_files() -> None:
    assert (ENTRY.at, ENTRY.recorded_at, ENTRY.actor, ENTRY.kind) == (SAID, NOW, ANN, EntryKind.NOTE)
    assert ENTRY.text == "ben  x: a: b"
    assert ENTRY.links == {"the message": REMARK.link, "x.png": "https://x"}
    early = remarks.kept(IncidentId("INC-1"), replace(REMARK, at=NOW + timedelta(hours=1)), "", "", ANN, NOW)
    assert (early.at, early.text) == (NOW, "somebody: a: b")  # their clock is ahead of ours


def test_it_is_found_by_its_link_alone() -> None:
    other = replace(ENTRY, links={}, seq=4)
    story = as_told([ENTRY, other])
    assert remarks.links(story) == {REMARK.link}
    assert remarks.found(story, REMARK.link) == story[0]
    assert remarks.found(story, "https://slack.example/p2") is None


def test_what_it_says_now_is_read_and_said_once() -> None:
    (told,) = as_told([ENTRY])
    assert remarks.followed(told, "a: b", CHAT, NOW) is None
    edited = remarks.followed(told, "c: d", CHAT, NOW)
    assert edited is not None
    assert (edited.text, edited.amends, edited.at, edited.why) == ("ben  x: c: d", 3, SAID, "edited there")
    (told,) = as_told([ENTRY, replace(edited, seq=5)])
    assert remarks.followed(told, "c: d", CHAT, NOW) is None
    deleted = remarks.followed(told, "", CHAT, NOW)
    assert deleted is not None
    assert (deleted.text, deleted.why) == ("", "deleted there")
    (told,) = as_told([ENTRY, replace(edited, seq=5), replace(deleted, seq=6)])
    assert told.is_struck
    assert remarks.followed(told, "", CHAT, NOW) is None


def test_the_word_of_a_person_stands() -> None:
    (told,) = as_told([ENTRY])
    for theirs in (amend(told, "better said", "", BEN, NOW), strike(told, "", BEN, NOW)):
        (changed,) = as_told([ENTRY, replace(theirs, seq=7)])
        assert remarks.followed(changed, "something else", CHAT, NOW) is None
        assert remarks.followed(changed, "", CHAT, NOW) is None
