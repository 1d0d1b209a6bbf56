"""One simulated Opsgenie for all of these tests, empty for each, and a Tocsin that pages through it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.integrations.opsgenie import integration
from bot.model.actor import Person
from bot.testing.opsgenie.account import API_KEY
from tests.integrations.both_ways import SECRET, Tocsin, at_work, contacts, until
from tests.integrations.vendors import Vendor

PEOPLE = (
    Person(name="ann", email="ann@example.net", contacts=contacts(("pager", "user:ann@example.net"), ("phone", "1"))),
    Person(name="ben", contacts=contacts(("pager", "user:ben@example.net"))),
)


@dataclass
class Opsgenie:
    """The account as its people see it."""

    vendor: Vendor

    async def alerts(self) -> Sequence[dict[str, Any]]:
        """All of them, the oldest first."""
        found = (await self._ask("GET", "v2/alerts?limit=100"))["data"]
        return sorted(found, key=lambda one: int(one["tinyId"]))

    async def becomes(self, **wanted: object) -> dict[str, Any]:
        """Waits until the newest stands so."""

        async def has() -> bool:
            found = await self.alerts()
            return bool(found) and wanted.items() <= found[-1].items()

        await until(has)
        return (await self.alerts())[-1]

    async def does(self, action: str, by: str = "ann@example.net", **more: object) -> None:
        """A person does something to the newest."""
        newest = (await self.alerts())[-1]
        await self._ask("POST", f"v2/alerts/{newest['id']}/{action}", {"user": by, **more})

    async def notes(self) -> Sequence[str]:
        """Those about the newest, in order."""
        newest = (await self.alerts())[-1]
        return [one["note"] for one in (await self._ask("GET", f"v2/alerts/{newest['id']}/notes"))["data"]]

    async def knob(self, method: str, path: str, body: object = None) -> Any:
        """What no Opsgenie has."""
        return await asyncio.to_thread(self.vendor.knob, method, path, body)

    async def posted(self, path: str) -> Sequence[str]:
        """The addresses to which Tocsin posted, in order."""
        asked = await asyncio.to_thread(self.vendor.asked, path)
        ours = [line for line in asked if line["method"] == "POST" and (line["body"] or {}).get("source") == "tocsin"]
        return [line["path"].rpartition("/")[2] for line in ours]

    async def breaks(self, *faults: dict[str, object]) -> None:
        """What goes wrong from now on."""
        await asyncio.to_thread(self.vendor.breaks, *faults)

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"authorization": f"GenieKey {API_KEY}"}
        return await asyncio.to_thread(self.vendor._ask, method, path, body, headers)


@pytest.fixture(scope="session")
def _simulated() -> Iterator[Vendor]:
    with Vendor("bot.testing.opsgenie") as vendor:
        yield vendor


@pytest.fixture
def opsgenie(_simulated: Vendor) -> Opsgenie:
    _simulated.begins()
    return Opsgenie(_simulated)


@pytest.fixture
async def tocsin(opsgenie: Opsgenie, tmp_path: Path) -> AsyncIterator[Tocsin]:
    """One that Opsgenie posts to."""
    config: dict[str, object] = {"api_key": API_KEY, "api_url": opsgenie.vendor.url, "timeout": "2s"}
    async with at_work(tmp_path / "tocsin.db", integration, config, PEOPLE) as made:
        await opsgenie.knob("PUT", "webhooks", {"url": f"{made.hook}/{SECRET}"})
        yield made
        await opsgenie.knob("PUT", "webhooks", {"forgotten": True})
