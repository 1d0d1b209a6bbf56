"""What the actions of Ansible take. Values are data: Ansible is told that none of them is a template."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.documents import Strict

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
# What Ansible itself goes by; `ansible_connection` and the like would make it run what a value says.
_THEIRS = frozenset(
    {
        "environment", "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
        "inventory_hostname_short", "item", "lookup", "now", "omit", "play_hosts", "playbook_dir", "q", "query",
        "role_name", "role_names", "role_path", "undef", "vars",
    }
)  # fmt: skip


def _playbook(text: str) -> str:
    if not text.endswith((".yml", ".yaml")) or not all(_PART.fullmatch(part) for part in text.split("/")):
        raise ValueError("name a playbook within the folder, such as `deploy/web.yml`")
    return text


def _variables(values: dict[str, Any]) -> dict[str, Any]:  # Any: plain JSON
    for name in values:
        if _NAME.fullmatch(name) is None or name.startswith("ansible_") or name in _THEIRS:
            raise ValueError(f"{name[:40]!r} is no variable that a runbook may set")
    for text in (text for value in values.values() for text in (value if isinstance(value, list) else [value])):
        if isinstance(text, str) and ("\x00" in text or text != text.encode(errors="replace").decode()):
            raise ValueError("a value holds a NUL, or is not valid Unicode")
    return values


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_one_or_several)]


class OnInventory(Strict):
    """Hosts of the inventory."""

    hosts: Names = Field(default_factory=list, description="Hosts of the inventory, by name.")
    groups: Names = Field(default_factory=list, description="Groups of the inventory, besides or instead of `hosts`.")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.hosts and not self.groups:
            raise ValueError("say where: `hosts`, `groups` or both")
        return self


class PlaybookParams(OnInventory):
    """`with:` of ansible.playbook."""

    playbook: Annotated[str, AfterValidator(_playbook)] = Field(
        description="The playbook, relative to the folder of the configuration."
    )
    variables: Annotated[dict[str, str | int | float | bool | list[str]], AfterValidator(_variables)] = Field(
        default_factory=dict, description="Variables for it. Their values are never taken for templates."
    )
