"""The images of messages that people mark are kept with the incident, whatever becomes of them in Slack."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.manifest import scopes
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.incident import Incident, Severity
from bot.model.report import ReportFormat
from bot.model.timeline import TimelineEntry
from bot.response import looked_up, report_wanted
from bot.testing.slack.settings import APP_TOKEN, SCOPES
from tests.integrations.both_ways import until
from tests.integrations.slack.board import Board, showing, who
from tests.integrations.slack.test_kept import NAME, OWN, does, heard, kept, says
from tests.integrations.slack_simulator.simulated import Slack

PNG = b"\x89PNG\r\n\x1a\n" + b"a graph of the heap"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 the cart"


@pytest.fixture
async def board(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Board]:
    given = {**config, "app_token": APP_TOKEN}
    async with showing(slack, given, tmp_path / "tocsin.db", channel_of_its_own=OWN) as made:
        made.clock.at = datetime.now(UTC).replace(microsecond=0)
        yield made


@pytest.fixture
async def ours(board: Board, slack: Slack) -> Incident:
    async def is_connected() -> bool:
        return bool((await asyncio.to_thread(slack.knob, "GET", "sockets"))["opened"])

    await until(is_connected)
    made = await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    board.clock.at = datetime(2031, 1, 1, tzinfo=UTC)  # what is said from now on was said before
    return made


def file(name: str = "heap.png", content: bytes = PNG, kind: str = "image/png", **more: object) -> dict[str, object]:
    return {"name": name, "mimetype": kind, "content": b64encode(content).decode(), **more}


async def marked(board: Board, slack: Slack, ours: Incident, *files: dict[str, object]) -> TimelineEntry:
    """What stands on the timeline of a message with these files, once somebody marked it."""
    ts = await says(slack, "look", files=files)
    await does(slack, "react", user="ann", channel=NAME, ts=ts, name="pushpin")

    async def is_kept() -> bool:
        return bool(await kept(board, ours))

    await until(is_kept)
    [told] = await kept(board, ours)
    return told.entry


async def pictures(board: Board, ours: Incident) -> Sequence[Evidence]:
    case = await looked_up.case(board.world, who("ann"), ours.id)
    return [one for one in case.evidence if one.kind is EvidenceKind.PICTURE]


async def asked_for(slack: Slack) -> int:
    return len([one for one in await asyncio.to_thread(slack.asked, "/files-pri/") if one["method"] == "file"])


async def test_an_image_is_frozen_once_however_often_its_message_is_marked_and_brought(
    board: Board, slack: Slack, ours: Incident
) -> None:
    files = [file(), file("cart.webp", WEBP, "image/webp"), file("core.txt", b"text", "text/plain")]
    ts = await says(slack, "look", files=files)
    await does(slack, "pin", user="ben", channel=NAME, ts=ts)
    await does(slack, "react", user="ann", channel=NAME, ts=ts, name="memo")
    for delivery in await asyncio.to_thread(slack.knob, "GET", "deliveries"):
        await does(slack, "again", envelope_id=delivery["envelope_id"])
    last = await says(slack, "the last")
    await does(slack, "react", user="ann", channel=NAME, ts=last, name="memo")

    async def are_both() -> bool:
        return len(await kept(board, ours)) == 2

    await until(are_both)
    await heard(slack)
    entry = (await kept(board, ours))[0].entry
    found = await pictures(board, ours)
    assert entry.evidence == tuple(one.id for one in found)
    assert [(one.summary, one.attachment_names) for one in found] == [
        ("heap.png", ("picture.png",)),
        ("cart.webp", ("picture.webp",)),
    ]
    assert set(entry.links) == {"the message", "heap.png", "cart.webp", "core.txt"}
    one = await looked_up.attachment(board.world, who("ann"), found[1].id, "picture.webp")
    assert (one.content, one.media_type) == (WEBP, "image/webp")


async def test_it_outlives_its_message_and_stands_in_the_report(board: Board, slack: Slack, ours: Incident) -> None:
    entry = await marked(board, slack, ours, file("<img src=x onerror=alert(1)>](x).png"))
    said = datetime.timestamp(entry.at)
    await does(slack, "delete", channel=NAME, ts=f"{said:.6f}")
    data = f"data:image/png;base64,{b64encode(PNG).decode()}"
    for form in ReportFormat:
        text = await report_wanted.report(board.world, who("ann"), ours.id, form)
        assert data in text
        assert "<img src=x" not in text.replace(r"\<", "")
        assert f"{entry.evidence[0]}" in text


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (file(size=5 * 1024 * 1024 + 1), "larger than 5 MiB"),
        (file(content=PNG + bytes(5 * 1024 * 1024), size=100), "sent more than 5120 KiB"),
        (file(content=b"MZ\x90 a program"), "no image, whatever it is called"),
        (file(content=b""), "answered 404"),
        (file(url_private="https://files.slack.com.example/x.png"), "where Slack keeps none"),
        (file(url_private="https://files.slack.com@slack.example/x.png"), "where Slack keeps none"),
        (file(url_private="http://files.slack.com/x.png"), "where Slack keeps none"),
    ],
    ids=["said to be large", "large", "no image", "gone", "elsewhere", "disguised", "in the open"],
)
async def test_what_cannot_be_kept_stays_a_link_and_says_why(
    board: Board, slack: Slack, ours: Incident, given: dict[str, object], why: str
) -> None:
    entry = await marked(board, slack, ours, given)
    assert entry.why.startswith("marked there with :pushpin:; heap.png: only a link, as ")
    assert why in entry.why
    assert (entry.evidence, "heap.png" in entry.links) == ((), True)
    assert await pictures(board, ours) == []


async def test_without_the_scope_slack_shows_a_page_which_is_not_taken_for_an_image(
    board: Board, slack: Slack, ours: Incident
) -> None:
    await asyncio.to_thread(lambda: slack.set(scopes=SCOPES.replace("files:read ", "")))
    entry = await marked(board, slack, ours, file())
    assert "the app may lack `files:read`" in entry.why
    assert await pictures(board, ours) == []


async def test_a_redirect_is_not_followed(board: Board, slack: Slack, ours: Incident) -> None:
    away = {"path": "/files-pri/", "status": 302, "headers": {"location": f"{slack.url}/files-pri/elsewhere"}}
    await asyncio.to_thread(slack.knob, "PUT", "faults", {"faults": [away]})
    assert "Slack asks us to sign in" in (await marked(board, slack, ours, file())).why
    assert await asked_for(slack) == 1


async def test_a_drawing_that_can_run_is_never_fetched_nor_is_a_sixth_image(
    board: Board, slack: Slack, ours: Incident
) -> None:
    many = [file(f"{number}.png", PNG + bytes([number])) for number in range(6)]
    entry = await marked(board, slack, ours, file("a.svg", b"<svg onload='x'/>", "image/svg+xml"), *many)
    assert [one.summary for one in await pictures(board, ours)] == [f"{number}.png" for number in range(5)]
    assert entry.why == "marked there with :pushpin:; 5.png: only a link, as 5 images of a message are kept"
    assert await asked_for(slack) == 5


async def test_who_may_not_write_notes_has_nothing_fetched(board: Board, slack: Slack, ours: Incident) -> None:
    ts = await says(slack, "look", files=[file()])
    await does(slack, "channels", name=NAME, members=["U0TOCSIN", "U0ANN", "U0BEN", "U0GUEST"])
    await does(slack, "react", user="guest", channel=NAME, ts=ts, name="pushpin")

    async def is_told() -> Any:
        return (await asyncio.to_thread(slack.channel, NAME))["unseen"]

    await until(is_told)
    assert await asked_for(slack) == 0


def test_the_manifest_and_the_doctor_know_the_scope(config: dict[str, object], slack: Slack) -> None:
    shown = {**config, "app_token": APP_TOKEN, "incidents": {"channel": slack.channel("sre")["id"]}}
    why = "keep the images of those messages with the incident"
    assert scopes(SlackConfig.model_validate(shown))["files:read"] == why
    assert "files:read" not in scopes(SlackConfig.model_validate(config))
