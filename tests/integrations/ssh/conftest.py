"""An inventory of this machine twice: directly, and through a real sshd."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.integrations.ssh import integration
from bot.integrations.ssh.config import HostConfig, SshConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from tests.servers import Sshd

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


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that a command may make."""
    return tmp_path / "it was here"
