"""A schedule as a calendar that programs subscribe to, at an address that only those know who were given it.

Calendar programs cannot show a token. So the address itself holds a secret, made of a key that is kept for the
schedule: with another key the old address leads nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from bot.model.actor import Actor
from bot.ports.store import Tx
from bot.response import oncall_asked
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

PREFIX = "/calendars/"
_NOBODYS = "0" * 64
"""The key of no schedule."""


async def address(world: World, actor: Actor, schedule: str, *, fresh: str, anew: bool = False) -> str:
    """The path of the calendar, as it stands in an address; the same each time, until it is wanted `anew`.

    `fresh`: a key that nobody can guess, should one be needed. NotFound.
    """
    now = world.clock.now()
    require(actor, Act.COVER if anew else Act.LOOK, schedule, now)
    await oncall_asked.schedule(world, actor, schedule)
    key = await world.store.read(lambda tx: tx.sessions.calendar_key(schedule))
    if key is not None and not anew:
        return quote(_path(schedule, key))

    def keep(tx: Tx) -> str:
        known = tx.sessions.calendar_key(schedule)
        if known is not None and not anew:
            return known
        record(tx, actor, Act.COVER if anew else Act.LOOK, schedule, now, calendar="a new address")
        tx.sessions.put_calendar_key(schedule, fresh, now)
        return fresh

    return quote(_path(schedule, await world.store.write(keep)))


async def behind(world: World, actor: Actor, path: str) -> str:
    """The schedule whose calendar is at this path, or nothing; that takes as long whether there is one or not."""
    require(actor, Act.LOOK, "calendars", world.clock.now())
    schedule = path.removeprefix(PREFIX).rpartition("/")[0]
    key = await world.store.read(lambda tx: tx.sessions.calendar_key(schedule))
    is_right = hmac.compare_digest(path.encode(), _path(schedule, key or _NOBODYS).encode())
    return schedule if is_right and key is not None and schedule in world.setup.schedules else ""


def _path(schedule: str, key: str) -> str:
    secret = hmac.new(key.encode(), f"calendar of {schedule}".encode(), hashlib.sha256).hexdigest()
    return f"{PREFIX}{schedule}/{secret}.ics"
