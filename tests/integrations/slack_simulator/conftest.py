"""One simulated Slack for all of these tests, new for each, and Slack's own client of it."""

from collections.abc import Iterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.testing.slack.settings import BOT_TOKEN
from tests.integrations.slack_simulator.simulated import Slack


@pytest.fixture(scope="session")
def _simulated() -> Iterator[Slack]:
    with Slack() as slack:
        yield slack


@pytest.fixture
def slack(_simulated: Slack) -> Slack:
    _simulated.begins()
    return _simulated


@pytest.fixture
async def web(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=slack.api)
