"""What every integration's folder must have; what it must do is held by the contract suites of bot.testing."""

import importlib
import inspect
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.house.tree import BOT, pyproject

FOLDERS = sorted(path.parent for path in (BOT / "integrations").glob("*/__init__.py"))


def test_there_are_integrations_and_each_comes_through_the_plugin_door() -> None:
    doors = pyproject()["project"]["entry-points"]["tocsin.integrations"]
    assert FOLDERS
    assert {name: door.partition(":")[0] for name, door in doors.items()} == {
        folder.name: f"bot.integrations.{folder.name}" for folder in FOLDERS
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_has_a_sign_at_the_door(folder: Path) -> None:
    assert (folder / "README.md").read_text().startswith("# ")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_field_of_its_configuration_is_described(folder: Path) -> None:
    module = importlib.import_module(f"bot.integrations.{folder.name}.config")
    models = [
        model
        for _, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == module.__name__
    ]
    assert models
    assert [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if not field.description
    ] == []
