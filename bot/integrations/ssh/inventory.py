"""Which hosts there are, and which of them somebody means.

What is named in a runbook may come from an alert's label, so a name is a name: it never stands for several hosts. Only
`groups` of tocsin.yaml do, and only a parameter of that name reaches them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from bot.documents import suggest
from bot.errors import Permanent
from bot.integrations.ssh.config import SshConfig
from bot.integrations.ssh.params import OnHosts
from bot.kit.redaction import visible

_PORT = re.compile(r":\d+$")


class Inventory:
    """The hosts of one integration, which tocsin.yaml calls `name`."""

    def __init__(self, name: str, config: SshConfig) -> None:
        self.name = name
        self._config = config

    def __contains__(self, host: str) -> bool:
        return host in self._config.hosts

    def meant(self, params: OnHosts) -> tuple[str, ...]:
        """The hosts these parameters name, each once, in their order; Permanent when a name means none, or several."""
        found = [self._one(wanted) for wanted in ([params.host] if params.host else params.hosts)]
        for group in params.groups:
            found += self._group(group)
        return tuple(dict.fromkeys(found))

    def address(self, host: str) -> str:
        """`user@address:port`, or `local`: what a plan is bound to, with the hosts that are jumped over."""
        one = self._config.hosts[host]
        if one.local:
            return "local"
        direct = f"{one.user or self._config.user}@{one.address}:{one.port}"
        return f"{direct} via {self.address(one.jump)}" if one.jump else direct

    def places(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """What their protection holds for: besides their names their addresses, and whatever else they are called."""
        found = list(hosts)
        for host in hosts:
            found.append(self._config.hosts[host].address or "localhost")
            found += [other for other in self._config.hosts if self._machine(other) == self._machine(host)]
        return tuple(f"host:{name}" for name in dict.fromkeys(found))

    def mistake(self, message: str, hint: str) -> Permanent:
        """The error for parameters that make no sense here."""
        return Permanent(message, integration=self.name, reason="client", hint=hint)

    def _machine(self, host: str) -> tuple[str, int, str]:
        one = self._config.hosts[host]
        return ("", 0, "") if one.local else (one.address.casefold(), one.port, one.jump)

    def _one(self, wanted: str) -> str:
        hosts = self._config.hosts
        for said in (wanted, _PORT.sub("", wanted).strip("[]")):
            found = [said] if said in hosts else [name for name, host in hosts.items() if said and host.address == said]
            if len(found) == 1:
                return found[0]
            if found:
                message = f"{visible(said)!r} is the address of several hosts: {', '.join(found)}"
                raise self.mistake(message, "name one of them")
        known = [*hosts, *(host.address for host in hosts.values() if host.address)]
        message = f"no host is called {visible(wanted)[:80]!r}{suggest(wanted, known)}"
        raise self.mistake(message, f"add it under `integrations: {self.name}: hosts:` in tocsin.yaml")

    def _group(self, wanted: str) -> Sequence[str]:
        groups = self._config.groups
        if wanted not in groups:
            message = f"no group is called {visible(wanted)[:80]!r}{suggest(wanted, list(groups))}"
            raise self.mistake(message, f"add it under `integrations: {self.name}: groups:` in tocsin.yaml")
        return [host for pattern in groups[wanted] for host in self._config.hosts if fnmatchcase(host, pattern)]
