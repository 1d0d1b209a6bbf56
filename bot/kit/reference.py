"""Tables for the documents, made from the code: metrics, ports and errors; `make docs` writes them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from bot import errors, ports
from bot.kit.telemetry import Telemetry


def metrics_table() -> str:
    """Every metric of `/metrics` that is ours, but those every process has."""
    rows = ["| metric | type | labels | what it says |", "|---|---|---|---|"]
    telemetry = Telemetry()
    telemetry.counts_notifications(dict)
    telemetry.alerts.counts_standing(dict)
    for family in telemetry.registry.collect():
        if family.documentation and not family.name.startswith("tocsin_process_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            rows.append(f"| `{name}` | {family.type} | {_labels(family)} | {family.documentation} |")
    return "\n".join(rows) + "\n"


def ports_table() -> str:
    """Every port and what it promises in a sentence: first what vendors are asked for, then the store."""
    rows = ["| port | what it is |", "|---|---|"]
    files = [module.name for module in pkgutil.iter_modules(ports.__path__)]
    for file in sorted(files, key=lambda file: ("store" in file, file)):
        module = importlib.import_module(f"{ports.__name__}.{file}")
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and kind.__module__ == module.__name__ and getattr(kind, "_is_protocol", False):
                rows.append(f"| `{module.__name__.removeprefix('bot.')}.{name}` | {_first_sentence(kind)} |")
    return "\n".join(rows) + "\n"


def errors_table() -> str:
    """Every error, its parent, what it means and what Tocsin says to do unless it knows better."""
    rows = ["| error | is a | what it means | what to do |", "|---|---|---|---|"]
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, errors.TocsinError):
            parent = kind.__bases__[0].__name__
            rows.append(f"| `{name}` | `{parent}` | {_first_sentence(kind)} | {kind.default_hint} |")
    return "\n".join(rows) + "\n"


def _labels(family: Metric) -> str:
    """The labels an alert may select by, as the telemetry declares them."""
    labels = _DECLARED.get(family.name) or getattr(family, "_labelnames", None) or ()
    return ", ".join(f"`{label}`" for label in labels) or "none"


def _declared() -> Iterator[tuple[str, tuple[str, ...]]]:
    telemetry = Telemetry()
    for made in [*vars(telemetry).values(), *vars(telemetry.alerts).values()]:
        name, labels = getattr(made, "_name", ""), getattr(made, "_labelnames", ())
        if name:
            yield name, tuple(labels)


_DECLARED = dict(_declared())


def _first_sentence(kind: type) -> str:
    text = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return text.replace("|", "\\|")
