"""Made-up routing trees: `amtool config routes test` names the receivers that we name, in the same order.

Each is read as it is, and as `tocsin import alertmanager` writes it.
"""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.routing import destinations
from bot.cli.importing_routing import imported
from bot.config import routes
from bot.config.schema import Config
from bot.documents import read, validate
from bot.model.labels import LabelSet
from tests.servers.process import locate

NAMES = ("team", "severity", "env")
VALUES = ("", "a", "b", "ab", "a\nb")
MATCHERS = ['{}="a"', "{}=b", '{}!="a"', '{}=~"a|b"', '{}=~"a.*"', '{}!~"a.*"', '{}=~".+"', '{}=""', '{}!=""']


def node(rng: random.Random, depth: int, made: list[str]) -> dict[str, Any]:
    made.append(f"r{len(made)}")
    found: dict[str, Any] = {"receiver": made[-1]}
    if rng.random() < 0.9:
        found["matchers"] = [rng.choice(MATCHERS).format(rng.choice(NAMES)) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.2:
        found["match"] = {rng.choice(NAMES): rng.choice(VALUES)}
    if rng.random() < 0.2:
        found["match_re"] = {rng.choice(NAMES): rng.choice(("a|b", "a.*", ".+", "a?"))}
    if rng.random() < 0.3:
        found["continue"] = True
    if depth:
        found["routes"] = [node(rng, depth - 1, made) for _ in range(rng.randint(0, 3))]
    return found


@pytest.mark.parametrize("seed", range(25))
def test_the_same_receivers_in_the_same_order(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    made = ["top"]
    top = {"receiver": "top", "routes": [node(rng, 2, made) for _ in range(rng.randint(1, 4))]}
    text = json.dumps({"route": top, "receivers": [{"name": name} for name in made]})
    tree = routes.tree(validate(read(text, "tocsin.yaml"), Config))
    made = imported(text, "alertmanager.yml")
    assert not made.wrong
    rewritten = routes.tree(validate(read(made.text, "tocsin.yaml"), Config))
    file = tmp_path / "alertmanager.yml"
    file.write_text(text)
    for _ in range(4):
        labels = {name: rng.choice(VALUES) for name in NAMES}
        given = [f"{name}={json.dumps(value)}" for name, value in labels.items() if value]
        argv = [locate("amtool"), "config", "routes", "test", f"--config.file={file}", *given]
        theirs = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
        for ours in (tree, rewritten):
            assert ",".join(route.receiver for _, route in destinations(ours, LabelSet(labels))) == theirs
