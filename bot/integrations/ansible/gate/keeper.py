"""Stands in Ansible's own process: no task acts on a host that its plan does not name, and none in check mode.

Nor does a further host begin once Tocsin wants nothing more of the play.

Wherever a task, or its connection, comes from - a role outside of the folder, a collection, a variable, the inventory,
a setting - it is connected in one place, and that place is kept here. Ansible loads this as a callback, at its start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.callback import CallbackBase

FOLDER = "TOCSIN_GATE"
"""The variable that names the folder. `named` in it says who may be acted on; `stands`, and a line of `beyond` for each
task that acts on anybody but the play's own hosts, are written there. `begun` has a file for each host that has had its
first task; while there is a `stop`, which says why, no other has one.
"""
_FINDS_OUT = ("setup", "gather_facts")


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Ansible looks for this name. It hears nothing; that it is made is all."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "tocsin_gate"

    def __init__(self) -> None:
        super().__init__()
        _stand(Path(os.environ[FOLDER]))


def _stand(folder: Path) -> None:
    """Workers are forked from this process, so they have it too. Where Ansible has no such place, this raises."""
    named = json.loads((folder / "named").read_text())
    connect = TaskExecutor._get_connection

    # Any: Ansible's own, of any version; the variables that it connects by come first
    def connected(executor: Any, variables: Any, *rest: Any) -> Any:
        connection = connect(executor, variables, *rest)
        if variables:  # without any, it is a stand-in for what needs no connection
            if named["check"] and not executor._task.check_mode:
                _tell(folder, executor, "tocsin_forced", kept="acting in check mode")
            for whom in sorted(_acts_on(executor, connection, named) - set(named["hosts"])):
                is_named = whom in named["others"]
                kept = "" if is_named else f"acting on {whom}, which the plan does not name"
                _tell(folder, executor, "tocsin_other" if is_named else "tocsin_stray", whom, kept=kept)
            _begin(folder, executor)
        return connection

    TaskExecutor._get_connection = connected
    (folder / "begun").mkdir()
    (folder / "stands").touch()


def _begin(folder: Path, executor: Any) -> None:  # Any: as above
    """A host whose turn has begun comes to its end: what a half of a play leaves behind, nobody has asked for."""
    if _last(executor._task.action) in _FINDS_OUT:
        return
    begun = folder / "begun" / sha256(str(executor._host.name).encode(errors="replace")).hexdigest()
    if not begun.exists():
        if (folder / "stop").exists():
            _tell(folder, executor, "tocsin_left", kept=f"beginning: {(folder / 'stop').read_text()}")
        begun.touch()


def _acts_on(executor: Any, connection: Any, named: Mapping[str, Any]) -> set[str]:  # Any: as above
    whom = str(executor._task.delegate_to or executor._host.name)
    is_here = _last(connection.transport) in named["here_by"] or _last(executor._task.action) in named["both_sides"]
    return {named["here"] if whom in named["loopback"] else whom} | ({named["here"]} if is_here else set())


def _last(name: object) -> str:
    """A plugin's name without its collection."""
    return str(name).rpartition(".")[2]


# Any: as above
def _tell(folder: Path, executor: Any, event: str, whom: str = "", *, kept: str = "") -> None:
    task = {"host": str(executor._host.name), "task": str(executor._task.get_name()), "whom": whom}
    with (folder / "beyond").open("a") as file:
        file.write(f"{json.dumps({'event': event, 'event_data': task})}\n")
    if kept:
        raise AnsibleError(f"Tocsin keeps this task from {kept}")
