"""The table of keys in this folder's README, made from the schema. `make docs` writes it, `make check` compares it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.config.document import OVERRIDABLE, PREFIX
from bot.config.schema import Config, Integration
from bot.documents import format_duration


def keys(model: type[BaseModel] = Config) -> str:
    """Every key of `tocsin.yaml`, or of an integration's own model, as a Markdown table."""
    rows = [f"| `{key}` | {default} | {_cell(meaning)} |" for key, default, meaning in _rows(model, "")]
    return "\n".join(["| Key | Default | Meaning |", "|---|---|---|", *rows])


def variables() -> str:
    """The environment variables that override a key, as a Markdown table."""
    found = [key for key, _, _ in _rows(Config, "") if key.partition(".")[0] in OVERRIDABLE]
    leaves = [key for key in found if not any(other.startswith(f"{key}.") for other in found)]
    rows = [f"| `{PREFIX}{key.upper().replace('.', '__')}` | `{key}` |" for key in leaves]
    return "\n".join(["| Variable | Key |", "|---|---|", *rows])


def _rows(model: type[BaseModel], above: str) -> Iterator[tuple[str, str, str]]:
    for name, info in model.model_fields.items():
        key = f"{above}{info.alias or name}"
        yield key, _default(info), info.description or ""
        inner, many = _inner(info.annotation)
        if inner is Integration:
            yield from _rows(Integration, f"{key}.NAME.")
        elif inner is not None and inner is not model:
            yield from _rows(inner, f"{key}[]." if many else f"{key}.")


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, bool]:  # Any: whatever typing makes of an annotation
    """The model a field holds, and whether it holds several of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for argument in get_args(annotation):
        inner, many = _inner(argument)
        if inner is not None:
            return inner, many or get_origin(annotation) is tuple
    return None, False


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}, frozenset()) or isinstance(value, (BaseModel, SecretStr)):
        return ""
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
