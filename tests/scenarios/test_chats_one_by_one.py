"""What chats show is shown one by one: an incident that meets a mistake of ours keeps no other from being told."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.kit.telemetry import Telemetry
from bot.model.board import Asked, Brief, Card, RoomPolicy, Shown
from bot.model.incident import Incident, Severity
from bot.ports.board import Load
from bot.response import boards_due, incident_declared
from bot.response.rule_due import LEASE
from tests.scenarios.tocsin import Tocsin, actor, living

TOLD = "chats met a mistake of ours with"


class Chat:
    """A chat with one channel, that may stumble over an incident."""

    rooms, threads = RoomPolicy(), False

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.tries = 0
        self.stumbles: Callable[[str], bool] = lambda about: False
        self.has_no_place: Callable[[str], bool] = lambda about: False

    def place(self, incident: Incident | None) -> str:
        """See `Board`."""
        if incident is not None and self.has_no_place(incident.id):
            raise ValueError("a mistake of whoever wrote it")
        return "C1"

    async def show(self, card: Card, view: Brief | Asked, load: Load) -> Shown:
        """See `Board`."""
        self.tries += 1
        if self.stumbles(card.about):
            raise ValueError("a mistake of whoever wrote it")
        self.shown.append(card.about)
        return Shown(place="C1", ref=f"message {len(self.shown)}", posted=True)

    async def put_away(self, card: Card) -> Shown:
        """See `Board`."""
        raise AssertionError("nothing is old")


@asynccontextmanager
async def chatting(database: Path) -> AsyncIterator[tuple[Tocsin, Chat]]:
    async with living(database) as tocsin:
        chat = Chat()
        tocsin.world.boards = {"chat/one": chat}
        epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
        looks = {"chats": boards_due.look}
        looking = Timers(tocsin.world, lambda: epoch, Bells(tocsin.world.store), Telemetry(), looks)
        task = asyncio.get_running_loop().create_task(looking.run())
        try:
            yield tocsin, chat
        finally:
            task.cancel()


async def declares(tocsin: Tocsin) -> None:
    await incident_declared.declare(tocsin.world, actor("ann"), title="it burns", severity=Severity.SEV3)


async def test_one_that_cannot_be_shown_holds_up_none_behind_it(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with chatting(database) as (tocsin, chat):
        chat.stumbles = lambda about: about == "INC-1"
        for _ in range(3):
            await declares(tocsin)
        await tocsin.passes("30s")
        assert sorted(chat.shown) == ["INC-2", "INC-3"]
        assert chat.tries == 3, "it is put off"
        assert f"{TOLD} chat/one/incident INC-1" in caplog.text
        chat.stumbles = lambda about: False
        await tocsin.passes("60s")
        assert sorted(chat.shown) == ["INC-1", "INC-2", "INC-3"]


async def test_a_row_that_nobody_can_read_holds_up_no_other(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with chatting(database) as (tocsin, chat):
        chat.stumbles = lambda about: True
        for _ in range(2):
            await declares(tocsin)
        await tocsin.passes("10s")
        with closing(sqlite3.connect(database)) as other:
            newer = "UPDATE cards SET card = replace(card, ?, ?) WHERE incident = 'INC-1'"
            assert other.execute(newer, ['"incident"', '"of another version"']).rowcount == 1
            other.commit()
        chat.stumbles = lambda about: False
        await tocsin.passes("2m")
        assert chat.shown == ["INC-2"]
        assert "'of another version' is not a valid CardKind" in caplog.text
        assert caplog.text.count(f"{TOLD} chat/one/incident INC-1") <= 4, "it is put off"


async def test_one_that_has_no_place_by_mistake_keeps_no_other_from_being_shown(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with chatting(database) as (tocsin, chat):
        chat.has_no_place = lambda about: about == "INC-1"
        for _ in range(2):
            await declares(tocsin)
        await tocsin.passes("30s")
        assert chat.shown == ["INC-2"]
        assert caplog.text.count(f"{TOLD} INC-1") == 1
