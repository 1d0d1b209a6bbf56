"""The reading order in bot/__init__.py, the floors of the import contract and the real folders are one and the same."""

import ast
import re

from tests.house.tree import BOT, parsed, pyproject

MAP_LINE = re.compile(r"    (\w+) +\S.*")


def blocks() -> list[list[str]]:
    """The names in the map, block by block: stages, what they share, where they are joined, edges, assembly."""
    docstring = ast.get_docstring(parsed(BOT / "__init__.py"), clean=False)
    assert docstring is not None
    paragraphs = [[MAP_LINE.fullmatch(line) for line in part.splitlines()] for part in docstring.split("\n\n")]
    return [[line[1] for line in part if line] for part in paragraphs if all(part)]


def named() -> list[str]:
    """All names of the map, in its order."""
    return [name for block in blocks() for name in block]


def floors() -> list[list[str]]:
    """The floors of the import contract, the ground floor first."""
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [re.split(r" [|:] ", floor) for floor in reversed(layers)]


def test_the_map_names_every_room_once() -> None:
    rooms = {
        path.stem
        for path in BOT.iterdir()
        if (path.suffix == ".py" and not path.stem.startswith("__")) or (path.is_dir() and any(path.glob("*.py")))
    }
    assert rooms - set(named()) == set(), "in bot/, and not on the map"
    assert set(named()) - rooms == set(), "on the map, and not in bot/"
    assert len(named()) == len(rooms)


def test_the_import_contract_names_every_room_once() -> None:
    assert sorted(name for floor in floors() for name in floor) == sorted(named())


def test_the_reading_order_climbs_the_floors() -> None:
    stages, shared, *upward = blocks()
    height = {name: number for number, floor in enumerate(floors()) for name in floor}
    climb = [height[name] for block in (shared, stages, *upward) for name in block]
    assert climb == sorted(climb)


def test_the_stages_are_one_floor_in_the_order_of_an_alerts_way() -> None:
    assert blocks()[0] in floors()


def test_every_package_says_what_it_is_for() -> None:
    silent = [path for path in BOT.rglob("__init__.py") if not ast.get_docstring(parsed(path))]
    assert silent == []
