"""Where playbooks act besides on the hosts they are played on: whom they hand a task to, and what they do here.

Found in the text of all files of the folder, as what disregards check mode is: a task can be in any of them. A host
whose name only the play itself will know is nobody that a plan could show. What a play takes from outside of the folder
is not read: that is kept by the gate in Ansible's own process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.integrations.ansible.sources import files

HERE = "localhost"
"""The machine that Tocsin itself runs on."""
HERE_BY = (
    "buildah", "chroot", "docker", "docker_api", "incus", "iocage", "jail", "libvirt_lxc", "local", "lxc", "lxd",
    "nsenter", "podman", "qubes", "zone",
)  # fmt: skip
"""Connections to what lies on this machine, whatever the host is called."""
ON_BOTH_SIDES = ("fetch", "synchronize")
"""Modules that read or write files there and here."""
LOOPBACK = ("127.0.0.1", "::1")
_BY = "|".join(sorted(HERE_BY)).encode()
_LOCAL = re.compile(rf"(?:\w+\.)*(?:{_BY.decode()})")
_SAME = re.compile(r"\{\{\s*inventory_hostname\s*\}\}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
_HANDED = re.compile(rb"\bdelegate_to\b(?P<to>[\"']?[ \t]*:[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\]#]+))?")
_DONE_HERE = re.compile(
    rb"\blocal_action\b"
    rb"|\b(?:ansible_)?connection\b[\"']?[ \t]*[:=][ \t]*[\"']?(?:\w+\.)*(?:" + _BY + rb")\b"
    rb"|(?:^|[{,])[ \t]*-?[ \t]*[\"']?(?:\w+\.)*(?:" + "|".join(ON_BOTH_SIDES).encode() + rb")[\"']?[ \t]*:",
    re.MULTILINE,
)
_TOLD_LATER = re.compile(
    rb"\b(?:ansible_)?connection\b[\"']?[ \t]*[:=][ \t]*[\"']?\{\{|\bansible_(?:ssh_)?host\b[\"']?[ \t]*(?::|=(?!=))"
)
_COMMENT = re.compile(rb"^[ \t]*#[^\n]*", re.MULTILINE)
_VARIABLES_OF_HOSTS = frozenset({"host_vars", "group_vars"})
"""Folders that say how a host is reached, which is no other host for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A line that acts on `host`, whoever it is played on; empty: only the play will know on which."""

    place: str
    host: str


def acts_elsewhere(folder: Path) -> tuple[Elsewhere, ...]:
    """All such lines below a folder, in order; TooMuch, OSError."""
    found = []
    for path in files(folder):
        text = _COMMENT.sub(lambda comment: b" " * len(comment[0]), path.read_bytes())
        name = path.relative_to(folder)
        of_hosts = bool(_VARIABLES_OF_HOSTS & set(name.parts))
        for at, host in sorted(_hosts(text, of_hosts=of_hosts)):
            line = text.count(b"\n", 0, at) + 1
            found.append(Elsewhere(place=f"{name}:{line}", host=host))
    return tuple(found)


def _hosts(text: bytes, *, of_hosts: bool) -> Iterator[tuple[int, str]]:
    """Where in a file, and which host."""
    for match in _DONE_HERE.finditer(text):
        yield match.start(), HERE
    for match in _TOLD_LATER.finditer(text):
        if not (of_hosts and b"host" in match[0]):
            yield match.start(), ""
    for match in _HANDED.finditer(text):
        value = (match["to"] or b"").partition(b":")[2].decode(errors="replace").strip(" \t\"'")
        if not _SAME.fullmatch(value):
            yield match.start(), _named(value)


def _named(value: str) -> str:
    if value in LOOPBACK:
        return HERE
    return value if _NAME.fullmatch(value) else ""


def reached_from_here(connections: Mapping[str, str], hosts: Sequence[str]) -> tuple[Elsewhere, ...]:
    """Those of the hosts that the inventory reaches on this machine, or in a way that only the play will know."""
    said = {host: connections[host] for host in hosts if host in connections}
    return tuple(
        Elsewhere(place=f"`ansible_connection` of {host} in the inventory", host=HERE if _LOCAL.fullmatch(by) else "")
        for host, by in said.items()
        if _LOCAL.fullmatch(by) or "{{" in by
    )
