"""Commands known to only read, whatever host they run on.

Strict on purpose: a command that is not told here counts as destructive and asks two people, which costs a minute; one
that is told wrongly costs a host. So there is no interpreter, nothing that prints files (`cat`, `tail`), nothing that
prints environments (`ps e`, `systemctl show` of everything), and of each program only the options that read:
`ss -K` kills connections, `journalctl --vacuum-size` deletes logs, `hostname NAME` renames the host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Reads = Callable[[Sequence[str]], bool]
"""Says whether a command only reads."""

BOOT_ID = "/proc/sys/kernel/random/boot_id"
"""Another text after each start of the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """`flags` take no value, `valued` take one; both without their dashes. `operands`: whether others may follow."""

    flags: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    operands: bool = False


def _program(flags: str = "", valued: str = "", *, operands: bool = False) -> _Program:
    return _Program(flags=_words(flags), valued=_words(valued), operands=operands)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PROGRAMS = {
    "df": _program(
        "a h H i k l m P T total all human-readable si inodes local portability print-type",
        "t x B type exclude-type block-size output",
        operands=True,
    ),
    "du": _program(
        "a b c h k l L m s S x P all apparent-size bytes total human-readable summarize separate-dirs one-file-system",
        "d B t max-depth block-size threshold exclude",
        operands=True,
    ),
    "free": _program("b k m g h t w l bytes kibi mebi gibi human total wide lohi"),
    "uptime": _program("p s pretty since"),
    "ss": _program(
        "a l t u x w n p s e m o i 4 6 H O all listening tcp udp unix raw numeric processes summary extended memory "
        "options info ipv4 ipv6 no-header oneline"
    ),
    "journalctl": _program(
        "k r q x a m dmesg reverse quiet catalog all no-pager utc no-hostname no-full full",
        "u n p o t S U g unit lines priority output identifier since until grep case-sensitive output-fields facility",
    ),
    "lsblk": _program("a b f m p l t all bytes fs perms paths list topology json J", "o output"),
    "nproc": _program("all"),
    "uname": _program("a s n r v m o all kernel-name nodename kernel-release kernel-version machine operating-system"),
    "vmstat": _program("a s w active stats wide"),
    "who": _program("a b q r u H all boot count runlevel users heading"),
}
_WHOLE = frozenset(
    {
        ("date", "-u"),
        ("date",),
        ("date", "+%s"),
        ("hostname",),
        ("ip", "-s", "link"),
        ("ip", "addr"),
        ("ip", "link"),
        ("ip", "route"),
        ("ps", "-ef"),
        ("ps", "aux"),
    }
)
_SYSTEMCTL = frozenset(
    {"is-active", "is-enabled", "is-failed", "is-system-running", "list-timers", "list-units", "show", "status"}
)
_SYSTEMCTL_OPTIONS = _program(
    "l a q full all quiet no-pager no-legend failed", "n o lines output state type", operands=True
)
_SHOWN = _words(
    "ActiveEnterTimestamp ActiveState Description ExecMainCode ExecMainStartTimestamp ExecMainStatus Id "
    "InactiveEnterTimestamp InvocationID LoadState MainPID MemoryCurrent NRestarts Names Result StateChangeTimestamp "
    "SubState TasksCurrent Type UnitFileState"
)
"""Properties that hold no environment and no command line."""
_COLUMNS = _words(
    "comm cputime etime etimes euser group lstart maj_flt min_flt nice ni nlwp pcpu pgid pid pmem ppid pri psr "
    "rss ruser sid start stat start_time sz time tty uid user vsz wchan"
)
"""What ps may show of every process: no arguments and no environment, which often hold secrets."""
_STAT = re.compile(r"/proc/[1-9]\d*/stat")
_FEW = re.compile(r"[1-9]\d{0,3}")


def only_reads(argv: Sequence[str]) -> bool:
    """Whether this command is known to change nothing and to show nothing that is kept secret."""
    program, *arguments = argv
    if tuple(argv) in _WHOLE:
        return True
    if program == "systemctl":
        return _systemctl(arguments)
    if program == "ps":
        return _ps(arguments)
    known = _PROGRAMS.get(program)
    return known is not None and _fits(known, arguments)


def only_looks(argv: Sequence[str]) -> bool:
    """Whether this command changes nothing: those above, and what our own actions look at before they act.

    A runbook's `host.run` is not let off by this: who may show a file is decided by `files` of the configuration.
    """
    match list(argv):
        case ["true"] | ["cat", "/proc/sys/kernel/random/boot_id"]:
            return True
        case ["cat", stat, "/proc/sys/kernel/random/boot_id"]:
            return _STAT.fullmatch(stat) is not None
        case ["readlink", "-e", "--", _]:
            return True
        case ["tail", "-n", lines, "--", _]:
            return _FEW.fullmatch(lines) is not None
        case _:
            return only_reads(argv)


def _ps(arguments: Sequence[str]) -> bool:
    """`ps -eo COLUMNS [--sort=COLUMNS]`, of columns that show no arguments."""
    match list(arguments):
        case ["-eo", columns]:
            return _columns(columns, "=")
        case ["-eo", columns, sort] if sort.startswith("--sort="):
            return _columns(columns, "=") and _columns(sort.removeprefix("--sort="), "+-")
        case _:
            return False


def _columns(text: str, around: str) -> bool:
    return all(column.strip(around) in _COLUMNS for column in text.split(","))


def _systemctl(arguments: Sequence[str]) -> bool:
    if not arguments or arguments[0] not in _SYSTEMCTL:
        return False
    verb, *rest = arguments
    if verb != "show":
        return _fits(_SYSTEMCTL_OPTIONS, rest)
    shown = [argument for argument in rest if argument.startswith("-")]
    return bool(shown) and all(
        argument.startswith("--property=") and set(argument.removeprefix("--property=").split(",")) <= _SHOWN
        for argument in shown
    )


def _fits(program: _Program, arguments: Sequence[str]) -> bool:
    """Whether every argument is a known option, the value of one, or an operand where those are allowed."""
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "-" or not argument.startswith("-"):
            if not program.operands:
                return False
        elif argument.startswith("--"):
            if not _long(program, argument[2:], left):
                return False
        elif not _short(program, argument[1:], left):
            return False
    return True


def _long(program: _Program, option: str, left: list[str]) -> bool:
    name, attached, _ = option.partition("=")
    if name in program.valued and len(name) > 1:
        return bool(attached) or _takes_value(left)
    return name in program.flags and len(name) > 1 and not attached


def _short(program: _Program, letters: str, left: list[str]) -> bool:
    """A cluster such as `-hT`; the value of a letter that takes one is what follows it, or the next argument."""
    for index, letter in enumerate(letters):
        if letter in program.valued:
            return index + 1 < len(letters) or _takes_value(left)
        if letter not in program.flags:
            return False
    return True


def _takes_value(left: list[str]) -> bool:
    """Takes the next argument. One that begins with `-` is refused: where a value is optional it would be an option."""
    return bool(left) and not left.pop(0).startswith("-")
