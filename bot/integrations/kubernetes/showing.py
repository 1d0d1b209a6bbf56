"""How objects are shown: as YAML without what only machines read, without secrets; and what a change makes of them."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from bot.integrations.kubernetes.kinds import Object
from bot.kit.redaction import MARK

MOST_TEXT = 256 * 1024
"""Characters of a text that are kept."""
_NOTE = 32
"""Characters that are left free for a note of the cut."""
_LONGEST_STATE = 160
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MACHINE_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_SECRET_NAME = re.compile(r"pass|secret|token|credential|api_?key|private|auth|dsn", re.IGNORECASE)


def cleaned(value: Object, clean: Callable[[Any], Any]) -> Object:
    """A copy that may be shown: no data of Secrets, no values of variables whose names speak of secrets.

    `clean` takes known secrets out of a tree of JSON. What kubectl kept of its last apply holds everything once more:
    it is left out, and so is who manages which field.
    """
    shown: Object = _without_values(clean(value))
    if shown.get("kind") == "Secret":
        shown |= {key: dict.fromkeys(shown[key] or {}, MARK) for key in ("data", "stringData") if key in shown}
    metadata = shown.get("metadata")
    if isinstance(metadata, dict):
        annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != _LAST_APPLIED}
        kept = {k: v for k, v in metadata.items() if k not in ("managedFields", "annotations")}
        shown["metadata"] = kept | ({"annotations": annotations} if annotations else {})
    return shown


def to_yaml(value: object, *, ordered: bool = False) -> str:
    """YAML text; with the keys in order where two texts are to be compared."""
    return yaml.safe_dump(value, sort_keys=ordered, allow_unicode=True, default_flow_style=False, width=120)


def diff(what: str, before: Object | None, after: Object | None, clean: Callable[[Any], Any]) -> str:
    """What a change makes of an object, as a unified diff of YAML; empty when it makes nothing of it.

    Hidden is what moves by itself - status, versions, times - and what `cleaned` hides.
    """
    old, new = (_comparable(value, clean) for value in (before, after))
    lines = difflib.unified_diff(old, new, f"{what} (now)", f"{what} (planned)", lineterm="")
    return capped("\n".join(lines), MOST_TEXT // 4)


def as_printed(output: bytes) -> str:
    """What a program printed, as text that says where it was cut at `MOST_TEXT` bytes.

    The line it was cut in is left out: half a secret may stand there, which nobody would know for one.
    """
    text = output.decode(errors="replace")
    if len(output) < MOST_TEXT:
        return text
    end = text.rfind("\n", 0, MOST_TEXT - _NOTE) + 1
    return f"{text[:end]}(cut after {MOST_TEXT // 1024} KiB)"


def capped(text: str, most: int = MOST_TEXT) -> str:
    """The text as a database keeps it, cut where it is too long, saying so."""
    text = text.replace("\x00", "\ufffd").encode(errors="replace").decode()
    return text if len(text) <= most else f"{text[:most]}\n(cut after {most // 1024} KiB)"


def state(value: object, *, hidden: bool = False) -> str:
    """A value as a plan is bound to it: as it is where it is short and may be seen, else its SHA-256."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if len(text) <= _LONGEST_STATE and not hidden:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _comparable(value: Object | None, clean: Callable[[Any], Any]) -> list[str]:
    if value is None:
        return []
    shown = cleaned(value, clean)
    shown.pop("status", None)
    metadata = {key: item for key, item in shown.get("metadata", {}).items() if key not in _MACHINE_METADATA}
    return to_yaml(shown | {"metadata": metadata}, ordered=True).splitlines()


def _without_values(value: Any) -> Any:  # Any: JSON in, the same shape out
    if isinstance(value, list):
        return [_without_values(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() >= {"name", "value"} and _SECRET_NAME.search(str(value["name"])):
        return {**value, "value": MARK}
    return {key: _without_values(item) for key, item in value.items()}
