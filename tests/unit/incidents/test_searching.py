"""What people search incidents by, word by word."""

from datetime import UTC, datetime

import pytest

from bot.errors import DocumentError
from bot.incidents.searching import LONGEST, parse, passages
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId
from bot.model.incident_query import Term
from bot.model.timeline import EntryKind, TimelineEntry, as_told
from bot.model.words import words_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(seq: int, text: str, why: str = "", amends: int = 0) -> TimelineEntry:
    return TimelineEntry(
        incident=IncidentId("INC-1"), at=NOW, recorded_at=NOW, actor=TOCSIN, kind=EntryKind.NOTE, text=text, why=why,
        seq=seq, amends=amends,
    )  # fmt: skip


def shown(text: str, *entries: TimelineEntry) -> list[tuple[int, str]]:
    """The passages found, what was meant in brackets."""
    return [
        (one.seq, "".join(f"[{piece.text}]" if piece.is_meant else piece.text for piece in one.pieces))
        for one in passages(parse(text), as_told(entries))
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the disk is FULL", "the disk is full"),
        ("host-12.example.net:9100", "host 12 example net 9100"),
        ("Zürich café Straße ﬁle", "zurich cafe strasse file"),
        ("KubePodCrashLooping", "kubepodcrashlooping kube pod crash looping"),
        ("HTTPServer checkoutSlow", "httpserver http server checkoutslow checkout slow"),
        ("SEV2 INC-7 7f9c x86_64", "sev2 inc 7 7f9c x86 64"),
        ("磁盘已满", "磁 盘 已 满"),
        ("a' OR '1'='1 \\ \x00 \ud800", "a or 1 1"),
        ("½ ﷺ", "12 صلىاللهعليهوسلم"),
        ("--- ... 🔥", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_words(text: str, words: str) -> None:
    assert " ".join(word.text for word in words_of(text)) == words


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("checkout latency", [Term(words=("checkout",)), Term(words=("latency",))]),
        ('"disk is full" -staging', [Term(words=("disk", "is", "full")), Term(words=("staging",), unwanted=True)]),
        ("check* host-1", [Term(words=("check",), begins=True), Term(words=("host", "1"))]),
        ('-"a b"* c', [Term(words=("a", "b"), begins=True, unwanted=True), Term(words=("c",))]),
        ('"never ended', [Term(words=("never", "ended"))]),
        ("KubePod*", [Term(words=("kubepod",), begins=True)]),
        ("KubePod ???", [Term(words=("kubepod", "kube", "pod"))]),
        ("AND OR NOT", [Term(words=("and",)), Term(words=("or",)), Term(words=("not",))]),
    ],
)
def test_what_is_asked_for(text: str, terms: list[Term]) -> None:
    assert list(parse(text)) == terms


@pytest.mark.parametrize("text", ["", "  ", "-staging", "* ? !", '""', "x" * (LONGEST + 1)])
def test_a_search_for_nothing_says_how_to_search(text: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(text)
    assert "in a row" in refused.value.hint or str(LONGEST) in refused.value.message


def test_passages_are_the_entries_that_hold_most_of_it_in_the_order_of_the_story() -> None:
    story = (
        entry(1, "opened as SEV2"),
        entry(2, "the cache was cold"),
        entry(3, "the cache on db-3 was full", why="a deploy"),
        entry(4, "looked at db-3"),
        entry(5, "db-3 again"),
        entry(6, "DB-3 cached"),
    )
    assert shown("cache db-3", *story) == [
        (2, "the [cache] was cold"),
        (3, "the [cache] on [db-3] was full (a deploy)"),
        (4, "looked at [db-3]"),
    ]
    assert shown("cache*", *story)[-1] == (6, "DB-3 [cached]")
    assert shown("deploy -cold", *story) == [(3, "the cache on db-3 was full (a [deploy])")]


def test_a_passage_shows_what_is_around_the_first_that_was_found() -> None:
    ((_, text),) = shown("needle", entry(1, "hay " * 100 + "needle " + "hay " * 100))
    assert text.startswith("…")
    assert text.endswith("…")
    assert "[needle]" in text
    assert len(text) < 200


def test_a_part_of_a_name_is_shown_within_it() -> None:
    assert shown("crash looping", entry(1, "alert KubePodCrashLooping fires")) == [
        (1, "alert KubePod[CrashLooping] fires")
    ]
    assert shown("kubepodcrashlooping", entry(1, "alert KubePodCrashLooping fires")) == [
        (1, "alert [KubePodCrashLooping] fires")
    ]


def test_what_was_taken_back_is_not_shown() -> None:
    story = (
        entry(1, "it was the cache"),
        entry(2, "it was DNS", amends=1),
        entry(3, "rubbish"),
        entry(4, "", amends=3),
    )
    assert shown("cache", *story) == []
    assert shown("rubbish", *story) == []
    assert shown("dns", *story) == [(1, "it was [DNS]")]
