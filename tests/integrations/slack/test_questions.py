"""A question to people as a card: what is asked stands there whole, and the card says at once how it ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from bot.charts.client import ChartWorker
from bot.errors import NotAllowed
from bot.model.run import Approval, ApprovalStatus
from bot.model.timeline import EntryKind, TimelineEntry
from bot.response import approval_given, step_covered
from bot.testing.slack import blocks as kit
from bot.testing.slack.settings import APP_TOKEN
from tests.house.tree import ROOT
from tests.integrations.both_ways import followed, until
from tests.integrations.charts.pictures import USUAL
from tests.integrations.slack.board import Board, alert, showing, who
from tests.integrations.slack.test_messages import words
from tests.integrations.slack_simulator.simulated import Slack
from tests.integrations.web import scene
from tests.servers import BROWSER_FLAGS

PICTURES = ROOT / "tests" / "pictures"
"""In documents. `TOCSIN_PICTURES=1 make test ARGS=tests/integrations/slack/test_questions.py` takes them anew."""
NOW = scene.NOW


@pytest.fixture
async def board(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Board]:
    async with showing(slack, config, tmp_path / "tocsin.db", thread=True) as made:
        made.clock.at = NOW
        yield made


@pytest.fixture
async def heard(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Board]:
    """The same, and what people click is heard."""
    given = {**config, "app_token": APP_TOKEN}
    async with showing(slack, given, tmp_path / "tocsin.db") as made, followed(made.world):
        made.clock.at = NOW
        await until_there(lambda: slack.knob("GET", "sockets")["open"])
        yield made


async def played(board: Board, picture: bytes = b"\x89PNG", **about: Any) -> Approval:
    """The incident of the shop, and a question of its run."""
    asked = scene.approval(**{"expires_at": NOW + timedelta(minutes=25), **about})

    def work(tx: Any) -> None:
        scene.play(tx, picture)
        tx.approvals.put(asked)
        alerts = [alert("OrdersFail", service="cart", pod=f"cart-{number}") for number in range(3)]
        told = [replace(one, annotations={"summary": "23 % of orders fail; 5 % is the limit"}) for one in alerts]
        prints = tuple(one.fingerprint for one in told)
        tx.alerts.put(told)
        tx.incidents.put(scene.incident(alerts=prints, firing=prints, acknowledged_by="ann", detected_at=NOW))

    await board.world.store.write(work)
    await says(board, f"{asked.id} asks: {asked.ask}")
    await board.catches_up()
    return asked


async def says(board: Board, text: str) -> None:
    """What is kept of a question changes together with a word on the timeline."""
    now = board.clock.now()
    entry = TimelineEntry(
        incident=scene.INC, at=now, recorded_at=now, actor=who("ann"), kind=EntryKind.APPROVAL, text=text
    )
    await board.world.store.write(lambda tx: tx.incidents.tell(entry))


async def card(board: Board) -> dict[str, Any]:
    """The card, which stands below its incident's message."""
    [found] = [one for one in await board.below() if one["metadata"]["event_type"] == "tocsin_question"]
    return found


def clicks(message: dict[str, Any]) -> dict[str, str]:
    """What each button says."""
    held = [one for bar in message["attachments"] for block in bar["blocks"] for one in block.get("elements", ())]
    return {one["text"]["text"]: one["value"] for one in held if one["type"] == "button" and "value" in one}


async def test_all_that_is_asked_stands_on_the_card(board: Board) -> None:
    asked = await played(board, count=2)
    shown = await card(board)
    said = words(shown)
    for part in (
        "May it run? *APR-1* Roll cart back from 2.14.0 to 2.13.4?",
        "host.run",
        "cart-1.shop.example",
        "argv: /opt/shop/release rollback --service=cart --to 2.13.4",
        "-release: 2.14.0\n+release: 2.13.4",
        "write: changes something",
        "/opt/shop/release forward --service=cart --to 2.14.0",
        "2 different people, of ann, ben (on-call)",
        "Until",
        asked.plan.hash[:12],
    ):
        assert part in said, part
    assert shown["calls"] == ["U0ANN", "U0BEN"]
    assert clicks(shown) == {
        "Approve": f"approve APR-1 yes plan_hash={asked.plan.hash}",
        "Reject": "reject APR-1 ask=why",
    }
    [message] = await board.said()
    assert "*APR-1* asks: Roll cart back" in words(message)
    assert clicks(message)["See APR-1"] == "approve APR-1", "nobody looks for it in a thread"


async def test_every_change_that_the_same_yes_is_for_stands_there_exactly(board: Board) -> None:
    others = tuple(
        replace(scene.PLAN, summary=f"part {one}", params={"argv": ["mend", f"part{one}"]}, diff=f"-part{one}: off")
        for one in range(step_covered.MOST)
    )
    await played(board, covers=others)
    said = words(await card(board))
    for one in range(step_covered.MOST):
        assert f"part {one}" in said
        assert f"argv: mend part{one}\n-part{one}: off" in said


async def test_the_card_says_who_did_and_how_it_ended(board: Board) -> None:
    asked = await played(board, count=2)
    await approval_given.answer(board.world, who("ann"), asked.id, approve=True)
    await board.catches_up()
    shown = await card(board)
    assert "Said yes (1 of 2)" in words(shown)
    assert clicks(shown)
    await approval_given.answer(board.world, who("ben"), asked.id, approve=False, reason="not <!here> now")
    await board.catches_up()
    shown = await card(board)
    assert shown["text"].startswith("Rejected:")
    assert "*Rejected* by ben" in words(shown)
    assert "Who may" not in words(shown), "nobody is asked any more"
    assert "not <!here> now" in words(shown)
    assert (clicks(shown), shown["calls"]) == ({}, [])


@pytest.mark.parametrize(
    ("status", "why"), [(ApprovalStatus.VOID, "the pod was replaced"), (ApprovalStatus.EXPIRED, "in time")]
)
async def test_a_card_that_is_void_changes_at_once_and_says_why(board: Board, status: ApprovalStatus, why: str) -> None:
    asked = await played(board)
    await board.world.store.write(
        lambda tx: tx.approvals.put(replace(asked, status=status, reason="the pod was replaced"))
    )
    await says(board, f"{asked.id} is {status}")
    await board.catches_up()
    shown = await card(board)
    assert shown["text"].startswith(f"{status.capitalize()}:")
    assert why in words(shown)
    assert clicks(shown) == {}


async def test_where_somebody_archived_the_incidents_channel_it_is_asked_below_its_message(
    slack: Slack, config: dict[str, object], tmp_path: Path
) -> None:
    async with showing(slack, config, tmp_path / "tocsin.db", channel_of_its_own={"severities": ["SEV2"]}) as board:
        board.clock.at = NOW
        await played(board, count=2)
        [own] = [name for name in slack.knob("GET", "workspace")["channels"] if name.startswith("inc-1")]
        assert [one["metadata"]["event_type"] for one in await board.said(own)] == ["tocsin_room", "tocsin_question"]
        slack.does("channels", name=own, archived=True)
        await approval_given.answer(board.world, who("ann"), scene.APR, approve=True)
        await board.catches_up(within=60)
        asked = await card(board)
        assert "Said yes (1 of 2)" in words(asked)
        assert "Approve" in clicks(asked), "nobody can click in a channel that is archived"
        await approval_given.answer(board.world, who("ben"), scene.APR, approve=True)
        await board.catches_up(within=60)
        assert (await card(board))["text"].startswith("Approved:")


async def test_where_it_can_be_asked_nowhere_nobody_tries_for_ever(
    slack: Slack, config: dict[str, object], tmp_path: Path
) -> None:
    own = {"severities": ["SEV2"]}
    async with showing(slack, config, tmp_path / "tocsin.db", severities=["SEV1"], channel_of_its_own=own) as board:
        board.clock.at = NOW
        await played(board)
        [room] = [name for name in slack.knob("GET", "workspace")["channels"] if name.startswith("inc-1")]
        slack.does("channels", name=room, archived=True)
        await approval_given.answer(board.world, who("ann"), scene.APR, approve=True)
        await board.catches_up(within=60)
        assert await board.world.store.read(lambda tx: tx.cards.next_at()) is None


async def test_yes_counts_once_however_often_and_through_whatever_door_it_is_said(heard: Board, slack: Slack) -> None:
    asked = await played(heard, count=2)
    ts = (await card(heard))["ts"]
    click = {"channel": "sre", "ts": ts, "action_id": "say:approve"}
    found = await asyncio.to_thread(lambda: slack.does("click", user="ann", times=100, **click))
    assert all(one["acknowledged"] for one in found["all"])
    await until(lambda: given(heard, ("ann",)))
    with pytest.raises(NotAllowed):
        await approval_given.answer(heard.world, who("ann"), asked.id, approve=True)
    await approval_given.answer(heard.world, who("ben"), asked.id, approve=True)
    await asyncio.to_thread(lambda: slack.does("click", user="ben", **click))
    await heard.catches_up()
    shown = await card(heard)
    assert shown["text"].startswith("Approved:")
    assert "Said yes (2 of 2)" in words(shown)
    said = [one.text for one in await heard.world.store.read(lambda tx: tx.incidents.timeline(scene.INC))]
    assert sum("approved by" in one for one in said) == 2


async def test_a_token_that_is_revoked_while_cards_are_out_does_nothing_and_loses_nothing(
    heard: Board, slack: Slack
) -> None:
    asked = await played(heard)
    ts = (await card(heard))["ts"]
    slack.set(revoked=True)
    click = {"user": "ann", "channel": "sre", "ts": ts, "action_id": "say:approve"}
    taken = await asyncio.to_thread(lambda: slack.does("click", **click))
    assert taken["acknowledged"]
    [told] = await until_there(lambda: [one["message"] for one in slack.channel("sre")["unseen"]])
    assert "Slack did not say who you are, so nothing was done" in words(told)
    assert await given(heard, ())
    await approval_given.answer(heard.world, who("ann"), asked.id, approve=True)
    await heard.catches_up(within=5)
    stories = [one for one in await heard.timeline(scene.incident()) if "does not show how it stands" in one.text]
    assert stories
    assert all("token_revoked" in one.why and "install the app" in one.why for one in stories)
    assert clicks(await card(heard)), "nobody could change it"
    slack.set()
    await heard.catches_up(within=3600)
    shown = await card(heard)
    assert (shown["ts"], shown["text"][:9], clicks(shown)) == (ts, "Approved:", {})
    await asyncio.to_thread(lambda: slack.does("command", user="ann", channel="sre", text="list"))
    again = await until_there(lambda: slack.channel("sre")["unseen"][1:])
    assert "open incident" in words(again[0]["message"])


async def test_no_is_said_with_a_reason(heard: Board, slack: Slack) -> None:
    await played(heard)
    ts = (await card(heard))["ts"]
    await asyncio.to_thread(lambda: slack.does("click", user="ben", channel="sre", ts=ts, action_id="say:reject"))
    whole = await until_there(lambda: slack.knob("GET", "workspace")["views"])
    [view] = whole.values()
    values = {
        block["block_id"]: {block["element"]["action_id"]: {"type": "plain_text_input", "value": "too late"}}
        for block in view["blocks"]
        if "element" in block
    }
    await asyncio.to_thread(lambda: slack.does("submit", user="ben", view_id=view["id"], values=values))

    async def is_rejected() -> bool:
        found = await heard.world.store.read(lambda tx: tx.approvals.get(scene.APR))
        return (found.status, found.reason) == (ApprovalStatus.REJECTED, "too late")

    await until(is_rejected)
    await heard.catches_up()
    assert "*Rejected* by ben" in words(await card(heard))
    assert "too late" in words(await card(heard))


async def given(board: Board, names: tuple[str, ...]) -> bool:
    """Whether exactly these said yes."""
    return (await board.world.store.read(lambda tx: tx.approvals.get(scene.APR))).given_by == names


async def until_there(look: Callable[[], Any]) -> Any:
    """What is there, once it is."""
    found: list[Any] = []

    async def is_there() -> bool:
        found[:] = [await asyncio.to_thread(look)]
        return bool(found[0])

    await until(is_there)
    return found[0]


async def test_what_a_person_sees_of_it(board: Board, chromium: str) -> None:
    async with ChartWorker() as drawer:
        drawn = await drawer.draw(USUAL, width=1200, height=560)
    await played(board, drawn)
    board.clock.at += timedelta(seconds=5)
    await board.catches_up()
    [message] = await board.said()
    assert "slack_file" in str(message)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        page = await browser.new_page(viewport={"width": 820, "height": 600}, device_scale_factor=1.5)
        await page.goto(f"{board.slack.url}/simulator/channels/sre")
        shot = await page.screenshot(full_page=True, animations="disabled")
        await browser.close()
    if os.environ.get("TOCSIN_PICTURES"):
        (PICTURES / "slack.png").write_bytes(shot)
    assert shot.startswith(b"\x89PNG")


async def test_below_the_message_of_an_incident_a_command_needs_no_number(heard: Board, slack: Slack) -> None:
    ours = await heard.declares()
    await heard.catches_up()
    [shown] = await heard.said()
    text = "<@U0TOCSIN> note the cache was cold"
    await asyncio.to_thread(lambda: slack.does("say", user="ann", channel="sre", text=text, thread_ts=shown["ts"]))
    [told] = await until_there(lambda: [one["message"] for one in slack.channel("sre")["unseen"]])
    assert "Noted in INC-1" in words(told)
    assert any(one.text == "the cache was cold" for one in await heard.timeline(ours))


async def test_the_home_tab_says_whose_turn_it_is(heard: Board, slack: Slack) -> None:
    await played(heard)
    await asyncio.to_thread(lambda: slack.does("home", user="ann"))
    homes = await until_there(lambda: slack.knob("GET", "workspace")["homes"])
    said = "\n".join(kit.texts(homes["U0ANN"]["blocks"]))
    for part in ("You have 1 open incident", "INC-1 SEV2", "1 question to answer", "APR-1", "Nothing is silenced"):
        assert part in said, part
    assert "Automation runs" in said
    view = homes["U0ANN"]["id"]
    [button] = [one for _, one in kit.elements(homes["U0ANN"]["blocks"]) if one.get("value") == "approve APR-1"]
    taken = await asyncio.to_thread(
        lambda: slack.does("click", user="ann", view_id=view, action_id=button["action_id"])
    )
    assert taken["acknowledged"]
    [asked] = await until_there(lambda: slack.said("@ann"))
    assert "Roll cart back from 2.14.0" in words(asked), "they read it where they find it"
    where = {"user": "ann", "channel": "@ann", "ts": asked["ts"]}
    [yes] = [one for _, one in kit.elements(asked["attachments"][0]["blocks"]) if one["text"]["text"] == "Approve"]
    await asyncio.to_thread(lambda: slack.does("click", **where, action_id=yes["action_id"]))
    [told] = await until_there(lambda: [one["message"] for one in slack.channel("@ann")["unseen"]])
    assert "APR-1 is approved" in words(told), "the message there does not change"


async def test_the_home_tab_shows_tasks_follow_ups_silences_and_who_paused_automation(
    heard: Board, slack: Slack
) -> None:
    await played(heard)
    lines = (
        "task 1 call the provider owner=me",
        "followup 1 watch the queue owner=me due=2026-12-31 aim=detect",
        "task 1 not hers owner=ben",
        "silence 1h service=cart known",
        "automation pause a bad release",
    )
    for count, text in enumerate(lines, 1):
        await asyncio.to_thread(lambda text=text: slack.does("command", user="ann", channel="sre", text=text))
        await until_there(lambda count=count: slack.channel("sre")["unseen"][count - 1 :])
    await asyncio.to_thread(lambda: slack.does("home", user="ann"))
    homes = await until_there(lambda: slack.knob("GET", "workspace")["homes"])
    said = "\n".join(kit.texts(homes["U0ANN"]["blocks"]))
    for part in ("call the provider", "watch the queue", "1 silence", "Automation is paused by ann", "no schedules"):
        assert part in said, said
    assert "not hers" not in said


async def test_the_home_tab_of_a_stranger_says_why_it_is_empty_and_what_to_do(heard: Board, slack: Slack) -> None:
    await played(heard)
    slack.does("users", id="U0EVE")
    for user, why in (("guest", "Guests can do nothing here. Ask somebody"), ("U0EVE", "type here: link CODE")):
        await asyncio.to_thread(lambda user=user: slack.does("home", user=user))
        whose = f"U0{user.upper()}" if user == "guest" else user
        shown = await until_there(lambda whose=whose: slack.knob("GET", "workspace")["homes"].get(whose))
        said = "\n".join(kit.texts(shown["blocks"]))
        assert why in said
        assert "INC-1" not in said
