"""What the readers of webhooks share: JSON field by field, times however they are written, alerts made of both.

What is not as it should be is a ValueError that says where; `reading` makes it the error that a hook raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import Permanent
from bot.kit.json_in import read_json
from bot.model.alert import Alert
from bot.model.labels import LabelSet

MOST_LABELS = 64
LONGEST_NAME = 128
LONGEST_VALUE = 4096

_NO_NAME = re.compile(r"[^a-zA-Z0-9_]")
_SCALES = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number on a time since 1970 is in nanoseconds, in microseconds, in milliseconds."""


@contextmanager
def reading(integration: str, what: str) -> Iterator[None]:
    """What cannot be read in here is Permanent (`client`): not `what` posts."""
    try:
        yield
    except ValueError as error:
        message = f"{integration}: this is not what {what} posts: {error}"
        hint = "`tocsin source test FILE --as KIND` shows what becomes of a body; see the integration's README"
        raise Permanent(message, integration=integration, reason="client", hint=hint) from None


@dataclass(frozen=True, slots=True)
class Part:
    """A JSON object, read field by field. `where` leads to it. A field that is null is one that is missing."""

    # Any: the fields of a JSON object.
    fields: Mapping[str, Any]
    where: str = ""

    @classmethod
    def of(cls, body: bytes) -> Part:
        """The object that a body is. ValueError."""
        value = read_json(body)
        if not isinstance(value, dict):
            raise ValueError("it is no JSON object")
        return cls(value)

    def __contains__(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def text(self, name: str) -> str:
        """A text, or a number or truth value as text; nothing where it is missing."""
        return as_text(self.fields.get(name), self._at(name))

    def needed(self, name: str) -> str:
        """A text that must be there."""
        found = self.text(name)
        if not found:
            raise ValueError(f"{self._at(name)} is missing")
        return found

    def link(self, name: str) -> str:
        """A web address; nothing where it is none, as text of others leads nowhere else."""
        return web_link(self.text(name))

    def part(self, name: str) -> Part:
        """An object in it; an empty one where it is missing."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise ValueError(f"{self._at(name)} is no object")
        return Part(value or {}, self._at(name))

    def parts(self, name: str) -> Sequence[Part]:
        """A list of objects in it; an empty one where it is missing."""
        listed = self.listed(name)
        found = [Part(one, f"{self._at(name)}[{at}]") for at, one in enumerate(listed) if isinstance(one, dict)]
        if len(found) != len(listed):
            raise ValueError(f"{self._at(name)} holds something else than objects")
        return found

    # Any: whatever the list holds.
    def listed(self, name: str) -> Sequence[Any]:
        """A list in it; an empty one where it is missing."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, list):
            raise ValueError(f"{self._at(name)} is no list")
        return value or ()

    def texts(self, name: str) -> Mapping[str, str]:
        """An object of texts, as labels are."""
        part = self.part(name)
        return {key: part.text(key) for key in part.fields}

    def moment(self, name: str) -> datetime | None:
        """A time; None where it is missing, or the zero time that Go writes for none."""
        return moment(self.fields.get(name), self._at(name))

    def _at(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name


def as_text(value: object, where: str) -> str:
    """A JSON scalar as text; what is null is empty. ValueError for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    raise ValueError(f"{where} is no text")


def moment(value: object, where: str) -> datetime | None:
    """A time as RFC 3339, or as a number since 1970 in whatever unit its size says; None for none. ValueError."""
    if value in (None, ""):
        return None
    try:
        at = _from_text(value) if isinstance(value, str) else _from_number(value)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{where} is no time") from None
    return at if at.year > 1 else None


def _from_number(number: object) -> datetime:
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise ValueError(number)
    return datetime.fromtimestamp(next((number / by for least, by in _SCALES if number >= least), number), UTC)


def _from_text(text: str) -> datetime:
    if text.isascii() and text.isdigit():
        return _from_number(int(text))
    at = datetime.fromisoformat(text.strip())
    return at.replace(tzinfo=UTC) if at.tzinfo is None or at.year == 1 else at.astimezone(UTC)


def web_link(text: str) -> str:
    """The address where it leads to a web page, else nothing."""
    return text if text.startswith(("https://", "http://")) else ""


def label_name(text: str) -> str:
    """A name of others as a label can be called: what is no letter or digit is `_`."""
    name = _NO_NAME.sub("_", text)[:LONGEST_NAME]
    return f"_{name}" if name[:1].isdigit() else name


def make_alert(
    *,
    source: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    starts_at: datetime,
    ends_at: datetime | None = None,
    link: str = "",
    value: float | None = None,
) -> Alert:
    """An alert within our limits: what is empty is left out, a value too long is cut.

    ValueError for no labels, for too many, and for a name too long.
    """
    kept = {name: text[:LONGEST_VALUE] for name, text in labels.items() if text}
    if not kept:
        raise ValueError("an alert has no labels")
    if len(kept) > MOST_LABELS:
        raise ValueError(f"an alert has {len(kept)} labels, and {MOST_LABELS} are the most")
    if any(not name or len(name) > LONGEST_NAME for name in kept):
        raise ValueError(f"a label has no name, or one longer than {LONGEST_NAME}")
    return Alert(
        labels=LabelSet(kept),
        annotations={name: text for name, text in annotations.items() if text},
        starts_at=starts_at,
        ends_at=ends_at,
        generator_url=web_link(link),
        source=source,
        value=value,
    )
