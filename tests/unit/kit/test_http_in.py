"""The door's parts: addresses, bodies that come slowly, errors as refusals."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    Complaint,
    Conflict,
    DocumentError,
    Fenced,
    NotAllowed,
    NotFound,
    Permanent,
    SchemaTooNew,
    StartError,
    StoreUnavailable,
    Temporary,
    TocsinError,
)
from bot.kit.http_in import (
    MAX_BODY,
    Origins,
    Refusal,
    as_refusal,
    file_headers,
    header,
    read_body,
    read_form,
)
from bot.kit.json_in import unfit_json


def scope(**headers: str) -> dict[str, Any]:
    return {"headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]}


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:9393", "http://127.0.0.1:9393"),
        ("localhost:9393", "http://localhost:9393"),
        ("LOCALHOST:9393", "http://localhost:9393"),
        ("[::1]:9393", "http://[::1]:9393"),
        ("tocsin.example.com", "https://tocsin.example.com"),
        ("Tocsin.Example.com", "https://tocsin.example.com"),
        ("127.0.0.1", ""),
        ("tocsin.example.com:9393", ""),
        ("", ""),
    ],
)
def test_a_request_is_addressed_to_us_by_a_name_we_were_given(host: str, answered: str) -> None:
    origins = Origins.listening("127.0.0.1", 9393, "https://Tocsin.example.com:443/")
    assert origins.of(scope(host=host)) == answered


def test_on_every_address_people_use_the_one_they_were_told() -> None:
    origins = Origins.listening("0.0.0.0", 9393, "http://tocsin.lan:9393")
    assert origins.of(scope(host="tocsin.lan:9393"))
    assert not origins.of(scope(host="evil.example:9393"))


def test_on_one_address_it_is_its_own_name() -> None:
    assert Origins.listening("10.4.0.9", 80).of(scope(host="10.4.0.9")) == "http://10.4.0.9"
    assert Origins.listening("fd00::9", 9393).of(scope(host="[fd00::9]:9393"))


def test_a_header_sent_twice_matches_nothing() -> None:
    twice = {"headers": [(b"host", b"127.0.0.1:9393"), (b"host", b"127.0.0.1:9393")]}
    assert header(twice, "host") == "127.0.0.1:9393, 127.0.0.1:9393"
    assert not Origins.listening("127.0.0.1", 9393).of(twice)


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (NotAllowed("no"), 403, None),
        (NotFound("no"), 404, None),
        (Conflict("no"), 409, None),
        (Fenced("no"), 409, None),
        (DocumentError([Complaint(file="f", line=1, column=1, path="p", message="m")]), 422, None),
        (StoreUnavailable("full"), 503, 5),
        (Temporary("slow", integration="prom", reason="timeout"), 503, 5),
        (Temporary("later", integration="prom", reason="rate_limited", retry_after=29.2), 503, 30),
        (Permanent("wrong", integration="prom", reason="auth"), 502, None),
        (SchemaTooNew("new"), 500, None),
        (StartError("no"), 500, None),
    ],
)
def test_every_error_of_ours_has_a_status_and_keeps_its_words(
    error: TocsinError, status: int, retry_after: int | None
) -> None:
    refusal = as_refusal(error)
    assert (refusal.status, refusal.retry_after) == (status, retry_after)
    assert (refusal.error, refusal.hint) == (error.message, error.hint)


async def test_a_body_that_never_ends_is_given_up() -> None:
    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    refusal = await read_body(scope(), drip, max_seconds=0.05)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 408


async def test_a_body_is_cut_where_it_grows_too_large_whatever_it_said_of_its_length() -> None:
    taken = 0

    async def pour() -> dict[str, Any]:
        nonlocal taken
        taken += 65536
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    refusal = await read_body(scope(content_length="12"), pour)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 413
    assert taken <= MAX_BODY + 65536


async def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    async def never() -> dict[str, Any]:
        raise AssertionError("it was read")

    refusal = await read_body(scope(content_length=str(MAX_BODY + 1)), never)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 413


async def test_who_goes_away_in_the_middle_changes_nothing() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert isinstance(await read_body(scope(), gone), Refusal)


@given(st.binary(max_size=200))
def test_no_body_is_too_strange_to_be_judged(body: bytes) -> None:
    unfit_json(body)
    with contextlib.suppress(ValueError):
        read_form(body)


@given(st.dictionaries(st.text("abc", min_size=1), st.text("abc 1&=\u00e9\n"), min_size=1, max_size=5))
def test_a_form_is_read_as_it_was_filled_in(fields: dict[str, str]) -> None:
    assert read_form(urlencode(fields).encode()) == fields


@given(st.text())
def test_the_name_of_a_file_cannot_end_its_header(name: str) -> None:
    line = file_headers(name, "text/csv", "0")["content-disposition"]
    assert line.isascii()
    assert line.isprintable()
    assert line.count('"') == 2
    assert line.startswith("attachment")
