"""What a document is, told by its content: neither its name nor its place counts."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.config.schema import Config
from bot.documents import Document, read
from bot.rules.savedsearches import conf
from bot.rules.savedsearches.keys import is_known
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


def kind_of_text(text: str, name: str) -> Kind:
    """The kind of a document that was not read yet; DocumentError when it is YAML that cannot be read."""
    if not is_conf(text):
        return kind_of(read(text, name))
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


def looks_like_ours(text: str) -> bool:
    """Whether a text that is not YAML was meant to be one of our documents: templates of others are not."""
    return _FIRST_KEYS.search(text) is not None
