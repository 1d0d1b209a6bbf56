"""Faults against the house: who may import whom, and how large a file may grow."""

from tests.bites import Bite, added

CONTRACTS = ("lint-imports", "--no-cache")
LINT = ("ruff", "check", "--no-cache", "bot")


def house(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-p", "no:cacheprovider", f"tests/house/{test}")


BITES = [
    Bite(
        fault="a stage imports another stage",
        file="bot/alerts/routing.py",
        plant=added("from bot.incidents import lifecycle as lifecycle"),
        caught_by=CONTRACTS,
        says="bot.alerts is not allowed to import bot.incidents",
    ),
    Bite(
        fault="a noun imports upward",
        file="bot/model/alert.py",
        plant=added("from bot.ports import clock as clock"),
        caught_by=CONTRACTS,
        says="bot.model is not allowed to import bot.ports",
    ),
    Bite(
        fault="a stage reads the clock of the machine",
        file="bot/incidents/timeline.py",
        plant=added("import time as time"),
        caught_by=CONTRACTS,
        says="bot.incidents is not allowed to import time",
    ),
    Bite(
        fault="a vendor's library outside its home",
        file="bot/api/__init__.py",
        plant=added("import asyncssh as asyncssh"),
        caught_by=CONTRACTS,
        says="bot is not allowed to import asyncssh",
    ),
    Bite(
        fault="a folder without a floor",
        file="bot/helpful/__init__.py",
        plant=added('"""Of some use to somebody."""'),
        caught_by=CONTRACTS,
        says="helpful",
    ),
    Bite(
        fault="a room that is not on the map",
        file="bot/helpful/__init__.py",
        plant=added('"""Of some use to somebody."""'),
        caught_by=house("test_map.py"),
        says="helpful",
    ),
    Bite(
        fault="a file of more than 400 lines",
        file="bot/alerts/routing.py",
        plant=added("\n".join(f"N{number} = {number}" for number in range(400))),
        caught_by=house("test_budgets.py"),
        says="bot/alerts/routing.py",
    ),
    Bite(
        fault="a function of more than 50 lines",
        file="bot/alerts/routing.py",
        plant=added("def long() -> None:\n" + "\n".join(f"    n{number} = {number}" for number in range(50))),
        caught_by=house("test_budgets.py"),
        says="long",
    ),
    Bite(
        fault="an integration's field that nobody described",
        file="bot/integrations/sentry/config.py",
        plant=added("class Undescribed(Strict):\n    field: int = 0"),
        caught_by=house("test_integrations.py"),
        says="Undescribed.field",
    ),
    Bite(
        fault="a response that does not know who acts",
        file="bot/response/incident_changed.py",
        plant=added("async def close(world: World) -> None:\n    pass"),
        caught_by=house("test_response.py"),
        says="close",
    ),
    Bite(
        fault="a print",
        file="bot/alerts/routing.py",
        plant=added('print("here")'),
        caught_by=LINT,
        says="T201",
    ),
    Bite(
        fault="a time without a zone",
        file="bot/engine/ticker.py",
        plant=added("import datetime\n\nNOW = datetime.datetime.now()"),
        caught_by=LINT,
        says="DTZ005",
    ),
    Bite(
        fault="a test that patches the program",
        file="tests/unit/test_patched.py",
        plant=added("def test_it(monkeypatch):\n    monkeypatch.setattr('bot.errors.X', 1)"),
        caught_by=house("test_words.py"),
        says="tests/unit/test_patched.py",
    ),
]
