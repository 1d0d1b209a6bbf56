"""The house that the pages are tried in, and its chat."""

import pytest

from bot.chat.commands import Chat
from tests.integrations.web.conftest import house, played
from tests.integrations.web.house import House

__all__ = ["house", "played"]


@pytest.fixture
def chat(house: House) -> Chat:
    return Chat(house.world)
