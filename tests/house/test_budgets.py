"""Small enough to be read: a module has at most 400 lines, a function at most 50."""

from tests.house.tree import functions, place, python_files

MODULE = 400
FUNCTION = 50


def test_modules() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in python_files("bot")}
    assert lengths
    assert {path: lines for path, lines in lengths.items() if lines > MODULE} == {}


def test_functions() -> None:
    lengths = {
        f"{place(path, function)} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in python_files("bot")
        for function in functions(path)
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION} == {}
