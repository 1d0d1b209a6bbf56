"""Real Ansible, two machines with an sshd each, and a folder of playbooks."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.integrations.ansible import integration
from bot.integrations.ansible.config import AnsibleConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.model.plan import ActionResult, Did, Plan
from bot.ports.actions import Action, Occasion, Say, nobody
from bot.ports.reads_only import reads_only
from bot.testing.clock import FakeClock
from tests.servers import Sshd

WITHIN = timedelta(seconds=90)


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="plays", clock=FakeClock(), http=http, redactor=Redactor())


@dataclass(frozen=True, slots=True)
class Site:
    """Machines, playbooks, and the actions of the opened integration."""

    folder: Path
    machines: Mapping[str, Sshd]
    config: AnsibleConfig
    actions: Mapping[str, Action]

    def playbook(self, name: str, *tasks: Mapping[str, Any], **more: Any) -> str:
        """Writes one that does these tasks on all hosts."""
        path = self.folder / "playbooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks, **more}], indent=1))
        return name

    async def plan(self, name: str, **params: Any) -> Plan:
        """What the action would do, made as `response` makes it."""
        action = self.actions[name]
        with reads_only():
            return await action.plan(action.spec.params.model_validate(params), Occasion())

    async def run(self, plan: Plan, say: Say = nobody) -> ActionResult:
        """Carries a plan out."""
        return await self.actions[plan.action].run(plan, WITHIN, say)

    async def probe(self, plan: Plan) -> Did:
        """Whether it had its effect."""
        action = self.actions[plan.action]
        assert action.probe is not None
        return await action.probe(plan)


@pytest.fixture
def machines(sshd: Sshd, tmp_path: Path) -> Iterator[Mapping[str, Sshd]]:
    made = {name: Sshd(tmp_path / name) for name in ("web1", "web2")}
    (made["web2"].folder / "authorized_keys").write_text((made["web1"].folder / "authorized_keys").read_text())
    with ExitStack() as running:
        for machine in made.values():
            running.enter_context(machine)
        yield made


@pytest.fixture
def site_config(tmp_path: Path, machines: Mapping[str, Sshd]) -> Callable[..., AnsibleConfig]:
    """Makes a configuration for the two machines; keywords change it."""

    def made(**changes: Any) -> AnsibleConfig:
        hosts = {
            name: {
                "ansible_host": one.host,
                "ansible_port": one.port,
                "ansible_python_interpreter": sys.executable,
                "out": str(tmp_path / "out" / name),
            }
            for name, one in machines.items()
        }
        (tmp_path / "inventory.json").write_text(json.dumps({"web": {"hosts": hosts}}))
        (tmp_path / "known_hosts").write_text("".join(one.known_hosts for one in machines.values()))
        for folder in ("playbooks", "out"):
            (tmp_path / folder).mkdir(exist_ok=True)
        first = machines["web1"]
        values = {
            "playbooks": tmp_path / "playbooks",
            "inventory": tmp_path / "inventory.json",
            "user": first.user,
            "key": SecretStr(first.client_key.read_text()),
            "known_hosts": tmp_path / "known_hosts",
            "write": ["deploy/*.yml"],
        }
        return AnsibleConfig.model_validate(values | changes)

    return made


@pytest.fixture
async def site(
    tmp_path: Path, machines: Mapping[str, Sshd], site_config: Callable[..., AnsibleConfig], tools: Tools
) -> AsyncIterator[Site]:
    config = site_config()
    async with integration.open(config, tools) as opened:
        yield Site(tmp_path, machines, config, opened.actions)
