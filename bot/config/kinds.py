"""What a document is, told by its content: neither its name nor its place counts."""

from __future__ import annotations

import difflib
import re
from enum import StrEnum

from bot.config.schema import Config
from bot.documents import Document, read
from bot.rules.savedsearches import conf
from bot.rules.savedsearches.keys import is_known
from bot.runbooks.schema import RunbookSpec
from bot.runbooks.spec import is_runbook


class Kind(StrEnum):
    """The documents Tocsin knows. UNKNOWN is somebody else's file."""

    CONFIG = "configuration"
    RULES = "rules"
    SEARCHES = "saved searches"
    RUNBOOK = "runbook"
    SERVICES = "services"
    PROMETHEUS_TEST = "Prometheus test"
    UNKNOWN = "unknown"


_FIRST_KEYS = re.compile(r"^(groups|runbook|services|integrations|people|receivers|http|store)\s*:", re.MULTILINE)
_STANZA = re.compile(r"\ufeff?(?:[ \t\r\f\v]*(?:#[^\n]*)?\n)*[ \t]*(?:\[[^\n]+\]|[\w.]+[ \t]*=)")
_CONFIG_KEYS = frozenset(info.alias or name for name, info in Config.model_fields.items())
_KEYS = {
    Kind.CONFIG: _CONFIG_KEYS,
    Kind.RUNBOOK: frozenset(RunbookSpec.model_fields),
    Kind.RULES: frozenset({"groups"}),
}
_NEAR = 0.75


def kind_of_text(text: str, name: str, *, asked_for: bool = False) -> Kind:
    """The kind of a document that was not read yet; DocumentError when it is YAML that cannot be read.

    One that a person asked for by name is what it was meant to be, however much of it is misspelt.
    """
    if not is_conf(text):
        document = read(text, name)
        kind = kind_of(document)
        return _meant(document) if kind is Kind.UNKNOWN and asked_for else kind
    found = conf.parse(text, name)
    keys = [key for settings in (found.default, *(one.settings for one in found.stanzas)) for key in settings]
    known = sum(map(is_known, keys))
    return Kind.SEARCHES if known and known >= len(keys) - known else Kind.UNKNOWN


def is_conf(text: str) -> bool:
    """Whether a text is in the form of Splunk's `.conf` files, by the first line that says something."""
    return _STANZA.match(text) is not None


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
    if keys == {"services"}:
        return Kind.SERVICES
    known = len(keys & _CONFIG_KEYS)
    # Others use words like `rules` too; but most keys of a configuration are spelt right.
    return Kind.CONFIG if known and known >= len(keys) - known else Kind.UNKNOWN


def _meant(document: Document) -> Kind:
    """What a document has the most first-level keys of; near ones count where none is right."""
    keys = set(document.value) if isinstance(document.value, dict) else set()
    right = {kind: len(keys & known) for kind, known in _KEYS.items()}
    near = {
        kind: sum(bool(difflib.get_close_matches(key, known, n=1, cutoff=_NEAR)) for key in keys)
        for kind, known in _KEYS.items()
    }
    counted = right if any(right.values()) else near
    best = max(counted, key=counted.__getitem__)
    return best if counted[best] else Kind.UNKNOWN


def looks_like_ours(text: str) -> bool:
    """Whether a text that is not YAML was meant to be one of our documents: templates of others are not."""
    return _FIRST_KEYS.search(text) is not None
