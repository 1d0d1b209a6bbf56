"""Slack keeps what every pager, messenger and integration promises."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from bot.integrations.slack import integration as slack_integration
from bot.integrations.slack.config import SlackConfig
from bot.kit.plugin import Integration
from bot.model.page import Call, Message
from bot.ports.notifier import Notifier
from bot.ports.pager import Messenger, Pager
from bot.testing.contracts import IntegrationContract
from bot.testing.notifier_contract import NotifierContract
from bot.testing.pager_contract import MessengerContract, PagerContract
from bot.testing.slack import mrkdwn
from bot.testing.slack.settings import BOT_TOKEN
from tests.integrations.slack.conftest import ANN
from tests.integrations.slack_simulator.simulated import Slack
from tests.servers import free_port


class Side:
    """A `PagedSide`: what the bot said to Ann, as she reads it."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def taken(self) -> Sequence[tuple[str, str]]:
        metadata = [one["arguments"]["metadata"]["event_payload"] for one in self._posts()]
        said = self._slack.said("@ann")
        assert len(said) == len(metadata)
        return [(one["id"], _title(each["text"])) for one, each in zip(metadata, said, strict=True)]

    def _posts(self) -> Sequence[dict[str, dict[str, dict[str, dict[str, str]]]]]:
        return [one for one in self._slack.asked("/api/chat.postMessage") if one["status"] == 200 and not one["error"]]

    def refuses(self, *, for_good: bool) -> None:
        self._slack.breaks({"path": "/api/chat.postMessage", "error": "is_archived" if for_good else "internal_error"})

    def takes(self) -> None:
        self._slack.mended()


def _title(text: str) -> str:
    """What stands behind severity and incident, or all of it."""
    shown = mrkdwn.shown(text)
    return shown.partition("* ")[2] if shown.startswith("*SEV") else shown.strip("*")


class ToAnn:
    """The contract writes to an address that Slack has not."""

    def __init__(self, pager: Pager, messenger: Messenger) -> None:
        self._pager, self._messenger = pager, messenger

    async def page(self, call: Call) -> str:
        return await self._pager.page(replace(call, address=ANN))

    async def send(self, message: Message) -> None:
        await self._messenger.send(replace(message, address=ANN))


@pytest.fixture
def paged_side(slack: Slack) -> Side:
    return Side(slack)


@pytest.fixture
def to_ann(pager: Pager, messenger: Messenger) -> ToAnn:
    return ToAnn(pager, messenger)


class TestPager(PagerContract):
    @pytest.fixture
    def open_pager(self, to_ann: ToAnn) -> Callable[[], Pager]:
        return lambda: to_ann


class TestMessenger(MessengerContract):
    @pytest.fixture
    def open_messenger(self, to_ann: ToAnn) -> Callable[[], Messenger]:
        return lambda: to_ann


class Channel:
    """An `OtherSide`: the labels that each message of #sre was written or edited with."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def heard(self) -> Sequence[tuple[str, Any]]:
        lines = [*self._slack.asked("/api/chat.postMessage"), *self._slack.asked("/api/chat.update")]
        taken = [one for one in lines if one["status"] == 200 and not one["error"]]
        taken.sort(key=lambda one: str(one["at"]))
        said = [one["arguments"]["metadata"]["event_payload"] for one in taken]
        return list({one["id"]: json.loads(one["labels"]) for one in said}.items())

    def refuses(self, *, for_good: bool) -> None:
        error = "not_in_channel" if for_good else "service_unavailable"
        self._slack.breaks({"path": "/api/chat.", "error": error})

    def takes(self) -> None:
        self._slack.mended()


class TestNotifier(NotifierContract):
    @pytest.fixture
    def other_side(self, slack: Slack) -> Channel:
        return Channel(slack)

    @pytest.fixture
    def open_notifier(self, room: Notifier) -> Callable[[], Notifier]:
        return lambda: room


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return slack_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return (BOT_TOKEN,)

    @pytest.fixture
    def unreachable(self) -> BaseModel:
        return SlackConfig(bot_token=SecretStr(BOT_TOKEN), url=f"http://127.0.0.1:{free_port()}/api")
