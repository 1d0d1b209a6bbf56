"""Secrets and unseen characters do not get out."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit.redaction import MARK, Redactor, visible

SECRET = 'p"ss\\w/rd+4711 é'


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.add(SECRET)
    return redactor


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET, safe=""),
        json.dumps({"key": SECRET}),
        json.dumps({"key": SECRET}, ensure_ascii=False),
        repr({"key": SECRET}),
        *(base64.b64encode(f"{before}:{SECRET}:more".encode()).decode() for before in ("", "a", "ab", "abc", "user")),
        base64.urlsafe_b64encode(f"u:{SECRET}".encode()).decode(),
    ],
)
def test_a_secret_is_found_in_every_dress(redactor: Redactor, text: str) -> None:
    cleaned = redactor.clean(f"before {text} after")
    assert MARK in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    for form in (SECRET, "ss\\w", "rd+4711", "rd%2B4711", base64.b64encode(SECRET.encode()).decode()[4:-4]):
        assert form not in cleaned


def test_what_is_no_secret_stays(redactor: Redactor) -> None:
    assert redactor.clean("password 4711, an ordinary line") == "password 4711, an ordinary line"
    assert Redactor().clean("nothing is registered") == "nothing is registered"


def test_what_is_too_short_to_be_one_stays() -> None:
    redactor = Redactor()
    for short in ("", "  ", "abc", " a \n"):
        redactor.add(short)
    assert redactor.clean("abc a b c") == "abc a b c"


def test_a_key_is_found_line_by_line() -> None:
    redactor = Redactor()
    redactor.add("-----BEGIN KEY-----\nAAAAB3Nza\nC1yc2EAAA\n-----END KEY-----\n")
    assert redactor.clean("key: AAAAB3Nza") == f"key: {MARK}"
    assert "BEGIN" in redactor.clean("-----BEGIN KEY-----")


def test_the_longest_secret_wins_and_old_ones_stay_known() -> None:
    redactor = Redactor()
    redactor.add("secret")
    redactor.add("secret-and-more")
    assert redactor.clean("secret-and-more, secret") == f"{MARK}, {MARK}"


def test_every_text_in_a_tree_is_cleaned(redactor: Redactor) -> None:
    tree = {"a": [SECRET, (SECRET, 1, None)], SECRET: {"b": SECRET.encode()}, "c": 1.5}
    cleaned = redactor.clean_tree(tree)
    assert cleaned == {"a": [MARK, (MARK, 1, None)], MARK: {"b": MARK.encode()}, "c": 1.5}


@given(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4), st.text(), st.text())
def test_no_registered_secret_is_left(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    cleaned = redactor.clean(f"{before}{secret}{after}").replace(MARK, "\x00")
    assert secret.strip() not in cleaned


@given(st.text())
def test_what_is_visible_is_one_line_of_what_can_be_seen(text: str) -> None:
    assert visible(text).isprintable()
    assert len(visible(text).splitlines()) <= 1


def test_ordinary_text_is_left_as_it_is() -> None:
    assert visible("Größe: 3 µs, 日本語 🔥") == "Größe: 3 µs, 日本語 🔥"
    assert visible("a\tb\r\nc\x1b[31m\u202e\x00") == r"a\tb\r\nc\x1b[31m\u202e\x00"
