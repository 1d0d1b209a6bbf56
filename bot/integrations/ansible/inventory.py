"""Which hosts Ansible's inventory has, and which of them somebody means: by name, never by a pattern."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.documents import suggest
from bot.errors import Permanent, Temporary
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.params import OnInventory
from bot.integrations.ansible.playing import require_ansible
from bot.integrations.ansible.workspace import environment
from bot.kit.redaction import visible

_WITHIN = 60.0  # seconds
_PORT = re.compile(r":\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """As Ansible sees it at a moment. `hash` is over everything it says, variables included.

    `connections` are those that it names (`ansible_connection`), by host; `addresses` where each is, with its port.
    """

    integration: str
    hosts: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    connections: Mapping[str, str]
    addresses: Mapping[str, tuple[str, str]]
    hash: str

    def meant(self, params: OnInventory) -> tuple[str, ...]:
        """The hosts these parameters name, each once; Permanent when a name means none."""
        found = [self._one(wanted) for wanted in params.hosts]
        for group in params.groups:
            if not self.groups.get(group):
                message = f"the inventory has no hosts in a group called {visible(group)[:80]!r}"
                raise self._mistake(message + suggest(group, list(self.groups)))
            found += self.groups[group]
        return tuple(dict.fromkeys(found))

    def places(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """What their protection holds for: besides their names their addresses, and whatever else they are called."""
        found = list(hosts)
        for address in [self.addresses[host] for host in hosts if host in self.addresses]:
            found += [address[0], *(other for other, its in self.addresses.items() if its == address)]
        return tuple(f"host:{name}" for name in dict.fromkeys(found))

    def _one(self, wanted: str) -> str:
        for said in (wanted, _PORT.sub("", wanted)):
            if said in self.hosts:
                return said
        raise self._mistake(f"the inventory has no host {visible(wanted)[:80]!r}{suggest(wanted, self.hosts)}")

    def _mistake(self, message: str) -> Permanent:
        hint = "`ansible-inventory --graph` shows what there is"
        return Permanent(message, integration=self.integration, reason="client", hint=hint)


async def read_inventory(config: AnsibleConfig, integration: str) -> Inventory:
    """Asks Ansible itself, since an inventory may be of many kinds. Permanent when it cannot be read."""
    require_ansible(integration)
    with tempfile.TemporaryDirectory(prefix="tocsin-inventory-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ansible", "inventory", f"--inventory={config.inventory.absolute()}", "--list",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd="/",
            env=environment(config, Path(folder)),
        )  # fmt: skip
        try:
            async with asyncio.timeout(_WITHIN):
                said, complaints = await process.communicate()
        except TimeoutError:
            message = f"the inventory {config.inventory} was not told within {_WITHIN:g} s"
            raise Temporary(message, integration=integration, reason="timeout") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    try:
        # Any: plain JSON.
        told: dict[str, Any] = json.loads(said) if process.returncode == 0 else {}
    except ValueError:
        told = {}
    variables: Mapping[str, Mapping[str, Any]] = told.get("_meta", {}).get("hostvars", {})  # Any: plain JSON
    hosts = tuple(variables) or _hosts(told, "all", set())
    if not hosts:
        lines = [line for line in complaints.decode(errors="replace").splitlines() if line.strip()]
        why = f": {visible(lines[-1])[:200]}" if lines else ""
        hint = "see `inventory` of the integration; `ansible-inventory --list` shows what Ansible makes of it"
        raise Permanent(
            f"the inventory {config.inventory} has no hosts{why}", integration=integration, reason="client", hint=hint
        )
    groups = {name: _hosts(told, name, set()) for name in told if name != "_meta"}
    return Inventory(
        integration=integration,
        hosts=_hosts(told, "all", set()) or hosts,
        groups=groups,
        connections={
            host: str(one["ansible_connection"]) for host, one in variables.items() if "ansible_connection" in one
        },
        addresses={host: _address(host, one) for host, one in variables.items()},
        hash=_hash(told),
    )


def _hosts(told: Mapping[str, Any], group: str, seen: set[str]) -> tuple[str, ...]:  # Any: plain JSON
    """The hosts of a group and of those within it."""
    if group in seen or not isinstance(told.get(group), Mapping):
        return ()
    seen.add(group)
    own: Sequence[str] = told[group].get("hosts", ())
    inner = (host for child in told[group].get("children", ()) for host in _hosts(told, child, seen))
    return tuple(dict.fromkeys((*own, *inner)))


def _address(host: str, variables: Mapping[str, Any]) -> tuple[str, str]:  # Any: plain JSON
    """Where Ansible connects to, and by which port."""
    where = variables.get("ansible_host", variables.get("ansible_ssh_host", host))
    return str(where).casefold(), str(variables.get("ansible_port", variables.get("ansible_ssh_port", 22)))


def _hash(told: Mapping[str, Any]) -> str:  # Any: plain JSON
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
