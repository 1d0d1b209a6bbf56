"""What the actions on hosts take: each value has a type that only holds what it may be, never a piece of syntax.

Every program is given a list of arguments that we build. So a hostile text could at most be an odd argument, an option,
a path or a pattern; the types here leave it none of these.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from bot.documents import Duration, Strict, format_duration

_UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:.@\\-]{0,246}")
_OTHER_KINDS = (
    ".automount", ".device", ".mount", ".path", ".scope", ".slice", ".socket", ".swap", ".target", ".timer",
)  # fmt: skip
_BATCH = re.compile(r"[1-9]\d{0,2}%?")
_LONGEST_PATH = 4096


def _unit(text: str) -> str:
    if _UNIT.fullmatch(text) is None:
        raise ValueError("not the name of a unit: letters, digits and `_ : . @ \\ -`, the first one a letter or digit")
    if text.endswith(_OTHER_KINDS):
        raise ValueError("not a service: targets, sockets, mounts and the like are not for this action")
    return text if text.endswith(".service") else f"{text}.service"


def _path(text: str) -> str:
    if not text.startswith("/") or len(text) > _LONGEST_PATH or not text.isprintable():
        raise ValueError("not a path that begins with `/` and holds no control characters")
    if any(part in ("", ".", "..") for part in text[1:].split("/")) and text != "/":
        raise ValueError("a path is written in full, without `.`, `..` and `//`")
    return text


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a text to look for is one line without control characters")
    return text


def _batch(text: str) -> str:
    if text and (_BATCH.fullmatch(text) is None or (text.endswith("%") and int(text[:-1]) > 100)):
        raise ValueError("write a number of hosts, such as 5, or a share of them, such as 10%")
    return text


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _text_of_number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Unit = Annotated[str, AfterValidator(_unit)]
"""A systemd service; `.service` is added where it is missing."""

AbsolutePath = Annotated[str, AfterValidator(_path)]
"""A path from the root, with nothing in it that leads elsewhere than it says."""

Line = Annotated[str, AfterValidator(_plain), Field(max_length=200)]
"""One line of visible text."""

Length = Annotated[Duration, PlainSerializer(format_duration)]
"""A duration, which a journal keeps as it is written."""

Names = Annotated[list[str], BeforeValidator(_one_or_several)]
Batch = Annotated[str, BeforeValidator(_text_of_number), AfterValidator(_batch)]

Signal = Literal["TERM", "INT", "HUP", "KILL"]


class OnHosts(Strict):
    """Where an action is done: one host, or several in batches."""

    host: str = Field(
        default="", description="Its name in the inventory, or its address; an exporter's `:port` is left out."
    )
    hosts: Names = Field(default_factory=list, description="Several of them, instead of `host`.")
    groups: Names = Field(default_factory=list, description="Groups of tocsin.yaml, besides or instead of `hosts`.")
    batch: Batch = Field(
        default="",
        description="How many hosts at once: a number, or a share such as `10%`. "
        "Unless it is given, changes are made on one after another, and reads on all at once. At most 32 at once.",
    )
    stop_after: int | None = Field(
        default=None,
        ge=1,
        description="No further batch is begun once so many hosts have failed. "
        "Unless it is given, a change stops after one, and a read never.",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if bool(self.host) == bool(self.hosts or self.groups):
            raise ValueError("say where: either `host`, or `hosts` and `groups`")
        return self


class OnService(OnHosts):
    """A service of systemd on hosts."""

    unit: Unit = Field(description="The service; `.service` is added where it is missing.")


class ChangeService(OnService):
    """A change of a service, and how long it is looked at afterwards."""

    settle: Length = Field(
        default=timedelta(seconds=3),
        le=timedelta(minutes=5),
        description="After so long it must still be as it should.",
    )


class JournalParams(OnService):
    """`with:` of host.journal."""

    since: Length = Field(default=timedelta(minutes=15), description="How far back.")
    lines: int = Field(default=200, ge=1, le=5000, description="At most so many lines, the newest.")
    grep: Line = Field(default="", description="Only lines that hold this text, as it is written; it is no pattern.")


class DiskParams(OnHosts):
    """`with:` of host.disk_usage."""

    path: AbsolutePath | None = Field(default=None, description="Only the file system that this path lies on.")


class ProcessesParams(OnHosts):
    """`with:` of host.processes."""

    by: Literal["cpu", "memory"] = Field(default="cpu", description="What the largest is the largest in.")
    count: int = Field(default=20, ge=1, le=500, description="How many are listed.")


class TailParams(OnHosts):
    """`with:` of host.file_tail."""

    path: AbsolutePath = Field(description="The file; it must fit `files` of the integration's configuration.")
    lines: int = Field(default=100, ge=1, le=5000, description="How many of its last lines.")


class PingParams(OnHosts):
    """`with:` of host.ping."""


class KillParams(OnHosts):
    """`with:` of host.kill_process."""

    pid: int = Field(ge=2, le=4_194_304, description="The process. Its start is part of the plan: no other is killed.")
    signal: Signal = Field(default="TERM", description="What it is sent.")
    wait: Length = Field(
        default=timedelta(seconds=10),
        le=timedelta(minutes=5),
        description="How long it has to end; after HUP it need not.",
    )


class RebootParams(OnHosts):
    """`with:` of host.reboot."""

    wait: Length = Field(
        default=timedelta(minutes=10),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="How long it has to come back. Give the step a longer timeout.",
    )


class RunParams(OnHosts):
    """`with:` of host.run."""

    argv: list[str] = Field(min_length=1, description="The program and its arguments. There is no shell.")
