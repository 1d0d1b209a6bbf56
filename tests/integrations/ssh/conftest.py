"""An inventory of this machine twice, directly and through a real sshd; and one of several machines."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.integrations.ssh import integration
from bot.integrations.ssh.config import HostConfig, SshConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.model.plan import ActionResult, Did, Plan
from bot.ports.actions import Action, Occasion, Say, nobody
from bot.ports.reads_only import reads_only
from bot.testing.clock import FakeClock
from bot.testing.contracts import WITHIN
from tests.conftest import needed
from tests.servers import Machine, Sshd, Systemd, locate

Inventory = Callable[..., SshConfig]


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="hosts", clock=FakeClock(), http=http, redactor=Redactor())


@pytest.fixture
def inventory(sshd: Sshd) -> Inventory:
    """Makes a config with the hosts `here` (local) and `there` (over SSH); keywords change it."""

    def made(**changes: Any) -> SshConfig:
        there: Mapping[str, Any] = {"address": sshd.host, "port": sshd.port} | changes.pop("there", {})
        values = {
            "hosts": {"here": HostConfig(local=True), "there": HostConfig(**there)},
            "user": sshd.user,
            "key": SecretStr(sshd.client_key.read_text()),
            "known_hosts": str(sshd.known_hosts_file),
        }
        return SshConfig(**(values | changes))

    return made


@pytest.fixture
def opened(tools: Tools) -> Callable[[SshConfig], Any]:
    """Opens the integration with a config, as `async with opened(config) as capabilities`."""

    def open_it(config: SshConfig) -> Any:
        return integration.open(config, tools)

    return open_it


@pytest.fixture(params=["here", "there"])
def host(request: pytest.FixtureRequest) -> str:
    """Each of the two ways to the same machine."""
    return str(request.param)


@pytest.fixture
async def capabilities(inventory: Inventory, opened: Callable[[SshConfig], Any]) -> AsyncIterator[Capabilities]:
    async with opened(inventory()) as capabilities:
        yield capabilities


@pytest.fixture(scope="session")
def journalctl() -> str:
    """The path of the real journalctl, which compiles patterns wherever it runs."""
    with needed():
        return locate("journalctl")


@pytest.fixture(scope="session")
def systemctl() -> str:
    """The path of the real systemctl, which reads its options before it looks for a systemd to ask."""
    with needed():
        return locate("systemctl")


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that a command may make."""
    return tmp_path / "it was here"


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines by name, and the configuration that names them; `actions` are those of the opened integration."""

    machines: Mapping[str, Machine]
    config: SshConfig
    actions: Mapping[str, Action]

    def __getitem__(self, name: str) -> Systemd:
        return self.machines[name].systemd

    async def plan(self, name: str, **params: Any) -> Plan:
        """What the action would do, made as `response` makes it."""
        action = self.actions[name]
        with reads_only():
            return await action.plan(action.spec.params.model_validate(params), Occasion())

    async def run(self, plan: Plan, say: Say = nobody, within: timedelta = WITHIN) -> ActionResult:
        """Carries a plan out."""
        return await self.actions[plan.action].run(plan, within, say)

    async def do(self, name: str, **params: Any) -> ActionResult:
        """Plans it and carries it out."""
        return await self.run(await self.plan(name, **params))

    async def probe(self, plan: Plan) -> Did:
        """Whether it had its effect."""
        action = self.actions[plan.action]
        assert action.probe is not None
        return await action.probe(plan)


def machines(folder: Path, names: Sequence[str]) -> dict[str, Machine]:
    """As many machines, all of which let in the key of the first."""
    made = {name: Machine(folder / name) for name in names}
    for machine in made.values():
        allowed = (next(iter(made.values())).folder / "authorized_keys").read_text()
        (machine.folder / "authorized_keys").write_text(allowed)
    return made


def fleet_config(folder: Path, made: Mapping[str, Machine], **changes: Any) -> SshConfig:
    """An inventory of these machines."""
    first = next(iter(made.values()))
    (folder / "known_hosts").write_text("".join(machine.known_hosts for machine in made.values()))
    values: dict[str, Any] = {
        "hosts": {name: {"address": one.host, "port": one.port} for name, one in made.items()},
        "groups": {"web": ["web*"]},
        "user": first.user,
        "key": SecretStr(first.client_key.read_text()),
        "known_hosts": str(folder / "known_hosts"),
    }
    return SshConfig.model_validate(values | changes)


FleetOf = Callable[..., AbstractAsyncContextManager[Fleet]]


@pytest.fixture
def fleet_of(sshd: Sshd, tools: Tools, tmp_path: Path) -> FleetOf:
    """Starts machines and opens an integration over them; `async with fleet_of("web1", "web2") as fleet`."""

    @asynccontextmanager
    async def start(*names: str, **changes: Any) -> AsyncIterator[Fleet]:
        made = machines(tmp_path / "machines", names)
        config = fleet_config(tmp_path, made, **changes)
        with ExitStack() as running:
            for machine in made.values():
                running.enter_context(machine)
                machine.systemd.unit("web.service")
                machine.systemd.unit("db.service")
            async with integration.open(config, tools) as opened:
                yield Fleet(made, config, opened.actions)

    return start


@pytest.fixture
async def fleet(fleet_of: FleetOf) -> AsyncIterator[Fleet]:
    """Three machines, web1 to web3, in the group `web`, each with the services `web` and `db` running."""
    async with fleet_of("web1", "web2", "web3") as fleet:
        yield fleet


@pytest.fixture
async def web1(fleet_of: FleetOf) -> AsyncIterator[Fleet]:
    """One machine."""
    async with fleet_of("web1") as fleet:
        yield fleet
