"""Every hostile text, toward every input of every action we ship: what Tocsin itself lets through to it.

What an action makes of a text that may stand there, its own suite says, with the same texts: `SUITES`.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.config.checking import offering
from bot.config.references import offers_of
from bot.ports.actions import ActionSpec, is_language, takes_any_text
from bot.runbooks.spec import read_runbook
from bot.runbooks.taint import filled
from bot.runbooks.templates import TemplateFailed
from tests.hostile import corpus
from tests.house.tree import ROOT
from tests.soak import sample

SUITES = {
    "ansible": "tests/integrations/ansible/test_playing.py",
    "host": "tests/integrations/ssh/test_hostile.py",
    "http": "tests/integrations/http/test_hostile.py",
    "kubernetes": "tests/integrations/kubernetes/test_hostile.py",
    "prometheus": "tests/integrations/prometheus/test_hostile_values.py",
} | dict.fromkeys(("", "ask", "incident", "notify", "runbook", "wait"), "tests/scenarios/test_own_hostile.py")
RUNBOOK = """\
runbook: r
title: t
triggers: [{{match: {{alertname: A}}}}]
inputs: {{said: {{from: alert.annotations.said, required: false}}}}
steps:
  - {{id: look, uses: {name}}}
  - {{id: act, uses: {name}, with: {{{param}: "{{{{ {what} }}}}"}}}}
"""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
SYNTAX = re.compile(r"[][\s\"'`(){}$,;=<>|&*!#\\%?~^]")
"""What PromQL and YAML have besides words, numbers and the names of images."""


def shipped() -> Mapping[str, ActionSpec]:
    return {name: next(iter(offered.values())) for name, offered in offers_of(offering(None, {}, ROOT)).items()}


SPECS = shipped()


def test_the_actions_of_every_family_have_a_suite_that_goes_through_these_texts() -> None:
    assert {name.rpartition(".")[0] or name for name in SPECS} <= SUITES.keys()
    assert len(SPECS) > 50
    for suite in SUITES.values():
        assert "from tests.hostile import " in (ROOT / suite).read_text(), suite


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    return sample(corpus(tmp_path / "canary"), 100)


def passing(name: str, param: str, what: str, texts: Iterable[str]) -> set[str]:
    """Those that an action is given of these texts, said by an alert (`inputs.said`) or seen by an earlier step."""
    runbook = read_runbook(RUNBOOK.format(name=name, param=param, what=what), "r.yaml")
    given = set()
    for text in texts:
        data = {"inputs": {"said": text}, "steps": {"look": {"result": {"said": text}}}}
        with contextlib.suppress(TemplateFailed):
            if filled(runbook, runbook.steps[1], SPECS[name], data)[param] == text:
                given.add(text)
    return given


def params(spec: ActionSpec) -> Iterator[str]:
    return (info.alias or field for field, info in spec.params.model_fields.items())


@pytest.mark.parametrize("name", SPECS)
def test_what_an_alert_says_is_no_syntax(name: str, texts: list[str]) -> None:
    for param in params(SPECS[name]):
        free = takes_any_text(SPECS[name], param)
        assert passing(name, param, "inputs.said", texts) == (set(texts) if free else set()), param


@pytest.mark.parametrize("name", SPECS)
def test_what_an_earlier_step_saw_is_no_option_no_line_and_no_program(name: str, texts: list[str]) -> None:
    spec = SPECS[name]
    for param in params(spec):
        if not takes_any_text(spec, param):
            given = passing(name, param, "steps.look.result.said", texts)
            assert [text for text in given if text.startswith("-") or CONTROL.search(text)] == [], param
            assert not is_language(spec, param) or [text for text in given if SYNTAX.search(text)] == [], param
