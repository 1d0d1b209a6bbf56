"""A rehearsal is a proof: for every action that we ship a test shows that nothing is written where only reading is.

Whoever adds an action adds what it is tried with; whoever adds an integration with actions adds the module.
"""

import importlib
from importlib.metadata import entry_points
from types import ModuleType

import pytest

from bot.kit.plugin import GROUP
from bot.ports.actions import ActionSpec
from bot.response import own

PROOF = "test_where_only_reading_is_allowed_no_action_writes"


def shipped() -> dict[str, tuple[ActionSpec, ...]]:
    """The module that must try them, and the actions: of every integration, and Tocsin's own."""
    found = {"tests.scenarios.test_own_rehearsed": own.SPECS}
    for entry in entry_points(group=GROUP):
        if entry.module.startswith("bot.integrations.") and (specs := entry.load().specs):
            found[f"tests.integrations.{entry.name}.test_every_action"] = specs
    return found


def test_there_are_actions() -> None:
    assert sum(map(len, shipped().values())) > 40


@pytest.mark.parametrize("module", sorted(shipped()))
def test_every_action_is_rehearsed_and_proved_to_write_nothing(module: str) -> None:
    tried: ModuleType = importlib.import_module(module)
    assert set(tried.ACTIONS) == {spec.name for spec in shipped()[module]}
    assert callable(getattr(tried, PROOF, None))
