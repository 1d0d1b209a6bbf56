"""The reference tables in an integration's README, made from its code."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.documents import format_duration
from bot.ports.actions import ActionSpec

_WORDS: dict[object, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "true or false",
    timedelta: "duration",
    SecretStr: "secret",
    Path: "file",
}


def config_table(model: type[BaseModel]) -> str:
    """A Markdown table of every key, models inside models included: key, what it is, default, description."""
    rows = ["| Key | Is | Default | |", "|---|---|---|---|"]
    rows += [
        f"| `{path}` | {_word(field.annotation)} | {_default(field)} | {_cell(field.description or '')} |"
        for path, field in _fields(model)
    ]
    return "\n".join(rows)


def actions_text(specs: tuple[ActionSpec, ...]) -> str:
    """For each action: what it does, its parameters, its result."""
    parts = []
    for spec in specs:
        results = "\n".join(f"- `{key}`: {text}" for key, text in spec.result.items())
        parts.append(
            f"### `{spec.name}`\n\n{spec.help} Risk: at most `{spec.risk.value}`.\n\n"
            f"{config_table(spec.params)}\n\nIts result, as `steps.ID.result.KEY`:\n\n{results}"
        )
    return "\n\n".join(parts)


def _fields(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        path = f"{before}{field.alias or name}"
        yield path, field
        inner, way = _model_in(field.annotation)
        if inner is not None and inner is not model:  # a tree's nodes hold nodes
            yield from _fields(inner, f"{path}{way}.")


def _model_in(annotation: object) -> tuple[type[BaseModel] | None, str]:
    """The model inside an annotation, and how a path leads to it: through a list's `[]`, through a mapping's `NAME`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    ways: dict[object, str] = {list: "[]", tuple: "[]", dict: ".NAME"}
    way = ways.get(typing.get_origin(annotation), "")
    for argument in typing.get_args(annotation):
        found, further = _model_in(argument)
        if found is not None:
            return found, way + further
    return None, ""


def _word(annotation: object) -> str:
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _word(inside[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_word(one) for one in inside if one is not types.NoneType)
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in inside)
    if origin in (list, tuple, frozenset):
        return f"list of {_word(inside[0])}"
    if origin is dict:
        return f"mapping of name to {_word(inside[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{one.value}`" for one in annotation)
    return "mapping"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    if value is None or isinstance(value, BaseModel) or value in ("", [], {}, (), frozenset()):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
