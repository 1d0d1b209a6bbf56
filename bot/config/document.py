"""`tocsin.yaml` as a document: read, overridden from the environment, its secrets settled, validated.

A mistake in one part does not hide those in the others: what is sound is validated without what is not.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.config.files import shown, text_of
from bot.config.findings import Findings
from bot.config.schema import SQLITE, Config
from bot.config.values import Values
from bot.documents import Document, dotted, read, suggest, validate
from bot.documents import Path as Place
from bot.documents import Place as Spot
from bot.errors import Complaint, DocumentError, Gravity, StartError

PREFIX = "TOCSIN_"
OVERRIDABLE = ("http", "store", "log", "time_zone", "retention")
"""The first-level keys that the environment may set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """The document with overrides and secrets in place; `config` holds its sound parts, `broken` names the others."""

    path: Path | None
    base: Path
    document: Document
    values: Values
    config: Config
    broken: frozenset[str]
    overridden: Mapping[str, str]
    """Dotted path to the environment variable that set it."""

    def complaint(self, path: Place, message: str, *, gravity: Gravity = Gravity.ERROR) -> Complaint:
        """A complaint about what stands at this path: in the file, or in the environment variable that set it."""
        return _of_environment(self.document.complaint(path, message, gravity=gravity), self.overridden)


def compose(path: Path | None, env: Mapping[str, str], cwd: Path, findings: Findings) -> ConfigDocument:
    """Reads the file (None: the embedded defaults); what is wrong goes into `findings`.

    Relative paths in the file are seen from the file's folder, those in the environment from `cwd`. Raises StartError
    when the file is not there.
    """
    file = cwd / path if path is not None else None
    if file is not None and not file.is_file():
        raise StartError(f"there is no configuration at {path}", hint="name another with -c FILE, or write one there")
    base = file.parent if file is not None else cwd
    document = _read(file, shown(file, cwd) if file is not None else "the defaults", findings)
    given = _overrides(env, findings)
    overridden = {dotted(place): _variable(place) for place, _ in _leaves(given, ())}
    values = Values(env=env, base=base)
    document = _without_silences(document, findings)
    written = values.settle(document.value, Config)
    # A key whose lines are all commented out reads as null, and means what an absent one means.
    stated = {key: item for key, item in written.items() if item is not None} if isinstance(written, dict) else {}
    document = replace(document, value=_merged(stated, given), places={**_places(given, ()), **document.places})
    config, broken = _sound(document, findings, overridden)
    config = _with_place(config, cwd if "store.url" in overridden else base)
    return ConfigDocument(
        path=file, base=base, document=document, values=values, config=config, broken=broken, overridden=overridden
    )


def _read(path: Path | None, name: str, findings: Findings) -> Document:
    empty = read("", name)
    if path is None:
        return empty
    findings.files.setdefault(name)
    try:
        document = read(text_of(path, name), name)
    except DocumentError as error:
        findings.take(error)
        return empty
    if document.value is not None and not isinstance(document.value, dict):
        findings.blame(document, [((), "a configuration is a mapping: `key: value`")])
        return empty
    return document


def _without_silences(document: Document, findings: Findings) -> Document:
    """Silences come and go while Tocsin runs; a file that is read again would bring back those that were ended."""
    if not isinstance(document.value, dict) or "silences" not in document.value:
        return document
    findings.blame(document, [(("silences",), "silences are not written here; make one with `tocsin silence add`")])
    return replace(document, value={key: item for key, item in document.value.items() if key != "silences"})


def _overrides(env: Mapping[str, str], findings: Findings) -> dict[str, Any]:  # Any: plain values, nested
    ours = [name for name in env if name.upper().startswith(PREFIX)]
    heads = {name: name.upper().removeprefix(PREFIX).partition("__")[0].lower() for name in ours}
    for name, head in heads.items():
        if "__" in name and head not in OVERRIDABLE:
            near = suggest(head, OVERRIDABLE) or f"; it can set {', '.join(OVERRIDABLE)}"
            message = f"the environment cannot set {head!r}{near}"
            findings.add(Complaint(file=name, line=0, column=0, path="", message=message, gravity=Gravity.WARNING))
    if not any(head in OVERRIDABLE for head in heads.values()):
        return {}
    try:
        # Loads pydantic-settings, which most starts do not need and which takes longer than all the rest of this.
        given: dict[str, Any] = importlib.import_module("bot.config.environment").overrides(env)
    except DocumentError as error:
        findings.take(error)
        return {}
    return given


def _sound(document: Document, findings: Findings, overridden: Mapping[str, str]) -> tuple[Config, frozenset[str]]:
    """The configuration without the first-level keys that have mistakes, and those keys."""
    try:
        return validate(document, Config), frozenset()
    except DocumentError as error:
        for complaint in error.complaints:
            findings.add(_of_environment(complaint, overridden))
        broken = frozenset(re.split(r"[.\[]", complaint.path)[0] for complaint in error.complaints)
    value = document.value if isinstance(document.value, dict) else {}
    rest = {key: item for key, item in value.items() if key not in broken}
    try:
        return validate(replace(document, value=rest, complaints=()), Config), broken
    except DocumentError:
        return Config(), frozenset(Config.model_fields)


def _with_place(config: Config, base: Path) -> Config:
    """The configuration with the place of its SQLite file made absolute."""
    url = config.store.url
    if not url.startswith(SQLITE):
        return config
    absolute = f"{SQLITE}{base / url.removeprefix(SQLITE)}"
    return config.model_copy(update={"store": config.store.model_copy(update={"url": absolute})})


def _of_environment(complaint: Complaint, overridden: Mapping[str, str]) -> Complaint:
    variable = overridden.get(complaint.path)
    return replace(complaint, file=variable, line=0, column=0, path="") if variable else complaint


def _variable(place: Place) -> str:
    return PREFIX + "__".join(str(part) for part in place).upper()


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:  # Any: plain values of any shape
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*place, key))
    else:
        yield place, value


def _places(value: Any, place: Place) -> dict[Place, Spot]:  # Any: plain values of any shape
    """A place for everything the environment sets, so that complaints about it name it whole."""
    inner = value.items() if isinstance(value, dict) else ()
    return {place: Spot(1, 1)} | {
        key: spot for name, item in inner for key, spot in _places(item, (*place, name)).items()
    }


def _merged(written: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:  # Any: plain values, nested
    merged = dict(written)
    for key, item in given.items():
        below = merged.get(key)
        merged[key] = _merged(below if isinstance(below, dict) else {}, item) if isinstance(item, dict) else item
    return merged
