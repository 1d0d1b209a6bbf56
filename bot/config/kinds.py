"""What a document is, told by its content: neither its name nor its place counts."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.config.schema import Config
from bot.documents import Document
from bot.runbooks.spec import is_runbook


class Kind(StrEnum):
    """The documents Tocsin knows. UNKNOWN is somebody else's file."""

    CONFIG = "configuration"
    RULES = "rules"
    RUNBOOK = "runbook"
    PROMETHEUS_TEST = "Prometheus test"
    UNKNOWN = "unknown"


_FIRST_KEYS = re.compile(r"^(groups|runbook|integrations|people|receivers|http|store)\s*:", re.MULTILINE)
_CONFIG_KEYS = frozenset(info.alias or name for name, info in Config.model_fields.items())


def kind_of(document: Document) -> Kind:
    """The kind of a document, by its first-level keys."""
    if not isinstance(document.value, dict):
        return Kind.UNKNOWN
    keys = document.value.keys()
    if "groups" in keys:
        return Kind.RULES
    if is_runbook(document):
        return Kind.RUNBOOK
    if "rule_files" in keys and "tests" in keys:
        return Kind.PROMETHEUS_TEST
    known = len(keys & _CONFIG_KEYS)
    # Others use words like `rules` too; but most keys of a configuration are spelt right.
    return Kind.CONFIG if known and known >= len(keys) - known else Kind.UNKNOWN


def looks_like_ours(text: str) -> bool:
    """Whether a text that is not YAML was meant to be one of our documents: templates of others are not."""
    return _FIRST_KEYS.search(text) is not None
