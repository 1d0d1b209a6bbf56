"""What goes wrong in Slack, in our words; and that nothing is lost, and nothing said twice, where an answer is."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.slack import integration
from bot.integrations.slack.config import SlackConfig, check_person
from bot.integrations.slack.responding import Responding
from bot.kit.plugin import Capabilities, Tools
from bot.ports.pager import Messenger, Pager
from bot.testing.contracts import RETRY_TABLE
from bot.testing.slack.settings import BOT_TOKEN, SCOPES
from tests.integrations.both_ways import until
from tests.integrations.http_server import raised
from tests.integrations.slack.conftest import letter, page
from tests.integrations.slack_simulator.simulated import Slack

POST = "/api/chat.postMessage"
LOST = (
    {"cut": True, "effect": True},
    {"status": 500, "effect": True},
    {"garbage": True, "effect": True},
    {"latency": 2.3, "effect": True},
)


@pytest.mark.parametrize("fault", LOST, ids=["cut", "500", "garbage", "late"])
@pytest.mark.parametrize("kind", ["page", "message"])
async def test_an_answer_that_is_lost_doubles_nothing(
    slack: Slack, pager: Pager, messenger: Messenger, fault: dict[str, Any], kind: str
) -> None:
    async def tries() -> object:
        return await (pager.page(page()) if kind == "page" else messenger.send(letter()))

    slack.breaks({"path": POST, "times": 1, **fault})
    assert isinstance(await raised(tries()), Temporary)
    slack.mended()
    await tries()
    await tries()
    assert len(slack.said("@ann")) == 1


@pytest.mark.parametrize("arrived", [True, False])
async def test_another_process_looks_first_whether_it_was_written(
    slack: Slack, pager: Pager, reopen: Callable[[], Pager], arrived: bool
) -> None:
    slack.breaks({"path": POST, "times": 1, "cut": True, "effect": arrived})
    await raised(pager.page(page()))
    for number in range(1, 30):
        await pager.page(page(number))
    ref = await reopen().page(page(again=True))
    written = [one for one in slack.said("@ann") if one["metadata"]["event_payload"]["id"] == page().page]
    assert [one["ts"] for one in written] == [ref.partition("/")[2]]


async def test_the_first_time_nothing_is_looked_for(slack: Slack, pager: Pager) -> None:
    for number in range(3):
        await pager.page(page(number))
    assert [line["method"] for line in slack.asked()] == ["conversations.open", *["chat.postMessage"] * 3]


async def test_where_the_bot_may_not_look_it_is_written_again(slack: Slack, pager: Pager) -> None:
    slack.set(scopes="chat:write im:write")
    slack.breaks({"path": POST, "times": 1, "cut": True, "effect": True})
    await raised(pager.page(page()))
    await pager.page(page())
    assert len(slack.said("@ann")) == 2


async def test_a_conversation_that_has_had_enough_is_waited_for(slack: Slack, pager: Pager) -> None:
    slack.set(limits=True, channel_s=0.4)
    await asyncio.gather(*(pager.page(page(number)) for number in range(2)))
    assert len(slack.said("@ann")) == 2


async def test_a_long_wait_is_somebody_elses_turn(slack: Slack, pager: Pager) -> None:
    slack.breaks({"path": POST, "status": 429, "headers": {"retry-after": "30"}, "error": "ratelimited"})
    error = await raised(pager.page(page()))
    assert isinstance(error, Temporary)
    assert (error.reason, error.retry_after) == ("rate_limited", 30.0)


@pytest.mark.parametrize("word", ["metadata_too_large", "invalid_attachments", "msg_blocks_too_long"])
async def test_what_slack_finds_ill_formed_is_said_in_words_alone(slack: Slack, pager: Pager, word: str) -> None:
    slack.breaks({"path": POST, "times": 1, "error": word})
    await pager.page(page())
    [message] = slack.said("@ann")
    assert message["text"].startswith("*SEV1 INC-7* the shop is slow")
    assert message["links"] == ["https://tocsin.example.net/incidents/INC-7"]


@pytest.mark.parametrize("status", [status for status in RETRY_TABLE if status != 301])
async def test_each_status_is_said_in_our_words(slack: Slack, pager: Pager, status: int) -> None:
    slack.breaks({"path": POST, "status": status, "error": "because"})
    kind, reason = RETRY_TABLE[status]
    error = await raised(pager.page(page()))
    assert isinstance(error, kind)
    assert (error.reason, error.integration) == (reason, "slack")
    assert "because" in error.message


@pytest.mark.parametrize(
    ("word", "kind", "reason", "hint"),
    [
        ("invalid_auth", Permanent, "auth", "tocsin doctor"),
        ("token_revoked", Permanent, "auth", "tocsin doctor"),
        ("channel_not_found", Permanent, "client", "invite"),
        ("is_archived", Permanent, "client", "archived"),
        ("ratelimited", Temporary, "rate_limited", ""),
        ("internal_error", Temporary, "server", ""),
        ("something_new", Permanent, "client", ""),
    ],
)
async def test_each_no_is_said_in_our_words(
    slack: Slack, pager: Pager, word: str, kind: type[IntegrationError], reason: str, hint: str
) -> None:
    slack.breaks({"path": POST, "error": word})
    error = await raised(pager.page(page()))
    assert isinstance(error, kind)
    assert error.reason == reason
    assert word in error.message
    assert hint in error.hint
    assert error.hint


async def test_a_missing_scope_says_which(slack: Slack, pager: Pager) -> None:
    slack.set(scopes="im:write")
    error = await raised(pager.page(page()))
    assert isinstance(error, Permanent)
    assert error.reason == "auth"
    assert "chat:write" in error.hint


@pytest.mark.parametrize(("who", "says"), [("U0GONE", "left"), ("U0NOBODY", "member ID"), ("U0TOCSIN", "person")])
async def test_somebody_who_cannot_be_reached(slack: Slack, pager: Pager, who: str, says: str) -> None:
    error = await raised(pager.page(page(to=who)))
    assert isinstance(error, Permanent)
    assert says in error.hint


@pytest.mark.parametrize("address", ["", "ann", "ann@example.net", "@ann", "U0ANN,U0BEN", "#sre", "u0ann", "U0ANN\n"])
async def test_what_is_no_id_is_refused_before_anybody_is_asked(
    slack: Slack, pager: Pager, messenger: Messenger, address: str
) -> None:
    for one in (pager.page(page(to=address)), messenger.send(letter(to=address))):
        assert "people:" in (await raised(one)).hint
    assert slack.asked() == []
    with pytest.raises(ValueError, match="Copy member ID"):
        check_person(address)


async def test_whoever_is_woken_does_not_wait_for_those_who_only_read(
    slack: Slack, pager: Pager, messenger: Messenger
) -> None:
    await messenger.send(letter(99, to=slack.channel("sre")["id"]))  # the connections are open
    slack.breaks({"path": POST, "times": 4, "latency": 1.0})
    waiting = [
        asyncio.create_task(messenger.send(letter(number, to=slack.channel("sre")["id"]))) for number in range(12)
    ]

    async def are_stuck() -> bool:
        return len(slack.calls("chat.postMessage")) >= 5

    await until(are_stuck)
    await pager.page(page())
    assert not any(task.done() for task in waiting), "the page stood in their line"
    await asyncio.gather(*waiting)


async def test_the_doctor_says_who_we_are_and_what_is_missing(slack: Slack, opened: Capabilities) -> None:
    found = {one.what: one for one in await opened.examine()}
    assert found["reachable"].detail == "answers as tocsin in Shop"
    assert found["permission"].ok
    assert not found["clock"].ok  # our clock here is a test's
    slack.set(scopes=SCOPES.replace("im:history ", ""))
    found = {one.what: one for one in await opened.examine()}
    assert not found["permission"].ok
    assert "im:history" in found["permission"].hint
    slack.set(revoked=True)
    [revoked] = await opened.examine()
    assert (revoked.what, revoked.ok) == ("permission", False)
    assert slack.said("@ann") == slack.said("sre") == []


async def test_no_failure_shows_the_token(slack: Slack, pager: Pager, opened: Capabilities) -> None:
    for fault in ({"status": 401, "error": BOT_TOKEN}, {"error": BOT_TOKEN}):
        slack.breaks({"path": "/api/", **fault})
        error = await raised(pager.page(page()))
        assert BOT_TOKEN not in f"{error!r} {error} {error.hint} {await opened.examine()!r}"
        assert "redacted" in error.message


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"bot_token": "xoxp-of-a-person"}, "begins with `xoxb-`"),
        ({"timeout": "1m"}, "15s at most"),
        ({"url": "slack.com"}, "not an address"),
    ],
)
def test_what_cannot_work_is_refused(keys: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as caught:
        SlackConfig.model_validate({"bot_token": BOT_TOKEN, **keys})
    assert "of-a-person" not in str(caught.value.errors(include_input=False))


def test_it_says_what_it_does() -> None:
    assert integration.provides == {"pager", "messenger", "mirror", "notifier"}


@pytest.mark.parametrize(
    ("address", "theirs"),
    [
        ("https://hooks.slack.com/commands/T1/2/3", True),
        ("https://hooks.slack-gov.com:443/x", True),
        ("http://hooks.slack.com/x", False),
        ("https://hooks.slack.com.example.net/x", False),
        ("https://evilslack.com/x", False),
        ("https://ann@hooks.slack.com/x", False),
        ("https://hooks.slack.com:8443/x", False),
        ("https://hooks.slack.com:99999/x", False),
        ("https://[slack.com/x", False),
        ("http://169.254.169.254/latest", False),
        ("", False),
    ],
)
async def test_only_slack_is_answered(config: dict[str, object], tools: Tools, address: str, theirs: bool) -> None:
    assert Responding(SlackConfig.model_validate(config), tools).is_theirs(address) is theirs
