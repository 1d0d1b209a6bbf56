"""What stands under `integrations:` for playbooks that Ansible plays."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from bot.documents import Strict


class AnsibleConfig(Strict):
    """Which playbooks there are, for which hosts, and how Ansible logs in to those."""

    playbooks: Path = Field(description="The folder whose playbooks runbooks may name, with their roles and files.")
    inventory: Path = Field(description="The inventory: a file or a folder, as `ansible-inventory -i` takes it.")
    user: str = Field(default="", description="Who to log in as, where the inventory does not say.")
    key: SecretStr | None = Field(
        default=None, description="The private key to log in with, as `{file: PATH}` or `{env: NAME}`; not encrypted."
    )
    known_hosts: Path | None = Field(
        default=None,
        description="File with the hosts' public keys, as ssh-keyscan prints them. A host without one is refused.",
    )
    write: list[str] = Field(
        default_factory=list,
        description="Playbooks that one person may approve, such as `deploy/*.yml`. The others are destructive.",
    )
    elsewhere: list[str] = Field(
        default_factory=list,
        description="Hosts on which playbooks may act besides those they are played on, by `delegate_to` and the like; "
        "`localhost` is the machine Tocsin runs on. Every plan names them.",
    )
    forks: int = Field(default=5, ge=1, le=50, description="Hosts that Ansible works on at the same time.")
    ansible_config: Path | None = Field(
        default=None, description="An ansible.cfg to go by. Unless it is given, none is read, wherever it lies."
    )

    @model_validator(mode="after")
    def _a_key_has_hosts(self) -> Self:
        if self.key is not None and not self.known_hosts:
            raise ValueError("`known_hosts` is needed: Tocsin connects to no host whose key it cannot check")
        return self
