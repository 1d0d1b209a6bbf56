"""Those who know our incidents are asked one by one: a mistake with one, or with one change, holds up no other."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.kit.telemetry import Telemetry
from bot.model.incident import IncidentStatus, Severity
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.response import incident_declared, mirrors_due
from bot.response.rule_due import LEASE
from tests.scenarios.tocsin import actor, living


class Odd(TheirChange):
    """What nobody foresaw."""

    @property
    def refs(self) -> tuple[str, ...]:
        raise ValueError("what nobody foresaw")


@dataclass
class There:
    """Another tool, and what it says that happened."""

    said: list[TheirChange] = field(default_factory=list)
    mistake: Exception | None = None
    asked: int = 0

    async def tell(self, change: OurChange, *, again: bool) -> None:
        """See `Mirror`."""

    async def changes(self, since: datetime) -> Sequence[TheirChange]:
        """See `Mirror`."""
        self.asked += 1
        if self.mistake is not None:
            raise self.mistake
        return self.said


async def test_a_mistake_with_one_holds_up_no_other(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with living(database) as tocsin:
        world, now = tocsin.world, tocsin.clock.now()
        incident = await incident_declared.declare(world, actor("ann"), title="it burns", severity=Severity.SEV3)
        await world.store.write(lambda tx: tx.refs.put("sound", "their-1", incident.id))
        odd = object.__new__(Odd)
        acknowledged = TheirChange(what=Happening.ACKNOWLEDGED, refs=("their-1",), at=now, by="ben")
        broken, sound = There(mistake=ValueError("of whoever wrote it")), There([odd, acknowledged])
        world.mirrors = {"broken": broken, "sound": sound}
        epoch = await world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
        looks = {"mirrors": mirrors_due.look}
        task = asyncio.create_task(Timers(world, lambda: epoch, Bells(world.store), Telemetry(), looks).run())
        await tocsin.passes("30s")
        assert (await tocsin.case()).incident.status is IncidentStatus.ACKNOWLEDGED
        assert (broken.asked, sound.asked) == (1, 1), "they are put off"
        assert "mirrors met a mistake of ours with broken" in caplog.text
        assert "mirrors met a mistake of ours with sound" in caplog.text
        await tocsin.passes("3m")
        said = tocsin.said(await tocsin.case())
        assert said.count("acknowledged by ben (sound)") == 1, "what is heard again is followed once"
        assert 3 <= broken.asked <= 4
        task.cancel()
