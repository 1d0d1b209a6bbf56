"""Plays a playbook in a process of its own, and hears its events as they come."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from bot.errors import Permanent
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.sources import runs_even_in_check_mode
from bot.integrations.ansible.workspace import Play, Workspace, workspace
from bot.ports import in_turn
from bot.ports.reads_only import require_read

_LOOK = 0.2  # seconds between two looks at what it has said
_ASK = 1.0  # seconds between two questions whether further hosts may begin
_GRACE = 5.0  # seconds between asking a play to stop and ending it
_MOST_SAID = 64 * 1024 * 1024

# Any: an event of ansible-runner, as its documentation has them.
Hear = Callable[[Mapping[str, Any]], None]


class Silent(Exception):
    """The play began, and ended without telling how; the message is what it complained of."""


async def played(config: AnsibleConfig, integration: str, play: Play, within: timedelta, hear: Hear) -> None:
    """Plays it to its end. Permanent when it could not begin; Silent when it ended without its last event.

    Where only reading is allowed, only check mode begins, and only of playbooks that have no task which disregards it.
    A play that changes something begins on no further host once nothing more is wanted of its run (`ports/in_turn.py`).
    On cancellation the play and all it started are ended; when Tocsin is killed, it goes on for `within` at most.
    """
    name = play.playbook.name if isinstance(play.playbook, Path) else "a playbook of ours"
    ours = not isinstance(play.playbook, Path)
    heeded = ours or not await asyncio.to_thread(runs_even_in_check_mode, config.playbooks)
    require_read(f"playing {name}", integration=integration, reads=play.check and heeded)
    require_ansible(integration)
    seconds = max(1, round(within.total_seconds()))
    with (
        workspace(config, play, seconds) as made,
        (made.folder / "said").open("wb") as said,
        (made.folder / "complaints").open("w+b") as complaints,
    ):
        process = await _started(made, said, complaints)
        ended = asyncio.ensure_future(process.wait())
        heard = _Heard(made.folder / "said", hear)
        asking = None if play.check else asyncio.create_task(_stop_beginning(made.folder, hear))
        try:
            while not ended.done():
                await asyncio.wait({ended}, timeout=_LOOK)
                if heard.listen() > _MOST_SAID or _is_open(made, heard):
                    await _stop(process.pid, ended)
        except asyncio.CancelledError:
            await _stop(process.pid, ended)
            raise
        finally:
            if asking is not None:
                asking.cancel()
        heard.listen()
        if _is_open(made, heard):
            hint = "install a version of ansible-core that Tocsin's tests were run with"
            message = "nobody keeps tasks from acting elsewhere: this ansible-core has no place for Tocsin's gate"
            raise Permanent(message, integration=integration, reason="client", hint=hint)
        for event in _beyond(made.folder):
            hear(event)
        if not heard.told_all:
            complaints.seek(0)
            raise Silent(_last_words(complaints.read(8192), heard.loose))


async def _stop_beginning(folder: Path, hear: Hear) -> None:
    """Asks again and again whether further hosts may begin, and once they may not, tells the gate."""
    while not (why := await in_turn.why_not_on()):  # noqa: ASYNC110 - it may be another process that was told
        await asyncio.sleep(_ASK)
    hear({"event": "tocsin_stop", "event_data": {"why": why}})
    (folder / "stopping").write_text(why)
    (folder / "stopping").rename(folder / "stop")


def require_ansible(integration: str) -> None:
    """Permanent when Ansible is not installed."""
    if importlib.util.find_spec("ansible_runner") is None or importlib.util.find_spec("ansible") is None:
        hint = "pip install 'tocsin[ansible]'"
        raise Permanent("Ansible is not installed", integration=integration, reason="client", hint=hint)


class _Heard:
    """Reads events from the file that a play writes, one a line."""

    def __init__(self, file: Path, hear: Hear) -> None:
        self._file = file
        self._hear = hear
        self._at = 0
        self.began = self.told_all = False
        self.loose = ""

    def listen(self) -> int:
        """Hears what is new; how much was said so far, in bytes."""
        with self._file.open("rb") as file:
            file.seek(self._at)
            new = file.read(_MOST_SAID)
        whole = new[: new.rfind(b"\n") + 1]
        self._at += len(whole)
        for event in self._events(whole):
            self.began = True
            self.told_all = self.told_all or event.get("event") == "playbook_on_stats"
            self._hear(event)
        return self._at

    def _events(self, said: bytes) -> Iterator[Mapping[str, Any]]:  # Any: see Hear
        for line in said.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                self.loose = line.decode(errors="replace")
                continue
            if isinstance(event, dict):
                yield event


def _is_open(made: Workspace, heard: _Heard) -> bool:
    """Whether a play has begun and nobody stands at the gate, who is there before its first event."""
    return heard.began and not (made.folder / "stands").exists()


def _beyond(folder: Path) -> Iterator[Mapping[str, Any]]:  # Any: see Hear
    """What the gate says of tasks that acted, or would have, on others than the play's own hosts."""
    told = folder / "beyond"
    for line in told.read_text().splitlines() if told.exists() else ():
        yield json.loads(line)


async def _started(made: Workspace, said: IO[bytes], complaints: IO[bytes]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *made.argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=said,
        stderr=complaints,
        cwd="/",
        env=dict(made.environment),
        pass_fds=(made.lock,),
        start_new_session=True,
    )


async def _stop(pid: int, ended: asyncio.Future[int]) -> None:
    """Ends the play and all it started, which leads sessions of its own: asks, and after a moment does not ask."""
    begun = _below(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    await asyncio.wait({ended}, timeout=_GRACE)
    for one in {pid, *begun, *_below(pid)}:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    await ended


def _below(pid: int) -> set[int]:
    """A process's children and theirs."""
    found: set[int] = set()
    with contextlib.suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found |= {child} | _below(child)
    return found


def _last_words(complaints: bytes, loose: str) -> str:
    lines = [line for line in complaints.decode(errors="replace").splitlines() if line.strip()]
    return (lines[-1] if lines else loose)[:300] or "it said nothing"
