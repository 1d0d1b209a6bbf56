"""A grave incident has a channel of its own: named, furnished, with its people in it, and put away when it is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.integrations.slack import integration
from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.manifest import manifest
from bot.kit.plugin import Tools
from bot.model.incident import Severity
from bot.model.service import Service
from bot.testing.slack.settings import APP_TOKEN, SCOPES
from tests.integrations.both_ways import followed, until
from tests.integrations.slack.board import Board, showing
from tests.integrations.slack.test_messages import words
from tests.integrations.slack_simulator.simulated import Slack
from tests.integrations.web.scene import RUNBOOK

OWN = {"severities": ["SEV1"], "invite": ["S0SRE"], "archive_after": "2d"}
NAME = "inc-1-no-checkout"


@pytest.fixture
async def board(slack: Slack, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Board]:
    async with showing(slack, config, tmp_path / "tocsin.db", channel_of_its_own=OWN) as made:
        yield made


async def test_it_is_made_furnished_kept_up_to_date_and_put_away(board: Board, slack: Slack) -> None:
    ours = await board.declares("No checkout!", Severity.SEV1)
    small = await board.declares("The cart is empty", Severity.SEV3)
    await board.catches_up()
    own = slack.channel(NAME)
    [brief] = await board.said(NAME)
    assert own["topic"]["value"] == "SEV1 triggered: No checkout!"
    assert own["pins"] == [brief["ts"]]
    assert f"#{own['id']}" not in words(brief), "they are there"
    assert any(f"#{own['id']}" in words(one) for one in await board.said())
    page = f"https://tocsin.example.net/incidents/{ours.id}"
    assert {one["title"]: one["link"] for one in own["bookmarks"]} == {
        "Incident": page,
        "Report": f"{page}/report.html",
    }
    assert set(own["members"]) == {"U0TOCSIN", "U0ANN", "U0BEN"}
    await board.acknowledges(ours)
    await board.catches_up()
    [brief] = await board.said(NAME)
    assert "ben has it" in words(brief)
    assert slack.channel(NAME)["topic"]["value"].startswith("SEV1 acknowledged")
    assert not any(one.startswith("slack") for one in await board.every_timeline())
    assert [card.kind for card in await board.cards(small.id)] == ["incident"]
    await board.resolves(ours)
    await board.catches_up()
    await board.reopens(ours)
    await board.catches_up()
    assert (await board.said(NAME))[0]["text"].startswith("Triggered:")
    await board.resolves(ours)
    await board.catches_up()
    assert not slack.channel(NAME)["is_archived"]
    board.clock.advance(timedelta(days=2, minutes=1))
    await board.catches_up()
    assert slack.channel(NAME)["is_archived"]
    assert "Resolved:" in (await board.said(NAME))[0]["text"]


async def test_its_links_are_the_page_the_dashboard_the_runbooks_and_the_report_once_each(
    board: Board, slack: Slack
) -> None:
    shop = Service(name="shop", dashboards={"Shop": "https://grafana.example.net/d/shop"}, runbooks=("undo",))
    books = {"undo": replace(RUNBOOK, name="undo")}
    board.world.setup = replace(board.world.setup, runbooks=books, services={"shop": shop})
    ours = await board.declares("No checkout!", Severity.SEV1, service="shop")
    await board.catches_up()
    await board.acknowledges(ours)
    await board.catches_up()
    at = "https://tocsin.example.net"
    assert [(one["title"], one["link"]) for one in slack.channel(NAME)["bookmarks"]] == [
        ("Incident", f"{at}/incidents/INC-1"),
        ("Dashboard", "https://grafana.example.net/d/shop"),
        ("Runbook undo", f"{at}/runbooks/undo/rehearsal?incident=INC-1"),
        ("Report", f"{at}/incidents/INC-1/report.html"),
    ]


async def test_the_manifest_asks_for_all_that_is_needed_and_the_doctor_says_what_lacks(
    board: Board, slack: Slack, config: dict[str, object], tools: Tools
) -> None:
    sre = slack.channel("sre")["id"]
    written = {**config, "app_token": {"env": "X"}, "incidents": {"channel": sre, "channel_of_its_own": OWN}}
    app = json.loads(manifest(written, "slack", "https://tocsin.example.net"))
    wanted = app["oauth_config"]["scopes"]["bot"]
    slack.set(scopes=" ".join(wanted), events=app["settings"]["event_subscriptions"]["bot_events"])
    await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    assert len(await board.said(NAME)) == 1
    assert not any(one.startswith("slack") for one in await board.every_timeline())
    given = SlackConfig.model_validate({**config, "incidents": written["incidents"]})
    async with integration.open(given, tools) as opened:
        assert [one.what for one in await opened.examine() if not one.ok] == ["clock"]  # ours is a made-up one
        slack.set(scopes=" ".join(one for one in wanted if one != "pins:write"))
        slack.does("channels", name="sre", archived=True)
        ill = {one.what: one for one in await opened.examine() if not one.ok}
        assert "pins:write to pin its brief" in ill["permission"].detail
        assert "is archived" in ill["channel"].detail


def test_where_slack_posts_the_manifest_says_where_to() -> None:
    app = json.loads(manifest({"signing_secret": {"env": "X"}}, "chat", "https://tocsin.example.net"))
    hook = "https://tocsin.example.net/hooks/chat"
    assert app["settings"]["event_subscriptions"]["request_url"] == hook
    assert app["settings"]["interactivity"]["request_url"] == hook
    assert app["features"]["slash_commands"][0]["url"] == hook
    assert not app["settings"]["socket_mode_enabled"]


async def test_a_name_that_is_taken_gets_a_number(board: Board, slack: Slack) -> None:
    slack.does("channels", name=NAME, members=["U0ANN"])
    await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    assert len(await board.said(f"{NAME}-2")) == 1
    assert await board.said(NAME) == []


@pytest.mark.parametrize("effect", [True, False])
async def test_an_answer_that_is_lost_makes_no_second_channel(board: Board, slack: Slack, effect: bool) -> None:
    slack.breaks({"path": "/api/conversations.create", "times": 1, "cut": True, "effect": effect})
    board.clock.at = board.clock.at.replace(year=2026)
    await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    names = [name for name in slack.knob("GET", "workspace")["channels"] if name.startswith("inc-1")]
    assert names == [NAME]
    assert len(await board.said(NAME)) == 1


async def test_what_cannot_be_done_is_told_once_with_what_to_do_and_the_rest_is_done(
    board: Board, slack: Slack
) -> None:
    slack.set(scopes=SCOPES.replace("bookmarks:write", "").replace("pins:write", ""))
    ours = await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    await board.acknowledges(ours)
    await board.catches_up()
    told = {one.text: one.why for one in await board.timeline(ours) if one.text.startswith("slack: ")}
    lacks = ("pinned brief", "bookmark Incident", "bookmark Report")
    assert set(told) == {f"slack: its channel has no {one}" for one in lacks}
    assert "add the scope `pins:write`" in told["slack: its channel has no pinned brief"]
    assert "U0BEN" in slack.channel(NAME)["members"]


async def test_where_somebody_archived_it_the_teams_channel_goes_on(board: Board, slack: Slack) -> None:
    ours = await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    slack.does("channels", name=NAME, archived=True)
    await board.acknowledges(ours)
    await board.catches_up()
    [entry] = [one for one in await board.timeline(ours) if "its channel is gone" in one.text]
    assert "is_archived" in entry.why
    assert "*Channel*" not in words((await board.said())[0]), "it leads nowhere"
    await board.resolves(ours)
    await board.catches_up()
    assert (await board.said())[0]["text"].startswith("Resolved:")


async def test_where_the_bot_may_make_none_the_teams_channel_has_it(board: Board, slack: Slack) -> None:
    missing = SCOPES.replace("channels:manage", "").replace("groups:write", "").replace(" im:write", "")
    slack.set(scopes=missing)
    ours = await board.declares("No checkout!", Severity.SEV1)
    await board.catches_up()
    [entry] = [one for one in await board.timeline(ours) if "does not show a channel of its own" in one.text]
    assert "missing_scope" in entry.why
    assert len(await board.said()) == 1


async def test_who_joins_late_reads_alone_what_happened_so_far(
    slack: Slack, config: dict[str, object], tmp_path: Path
) -> None:
    given = {**config, "app_token": APP_TOKEN}
    async with showing(slack, given, tmp_path / "tocsin.db", channel_of_its_own=OWN) as board, followed(board.world):
        ours = await board.declares("No checkout!", Severity.SEV1)
        await board.notes(ours, "the cache was cold")
        await board.catches_up()
        own, other = slack.channel(NAME)["id"], slack.channel("sre")["id"]
        await until(lambda: _is_open(slack))
        for user, channel, inviter in (
            ("U0GUEST", own, ""),
            ("U0BEN", own, "U0TOCSIN"),
            ("U0TOCSIN", own, "U0ANN"),
            ("U0ANN", other, ""),
            ("U0ANN", own, "U0BEN"),
        ):
            event = {"type": "member_joined_channel", "user": user, "channel": channel, "inviter": inviter}
            taken = await asyncio.to_thread(lambda event=event: slack.does("event", **event))
            assert taken["acknowledged"]

        async def is_told() -> bool:
            return bool((await asyncio.to_thread(slack.channel, NAME))["unseen"])

        await until(is_told)
    [told] = slack.channel(NAME)["unseen"]
    assert told["user"] == "U0ANN"
    assert "INC-1 up to now" in words(told["message"])
    assert "the cache was cold" in words(told["message"])
    assert slack.channel("sre")["unseen"] == []


async def _is_open(slack: Slack) -> bool:
    return bool((await asyncio.to_thread(slack.knob, "GET", "sockets"))["open"])
