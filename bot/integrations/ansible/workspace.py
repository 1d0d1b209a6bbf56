"""The folder in which Ansible is told what to do: one for each play, gone when it ends.

It holds the key to log in with, so no other user may look into it. When Tocsin is killed in the middle of a play, the
play goes on until its time is over, and the folder stays behind: whoever opens the integration next clears away those
whose play has ended, which is known by a lock that the play holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.integrations.ansible import gate
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.elsewhere import HERE, HERE_BY, LOOPBACK, ON_BOTH_SIDES

_PREFIX = f"tocsin-ansible-{os.getuid()}-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played on which hosts. `playbook` is a file, or one of our own as data; `check`: change nothing.

    `others` are the hosts on which it may act besides.
    """

    playbook: Path | Sequence[Mapping[str, Any]]  # Any: plain JSON
    hosts: Sequence[str]
    others: Sequence[str] = ()
    # Any: plain JSON.
    variables: Mapping[str, Any] = field(default_factory=dict)
    check: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A play made ready: what to start, in which environment, and the lock that it holds as long as it lives."""

    folder: Path
    argv: Sequence[str]
    environment: Mapping[str, str]
    lock: int


@contextlib.contextmanager
def workspace(config: AnsibleConfig, play: Play, seconds: int) -> Iterator[Workspace]:
    """Makes one for the length of a block; the play ends after so many seconds, whoever is still there."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _filled(folder, lock, config, play, seconds)
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def clear_away() -> None:
    """Removes what plays left behind that have ended since their Tocsin was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (folder / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def environment(config: AnsibleConfig, folder: Path) -> dict[str, str]:
    """What Ansible goes by: nothing of ours but where programs are, and no file of settings that nobody named."""
    known = config.known_hosts or "/dev/null"
    (folder / "ansible.cfg").touch()
    return {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(config.ansible_config or folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(gate.__file__).parent),
        "TOCSIN_GATE": str(folder),
        "ANSIBLE_ROLES_PATH": str(config.playbooks.absolute() / "roles"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_HOST_KEY_CHECKING": "1",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_SSH_USETTY": "0",  # a sshd that is not root's can give no terminal
        "ANSIBLE_SSH_ARGS": "-F /dev/null -o ControlMaster=no -o IdentityAgent=none -o StrictHostKeyChecking=yes "
        f"-o BatchMode=yes -o GlobalKnownHostsFile=/dev/null -o {shlex.quote(f'UserKnownHostsFile={known}')}",
    }


def _filled(folder: Path, lock: int, config: AnsibleConfig, play: Play, seconds: int) -> Workspace:
    (folder / "env").mkdir()
    (folder / "env" / "extravars").write_text(json.dumps({name: _data(one) for name, one in play.variables.items()}))
    (folder / "env" / "settings").write_text(json.dumps({"job_timeout": seconds}))
    (folder / "limit").write_text("".join(f"{host}\n" for host in play.hosts))
    options = ["--diff", f"--limit=@{folder / 'limit'}", f"--forks={config.forks}"]
    if play.check:
        options.append("--check")
    if play.check and isinstance(play.playbook, Path):
        options.append("-v")  # says why a task was left out
    if config.user:
        options.append(f"--user={config.user}")
    if config.key is not None:
        (folder / "key").touch(0o600)
        (folder / "key").write_text(config.key.get_secret_value().strip() + "\n")
        options.append(f"--private-key={folder / 'key'}")
    (folder / "env" / "cmdline").write_text(shlex.join(options))
    (folder / "named").write_text(json.dumps(_named(play)))
    playbook = play.playbook
    if not isinstance(playbook, Path):
        playbook = folder / "playbook.yml"
        playbook.write_text(json.dumps(play.playbook))  # JSON is YAML
    argv = [
        sys.executable, "-m", "ansible_runner", "run", str(folder), f"--playbook={playbook}", "--json", "--ident=play",
        f"--inventory={config.inventory.absolute()}",
    ]  # fmt: skip
    return Workspace(folder=folder, argv=argv, environment=environment(config, folder), lock=lock)


def _named(play: Play) -> Mapping[str, Any]:  # Any: plain JSON
    """What the gate goes by, to which nothing of ours is known but this."""
    here = {"here": HERE, "here_by": HERE_BY, "both_sides": ON_BOTH_SIDES, "loopback": LOOPBACK}
    return {"hosts": list(play.hosts), "others": list(play.others), "check": play.check, **here}


def _data(value: Any) -> Any:  # Any: plain JSON
    """The value, marked so that Ansible takes no text in it for a template."""
    if isinstance(value, list):
        return [_data(one) for one in value]
    return {"__ansible_unsafe": value} if isinstance(value, str) else value
