"""Whatever the text: what is planted goes, a second look finds nothing, and time and length stay in proportion."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence.redaction import redact, redact_value
from tests.unit.evidence.test_redaction import B62, HEX, SEEDED

FRAGMENTS = st.sampled_from(
    [
        *(text for _, text, _, _ in SEEDED),
        *("password", "token", "secret", "=", ": ", '"', "'", "\\", "://", "@", "a.b", "eyJ", ".", "-----BEGIN "),
        *("PRIVATE KEY-----", "Bearer ", "Basic ", "-u ", "--password ", "&", "?sig=", "[redacted]", "$6$", "\n", " "),
        *("login ", "identified by '", '"auth": "', "ghp_", "AKIA", "4111", " 1111", HEX, B62),
    ]
)
GLUED = st.sampled_from(
    [
        *(
            f"key-{HEX * 2}",
            f"SK{HEX * 2}",
            f"dapi{HEX * 2}",
            "AKIAIOSFODNN7EXAMPLE",
            f"s.{B62[:24]}",
            f"hvs.{B62[:24]}",
        ),
        *(
            f"ghp_{B62[:36]}",
            "4111111111111111",
            "ann@a.bc",
            "://x@",
            f"{B62}=",
            "sig=",
            "xoxb-123456789012",
            "123456789:AA",
        ),
    ]
)
TEXTS = st.lists(GLUED, max_size=12).map("".join) | st.lists(FRAGMENTS | st.text(max_size=6), max_size=12).map("".join)
PLANTED = (
    *(f"AKIA{letter * 3}ABCDEFGHIJKL7" for letter in "QXZ"),
    f"ghp_{B62[:36]}",
    f"glpat-{B62[:20]}",
    "xoxb-123456789012-abcdefGHIJKL",
    f"hvs.{B62[:28]}",
    f"npm_{B62[:36]}",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
)
AROUND = st.text(st.characters(codec="utf-8"), max_size=40)


@given(TEXTS)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(TEXTS)
def test_the_text_grows_by_no_more_than_what_it_leaves_behind(text: str) -> None:
    assert len(redact(text)) <= 4 * len(text) + 16


@given(AROUND, st.sampled_from(PLANTED), AROUND, st.sampled_from([" ", "\n", '"', "'", "=", ":", ",", "(", "/", "\t"]))
def test_a_planted_secret_goes_whatever_stands_around_it(before: str, secret: str, after: str, edge: str) -> None:
    assert secret not in redact(f"{before}{edge}{secret} {after}")


@given(AROUND, st.from_regex(r"[!#-%(-;=-~]{1,30}", fullmatch=True).filter(lambda value: "&" not in value), AROUND)
def test_a_named_password_goes_whatever_it_is(before: str, secret: str, after: str) -> None:
    clean = redact(f'{before} db_password="{secret}"\n{after}')
    assert f'"{secret}"' not in clean or secret == "[redacted]"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_json_stays_json_and_a_second_look_finds_nothing(value: object) -> None:
    once = redact_value(value)
    assert redact_value(once) == once


@pytest.mark.parametrize(
    "repeated",
    [
        *("a", "eyJ-", "-----BEGIN PRIVATE KEY-----", "://a:", "a@", "a.", "password=", "password\\", "Bearer ", "- "),
        *(
            "://@",
            " --token",
            "login ",
            "$6$",
            "4 ",
            "token===",
            "-----BEGIN ",
            "PuTTY-User-Key-File-2:",
            "aA1",
            "//a@",
        ),
        *('"auth":', "authorization:", "identified by '", "?sig=", "hooks.slack.com/services/", "-u a", "a@a.", "0:AA"),
    ],
)
def test_time_grows_with_the_length_alone(repeated: str) -> None:
    """Four times the text takes about four times the time; a square would take sixteen."""
    assert seconds(repeated, 64_000) < 10 * max(seconds(repeated, 16_000), 0.001)


def seconds(repeated: str, length: int) -> float:
    text = (repeated * (length // len(repeated) + 1))[:length]
    times = []
    for _ in range(3):
        start = process_time()
        redact(text)
        times.append(process_time() - start)
    return min(times)
