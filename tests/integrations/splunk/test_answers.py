"""What a Splunk sends, well and badly, as our nouns."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Permanent, Temporary
from bot.integrations.splunk import answers
from bot.integrations.splunk.answers import Message
from bot.kit.redaction import Redactor

KEYS = [
    "entry",
    "content",
    "results",
    "messages",
    "type",
    "text",
    "isDone",
    "resultCount",
    "dispatchState",
    "sid",
    "result",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)


def job(**content: object) -> bytes:
    return json.dumps({"entry": [{"content": {"dispatchState": "DONE", "isDone": True, **content}}]}).encode()


def progress(body: bytes) -> answers.Progress:
    return answers.progress(body, "splunk", Redactor())


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        (datetime(2026, 3, 4, tzinfo=UTC), "1772582400.000000"),
        (datetime(2026, 3, 4, 0, 0, 0, 1, tzinfo=UTC), "1772582400.000001"),
        (datetime(1970, 1, 1, tzinfo=UTC), "0.000000"),
        (datetime(1969, 12, 31, tzinfo=UTC), "0.000000"),
        (datetime(1, 1, 1, tzinfo=UTC), "0.000000"),
    ],
)
def test_a_time_is_never_relative(at: datetime, sent: str) -> None:
    assert answers.exact(at) == sent


def test_events_are_counted_where_the_search_makes_no_table() -> None:
    found = progress(job(resultCount=500, eventCount=70_000, runDuration=1.5))
    assert (found.count, found.kept, found.transforms, found.took) == (70_000, 500, False, timedelta(seconds=1.5))
    found = progress(job(resultCount=3, eventCount=70_000, reportSearch="stats count by host"))
    assert (found.count, found.kept, found.transforms) == (3, 3, True)
    assert progress(job(resultCount="7")).count == 7


@pytest.mark.parametrize(
    "content", [{"isFailed": True}, {"dispatchState": "FAILED"}, {"isZombie": 1}, {"isFailed": "1", "isDone": False}]
)
def test_a_job_whose_process_died_has_failed(content: dict[str, object]) -> None:
    assert progress(job(**content)).is_failed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"entry": []}',
        b'{"entry": [1]}',
        b'{"entry": [{"content": {}}]}',
        job(resultCount="many"),
        job(runDuration={}),
    ],
)
def test_what_says_nothing_of_a_job_is_no_progress(body: bytes) -> None:
    with pytest.raises(Temporary):
        progress(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"results": null}',
        b'{"results": {}}',
        b'{"results": [1]}',
        b'{"results": [], "preview": true}',
        b"null",
    ],
)
def test_what_is_no_page_of_a_result(body: bytes) -> None:
    with pytest.raises(Temporary):
        answers.page(body, "splunk", Redactor())


def test_values_are_texts_or_several_texts() -> None:
    found = answers.row({"a": "x", "b": ["x", 1], "c": 5, "d": None, "e": True, "f": [], "g": {"h": 1}})
    assert found == {"a": "x", "b": ("x", "1"), "c": "5", "e": "true", "f": (), "g": '{"h": 1}'}


@pytest.mark.parametrize(
    ("kind", "text", "tells"),
    [
        ("ERROR", "Unable to distribute to peer named idx2", True),
        ("FATAL", "anything", True),
        ("WARN", "anything that nobody knows", True),
        ("WARN", "Field extractor name=x is unusually slow", False),
        ("WARN", "Eventtype 'old' does not exist", False),
        ("INFO", "Search auto-finalized after disk usage limit (100MB) reached.", True),
        ("INFO", "Subsearch produced 60000 results, truncating to maxout 50000.", True),
        ("INFO", "Your timerange was substituted based on your search string", False),
        ("DEBUG", "search results are incomplete", False),
        ("", "a message without a kind", True),
    ],
)
def test_which_messages_tell_of_missing_data(kind: str, text: str, tells: bool) -> None:
    assert bool(answers.losses([Message(kind=kind, text=text)], ["Eventtype 'old'"])) is tells


def test_what_is_said_twice_is_told_once() -> None:
    said = [Message(kind="WARN", text="a"), Message(kind="ERROR", text="b"), Message(kind="ERROR", text="a")]
    assert answers.losses(said, []) == ("a", "b")


@pytest.mark.parametrize(
    ("status", "text", "kind", "reason"),
    [
        (400, "Unknown search command 'foo'.", Permanent, "client"),
        (400, "Unknown search command 'quota'.", Permanent, "client"),
        (400, "The search quota of the user is exceeded", Temporary, "rate_limited"),
        (403, "concurrency limit has been reached", Temporary, "rate_limited"),
        (403, "insufficient permission", Permanent, "auth"),
        (503, "The maximum number of concurrent historical searches", Temporary, "rate_limited"),
        (503, "Service Unavailable", Temporary, "server"),
        (404, "Unknown sid: quota reached", Permanent, "client"),
    ],
)
def test_what_a_refusal_means(status: int, text: str, kind: type, reason: str) -> None:
    body = json.dumps({"messages": [{"type": "FATAL", "text": text}]}).encode()
    error = answers.refusal(status, body, "splunk", Redactor(), None)
    assert (isinstance(error, kind), error.reason, error.said) == (True, reason, text)
    assert text in error.message


@given(JSON)
def test_an_answer_of_any_shape_is_read_or_refused(found: Any) -> None:
    body = json.dumps(found).encode()
    for read in (progress, lambda body: answers.page(body, "s", Redactor()), lambda body: answers.sid(body, "s")):
        with suppress(Temporary):
            read(body)
    assert answers.refusal(400, body, "s", Redactor(), None).reason in ("client", "rate_limited")
