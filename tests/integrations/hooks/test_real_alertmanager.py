"""Real Alertmanagers, the newest and Debian 12's, post to Tocsin as their users would set them up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.integrations.alertmanager.hook import AlertmanagerHook
from bot.kit.json_mapping import JsonMapping
from tests.conftest import needed
from tests.integrations.hooks.conftest import SECRETS, WayIn, serving
from tests.servers import AlertmanagerServer

CONFIG = """\
route: {{receiver: tocsin, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: tocsin
    webhook_configs:
      - url: http://127.0.0.1:{port}/hooks/am
        http_config: {{authorization: {{credentials: {secret}}}}}
        {payload}
"""


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # whom it waits for is another process
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("binary", ["alertmanager", "alertmanager-old"])
async def test_what_it_posts_fires_and_ends(way_in: Callable[..., WayIn], tmp_path: Path, binary: str) -> None:
    into = way_in(AlertmanagerHook(name="am"), "am", secrets=(SECRETS["current"],))
    into.house.clock.at = datetime.now(UTC)
    async with serving(into) as port:
        config = CONFIG.format(port=port, secret=SECRETS["current"], payload="")
        with needed():
            server = await asyncio.to_thread(AlertmanagerServer, tmp_path / "am", config, binary=binary)
        with server:
            said = [
                "alert",
                "add",
                "PoolEmpty",
                "severity=critical",
                "room=küche",
                "--annotation=summary=No connection",
            ]
            await asyncio.to_thread(server.amtool, *said)
            await until(lambda: into.active() == 1)
            (alert,) = into.alerts()
            assert dict(alert.labels) == {"alertname": "PoolEmpty", "severity": "critical", "room": "küche"}
            assert alert.annotations == {"summary": "No connection"}
            await asyncio.to_thread(server.amtool, *said, "--end=2020-01-01T00:00:00Z", "--start=2019-01-01T00:00:00Z")
            await until(lambda: into.active() == 0)
    assert {one.outcome.value for one in await into.bodies()} == {"taken"}
    assert SECRETS["current"] not in str([dict(one.headers) for one in await into.bodies()])


async def test_a_payload_of_its_own_is_mapped(way_in: Callable[..., WayIn], tmp_path: Path) -> None:
    mapping = JsonMapping(alerts="items", labels={"alertname": "what", "severity": "how_bad"}, status="state")
    into = way_in(AlertmanagerHook(name="am", mapping=mapping), "am", secrets=(SECRETS["current"],))
    payload = (
        "payload: {items: [{what: '{{ .CommonLabels.alertname }}', how_bad: '{{ .CommonLabels.severity }}',"
        " state: '{{ .Status }}'}]}"
    )
    async with serving(into) as port:
        config = CONFIG.format(port=port, secret=SECRETS["current"], payload=payload)
        with needed():
            server = await asyncio.to_thread(AlertmanagerServer, tmp_path / "am", config)
        with server:
            await asyncio.to_thread(server.amtool, "alert", "add", "PoolEmpty", "severity=critical")
            await until(lambda: into.active() == 1)
    assert dict(into.alerts()[0].labels) == {"alertname": "PoolEmpty", "severity": "critical"}
