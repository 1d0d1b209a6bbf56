"""A text in pieces is redacted as a whole one is; nothing of a secret is shown before all of it was seen."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence.pieces import Pieces, legible
from bot.evidence.pieces import shown as as_a_whole

TOKEN = "ghp_" + "aB3" * 12
INNER = ("MIIEowIBAAKCAQ" * 4, "qwertyuiopasdf" * 4)
KEY = "\n".join(("-----BEGIN RSA PRIVATE KEY-----", *INNER, "-----END RSA PRIVATE KEY-----", ""))
KNOWN = "hunter2 of the & configuration"
SECRETS = (TOKEN, *INNER, KNOWN, "correct-horse-battery", "s3cret-w0rd")
LINES = (
    "pod cart-1 is ready\n",
    "\n",
    f"using {TOKEN} to sign in\n",
    KEY,
    f"sent {KNOWN}\r\n",
    f"password={KNOWN}\n",
    "\x1b[36mpassword\x1b[0m=correct-horse-battery \x1b[1;31mfailed\x1b[0m\n",
    "password:\n  correct-horse-battery\n",
    "50 %\r60 %\r70 %\n",
    "curl -u admin:s3cret-w0rd https://shop.example.net\n",
    "DROP TABLE é ♥\t1\n",
)


def clean(text: str) -> str:
    return text.replace(KNOWN, "[redacted]")


def shown(pieces: list[str]) -> list[str]:
    stream = Pieces(clean)
    given_out = []
    for piece in pieces:
        stream.take(piece)
        given_out.append(stream.give())
    return given_out


@given(st.lists(st.sampled_from(LINES), max_size=12), st.lists(st.integers(0, 400), max_size=30))
def test_however_a_text_is_cut_its_secrets_are_gone_and_its_lines_are_there(lines: list[str], cuts: list[int]) -> None:
    text = "".join(lines)
    places = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    pieces = [text[begin:end] for begin, end in pairwise(places)]
    whole = "".join(shown(pieces))
    assert [secret for secret in SECRETS if secret in whole] == []
    assert whole == as_a_whole(text, clean)


def test_a_line_is_shown_as_soon_as_it_ends() -> None:
    assert shown(["one", " and two\nthr", "ee\n"]) == ["", "one and two\n", "three\n"]


def test_nothing_of_a_key_is_shown_before_its_last_line() -> None:
    lines = KEY.splitlines(keepends=True)
    assert shown(["found:\n", *lines]) == ["found:\n", "", "", "", "[redacted]\n"]


@pytest.mark.parametrize("rest", ["and more\nthen\n", "\nthen\n"])
def test_a_line_without_an_end_is_not_shown_in_part(rest: str) -> None:
    said = shown([f"password={'x' * 5000}", "y" * 5000, f"z{rest}"])
    assert said == ["[a line too long to be shown as it comes]\n", "", "then\n"]


def test_what_cannot_be_seen_is_written_out() -> None:
    hostile = "\x1b]0;pwned\x07 a\u202eb \x00 \udcff\tend\n"
    assert shown([hostile]) == ["\\x1b]0;pwned\\x07 a\\u202eb \\x00 \\udcff\tend\n"]
    assert legible("a\r\nb") == "a\\r\nb"


def test_a_whole_text_is_shown_as_its_pieces_are() -> None:
    text = "10 %\r20 %\r\n\x1b[31mred\x1b[0m \x1b[2J\x00\n"
    assert as_a_whole(text, clean) == "".join(shown([text])) == "10 %\n20 %\nred \\x1b[2J\\x00\n"
