"""Hosts that commands are run on: this machine, and others over SSH."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.ssh.actions import RUN, Running
from bot.integrations.ssh.client import Login, RemoteHost
from bot.integrations.ssh.config import HostConfig, SshConfig
from bot.integrations.ssh.health import Examination
from bot.integrations.ssh.local import LocalHost
from bot.kit.plugin import Capabilities, Integration, Tools


@asynccontextmanager
async def _open(config: SshConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    local = LocalHost(tools.name)
    remote = {name: _remote(name, host, config, tools) for name, host in config.hosts.items() if not host.local}
    places = {name: remote.get(name, local) for name in config.hosts}
    yield Capabilities(
        examine=Examination(hosts={name: remote.get(name) for name in config.hosts}, clock=tools.clock).examine,
        actions=Running(tools.name, config, places, tools.redactor).actions(),
    )


def _remote(name: str, host: HostConfig, config: SshConfig, tools: Tools) -> RemoteHost:
    login = Login(
        host=name,
        address=host.address,
        port=host.port,
        user=host.user or config.user,
        known_hosts=str(config.known_hosts or ""),
        key=config.key.get_secret_value() if config.key else "",
    )
    return RemoteHost(login, tools.name)


integration = Integration(
    name="ssh",
    help="Runs commands on this machine and on others over SSH.",
    config=SshConfig,
    provides=frozenset({"actions"}),
    open=_open,
    specs=(RUN,),
)
