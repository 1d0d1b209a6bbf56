"""What stands under `integrations:` for hosts that commands are run on."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bot.documents import Strict
from bot.integrations.ssh.patterns import Pattern, highest_place


def _named(argv: list[str]) -> list[str]:
    if not argv or not all(argv):
        raise ValueError("a command has a program, and no empty argument")
    if "*" in argv[0]:
        raise ValueError("name the program in full: `*` may stand in its arguments only")
    return argv


def _absolute(glob: str) -> str:
    if not glob.startswith("/") or "/../" in f"{glob}/":
        raise ValueError("a pattern of files begins with `/` and holds no `..`")
    return glob


Command = Annotated[list[str], AfterValidator(_named)]
Glob = Annotated[str, AfterValidator(_absolute)]


class HostConfig(Strict):
    """One host: this machine, or one reached over SSH."""

    local: bool = Field(default=False, description="Whether it is the machine that Tocsin runs on.")
    address: str = Field(default="", description="Name or IP address to connect to.")
    port: int = Field(default=22, ge=1, le=65535, description="Port of its SSH server.")
    user: str = Field(default="", description="Who to log in as, where it differs from `user` above.")
    jump: str = Field(default="", description="The host of this inventory through which it is reached.")

    @model_validator(mode="after")
    def _local_or_address(self) -> Self:
        if self.local == bool(self.address):
            raise ValueError("write either `local: true` or an `address`")
        if self.local and self.jump:
            raise ValueError("the machine that Tocsin runs on is not reached through another")
        return self


class WriteConfig(Strict):
    """A change that the operator knows: how to see whether it happened, and how to take it back."""

    argv: Command = Field(description="The command, one pattern for each argument; `*` stands for any text.")
    probe: list[str] = Field(
        default_factory=list,
        description="Run when nobody saw how the change ended: exit status 0 says it happened, 1 that it did not. "
        "`{1}` stands for what the first `*` of `argv` stood for.",
    )
    undo: list[str] = Field(default_factory=list, description="The command that takes it back, shown to who approves.")

    @model_validator(mode="after")
    def _places_exist(self) -> Self:
        stars = Pattern(tuple(self.argv)).stars
        for name, argv in (("probe", self.probe), ("undo", self.undo)):
            if highest_place(argv) > stars:
                raise ValueError(f"`{name}` names {{{highest_place(argv)}}}, but `argv` has {stars} `*`")
        return self


class SshConfig(Strict):
    """An inventory, how to log in to it, and what its commands do."""

    hosts: dict[str, HostConfig] = Field(min_length=1, description="The hosts that runbooks may name.")
    user: str = Field(default="", description="Who to log in as over SSH.")
    key: SecretStr | None = Field(
        default=None, description="The private key to log in with, as `{file: PATH}` or `{env: NAME}`; not encrypted."
    )
    known_hosts: Path | None = Field(
        default=None,
        description="File with the hosts' public keys, as ssh-keyscan prints them. A host without one is refused.",
    )
    groups: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Groups of hosts, by names and patterns such as `web*`, for actions that name a group.",
    )
    at_once: int = Field(default=4, ge=1, le=10, description="Commands that run on one host at the same time, at most.")
    sudo: bool = Field(
        default=False,
        description="Whether changes of services, processes and reboots are made with `sudo -n`. "
        "A command of host.run names sudo itself.",
    )
    files: list[Glob] = Field(
        default_factory=list,
        description="Files that may be shown, such as `/var/log/nginx/*.log`; `*` stops at a `/`, `**` does not.",
    )
    most_reboots: int = Field(default=1, ge=1, description="Most hosts that one step may reboot.")
    read: list[Command] = Field(
        default_factory=list,
        description="Commands that only read, besides those Tocsin knows; `*` stands for any text.",
    )
    write: list[WriteConfig] = Field(
        default_factory=list, description="Changes with a known undo. What is neither here nor a read is destructive."
    )

    @model_validator(mode="after")
    def _remote_hosts_can_be_reached(self) -> Self:
        remote = {name: host for name, host in self.hosts.items() if not host.local}
        if remote and not self.known_hosts:
            raise ValueError("`known_hosts` is needed: Tocsin connects to no host whose key it cannot check")
        if remote and self.key is None:
            raise ValueError("`key` is needed to log in over SSH: write `key: {file: PATH}`")
        nameless = [name for name, host in remote.items() if not (host.user or self.user)]
        if nameless:
            raise ValueError(f"who logs in to {', '.join(nameless)}? write `user`, here or at the host")
        return self

    @model_validator(mode="after")
    def _jumps_end(self) -> Self:
        for name, host in self.hosts.items():
            seen = [name]
            while host.jump:
                if host.jump not in self.hosts or self.hosts[host.jump].local:
                    raise ValueError(
                        f"{seen[-1]} is reached through {host.jump}, which is no host that can be jumped over"
                    )
                if host.jump in seen:
                    raise ValueError(f"{name} is reached through itself: {' -> '.join([*seen, host.jump])}")
                seen.append(host.jump)
                host = self.hosts[host.jump]
        return self

    @model_validator(mode="after")
    def _groups_have_hosts(self) -> Self:
        for name, patterns in self.groups.items():
            empty = [pattern for pattern in patterns if not any(fnmatchcase(host, pattern) for host in self.hosts)]
            if empty or not patterns:
                raise ValueError(f"no host fits {', '.join(empty) or 'it'} of group {name}")
        return self
