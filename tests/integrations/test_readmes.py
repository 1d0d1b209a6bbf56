"""What the integrations' READMEs show is true: their examples are valid, their tables are what the code says."""

import importlib
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, Field, SecretStr

from bot.kit.plugin import Integration
from bot.testing.reference import config_table

STAND_INS = {
    "WHSEC": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "PATH": "/services/T0/XyZ",
    "BOT_TOKEN": "xoxb-of-a-bot",
    "APP_TOKEN": "xapp-of-an-app",
}
"""For secrets that have a form, by a word in the names that the examples give them."""
READMES = sorted((Path(__file__).parents[2] / "bot/integrations").glob("*/README.md"))


def resolved(value: Any) -> Any:
    """What config/ makes of it: references to secrets become texts, and all scalars are texts."""
    if isinstance(value, dict):
        if value and value.keys() <= {"env", "file"}:
            name = value.get("env", "")
            return next((text for word, text in STAND_INS.items() if word in name), "https://key@host/1")
        return {key: resolved(item) for key, item in value.items()}
    return [resolved(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_the_examples_are_valid(readme: Path) -> None:
    examples = [
        yaml.load(block, Loader=yaml.BaseLoader)["integrations"]
        for block in re.findall(r"```yaml\n(.*?)```", readme.read_text(), re.DOTALL)
        if block.startswith("integrations:")
    ]
    shown = [values for example in examples for values in example.values()]
    assert readme.parent.name in [values["use"] for values in shown]
    for values in shown:
        values.pop("hook_secret", None)  # every integration's, and read before its own keys are
        integration: Integration = importlib.import_module(f"bot.integrations.{values.pop('use')}").integration
        integration.config.model_validate(resolved(values))


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    on: bool = Field(default=True, description="Whether.")
    wait: timedelta = Field(default=timedelta(seconds=90), description="How | long.")


class Outer(BaseModel):
    needed: int | None = Field(description="A number.")
    colours: list[Colour] = Field(default_factory=list, description="Which.")
    secret: SecretStr | None = Field(default=None, description="Hush.")
    many: dict[str, Inner] = Field(default_factory=dict, description="Each.")
    listed: list[Inner] = Field(default_factory=list, alias="list", description="More.")


def test_a_table_holds_every_key_however_deep() -> None:
    assert config_table(Outer).splitlines()[2:] == [
        "| `needed` | number | required | A number. |",
        "| `colours` | list of `red`, `blue` |  | Which. |",
        "| `secret` | secret |  | Hush. |",
        "| `many` | mapping of name to mapping |  | Each. |",
        "| `many.NAME.on` | true or false | `true` | Whether. |",
        r"| `many.NAME.wait` | duration | `1m30s` | How \| long. |",
        "| `list` | list of mapping |  | More. |",
        "| `list[].on` | true or false | `true` | Whether. |",
        r"| `list[].wait` | duration | `1m30s` | How \| long. |",
    ]
