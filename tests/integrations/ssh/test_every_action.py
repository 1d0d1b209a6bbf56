"""What holds for every action on hosts: the contract, and that nothing is written where only reading is allowed."""

import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.errors import Permanent
from bot.integrations.ssh import integration
from bot.integrations.ssh.client import RemoteHost
from bot.integrations.ssh.connecting import Login
from bot.integrations.ssh.local import LocalHost
from bot.model.plan import Outcome
from bot.model.runbook import Risk
from bot.ports.actions import Action
from bot.ports.reads_only import reads_only
from bot.testing.contracts import ActionContract
from tests.integrations.http_server import raised
from tests.integrations.ssh.conftest import Fleet, FleetOf

ACTIONS = [spec.name for spec in integration.specs]


def some_params(name: str, pid: int, log: Path) -> Mapping[str, Any]:
    """Parameters that this action succeeds with; an action without a line here fails every test below."""
    return {
        "host.run": {"argv": ["touch", f"{log}.touched"]},
        "host.service_status": {"unit": "web"},
        "host.service_start": {"unit": "down", "settle": "0s"},
        "host.service_stop": {"unit": "web", "settle": "0s"},
        "host.service_restart": {"unit": "web", "settle": "0s"},
        "host.journal": {"unit": "web"},
        "host.disk_usage": {},
        "host.processes": {},
        "host.file_tail": {"path": str(log)},
        "host.ping": {},
        "host.kill_process": {"pid": pid},
        "host.reboot": {"wait": "20s"},
    }[name] | {"host": "web1"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "app.log"
    file.write_text("a line\n")
    return file


@pytest.fixture
def pid() -> Iterator[int]:
    process = subprocess.Popen(["sleep", "600"])
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
async def ready(fleet_of: FleetOf, log: Path) -> AsyncIterator[Fleet]:
    async with fleet_of("web1", files=[str(log)]) as fleet:
        fleet["web1"].unit("down.service", ActiveState="inactive", SubState="dead")
        yield fleet


@pytest.fixture(params=ACTIONS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestEveryAction(ActionContract):
    @pytest.fixture
    def action(self, ready: Fleet, name: str) -> Action:
        return ready.actions[name]

    @pytest.fixture
    async def params(self, ready: Fleet, action: Action, pid: int, log: Path) -> AsyncIterator[BaseModel]:
        async with ready.machines["web1"].reboots(down=0.1):
            yield action.spec.params.model_validate(some_params(action.spec.name, pid, log))

    @pytest.fixture
    def mistaken(self, ready: Fleet, action: Action, pid: int, log: Path) -> BaseModel:
        given = some_params(action.spec.name, pid, log) | {"host": "nobody"}
        return action.spec.params.model_validate(given)


def what_is_there(fleet: Fleet, log: Path, pid: int) -> Sequence[object]:
    """Everything that one of our actions could change."""
    systemd = fleet["web1"]
    files = {path: path.read_bytes() for path in log.parent.glob("*") if path.is_file()}
    boot = (systemd.folder / "boot_id").read_text()
    ended = Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    return systemd.state, systemd.changes, boot, files, ended


async def test_where_only_reading_is_allowed_no_action_writes(name: str, ready: Fleet, log: Path, pid: int) -> None:
    """Not when it is planned or probed, nor when it is told to run: what carries commands out refuses. Then it does."""
    before = what_is_there(ready, log, pid)
    plan = await ready.plan(name, **some_params(name, pid, log))
    with reads_only():
        if plan.can_probe:
            await ready.probe(plan)
        refused = await ready.run(plan)
    assert what_is_there(ready, log, pid) == before
    if plan.risk is Risk.READ:
        assert refused.outcome is Outcome.SUCCEEDED, refused
    else:
        assert (refused.outcome, refused.temporary) == (Outcome.FAILED, False)
        assert "would write, and this is a rehearsal" in refused.summary
    async with ready.machines["web1"].reboots(down=0.1):
        result = await ready.run(plan)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert (what_is_there(ready, log, pid) != before) == (plan.risk is not Risk.READ)


@pytest.mark.parametrize(
    "argv", [["touch", "x"], ["sh", "-c", "true"], ["systemctl", "restart", "web"], ["sudo", "df"]]
)
async def test_what_carries_commands_out_refuses(argv: list[str]) -> None:
    """Here and elsewhere, before anybody is connected to."""
    nowhere = Login(host="nowhere", address="192.0.2.1", port=22, user="u", known_hosts="/no/such/file", key="none")
    for place in (LocalHost("hosts"), RemoteHost(nowhere, "hosts")):
        with reads_only():
            error = await raised(place.run(argv))
        assert isinstance(error, Permanent)
        assert "would write" in error.message
