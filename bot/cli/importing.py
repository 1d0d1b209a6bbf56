"""What `tocsin import` makes of the saved searches of a server: which are evaluated, how, and which not and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import Conflict
from bot.model.kept_search import KeptSearch
from bot.model.rule import RuleGroup
from bot.model.search import SavedSearch
from bot.rules.savedsearches import conf, words, writing
from bot.rules.savedsearches.stanza import Home, Left, Reading, of_mapping, read

SUFFIX = ".conf"
_FILE = "savedsearches.conf"
_FOLDER = re.compile(r"(?!\.+$)[\w.@ -]+")
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One search of a server. Without a `group` it is not evaluated, and `why` says why; `mistaken`: for mistakes."""

    kept: KeptSearch
    group: RuleGroup | None
    why: str
    mistaken: bool
    remarks: tuple[str, ...]

    @property
    def search(self) -> SavedSearch | None:
        """What is evaluated."""
        return self.group.search if self.group else None


def judged(kept: Sequence[KeptSearch], source: str, time_zone: str) -> Sequence[Judged]:
    """Each of them, by the same rules as a file."""
    return [_judged(one, source, time_zone) for one in kept]


def as_json(one: Judged) -> dict[str, object]:
    """One search for `--format json`."""
    told: dict[str, object] = {"name": one.kept.name, "app": one.kept.app, "owner": one.kept.owner}
    told |= {"evaluated": one.search is not None, "mistaken": one.mistaken, "why": one.why, "remarks": one.remarks}
    if one.search is not None:
        told |= {
            "cron": one.search.schedule.cron,
            "when": words.schedule(one.search.schedule),
            "window": words.window(one.search.dispatch),
            "fires": words.condition(one.search),
            "tells": words.telling(one.search),
            "search": one.search.search,
        }
    return told


def files(judged: Sequence[Judged], target: Path) -> Mapping[Path, str]:
    """What is to be written where: one file, or in a folder one for each app, and for each owner of private ones.

    Conflict where searches of several apps or owners cannot stand in one file.
    """
    homes: dict[tuple[str, str], list[KeptSearch]] = {}
    for one in judged:
        if one.group is not None:
            homes.setdefault((one.kept.app, one.kept.owner), []).append(one.kept)
    is_file = target.suffix == SUFFIX
    if is_file and len(homes) > 1:
        message = f"{target} would hold searches of {len(homes)} apps or owners, and a file is of one"
        raise Conflict(message, hint="choose one with --app and --owner, or write into a folder")
    return {target if is_file else target / _below(app, owner): _text(one) for (app, owner), one in homes.items()}


def entries(written: Mapping[Path, str], judged: Sequence[Judged], source: str) -> Iterator[str]:
    """The lines of `rules:` in tocsin.yaml that name these files."""
    homes = {(one.kept.app, one.kept.owner) for one in judged if one.group is not None}
    for path in written:
        more = ""
        if path.name != _FILE or path.parent.name not in ("default", "local"):
            ((app, owner),) = homes
            more = f", app: {app}" + (f", owner: {owner}" if owner != _NOBODY else "")
        yield f"  - {{files: [{path}], source: {source}{more}}}"


def _judged(kept: KeptSearch, source: str, time_zone: str) -> Judged:
    home = Home(file=_FILE, source=source, app=kept.app, owner=kept.owner, time_zone=time_zone)
    reading = of_mapping(kept.name, kept.settings, home)
    said = tuple(f"{one.path}: {one.message}" if one.path else one.message for one in reading.complaints)
    group = reading.groups[0] if reading.groups else None
    why = _why(reading.left) if group is None else _no_file(kept, group, home)
    return Judged(
        kept=kept,
        group=None if why else group,
        why=why,
        mistaken=group is None and not reading.left,
        remarks=() if reading.left else said,
    )


def _why(left: Sequence[Left]) -> str:
    return left[0].why if left else "it has mistakes"


def _no_file(kept: KeptSearch, group: RuleGroup, home: Home) -> str:
    """Why what would be written would not be this search; empty when it would."""
    if why := writing.no_name(kept.name):
        return why
    if not _FOLDER.fullmatch(kept.app) or not _FOLDER.fullmatch(kept.owner):
        return "its app or owner cannot be the name of a folder"
    again: Reading = read(conf.parse(_text([kept]), _FILE), home)
    return "" if again.groups == (group,) else "a file cannot say it as the server has it"


def _text(kept: Sequence[KeptSearch]) -> str:
    return writing.text([(one.name, one.settings) for one in kept])


def _below(app: str, owner: str) -> Path:
    return Path(app, "default", _FILE) if owner == _NOBODY else Path("users", owner, app, "local", _FILE)
