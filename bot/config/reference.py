"""What this folder's README says of the environment, made from the schema; `make docs` writes it."""

from __future__ import annotations

from bot.config.document import OVERRIDABLE, PREFIX
from bot.config.schema import Config


def variables() -> str:
    """The environment variables that override a key, as a Markdown table."""
    rows = [f"| `{PREFIX}{key.upper().replace('.', '__')}` | `{key}` |" for key in _keys()]
    return "\n".join(["| Variable | Key |", "|---|---|", *rows])


def _keys() -> list[str]:
    keys: list[str] = []
    for head in OVERRIDABLE:
        inner = getattr(Config.model_fields[head].annotation, "model_fields", {})
        keys += [f"{head}.{name}" for name in inner] or [head]
    return keys
