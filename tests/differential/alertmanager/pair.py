"""An Alertmanager and a Tocsin with the same configuration and one receiver, and what both did in some seconds."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml

from bot.cli.importing_routing import imported
from tests.differential.alertmanager.scenario import RESOLVE_TIMEOUT, Alert, Expire, Look, Push, Scenario, Silence, Step
from tests.differential.alertmanager.webhooks import Heard, Webhooks
from tests.servers import AlertmanagerServer, ServerProcess, free_port

THEIRS, OURS = "alertmanager", "tocsin"
INTERVALS = [
    {"name": "always", "time_intervals": [{"weekdays": ["sunday:saturday"]}]},
    {"name": "never", "time_intervals": [{"years": ["1999"]}]},
    {"name": "odd", "time_intervals": [{"days_of_month": ["1:15", "-15:-1"], "months": ["january:december"]}]},
]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one of the two answered to a step."""

    step: Step
    status: int
    body: Any


@dataclass
class Story:
    """What one of the two did in one scenario. `silences`: the id of each by what the scenario calls it."""

    answers: list[Answer] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    silences: dict[str, str] = field(default_factory=dict)


@dataclass
class Played:
    """One scenario: when it began, what both did, and by how many seconds the slowest step was late."""

    scenario: Scenario
    began: datetime
    theirs: Story = field(default_factory=Story)
    ours: Story = field(default_factory=Story)
    late: float = 0.0


class Pair:
    """Both of them, for the length of a `with` block."""

    def __init__(self, folder: Path, scenarios: Sequence[Scenario]) -> None:
        self._folder = folder
        self._scenarios = scenarios
        self._stack = ExitStack()
        self._webhooks = Webhooks()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._webhooks)
        theirs = configuration(self._scenarios, self._address(THEIRS))
        self._alertmanager = AlertmanagerServer(self._folder / THEIRS, theirs)
        self._stack.enter_context(self._alertmanager)
        self._url = f"http://127.0.0.1:{free_port()}"
        document = self._folder / OURS / "tocsin.yaml"
        document.parent.mkdir()
        document.write_text(self._document())
        argv = [sys.executable, "-m", "bot", "-c", str(document), "run"]
        self._stack.enter_context(ServerProcess(argv, log=self._folder / "tocsin.log", ready=self._is_ready))
        self._token = document.with_name("tocsin.token").read_text().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def play(self, apart: float) -> Sequence[Played]:
        """All scenarios at once, but for so many seconds between their beginnings.

        Each group that is told first is an incident to Tocsin, and those of all scenarios are a storm.
        """
        return asyncio.run(self._play(apart))

    async def _play(self, apart: float) -> Sequence[Played]:
        bearer = {"authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession(self._alertmanager.url) as theirs,
            aiohttp.ClientSession(self._url, headers=bearer) as ours,
        ):
            await self._warm_up(theirs, ours)
            began = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
            played = [
                Played(scenario, began + timedelta(seconds=number * apart))
                for number, scenario in enumerate(self._scenarios)
            ]
            async with asyncio.TaskGroup() as group:
                for one in played:
                    group.create_task(_play(one, theirs, ours))
        for one in played:
            for name, story in ((THEIRS, one.theirs), (OURS, one.ours)):
                until = one.began + timedelta(seconds=one.scenario.until)
                calls = self._webhooks.heard(name, one.scenario.hearing)
                story.heard = [call for call in calls if call.at <= until]
        return played

    async def _warm_up(self, *clients: aiohttp.ClientSession) -> None:
        """Both have told somebody once: what is loaded for that takes its time, and is no part of any scenario."""
        posted = [{"labels": {"alertname": "Warm", "warm": str(number)}} for number in range(3)]
        for client in clients:
            await _asked(client, "POST", "alerts", json=posted)
        for who in (THEIRS, OURS):
            await asyncio.to_thread(self._webhooks.wait_for, who, "warm", 30)

    def _address(self, who: str) -> str:
        return f"http://127.0.0.1:{self._webhooks.port}/{who}"

    def _document(self) -> str:
        """Their configuration as `tocsin import alertmanager` puts it."""
        made = imported(configuration(self._scenarios, self._address(OURS)), "alertmanager.yml")
        assert not made.wrong, made.remarks
        return yaml.safe_dump({"http": {"listen": self._url.removeprefix("http://")}}) + made.text

    def _is_ready(self) -> bool:
        with urllib.request.urlopen(f"{self._url}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)


def configuration(scenarios: Sequence[Scenario], address: str) -> str:
    """The alertmanager.yml of all scenarios, whose receivers are told below this address."""
    warm = {"name": "warm", "webhook_configs": [{"url": f"{address}/warm"}]}
    routes = [one.own_route() for one in scenarios]
    whole = {
        "global": {"resolve_timeout": RESOLVE_TIMEOUT},
        "route": {"receiver": "warm", "group_by": ["warm"], "group_wait": "0s", "routes": routes},
        "receivers": [warm, *(each for one in scenarios for each in one.own_receivers(address))],
        "inhibit_rules": [rule for one in scenarios for rule in one.own_inhibits()],
        "time_intervals": INTERVALS,
    }
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)


async def _play(played: Played, theirs: aiohttp.ClientSession, ours: aiohttp.ClientSession) -> None:
    for step in sorted(played.scenario.steps, key=lambda step: step.at):
        due = played.began + timedelta(seconds=step.at)
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        await asyncio.gather(_do(step, played, played.theirs, theirs), _do(step, played, played.ours, ours))
        played.late = max(played.late, (datetime.now(UTC) - due).total_seconds())
    until = played.began + timedelta(seconds=played.scenario.until)
    await asyncio.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))


async def _do(step: Step, played: Played, story: Story, client: aiohttp.ClientSession) -> None:
    if isinstance(step, Push):
        answer = await _asked(client, "POST", "alerts", json=[_alert(one, played) for one in step.alerts])
    elif isinstance(step, Silence):
        answer = await _asked(client, "POST", "silences", json=_silence(step, played, story))
        if answer.status == 200:
            story.silences[step.key] = json.loads(answer.body)["silenceID"]
    elif isinstance(step, Expire):
        answer = await _asked(client, "DELETE", f"silence/{story.silences.get(step.key, step.key)}")
    else:
        answer = await _seen(step, played, story, client)
    body = json.loads(answer.body) if answer.body.strip() else None
    story.answers.append(Answer(step=step, status=answer.status, body=body))


@dataclass(frozen=True)
class _Raw:
    status: int
    body: bytes


async def _seen(step: Look, played: Played, story: Story, client: aiohttp.ClientSession) -> _Raw:
    kind, _, key = step.path.partition("/")
    if kind == "silence":
        return await _asked(client, "GET", f"silence/{story.silences.get(key, key)}")
    query = [] if step.path == "silences" else [("filter", played.scenario.only)]
    return await _asked(client, "GET", step.path, params=[*query, *step.query])


async def _asked(
    client: aiohttp.ClientSession, method: str, path: str, *, json: Any = None, params: Sequence[tuple[str, str]] = ()
) -> _Raw:
    async with client.request(method, f"/api/v2/{path}", json=json, params=params) as answer:
        return _Raw(answer.status, await answer.read())


def moment(began: datetime, when: float) -> str:
    """A second of a scenario as it is sent."""
    return (began + timedelta(seconds=when)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _alert(one: Alert, played: Played) -> Mapping[str, Any]:
    times = {"startsAt": one.starts, "endsAt": one.ends}
    return {
        "labels": {"scenario": played.scenario.name, **one.labels},
        **({"annotations": one.annotations} if one.annotations is not None else {}),
        **({"generatorURL": one.url} if one.url is not None else {}),
        **{key: at if isinstance(at, str) else moment(played.began, at) for key, at in times.items() if at is not None},
    }


def _silence(step: Silence, played: Played, story: Story) -> Mapping[str, Any]:
    own = {"name": "scenario", "value": played.scenario.name, "isRegex": False, "isEqual": True}
    return {
        **({"id": story.silences.get(step.of, step.of)} if step.of is not None else {}),
        "matchers": [own, *step.matchers],
        "startsAt": moment(played.began, step.starts),
        "endsAt": moment(played.began, step.ends),
        "createdBy": "scenario",
        "comment": f"because of {step.key}",
    }
