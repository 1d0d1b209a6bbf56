"""What is done to text before it leaves by the side door: logs, errors, Sentry events, command output.

Known secrets are taken out, and characters that cannot be seen are written as escapes.
`config/` registers each secret when it resolves it. What was registered stays known until the process ends, so that a
secret that was rotated is not shown either.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
SHORTEST = 4
"""A shorter secret is not taken out: it would turn every log line into holes, and it protects nothing."""


class Redactor:
    """Takes registered values out of texts, also as base64, URL-encoded and JSON-escaped forms of themselves."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        """Registers a secret. Shorter than `SHORTEST` characters, it is left alone."""
        secret = secret.strip()
        if len(secret) < SHORTEST:
            return
        self._forms.update(form for form in _forms(secret) if len(form) >= SHORTEST)
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """The text with `MARK` where a secret was."""
        return self._pattern.sub(MARK, text) if self._pattern else text

    def clean_tree(self, value: Any) -> Any:  # Any: an event of any shape; the same shape comes back
        """The same for every text inside mappings, lists and tuples, keys included; other values as they are."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, bytes):
            return self.clean(value.decode(errors="replace")).encode()
        if isinstance(value, Mapping):
            return {self.clean_tree(key): self.clean_tree(item) for key, item in value.items()}
        if isinstance(value, tuple):
            return tuple(self.clean_tree(item) for item in value)
        if isinstance(value, list):
            return [self.clean_tree(item) for item in value]
        return value


def visible(text: str) -> str:
    """The text on one line, with every character that cannot be seen (controls, bidi marks) written as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in text
    )


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield from (line for line in secret.splitlines() if not line.startswith("-----"))  # a key is printed line by line
    data = secret.encode(errors="replace")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # Inside a longer text the secret begins at any of three places of a base64 group; the letters at either
            # end that also depend on its neighbours are left out.
            text = encode(bytes(before) + data).decode().rstrip("=")
            whole = (len(data) + before) * 8 // 6
            yield text[-(-before * 8 // 6) : whole]
