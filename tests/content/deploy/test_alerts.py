"""The alerts that watch Tocsin ask for metrics that Tocsin has; so do their runbooks."""

import re

from bot.kit.telemetry import Telemetry
from tests.house.tree import ROOT

ASKING = [ROOT / "rules" / "prometheus" / "tocsin.yaml", *(ROOT / "runbooks" / "tocsin").glob("*.yaml")]


def test_the_metrics_they_ask_for_are_those_tocsin_has() -> None:
    telemetry = Telemetry()
    telemetry.knows("prom")
    telemetry.alerts.counts_standing(dict)
    exposed = telemetry.exposition()[0].decode()
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)", exposed, re.MULTILINE))
    known = {name + end for name, kind in types.items() for end in _ENDS.get(kind, ("",))}
    asked = {name for file in ASKING for name in re.findall(r"\btocsin_\w+", file.read_text())}
    assert len(ASKING) > 1
    assert asked
    assert asked - known == set()


_ENDS = {"summary": ("", "_sum", "_count"), "histogram": ("", "_sum", "_count", "_bucket")}
