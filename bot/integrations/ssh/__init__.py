"""Hosts: this machine, and others over SSH; one at a time, or groups of them in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.integrations.ssh.actions import Running
from bot.integrations.ssh.client import RemoteHost
from bot.integrations.ssh.config import SshConfig
from bot.integrations.ssh.connecting import Login
from bot.integrations.ssh.doing import Deed, Host
from bot.integrations.ssh.each import Each
from bot.integrations.ssh.health import Examination
from bot.integrations.ssh.inventory import Inventory
from bot.integrations.ssh.killing import Kill
from bot.integrations.ssh.local import LocalHost
from bot.integrations.ssh.looking import DiskUsage, Journal, Ping, Processes, Tail
from bot.integrations.ssh.patterns import Pattern
from bot.integrations.ssh.reading import Reads, only_looks
from bot.integrations.ssh.rebooting import Reboot
from bot.integrations.ssh.services import RESTART, START, STOP, Change, Status
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.ports.actions import Action, ActionSpec


@asynccontextmanager
async def _open(config: SshConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    reads = _reads(config)
    local = LocalHost(tools.name, reads)
    remote = {
        name: RemoteHost(_login(name, config), tools.name, at_once=config.at_once, reads=reads)
        for name, host in config.hosts.items()
        if not host.local
    }
    hosts = {
        name: Host(
            name=name,
            integration=tools.name,
            place=remote.get(name, local),
            local=host.local,
            sudo=config.sudo,
            redactor=tools.redactor,
        )
        for name, host in config.hosts.items()
    }
    yield Capabilities(
        examine=Examination(hosts={name: remote.get(name) for name in config.hosts}, clock=tools.clock).examine,
        actions=_actions(config, Inventory(tools.name, config), hosts),
    )


def _actions(config: SshConfig, inventory: Inventory, hosts: Mapping[str, Host]) -> Mapping[str, Action]:
    deeds: list[Deed] = [
        Running(config, inventory),
        Status(),
        Change(START),
        Change(STOP),
        Change(RESTART),
        Journal(),
        DiskUsage(),
        Processes(),
        Tail(config, inventory),
        Ping(),
        Kill(inventory),
        Reboot(config, inventory),
    ]
    alone = {deed.spec.name: Each(deed, inventory, hosts) for deed in deeds}
    return {deed.spec.name: Each(deed, inventory, hosts, alone.get(deed.undone_by)).action() for deed in deeds}


def _reads(config: SshConfig) -> Reads:
    patterns = [Pattern(tuple(read)) for read in config.read]
    return lambda argv: only_looks(argv) or any(pattern.match(argv) is not None for pattern in patterns)


def _login(name: str, config: SshConfig) -> Login:
    host = config.hosts[name]
    return Login(
        host=name,
        address=host.address,
        port=host.port,
        user=host.user or config.user,
        known_hosts=str(config.known_hosts or ""),
        key=config.key.get_secret_value() if config.key else "",
        jump=_login(host.jump, config) if host.jump else None,
    )


_SPECS: tuple[ActionSpec, ...] = (
    Running.spec,
    Status.spec,
    *(Change(verb).spec for verb in (START, STOP, RESTART)),
    *(deed.spec for deed in (Journal, DiskUsage, Processes, Tail, Ping, Kill, Reboot)),
)

integration = Integration(
    name="ssh",
    help="Looks at hosts and acts on them: this machine, and others over SSH.",
    config=SshConfig,
    provides=frozenset({"actions"}),
    open=_open,
    specs=_SPECS,
)
