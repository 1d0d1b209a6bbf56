"""The saved searches that a configuration names: `savedsearches.conf`, with what lies above and below it in its app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config.files import text_of
from bot.config.findings import Findings
from bot.config.schema import RuleFiles
from bot.documents import Document, Place
from bot.documents import Path as Where
from bot.errors import Complaint, DocumentError, Gravity
from bot.model.rule import RuleGroup
from bot.rules.savedsearches import conf, stanza

NO_SEARCHES = "a file in the form of Splunk's, and none of saved searches: none of its keys is one of theirs"
_LAYERS = ("default", "local")
"""The folders of an app, the one that yields first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanzas(Document):
    """The files of one app as a document: `(stanza,)` is the path of a stanza, which may stand in any of them."""

    files: Mapping[Where, str]

    def complaint(self, path: Where, message: str, *, gravity: Gravity = Gravity.ERROR) -> Complaint:
        """A complaint about a stanza, or with an empty path about all of them."""
        found = Document.complaint(self, path, message, gravity=gravity)
        return replace(found, file=self.files.get(path, self.file))


def layers_of(path: Path) -> tuple[Path, ...]:
    """This file and the one that belongs to it in the other folder of its app, `default` before `local`."""
    if path.parent.name not in _LAYERS:
        return (path,)
    beside = (path.parent.parent / layer / path.name for layer in _LAYERS)
    return tuple(one for one in beside if one == path or one.is_file())


def read_searches(
    layers: Sequence[tuple[Path, str]], key: str, entry: RuleFiles, time_zone: str, findings: Findings
) -> tuple[Stanzas, tuple[RuleGroup, ...]]:
    """The searches of these files, each given with how it is shown to people, and known to the rules as of `key`.

    What is wrong goes into `findings`, with its file and place; what is sound is returned all the same.
    """
    confs = [conf.parse(_text(path, name, findings), name) for path, name in layers]
    made = conf.layered(confs)
    home = stanza.Home(
        file=key,
        source=entry.source,
        app=entry.app or app_of(layers[0][0]),
        owner=entry.owner or owner_of(layers[0][0]),
        time_zone=entry.time_zone or time_zone,
    )
    reading = stanza.read(made, home)
    for complaint in reading.complaints:
        findings.add(complaint)
    places = {(f"[{one.name}]",): one for one in made.stanzas}
    document = Stanzas(
        file=layers[0][1],
        text="",
        value=None,
        places={path: one.place for path, one in places.items()},
        values={(): Place(1, 1)},
        files={path: one.file for path, one in places.items()},
    )
    return document, reading.groups


def app_of(path: Path) -> str:
    """The app that a file belongs to by its path: `APP/default/savedsearches.conf`; `search` where it does not say."""
    return path.parent.parent.name if path.parent.name in _LAYERS and path.parent.parent.name else "search"


def owner_of(path: Path) -> str:
    """Whose a file is by its path: `users/OWNER/APP/local/savedsearches.conf`; `nobody` where it does not say."""
    above = path.parent.parents
    of_a_person = path.parent.name == "local" and len(above) > 2 and above[2].name == "users"
    return above[1].name if of_a_person else "nobody"


def _text(path: Path, name: str, findings: Findings) -> str:
    findings.files.setdefault(name)
    try:
        return text_of(path, name)
    except DocumentError as error:
        findings.take(error)
        return ""
