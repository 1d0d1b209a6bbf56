"""Whatever was written, an incident is found by its words on both databases, and by none that do not stand there."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.incidents.searching import parse, passages
from bot.model.incident_query import IncidentQuery, Term
from bot.model.timeline import TimelineEntry, as_told
from bot.model.words import words_of
from bot.ports.store import Tx
from bot.store.channel import Channel
from tests.contracts.store_nouns import entry
from tests.property.kept import INCIDENT, both, there_and_back

LETTERS = st.characters() | st.sampled_from("aAbBzZéßİ019 _-'\"\\&|!:*()<>磁が½ﷺ\x00\ud800🔥")
TEXTS = st.text(LETTERS, max_size=40)


def is_found(tx: Tx, *terms: Term) -> bool:
    """Whether the one incident there is holds all of it."""
    return bool(tx.incidents.find(IncidentQuery(terms=terms)).found)


@both
@given(title=TEXTS, notes=st.lists(TEXTS, max_size=3), other=TEXTS)
def test_every_word_and_every_row_of_words_is_found_and_no_other(
    channel: Channel, title: str, notes: Sequence[str], other: str
) -> None:
    kept = [tuple(word.text for word in words_of(text)) for text in (title, *notes)]

    def work(tx: Tx) -> None:
        tx.incidents.put(replace(INCIDENT, title=title))
        for text in notes:
            tx.incidents.tell(entry(INCIDENT.id, text))
        for words in filter(None, kept):
            assert is_found(tx, Term(words=words))
            assert is_found(tx, Term(words=(words[-1][:1],), begins=True))
            assert not is_found(tx, Term(words=("inc",)), Term(words=words, unwanted=True))
        for word in words_of(other):
            there = any(word.text in words for words in [*kept, ("inc", "1")])
            assert is_found(tx, Term(words=(word.text,))) == there

    there_and_back(channel, work)


@both
@given(first=TEXTS, second=TEXTS)
def test_a_note_is_found_by_what_it_says_now(channel: Channel, first: str, second: str) -> None:
    def work(tx: Tx) -> None:
        tx.incidents.put(INCIDENT)
        told = tx.incidents.tell(entry(INCIDENT.id, first))
        tx.incidents.tell(replace(entry(INCIDENT.id, second), amends=told.seq))
        now = {word.text for word in words_of(second)} | {"inc", "1"}
        for word in (*words_of(first), *words_of(second)):
            assert is_found(tx, Term(words=(word.text,))) == (word.text in now)

    there_and_back(channel, work)


@given(texts=st.lists(TEXTS, min_size=1, max_size=5), asked=TEXTS)
def test_a_passage_is_a_piece_of_an_entry_and_what_is_meant_holds_the_words(texts: Sequence[str], asked: str) -> None:
    story: list[TimelineEntry] = [replace(entry("INC-1", text), seq=seq) for seq, text in enumerate(texts, 1)]
    wanted = [Term(words=(word.text,)) for text in (*texts, asked) for word in words_of(text)]
    for term in wanted:
        found = passages([term], as_told(story))
        holding = [one.seq for one in story if term.words[0] in {word.text for word in words_of(one.text)}]
        assert [one.seq for one in found] == holding[:3]
        for one in found:
            assert "".join(piece.text for piece in one.pieces).strip("…") in texts[one.seq - 1]
            meant = "".join(piece.text for piece in one.pieces if piece.is_meant)
            assert term.words[0] in {word.text for word in words_of(meant)}


@given(text=TEXTS)
def test_what_is_asked_for_is_understood_or_refused_with_a_hint(text: str) -> None:
    written = f'"{text.replace(chr(34), " ")}" word'
    (*_, last) = parse(written)
    assert last == Term(words=("word",))
