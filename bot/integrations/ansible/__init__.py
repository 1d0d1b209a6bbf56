"""Playbooks, played by Ansible: in check mode as a rehearsal, and then for real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.ansible.actions import FACTS, PING, PLAYBOOK, Playing
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.health import Examination
from bot.integrations.ansible.workspace import clear_away
from bot.kit.plugin import Capabilities, Integration, Tools


@asynccontextmanager
async def _open(config: AnsibleConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    await asyncio.to_thread(clear_away)
    yield Capabilities(
        examine=Examination(name=tools.name, config=config).examine,
        actions=Playing(tools.name, config, tools.redactor).actions(),
    )


integration = Integration(
    name="ansible",
    help="Plays Ansible's playbooks, in check mode first.",
    config=AnsibleConfig,
    provides=frozenset({"actions"}),
    open=_open,
    specs=(PLAYBOOK, PING, FACTS),
)
