"""`tocsin replay` beside a running Tocsin: what was really posted, by another configuration."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.replaying import Replay
from bot.config.examine import examine
from bot.config.findings import Findings
from bot.ports.alert_store import Outcome, Posted
from bot.ports.store import Tx
from bot.store.store import open_store
from tests.integrations.cli.conftest import Shell

CONFIG = """
integrations:
  am: {use: alertmanager, url: "http://127.0.0.1:1", hook_secret: {env: AM_HOOK}}
route: {receiver: sre, group_by: [alertname]}
receivers: [{name: sre}, {name: pager}]
"""
OTHER = CONFIG.replace("group_by: [alertname]", "group_by: [alertname], routes: [{receiver: pager, matchers: [a=1]}]")


def body(name: str, **labels: str) -> bytes:
    alert = {"status": "firing", "labels": {"alertname": name, **labels}, "startsAt": "2026-11-22T10:00:00Z"}
    return json.dumps({"version": "4", "status": "firing", "receiver": "tocsin", "alerts": [alert]}).encode()


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A Tocsin to which things were posted; it does not run."""
    (shell.folder / "tocsin.yaml").write_text(CONFIG)
    bodies = [body("Slow", a="1"), body("Slow", a="2"), b'{"version": "4"']
    asyncio.run(keep(shell.folder, bodies))
    return shell


def _add(posted: Posted, tx: Tx) -> bool:
    return tx.posted.add(posted)


async def keep(folder: Path, bodies: Sequence[bytes]) -> None:
    """As a Tocsin with this configuration would have kept them."""
    loaded = examine(folder / "tocsin.yaml", {}, folder, findings=Findings(), secrets_needed=False)
    [configured] = loaded.integrations
    assert configured.integration.reads is not None
    reader = configured.integration.reads(configured.config, "am")
    assert reader is not None
    replay = Replay(loaded.setup, {"am": reader})
    async with open_store(f"sqlite:///{folder / 'tocsin.db'}") as store:
        for number, one in enumerate(bodies):
            at = datetime.now(UTC) - timedelta(minutes=9 - number)
            posted = Posted(
                source="am", delivery=f"d{number}", received_at=at, headers={}, body=one, outcome=Outcome.TAKEN
            )
            seen = replay.again(posted)
            kept = Posted(
                source="am", delivery=f"d{number}", received_at=at, headers={":path": "/hooks/am"}, body=one,
                outcome=seen.outcome, error=seen.why, became=seen.became,
            )  # fmt: skip
            await store.write(partial(_add, kept))


def test_nothing_differs_where_nothing_was_changed(kept: Shell) -> None:
    said = kept("replay", "--since", "1h")
    assert said.status == 0
    assert "3 bodies since" in said.out
    assert "3 become what they became, 0 do not" in said.out


def test_it_says_what_would_go_elsewhere_and_leaves_everything_as_it_is(kept: Shell) -> None:
    (kept.folder / "tocsin.yaml").write_text(OTHER)
    before = (kept.folder / "tocsin.db").read_bytes()
    said = kept("replay", "--since", "1h")
    assert said.status == 1
    assert '- {a="1", alertname="Slow"} to sre {}:{alertname="Slow"}' in said.out
    assert '+ {a="1", alertname="Slow"} to pager {}/{a="1"}:{alertname="Slow"}' in said.out
    assert "2 become what they became, 1 do not" in said.out
    assert (kept.folder / "tocsin.db").read_bytes() == before


def test_it_is_told_as_json_too_and_no_more_than_wanted(kept: Shell) -> None:
    (kept.folder / "tocsin.yaml").write_text(OTHER)
    said = kept("replay", "--since", "1h", "--format", "json", "--limit", "0")
    told: dict[str, Any] = json.loads(said.out)
    assert (told["bodies"], told["same"], told["different"], told["differences"]) == (3, 2, 1, [])


@pytest.mark.parametrize("arguments", [["--since", "8m30s"], ["--since", "1h", "--source", "other"]])
def test_only_what_is_asked_for_is_read(kept: Shell, arguments: list[str]) -> None:
    (kept.folder / "tocsin.yaml").write_text(OTHER)
    assert kept("replay", *arguments).status == 0


def test_without_a_database_or_with_mistakes_it_says_what_is_wrong(kept: Shell) -> None:
    (kept.folder / "tocsin.yaml").write_text(CONFIG + "deadmen: [{name: a}]\n")
    said = kept("replay", "--since", "1h")
    assert (said.status, "deadmen[0]" in said.err) == (2, True)
    (kept.folder / "tocsin.yaml").write_text(CONFIG)
    (kept.folder / "tocsin.db").unlink()
    said = kept("replay", "--since", "1h")
    assert (said.status, "tocsin.db" in said.err) == (2, True)
