"""What a document is, told by its content: neither its name nor its place counts."""

from __future__ import annotations

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
    return Kind.CONFIG if keys & _CONFIG_KEYS else Kind.UNKNOWN
