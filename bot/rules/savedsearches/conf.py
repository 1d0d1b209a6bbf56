"""Splunk's `.conf` text: stanzas of settings, each with the place it stands at. It reads text and does no I/O.

A line that ends with a backslash goes on in the next one, and the newline stays in the value. `#` begins a comment only
at the beginning of a line. Settings before the first stanza belong to `[default]`, and every other stanza has those of
`[default]` that it does not set itself. A stanza or a setting that is there twice counts as the last one says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.documents import Place
from bot.errors import Complaint, Gravity

DEFAULT = "default"
_HEADER = re.compile(r"\s*\[(?P<name>.*)\](?P<rest>[^\]]*)")
_BLANK = " \t\r\f\v"
SPACE = _BLANK + "\n"
"""What is cut off around a key and a value: no other blank is one."""
_OF_A_SEARCH = (
    "this looks like more of a search: a line goes on only if the one before it ends with `\\`, nothing after it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One `key = value` of a stanza, where its key stands, and where its value begins."""

    stanza: str
    key: str
    value: str
    file: str
    place: Place
    value_place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """One `[name]`, where it first stands, and what it sets itself, in the order it is first set."""

    name: str
    file: str
    place: Place
    settings: Mapping[str, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conf:
    """The stanzas of a file, or of several in layers, in their order; `[default]` is apart from them."""

    default: Mapping[str, Setting] = field(default_factory=dict)
    stanzas: tuple[Stanza, ...] = ()
    complaints: tuple[Complaint, ...] = ()

    def settings(self, stanza: Stanza) -> Mapping[str, Setting]:
        """All that holds for a stanza: what it sets, and of `[default]` what it does not."""
        return {**self.default, **stanza.settings}


def parse(text: str, file: str) -> Conf:
    """The file as far as it can be read; whatever its text is, nothing is raised. Its complaints say what is wrong."""
    reader = _Reader(file)
    for line in _lines(text):
        reader.read(line)
    return reader.conf()


def layered(layers: Sequence[Conf]) -> Conf:
    """Several files of one app as one, setting by setting: what a later one (`local`) sets wins over an earlier one.

    `[default]` is layered too, and still yields to what any of the files sets in a stanza of its own.
    """
    default: dict[str, Setting] = {}
    stanzas: dict[str, Stanza] = {}
    for layer in layers:
        default |= layer.default
        for stanza in layer.stanzas:
            below = stanzas.get(stanza.name)
            if below is not None:
                settings = {**below.settings, **stanza.settings}
                stanza = Stanza(name=stanza.name, file=below.file, place=below.place, settings=settings)
            stanzas[stanza.name] = stanza
    complaints = tuple(complaint for layer in layers for complaint in layer.complaints)
    return Conf(default=default, stanzas=tuple(stanzas.values()), complaints=complaints)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with those that continue it. `number` is that of the first."""

    number: int
    text: str


def _lines(text: str) -> Iterator[_Line]:
    number, parts = 1, list[str]()
    for index, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r")
        goes_on = line.endswith("\\") and (bool(parts) or not line.lstrip(_BLANK).startswith("#"))
        parts.append(line[:-1] if goes_on else line)
        if not goes_on:
            yield _Line(number, "\n".join(parts))
            number, parts = index + 1, []
    if parts:
        yield _Line(number, "\n".join(parts))


class _Reader:
    """Puts one line after the other where it belongs."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._name = DEFAULT
        self._places: dict[str, Place] = {}
        self._settings: dict[str, dict[str, Setting]] = {DEFAULT: {}}
        self._complaints: list[Complaint] = []
        self._lost = False
        """Whether we are below a header that could not be read, so that nobody knows whose settings these are."""

    def read(self, line: _Line) -> None:
        content = line.text.lstrip(_BLANK)
        column = len(line.text) - len(content) + 1
        if not content.strip(SPACE) or content.startswith("#"):
            return
        if content.startswith("["):
            self._header(line, column)
        else:
            self._setting(line, content, column)

    def conf(self) -> Conf:
        stanzas = tuple(
            Stanza(name=name, file=self._file, place=place, settings=self._settings[name])
            for name, place in self._places.items()
            if name != DEFAULT
        )
        complaints = tuple(sorted(self._complaints))
        return Conf(default=self._settings[DEFAULT], stanzas=stanzas, complaints=complaints)

    def _header(self, line: _Line, column: int) -> None:
        match = _HEADER.fullmatch(line.text)
        place = Place(line.number, column)
        self._lost = match is None or not match["name"].strip()
        if match is None:
            self._complain(place, "", "a stanza begins with `[name]` in one line, and this one has no `]`")
            return
        name = match["name"].strip()
        if not name:
            self._complain(place, "", "a stanza needs a name: `[name]`")
            return
        if match["rest"].strip():
            told = f"{match['rest'].strip()!r} after the stanza's `]` is ignored; write a comment in a line of its own"
            self._complain(place, f"[{name}]", told, Gravity.WARNING)
        first = self._places.setdefault(name, place)
        if first != place:
            told = f"this stanza is there at line {first.line} already; they count as one, and what is set last wins"
            self._complain(place, f"[{name}]", told, Gravity.WARNING)
        self._name = name
        self._settings.setdefault(name, {})

    def _setting(self, line: _Line, content: str, column: int) -> None:
        key, equals, rest = content.partition("=")
        name, value = key.strip(SPACE), rest.strip(SPACE)
        place = Place(line.number, column)
        if not equals or not name or "\n" in name or name.startswith(("|", "`")):
            self._complain(place, f"[{self._name}]", f"ignored: {_no_setting(content)}", Gravity.WARNING)
            return
        if self._lost:
            return
        if any(blank in name for blank in _BLANK):
            self._complain(place, f"[{self._name}]", f"{name!r} is no key; {_OF_A_SEARCH}", Gravity.WARNING)
        settings = self._settings[self._name]
        if name in settings:
            told = f"{name!r} is set at line {settings[name].place.line} already; the last one counts"
            self._complain(place, f"[{self._name}] {name}", told, Gravity.WARNING)
        before = rest[: len(rest) - len(rest.lstrip(SPACE))] if value else ""
        begins = _moved(place, key + equals + before)
        settings[name] = Setting(
            stanza=self._name, key=name, value=value, file=self._file, place=place, value_place=begins
        )

    def _complain(self, place: Place, path: str, message: str, gravity: Gravity = Gravity.ERROR) -> None:
        self._complaints.append(
            Complaint(
                file=self._file, line=place.line, column=place.column, path=path, message=message, gravity=gravity
            )
        )


def _moved(place: Place, text: str) -> Place:
    """Where we are after this text."""
    newlines = text.count("\n")
    if not newlines:
        return Place(place.line, place.column + len(text))
    return Place(place.line + newlines, len(text) - text.rindex("\n"))


def _no_setting(content: str) -> str:
    if content.startswith(("|", "`")) or "\n" in content or content.rstrip(SPACE).endswith("\\"):
        return _OF_A_SEARCH
    return "neither a stanza, `[name]`, nor a setting, `key = value`"
