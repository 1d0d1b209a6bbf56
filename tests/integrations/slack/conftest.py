"""One simulated Slack for all of these tests, new for each, and a bot of ours in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from bot.integrations.slack import integration
from bot.integrations.slack.api import Api
from bot.integrations.slack.client import Slack as Client
from bot.integrations.slack.config import SlackConfig
from bot.integrations.slack.room import Room
from bot.integrations.slack.writing import Writing
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.model.page import Call, Message
from bot.ports.notifier import Notifier
from bot.ports.pager import Messenger, Pager
from bot.testing.clock import FakeClock
from bot.testing.pager_contract import call, message
from bot.testing.slack.settings import BOT_TOKEN
from tests.integrations.slack_simulator.simulated import Slack

ANN = "U0ANN"


@pytest.fixture(scope="session")
def _simulated() -> Iterator[Slack]:
    with Slack() as slack:
        yield slack


@pytest.fixture
def slack(_simulated: Slack) -> Slack:
    _simulated.begins()
    return _simulated


@pytest.fixture
def config(slack: Slack) -> dict[str, object]:
    return {"bot_token": BOT_TOKEN, "url": f"{slack.url}/api", "timeout": "2s"}


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    redactor = Redactor()
    redactor.add(BOT_TOKEN)
    async with HttpOut() as http:
        yield Tools(name="slack", clock=FakeClock(), http=http, redactor=redactor)


@pytest.fixture
async def opened(config: dict[str, object], tools: Tools) -> AsyncIterator[Capabilities]:
    async with integration.open(SlackConfig.model_validate(config), tools) as capabilities:
        yield capabilities


@pytest.fixture
def pager(opened: Capabilities) -> Pager:
    assert opened.pager is not None
    return opened.pager


@pytest.fixture
def messenger(opened: Capabilities) -> Messenger:
    assert opened.messenger is not None
    return opened.messenger


@pytest.fixture
def rooms(slack: Slack, config: dict[str, object], tools: Tools) -> Callable[[], Notifier]:
    """Each is a process of its own that tells #sre."""
    return lambda: Room(Writing(api(config, tools)), slack.channel("sre")["id"])


@pytest.fixture
def room(rooms: Callable[[], Notifier]) -> Notifier:
    return rooms()


@pytest.fixture
def reopen(config: dict[str, object], tools: Tools) -> Callable[[], Pager]:
    """Another process: it remembers nothing of what was written before."""

    def opens() -> Pager:
        return Client(Writing(api(config, tools)))

    return opens


def api(config: dict[str, object], tools: Tools) -> Api:
    """As the bot."""
    read = SlackConfig.model_validate(config)
    return Api(read, tools, read.bot_token)


def page(number: int = 0, *, to: str = ANN, again: bool = False, **words: str) -> Call:
    """A page for Ann."""
    return replace(call(number, address=to), again=again, **words)


def letter(number: int = 0, *, to: str = ANN, again: bool = False, **words: str) -> Message:
    """A message for Ann."""
    return replace(message(number), address=to, again=again, **words)
