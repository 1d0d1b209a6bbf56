"""How Slack says no, and how it reads what it is asked: from a form, from a query or from JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Any: a JSON object.
Json = dict[str, Any]


class Refused(Exception):
    """`ok: false` and a word of Slack's; `more` stands beside it in the answer."""

    def __init__(self, error: str, *messages: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more: Json = dict(more)
        if messages:
            self.more["response_metadata"] = {"messages": list(messages)}


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of one call, and as whom it was made: `bot` or `app`."""

    method: str
    arguments: Mapping[str, Any]
    token: str

    def text(self, name: str, default: str = "") -> str:
        """As text, whatever it was."""
        value = self.arguments.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def needed(self, name: str, error: str = "invalid_arguments") -> str:
        """As text; refused where it is missing."""
        value = self.text(name)
        if not value:
            raise Refused(error, f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """Whether it is on: `true`, `1`, or JSON's true."""
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """As a number; refused where it is none."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused("invalid_arguments", f"[ERROR] must be a number [json-pointer:/{name}]") from None

    def value(self, name: str) -> Any:  # Any: whatever JSON it is
        """JSON, also where a form holds it as text; None where it is missing."""
        given = self.arguments.get(name)
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given)
        except ValueError:
            raise Refused(f"invalid_{name}" if name == "blocks" else "invalid_json") from None

    def has(self, name: str) -> bool:
        """Whether it was said at all."""
        return self.arguments.get(name) is not None

    def names(self, name: str) -> Sequence[str]:
        """Text with commas between its parts."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]


def paged(found: Sequence[Json], asked: Asked, name: str, most: int, usual: int = 100) -> Json:
    """One page of it, and where the next begins."""
    limit = asked.number("limit", usual) or usual
    if not 0 < limit <= most:
        raise Refused("invalid_limit")
    cursor = asked.text("cursor")
    if cursor and not cursor.removeprefix("at:").isdecimal():
        raise Refused("invalid_cursor")
    begins = int(cursor.removeprefix("at:") or 0)
    ends = begins + limit
    following = f"at:{ends}" if ends < len(found) else ""
    return {name: list(found[begins:ends]), "response_metadata": {"next_cursor": following}}
