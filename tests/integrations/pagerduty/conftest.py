"""One simulated PagerDuty for all of these tests, empty for each, and a Tocsin that pages through it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.integrations.pagerduty import integration
from bot.model.actor import Person
from bot.testing.pagerduty.account import API_KEY, BOT, ROUTING_KEY
from tests.integrations.both_ways import Tocsin, at_work, contacts, until
from tests.integrations.vendors import Vendor

WEBHOOK_SECRET = "what-pagerduty-showed-once"
PEOPLE = (
    Person(name="ann", contacts=contacts(("pager", "PANN"), ("phone", "1"))),
    Person(name="ben", contacts=contacts(("phone", "2"))),
)


@dataclass
class PagerDuty:
    """The account as its people see it."""

    vendor: Vendor

    async def incidents(self) -> Sequence[dict[str, Any]]:
        """All of them, the oldest first."""
        return list((await self._ask("GET", "incidents?limit=100"))["incidents"])

    async def one(self) -> dict[str, Any]:
        """The only one, once it is there."""

        async def there() -> bool:
            return bool(await self.incidents())

        await until(there)
        [incident] = await self.incidents()
        return incident

    async def becomes(self, status: str) -> dict[str, Any]:
        """Waits until the newest has this status."""

        async def has() -> bool:
            found = await self.incidents()
            return bool(found) and found[-1]["status"] == status

        await until(has)
        return (await self.incidents())[-1]

    async def does(self, change: dict[str, object], by: str = "ann@example.net") -> None:
        """A person changes the newest incident."""
        newest = (await self.incidents())[-1]
        body = {"incident": {"type": "incident_reference", **change}}
        await self._ask("PUT", f"incidents/{newest['id']}", body, by)

    async def passes_on(self, to: str, by: str = "ann@example.net") -> None:
        """A person assigns the newest incident to somebody else."""
        await self.does({"assignments": [{"assignee": {"id": to, "type": "user_reference"}}]}, by)

    async def writes(self, text: str, by: str = "ann@example.net") -> None:
        """A person writes a note about the newest incident."""
        newest = (await self.incidents())[-1]
        await self._ask("POST", f"incidents/{newest['id']}/notes", {"note": {"content": text}}, by)

    async def notes(self) -> Sequence[str]:
        """Those about the newest incident, in order."""
        newest = (await self.incidents())[-1]
        return [one["content"] for one in (await self._ask("GET", f"incidents/{newest['id']}/notes"))["notes"]]

    async def times_out(self, what: str) -> None:
        """PagerDuty itself takes an acknowledgement back, or gives up."""
        newest = (await self.incidents())[-1]
        await self.knob("POST", f"timeouts/{newest['id']}", {"what": what})

    async def knob(self, method: str, path: str, body: object = None) -> Any:
        """What no PagerDuty has."""
        return await asyncio.to_thread(self.vendor.knob, method, path, body)

    async def asked(self, path: str) -> Sequence[dict[str, Any]]:
        """What Tocsin asked of it, in order; without what this class asked."""
        return await asyncio.to_thread(self.vendor.asked, path)

    async def breaks(self, *faults: dict[str, object]) -> None:
        """What goes wrong from now on."""
        await asyncio.to_thread(self.vendor.breaks, *faults)

    async def mended(self) -> None:
        """Nothing goes wrong any more."""
        await asyncio.to_thread(self.vendor.mended)

    async def sends(self, event: dict[str, object]) -> None:
        """Another tool sends an event."""
        await self._ask("POST", "v2/enqueue", event)

    async def events(self) -> list[str]:
        """The actions of all events that came, in order."""
        return [one["body"]["event_action"] for one in await self.asked("/v2/enqueue")]

    async def _ask(self, method: str, path: str, body: object = None, by: str = "") -> Any:
        headers = {"authorization": f"Token token={API_KEY}", "from": by}
        return await asyncio.to_thread(self.vendor._ask, method, path, body, headers)


@pytest.fixture(scope="session")
def _simulated() -> Iterator[Vendor]:
    with Vendor("bot.testing.pagerduty") as vendor:
        yield vendor


@pytest.fixture
def pagerduty(_simulated: Vendor) -> PagerDuty:
    _simulated.begins()
    return PagerDuty(_simulated)


@pytest.fixture
def config(pagerduty: PagerDuty) -> dict[str, object]:
    return {
        "routing_key": ROUTING_KEY,
        "webhook_secrets": [WEBHOOK_SECRET],
        "api_key": API_KEY,
        "as_user": BOT.email,
        "events_url": pagerduty.vendor.url,
        "api_url": pagerduty.vendor.url,
        "timeout": "2s",
    }


@pytest.fixture
async def tocsin(pagerduty: PagerDuty, config: dict[str, object], tmp_path: Path) -> AsyncIterator[Tocsin]:
    """One that PagerDuty posts to."""
    async with at_work(tmp_path / "tocsin.db", integration, config, PEOPLE) as made:
        await pagerduty.knob("PUT", "webhooks", {"url": made.hook, "secret": WEBHOOK_SECRET})
        yield made
        await pagerduty.knob("PUT", "webhooks", {"forgotten": True})
