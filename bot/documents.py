"""YAML text -> validated model; every mistake at once, each with its place and a suggestion.

Scalars keep their raw text (`on`, `012`, `1.0` stay what was written, `~` and nothing are null), because that is how
Prometheus reads its files; each model says with its types what a text must be. Duplicate keys are mistakes, and so are
unknown ones. Anchors, aliases and merge keys work, up to a limit on how far they may expand.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.errors import Complaint, DocumentError, Gravity

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]
Plain = dict[str, Any] | list[Any] | str | None
"""A YAML value as we read it. Any: it nests."""

_MAX_NODES = 200_000
_MAX_DEPTH = 64
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_UNITS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)


class Strict(BaseModel):
    """The base of every document's schema: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def parse_duration(text: str) -> timedelta:
    """Prometheus' duration grammar: `1h30m`, `5m`, `100ms`, `0`. Raises ValueError with what to write instead."""
    match = _DURATION.fullmatch(text)
    if text == "0":
        return timedelta(0)
    if not text or match is None:
        raise ValueError(f"not a duration: {text!r}; write it like 90s, 15m, 1h30m or 2d")
    millis = sum(int(count) * unit for count, unit in zip(match.groups(), _UNITS, strict=True) if count)
    try:
        return timedelta(milliseconds=millis)
    except OverflowError:
        raise ValueError(f"too long a duration: {text!r}") from None


def format_duration(length: timedelta) -> str:
    """The same grammar, largest units first: 5400 s is `1h30m`; days are the largest unit written."""
    millis = round(length / timedelta(milliseconds=1))
    parts = []
    for unit, name in zip(_UNITS[2:], ("d", "h", "m", "s", "ms"), strict=True):
        count, millis = divmod(millis, unit)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts) or "0s"


def _to_duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("duration", "{reason}", {"reason": str(error)}) from None


Duration = Annotated[timedelta, BeforeValidator(_to_duration)]
"""A field written as `90s`, `15m`, `1h30m` or `2d`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document: plain values, and the place of every key and value."""

    file: str
    text: str
    value: Plain
    places: Mapping[Path, Place] = field(repr=False)
    """Where each key stands, and where each item of a list begins."""
    values: Mapping[Path, Place] = field(repr=False)
    """Where the value of each key begins."""
    complaints: tuple[Complaint, ...] = ()
    """Mistakes of the YAML itself that did not stop the reading, such as duplicate keys."""
    quoted: frozenset[Path] = field(default=frozenset(), repr=False)
    """Where a text stands in quotes: it is a text, whatever it looks like."""

    def typed(self, path: Path) -> Any:  # Any: a value of JSON
        """What stands at this path as YAML 1.2 types it: `3` is a number, `true` a truth value, `"3"` a text."""
        return self._typed(_at(self.value, path), path)

    def _typed(self, value: Plain, path: Path) -> Any:  # Any: as above
        if isinstance(value, dict):
            return {key: self._typed(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._typed(item, (*path, index)) for index, item in enumerate(value)]
        return value if value is None or path in self.quoted else _as_json(value)

    def complaint(self, path: Path, message: str, *, gravity: Gravity = Gravity.ERROR) -> Complaint:
        """A complaint about the value at this path; about its nearest parent's key where the path is not written."""
        place = self.values.get(path) or self.place(path)
        return Complaint(
            file=self.file, line=place.line, column=place.column, path=dotted(path), message=message, gravity=gravity
        )

    def place(self, path: Path) -> Place:
        """Where the key of this path is written, or that of its nearest parent."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


def dotted(path: Path) -> str:
    """`("steps", 0, "uses")` as people read it: `steps[0].uses`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(text: str, file: str) -> Document:
    """Composes the first YAML document of a text; DocumentError when it is not YAML at all.

    An empty text is the value None. Further documents of the same file are left, as Prometheus leaves them.
    """
    try:
        node = next(iter(yaml.compose_all(text, Loader=_Loader)), None)
    except (yaml.YAMLError, RecursionError) as error:
        raise DocumentError([_yaml_complaint(error, file)]) from None
    reader = _Reader(file)
    value = reader.plain(node, (), 0) if node is not None else None
    return Document(
        file=file,
        text=text,
        value=value,
        places=reader.places,
        values=reader.values,
        quoted=frozenset(reader.quoted),
        complaints=tuple(sorted(reader.complaints)),
    )


def validate(document: Document, model: type[M], *, path: Path = ()) -> M:
    """The document (or what stands at `path` in it) as this model; DocumentError with every mistake, in file order."""
    value = _at(document.value, path)
    try:
        made = model.model_validate({} if value is None else value)
    except ValidationError as error:
        found = _explain(error.errors(include_url=False), document, model, path)
        raise DocumentError(sorted([*document.complaints, *found])) from None
    if document.complaints:
        raise DocumentError(document.complaints)
    return made


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'uses'?`, or nothing when no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _at(value: Plain, path: Path) -> Plain:
    for part in path:
        value = value[part]  # type: ignore[index]  # the caller's path exists: it comes from this document
    return value


class _Loader(yaml.CBaseLoader if hasattr(yaml, "CBaseLoader") else yaml.BaseLoader):  # type: ignore[misc]  # a base chosen at run time
    """The fastest loader there is; only its composer is used, so nothing is ever constructed."""

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:
        """The tag of a node that has none of its own: what has one, and is empty, is not null."""
        return _UNTAGGED


class _Reader:
    """Turns nodes into plain values, and remembers where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.quoted: set[Path] = set()
        self.complaints: list[Complaint] = []
        self._nodes = 0

    def plain(self, node: yaml.Node, path: Path, depth: int) -> Plain:
        self._nodes += 1
        if self._nodes > _MAX_NODES or depth > _MAX_DEPTH:
            raise DocumentError([self._complain(node, path, "nests too deep or expands too far; write it out")])
        self.places.setdefault(path, _place(node))
        self.values.setdefault(path, _place(node))
        if isinstance(node, yaml.ScalarNode):
            if node.style:
                self.quoted.add(path)
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self._mapping(node, path, depth)

    def _mapping(self, node: yaml.Node, path: Path, depth: int) -> Plain:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                self.complaints.append(self._complain(key_node, path, _NO_KEY))
            elif key == "<<" and not key_node.style:
                self._merge(value_node, path, depth, merged)
            elif key in own:
                first = self.places[(*path, key)].line
                self.complaints.append(
                    self._complain(key_node, (*path, key), f"key {key!r} is already set at line {first}; keep one")
                )
            else:
                self.places[(*path, key)] = _place(key_node)
                own[key] = self.plain(value_node, (*path, key), depth + 1)
        return {**merged, **own}

    def _merge(self, node: yaml.Node, path: Path, depth: int, into: dict[str, Any]) -> None:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            value = self.plain(source, path, depth + 1)
            if not isinstance(value, dict):
                self.complaints.append(self._complain(node, path, "`<<` merges mappings only"))
            else:
                into.update({key: item for key, item in value.items() if key not in into})

    def _complain(self, node: yaml.Node, path: Path, message: str) -> Complaint:
        place = _place(node)
        return Complaint(file=self.file, line=place.line, column=place.column, path=dotted(path), message=message)


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


_NO_KEY = 'a key must be a plain word; a text that begins with `{` or `[` needs quotes: "{{ inputs.name }}"'
_UNTAGGED = ""
_MAYBE_NULL = (_UNTAGGED, "tag:yaml.org,2002:null")


def _scalar(node: yaml.ScalarNode) -> str | None:
    plain_null = not node.style and node.tag in _MAYBE_NULL and node.value in ("", "~", "null", "Null", "NULL")
    return None if plain_null else node.value


_INT, _FLOAT = re.compile(r"[-+]?[0-9]{1,18}"), re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def _as_json(text: str) -> str | bool | int | float:
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _yaml_complaint(error: Exception, file: str) -> Complaint:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Complaint(file=file, line=line, column=column, path="", message=f"not YAML: {problem}")


_WORDS = {
    "missing": "this key is required",
    "bool_parsing": "write true or false",
    "list_type": "a list is needed here: lines that begin with `- `",
    "tuple_type": "a list is needed here: lines that begin with `- `",
    "frozen_set_type": "a list is needed here: lines that begin with `- `",
    "too_short": "this list needs something in it",
    "dict_type": "a mapping is needed here: `key: value`",
    "model_type": "a mapping is needed here: `key: value`",
    "bool_type": "write true or false",
    "int_parsing": "a whole number is needed here",
    "int_from_float": "a whole number is needed here",
    "int_type": "a whole number is needed here",
    "float_parsing": "a number is needed here",
    "float_type": "a number is needed here",
    "string_type": "a text is needed here",
    "string_too_short": "something must be written here",
}


_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def _explain(
    errors: Sequence[ErrorDetails], document: Document, model: type[BaseModel], base: Path
) -> Iterator[Complaint]:
    paths = [tuple(part for part in error["loc"]) for error in errors]
    for error, path in zip(errors, paths, strict=True):
        # pydantic blames a list ("at least 1 item") when its items failed: the deeper mistake is the true one
        if any(other != path and other[: len(path)] == path for other in paths):
            continue
        if error["type"] == "missing" and _misspelt(errors, path):
            continue
        full = _written(document, (*base, *path))
        message = explain(error, model, path)
        if error["type"] == "extra_forbidden":
            place = document.place(full)
            yield Complaint(
                file=document.file, line=place.line, column=place.column, path=dotted(full), message=message
            )
        else:
            yield document.complaint(full, message)


def _misspelt(errors: Sequence[ErrorDetails], missing: Path) -> bool:
    """Whether an unknown key beside it is near enough to be what was meant: then that complaint says it all."""
    beside = [
        str(error["loc"][-1])
        for error in errors
        if error["type"] == "extra_forbidden" and tuple(error["loc"][:-1]) == missing[:-1]
    ]
    return bool(difflib.get_close_matches(str(missing[-1]), beside, n=1, cutoff=0.6))


def _written(document: Document, path: Path) -> Path:
    """The path without the marks pydantic adds for unions, as far as it is written; the last part may be missing."""
    kept: Path = ()
    for index, part in enumerate(path):
        if (*kept, part) in document.places or index == len(path) - 1:
            kept = (*kept, part)
    return kept


def explain(error: ErrorDetails, model: type[BaseModel], path: Path) -> str:
    """What pydantic found at this path of a model, in our words, with what to write instead."""
    kind, said = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key {str(path[-1])!r}{suggest(str(path[-1]), _keys(model, path[:-1]))}"
    if kind == "literal_error" or kind == "enum":
        return f"{error['input']!r} is not one of {said.get('expected', '')}"
    if kind == "string_pattern_mismatch":
        wanted = _described(model, path) or f"it must fit {said.get('pattern', '')}"
        return f"{error['input']!r} cannot stand here. {wanted}"
    if kind == "value_error":
        return str(said.get("error", error["msg"]))
    for bound, words in _BOUNDS.items():
        if bound in said:
            given = format_duration(value) if isinstance(value := error["input"], timedelta) else value
            return f"{given} is out of bounds; write {words} {said[bound]}"
    return _WORDS.get(kind, error["msg"])


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys a mapping at this path may have."""
    owner = _owner(model, path)
    return [info.alias or name for name, info in owner.model_fields.items()] if owner else []


def _described(model: type[BaseModel], path: Path) -> str:
    """What the field at this path is for, as its description says; nothing where it has none."""
    owner = _owner(model, path[:-1]) if path else None
    if owner is None:
        return ""
    return next(
        (info.description or "" for name, info in owner.model_fields.items() if (info.alias or name) == path[-1]), ""
    )


def _owner(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model of what stands at this path: follows the fields, through lists, mappings and options."""
    found: type[BaseModel] | None = model
    for part in path:
        if found is None:
            return None
        named = {(info.alias or name): info for name, info in found.model_fields.items()}
        if part in named:
            found = _model_in(named[str(part)].annotation)
    return found


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
