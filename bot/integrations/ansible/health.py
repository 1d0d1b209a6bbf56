"""What `tocsin doctor` finds out about Ansible: is it installed, are there playbooks, and hosts in the inventory."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import IntegrationError
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.inventory import read_inventory
from bot.integrations.ansible.sources import TooMuch, runs_even_in_check_mode
from bot.kit.redaction import visible
from bot.ports.actions import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Looks at files and asks Ansible for its inventory; connects to no host."""

    name: str
    config: AnsibleConfig

    async def examine(self) -> Sequence[Health]:
        """The playbooks, and the inventory."""
        return [self._playbooks(), await self._inventory()]

    def _playbooks(self) -> Health:
        what, folder = "playbooks", self.config.playbooks
        found = [path for path in folder.glob("**/*.y*ml") if path.is_file()] if folder.is_dir() else []
        if not found:
            return Health(what=what, ok=False, detail=f"{folder} holds none", hint="see `playbooks` of the integration")
        try:
            forced = runs_even_in_check_mode(folder)
        except (TooMuch, OSError) as error:
            why = "too many files" if isinstance(error, TooMuch) else f"what cannot be read: {visible(str(error))}"
            hint = "let it hold playbooks and their roles alone; links in it are followed"
            return Health(what=what, ok=False, detail=f"{folder} holds {why}", hint=hint)
        detail = f"{len(found)} files of YAML in {folder}"
        if forced:
            detail += f"; {forced} runs in check mode too, so none of them is rehearsed"
        return Health(what=what, ok=True, detail=detail)

    async def _inventory(self) -> Health:
        try:
            found = await read_inventory(self.config, self.name)
        except IntegrationError as error:
            return Health(what="inventory", ok=False, detail=error.message, hint=error.hint)
        version = importlib.metadata.version("ansible-core")
        return Health(what="inventory", ok=True, detail=f"{len(found.hosts)} hosts", version=f"ansible-core {version}")
