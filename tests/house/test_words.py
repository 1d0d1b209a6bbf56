"""Names that say nothing, work left undone, and rules switched off without a reason do not get in."""

import ast
import re

import pytest

from tests.house.tree import files, functions, parsed, place, python_files

EMPTY_NAMES = re.compile(r"_?(utils?|managers?|helpers?|common|misc)", re.IGNORECASE)
EMPTY_CLASSES = re.compile(r"(Utils?|Managers?|Helpers?)$")
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b|NotImplemented" r"Error")
# A rule is switched off for a line by its code and a reason: `noqa: S101 - why`, `type: ignore[misc]  # why`.
EXCUSE = re.compile(r"#\s*(?:noqa(?P<noqa>.*)|type:\s*ignore(?P<ignore>.*))$")
WITH_REASON = re.compile(r"(: [A-Z0-9]+(, ?[A-Z0-9]+)*|\[[\w-]+(, ?[\w-]+)*\])( - |  # )\S.*")


def test_no_file_or_folder_has_an_empty_name() -> None:
    assert [path for path in files() for part in (path.stem, path.parent.name) if EMPTY_NAMES.fullmatch(part)] == []


def test_no_class_has_an_empty_name() -> None:
    classes = [
        f"{place(path, node)} {node.name}"
        for path in python_files("bot")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    ]
    assert classes
    assert [name for name in classes if EMPTY_CLASSES.search(name)] == []


def test_nothing_is_left_undone() -> None:
    undone = [
        f"{place(path)}:{number}"
        for path in python_files("bot") + python_files("deploy")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNDONE.search(line)
    ]
    assert undone == []


def test_a_rule_is_switched_off_only_with_a_reason() -> None:
    bare = [
        f"{place(path)}:{number}: {line.strip()}"
        for path in python_files("bot")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (excuse := EXCUSE.search(line)) and not WITH_REASON.fullmatch(excuse["noqa"] or excuse["ignore"] or "")
    ]
    assert bare == []


def test_our_own_code_is_imported_at_the_top_of_a_file() -> None:
    """Only the command line loads its subcommands when they are called, in one place."""
    lazy = [
        place(path, node)
        for path in python_files("bot")
        if path.parts[-2:] != ("cli", "main.py")
        for function in functions(path)
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bot")
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "bot" for name in node.names))
    ]
    assert lazy == []


@pytest.mark.parametrize("banned", ["mock", "unittest.mock"])
def test_no_test_replaces_a_part_of_the_program(banned: str) -> None:
    """Tests stand on real servers and on the verified fakes of bot.testing; nothing is patched from outside."""
    imports = [
        place(path, node)
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and node.module == banned)
        or (isinstance(node, ast.Import) and any(name.name == banned for name in node.names))
    ]
    assert imports == []


def test_no_test_patches_an_attribute() -> None:
    patches = [
        place(path, node)
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"setattr", "delattr", "setitem", "delitem"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "monkeypatch"
    ]
    assert patches == []
