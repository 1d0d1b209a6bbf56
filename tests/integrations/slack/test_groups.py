"""A channel is told of a group in one message that changes with it, whoever else writes there and whatever breaks."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts import saying
from bot.chat.commands import GRAMMAR
from bot.errors import Permanent, Temporary
from bot.integrations.slack import integration
from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.groups import of_group
from bot.kit.plugin import Tools
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.telling import Reason
from bot.model.told_group import ToldGroup
from bot.ports.notifier import Notifier
from bot.testing.contracts import HOSTILE
from bot.testing.slack.settings import SCOPES
from tests.integrations.http_server import raised
from tests.integrations.slack.test_messages import FORGED, words
from tests.integrations.slack_simulator.simulated import Slack

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def alert(room: str, *, ended: bool = False, **annotations: str) -> Alert:
    return Alert(
        labels=LabelSet({"alertname": "ShopSlow", "service": "shop", "room": room}),
        annotations={"summary": "p99 over 2 s", "runbook_url": "https://runbooks.example.net/shop", **annotations},
        starts_at=NOW - timedelta(minutes=5),
        ends_at=NOW - timedelta(minutes=1) if ended else None,
        generator_url="https://prometheus.example.net/graph?g0.expr=up",
    )


def told(*alerts: Alert, reason: Reason = Reason.FIRST, minute: int = 0, group: str = "{}:{}") -> ToldGroup:
    at, by = NOW + timedelta(minutes=minute), LabelSet({"alertname": "ShopSlow", "service": "shop"})
    return saying.said(group, "sre", by, alerts, reason, "https://tocsin.example.net", 0, at)


def bars(message: dict[str, Any]) -> list[str]:
    return [bar["color"] for bar in message["attachments"]]


async def test_a_group_is_one_message_from_its_beginning_to_its_end(slack: Slack, room: Notifier) -> None:
    await room.tell(told(alert("kitchen")))
    [message] = slack.said("sre")
    assert message["text"] == "Firing: *ShopSlow* shop"
    assert bars(message) == ["#d92d20"]
    for text in ("p99 over 2 s", "• ShopSlow, since 2026-11-22 09:55 UTC", "1 firing", "Runbook", "Source"):
        assert text in words(message), text
    assert message["links"] == [
        "https://runbooks.example.net/shop",
        "https://prometheus.example.net/graph?g0.expr=up",
        "https://tocsin.example.net/alerts",
    ]
    await room.tell(told(alert("kitchen"), alert("cellar"), reason=Reason.MORE, minute=1))
    [message] = slack.said("sre")
    assert "• room=cellar, since" in words(message)
    assert "2 firing" in words(message)
    await room.tell(told(alert("kitchen", ended=True), alert("cellar"), reason=Reason.SOME_RESOLVED, minute=2))
    [message] = slack.said("sre")
    assert "• ended: room=kitchen, 2026-11-22 09:59 UTC" in words(message)
    assert "1 firing, 1 ended" in words(message)
    await room.tell(told(alert("kitchen", ended=True), reason=Reason.ALL_RESOLVED, minute=3))
    [message] = slack.said("sre")
    assert (message["text"], bars(message)) == ("Resolved: *ShopSlow* shop", ["#2e7d32"])
    await room.tell(told(alert("kitchen"), minute=9))
    assert [one["text"].partition(":")[0] for one in slack.said("sre")] == ["Resolved", "Firing"]
    await room.tell(told(alert("kitchen"), reason=Reason.REPEAT, minute=99))
    assert len(slack.said("sre")) == 2
    assert "ShopSlow" in slack.page("sre")


def said_by(telling: ToldGroup) -> dict[str, str]:
    """What its buttons say."""
    [bar] = of_group(telling, answered=True).attachments
    elements = [one for block in bar["blocks"] if block["type"] == "actions" for one in block["elements"]]
    return {one["text"]["text"]: one["value"] for one in elements if "value" in one}


def test_it_is_silenced_and_explained_by_a_click_while_it_fires_where_clicks_are_heard() -> None:
    here = replace(told(alert("big kitchen")), reason=Reason.FIRST)
    says = said_by(here)
    assert list(says) == ["Silence 1h", "Silence 4h", "Silence until clear", "Why"]
    meant = {"alertname": "ShopSlow", "service": "shop", "room": "big kitchen"}
    for label, slot in (("Silence 1h", ("length", "1h")), ("Silence until clear", ("until", "clear"))):
        values = GRAMMAR.parse(says[label]).values
        assert values == {**{f"input.{name}": value for name, value in meant.items()}, slot[0]: slot[1]}
    assert GRAMMAR.parse(says["Why"]).values == {"name": "ShopSlow"}
    assert said_by(told(alert("kitchen", ended=True))) == {}
    assert "value" not in str(of_group(here).attachments)


@pytest.mark.parametrize(
    "labels",
    [
        {"service": "shop"},
        {"alertname": "ShopSlow", "a.b": "c"},
        {"alertname": "ShopSlow", "Until": "clear"},
        {"alertname": "ShopSlow", "room": "~.*"},
        {"alertname": "ShopSlow", "room": 'a" b="c'},
        {"alertname": "ShopSlow", "room": "a\u201c b"},
        {"alertname": "ShopSlow", "room": "a\nb"},
        {"alertname": "ShopSlow", "room": "x" * 2000},
        *({"alertname": "ShopSlow", "room": text} for text in HOSTILE),
    ],
    ids=range(8 + len(HOSTILE)),
)
def test_a_click_never_silences_more_than_the_group(labels: dict[str, str]) -> None:
    """What a command cannot say as it is is said by nobody."""
    one = replace(alert("x"), labels=LabelSet(labels))
    for label, text in said_by(told(one)).items():
        values = GRAMMAR.parse(text).values
        if label.startswith("Silence"):
            meant = {name.removeprefix("input."): value for name, value in values.items() if name.startswith("input.")}
            assert meant == dict(one.labels)
            assert "alertname" in meant
        else:
            assert values == {"name": one.labels["alertname"]}


async def test_another_process_goes_on_with_the_same_message(slack: Slack, rooms: Callable[[], Notifier]) -> None:
    first = told(alert("kitchen"))
    await rooms().tell(first)
    await rooms().tell(first)
    for number in range(20):
        await rooms().tell(told(alert("attic"), group=f"other {number}"))
    await rooms().tell(told(alert("kitchen", ended=True), reason=Reason.ALL_RESOLVED, minute=1))
    texts = [one["text"] for one in slack.said("sre")]
    assert texts == ["Resolved: *ShopSlow* shop", *["Firing: *ShopSlow* shop"] * 20]


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("path", ["/api/chat.postMessage", "/api/chat.update"])
async def test_an_answer_that_is_lost_doubles_nothing(slack: Slack, room: Notifier, path: str, effect: bool) -> None:
    for one in (told(alert("a")), told(alert("a", ended=True), reason=Reason.ALL_RESOLVED, minute=1)):
        slack.breaks({"path": path, "times": 3, "cut": True, "effect": effect})
        failed = 0
        while True:
            try:
                await room.tell(one)
                break
            except Temporary:
                failed += 1
        assert failed <= 3
        slack.mended()
    assert [one["text"] for one in slack.said("sre")] == ["Resolved: *ShopSlow* shop"]


async def test_an_end_that_is_told_twice_is_one_message(slack: Slack, room: Notifier) -> None:
    await room.tell(told(alert("a")))
    for minute in (1, 2):
        await room.tell(told(alert("a", ended=True), reason=Reason.ALL_RESOLVED, minute=minute))
    assert [one["text"] for one in slack.said("sre")] == ["Resolved: *ShopSlow* shop"]


async def test_an_edit_that_slack_finds_ill_formed_is_made_in_words_alone(slack: Slack, room: Notifier) -> None:
    await room.tell(told(alert("a")))
    slack.breaks({"path": "/api/chat.update", "times": 1, "error": "msg_blocks_too_long"})
    await room.tell(told(alert("a", ended=True), reason=Reason.ALL_RESOLVED, minute=1))
    [message] = slack.said("sre")
    assert message["text"].startswith("Resolved: *ShopSlow* shop")
    assert message["attachments"] == []


async def test_two_receivers_and_two_groups_have_a_message_each(slack: Slack, room: Notifier) -> None:
    await room.tell(told(alert("a"), group="one"))
    await room.tell(told(alert("a"), group="two"))
    await room.tell(replace(told(alert("a"), group="two"), receiver="shop"))
    assert len(slack.said("sre")) == 3


async def test_a_message_that_somebody_removed_is_written_anew(slack: Slack, room: Notifier) -> None:
    await room.tell(told(alert("a")))
    slack.breaks({"path": "/api/chat.update", "error": "message_not_found"})
    await room.tell(told(alert("a", ended=True), reason=Reason.ALL_RESOLVED, minute=1))
    assert [one["text"] for one in slack.said("sre")][-1] == "Resolved: *ShopSlow* shop"


async def test_a_storm_is_one_message_with_counts(slack: Slack, room: Notifier) -> None:
    await room.tell(told(*(alert(f"room {number} {'x' * 300} &<>") for number in range(400))))
    [message] = slack.said("sre")
    assert "400 firing" in words(message)
    assert "and 390 more" in words(message)


async def test_many_groups_at_once_keep_their_order_and_lose_nothing(slack: Slack, room: Notifier) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(room.tell(told(alert("a"), group=f"group {number}")))
    assert len(slack.said("sre")) == 20


async def test_nothing_that_stands_in_an_alert_calls_anybody(slack: Slack, room: Notifier) -> None:
    for text in (*FORGED, *HOSTILE):
        bad = alert(text, summary=text, description=text, runbook_url="javascript:alert(1)", dashboard_url=text)
        await room.tell(told(bad, replace(alert("x", summary=text), generator_url="file:///etc/passwd"), group=text))
    said = slack.said("sre")
    assert len(said) == len(FORGED) + len(HOSTILE)
    known = ("https://evil.example", "https://tocsin.example.net", "https://prometheus.example.net")
    for message in said:
        assert message["calls"] == []
        assert all(one.startswith(known) for one in message["links"])


async def test_somebody_archived_the_channel_or_never_invited_the_bot(slack: Slack, room: Notifier) -> None:
    slack.does("channels", name="sre", archived=True)
    error = await raised(room.tell(told(alert("a"))))
    assert isinstance(error, Permanent)
    assert "archived" in error.hint
    slack.does("channels", name="sre", archived=False, members=["U0ANN"])
    error = await raised(room.tell(told(alert("a"))))
    assert "/invite" in error.hint
    slack.does("channels", name="sre", members=["U0ANN", "U0TOCSIN"])
    await room.tell(told(alert("a")))
    assert len(slack.said("sre")) == 1


async def test_without_a_channel_it_says_what_to_write(config: dict[str, object], tools: Tools) -> None:
    async with integration.open(SlackConfig.model_validate(config), tools) as opened:
        assert opened.notifier is not None
        error = await raised(opened.notifier.tell(told(alert("a"))))
        assert isinstance(error, Permanent)
        assert "`channel`" in error.hint


async def test_the_doctor_looks_into_the_channel(slack: Slack, config: dict[str, object], tools: Tools) -> None:
    given = SlackConfig.model_validate({**config, "channel": slack.channel("sre")["id"]})
    async with integration.open(given, tools) as opened:
        assert {one.what: one.ok for one in await opened.examine()}["channel"]
        slack.does("channels", name="sre", members=["U0ANN"])
        [found] = [one for one in await opened.examine() if one.what == "channel"]
        assert not found.ok
        assert "/invite" in found.hint
        slack.set(scopes=SCOPES.replace("channels:history", "").replace("groups:history", "").replace("im:history", ""))
        [found] = [one for one in await opened.examine() if one.what == "channel"]
        assert "channels:history" in found.hint
