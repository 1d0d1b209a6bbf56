"""Hostile texts through every input of every action: refused, or one literal value and nothing else."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError

from bot.errors import IntegrationError
from bot.integrations.kubernetes.offered import SPECS
from bot.model.plan import Outcome
from bot.ports.actions import ANY_TEXT
from tests.hostile import corpus, got_through
from tests.integrations.kubernetes.conftest import OCCASION, Acting, bare_pod, put, ready, writes
from tests.servers.kubernetes import SimulatedKubernetes
from tests.soak import sample

VALID: Mapping[str, Any] = {
    "namespace": "shop",
    "name": "cart",
    "pod": "web",
    "node": "node-1",
    "kind": "Deployment",
    "container": "web",
    "image": "a",
    "argv": ["id"],
    "replicas": 1,
    "cron_job": "tidy",
    "manifest": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}",
    "patch": "{metadata: {labels: {a: b}}}",
    "condition": "Available",
}
FREE = {
    ("kubernetes.wait", "status"),  # compared with what a condition says
    ("kubernetes.wait", "value"),  # compared with what a field says
    ("kubernetes.exec", "argv"),  # an argument is what it is: no shell
    ("kubernetes.apply", "manifest"),
    ("kubernetes.patch", "patch"),
}
"""Where a text may be anything."""


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
SELECTOR = re.compile(r"[A-Za-z0-9!=(),._/ -]*")


def inputs() -> Iterator[tuple[str, str]]:
    for spec in SPECS:
        for field in spec.params.model_fields:
            yield spec.name, field


def given(action: str, field: str, text: str) -> dict[str, Any]:
    """Valid parameters with the text in one of them."""
    model = next(spec.params for spec in SPECS if spec.name == action)
    valid = {name: VALID[name] for name, info in model.model_fields.items() if info.is_required()}
    if action == "kubernetes.wait" and field not in ("field", "gone"):
        valid["condition"] = "Available"
    if field == "value":
        valid = {key: value for key, value in valid.items() if key != "condition"} | {"field": "status.phase"}
    return valid | {field: [text] if field == "argv" else text}


def test_a_typed_input_takes_names_and_nothing_else(tmp_path: Path) -> None:
    taken: dict[tuple[str, str], list[str]] = {}
    for name, field in inputs():
        model = next(spec.params for spec in SPECS if spec.name == name)
        for text in corpus(tmp_path / "canary"):
            try:
                model.model_validate(given(name, field, text))
            except ValidationError:
                continue
            if text:
                taken.setdefault((name, field), []).append(text)
    typed = [(place, text) for place, texts in taken.items() if place not in FREE for text in texts]
    typed = [(place, text) for place, text in typed if not text.lstrip("-").isdigit()]  # a number is a number
    assert [one for one in typed if one[0][1] != "labels" and NAME.fullmatch(one[1]) is None] == []
    assert [one for one in typed if one[0][1] == "labels" and SELECTOR.fullmatch(one[1]) is None] == []
    assert {place[1] for place, text in typed if "/" in text} <= {"image", "condition", "labels"}


def test_no_input_is_said_to_take_any_text_that_could_be_syntax() -> None:
    marked = {
        (spec.name, name)
        for spec in SPECS
        for name, info in spec.params.model_fields.items()
        if info.json_schema_extra == ANY_TEXT
    }
    assert marked == {("kubernetes.wait", "value")}


async def test_what_is_taken_reaches_one_address_as_one_value(
    cluster: SimulatedKubernetes, acting: Acting, tmp_path: Path
) -> None:
    """Each request goes to the API of a kind, and its name is one segment of the path."""
    canary = tmp_path / "canary"
    since = len(cluster.journal())
    for name, field in inputs():
        action = acting.action(name.partition(".")[2])
        for text in sample(list(corpus(canary)), 12):
            try:
                params = action.spec.params.model_validate(given(name, field, text))
                await action.plan(params, OCCASION)
            except (ValidationError, IntegrationError):
                continue
    for line in cluster.journal(since):
        segments = unquote(line["path"]).split("/")
        assert segments[1] in ("api", "apis"), line
        assert not {"..", ".", ""} & set(segments[1:]), line
    assert writes(cluster, since) == []
    assert not got_through(canary)


async def test_an_argument_arrives_as_it_is(cluster: SimulatedKubernetes, acting: Acting, tmp_path: Path) -> None:
    await asyncio.to_thread(put, cluster, bare_pod("web"))
    await asyncio.to_thread(ready, cluster, "web")
    texts = [text for text in corpus(tmp_path / "canary") if text and "\x00" not in text and text.isprintable()][:40]
    cluster.execs({"argv": ["show"], "stdout": "shown"})
    plan = await acting.plan("exec", namespace="shop", pod="web", argv=["show", *texts], bounded=False)
    since = len(cluster.journal())
    result = await acting.run(plan)
    assert result.outcome is Outcome.SUCCEEDED, result
    sent = next(line for line in cluster.journal(since) if line["path"].endswith("/exec"))
    assert sent["query"]["command"] == ["show", *texts]


@pytest.mark.parametrize(
    "selector",
    ["app=cart", "a==b,tier!=web", "tier in (web, api),!canary", "a.b/c notin (d)", "x", "app=", " app = cart "],
)
async def test_selectors_that_kubernetes_takes_are_taken(
    selector: str, cluster: SimulatedKubernetes, acting: Acting
) -> None:
    assert (await acting.do("list", kind="pod", namespace="shop", labels=selector)).outcome is Outcome.SUCCEEDED
