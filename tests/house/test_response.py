"""`bot/response` joins and does not decide: where complexity would settle if nothing kept it out (bot/README.md)."""

import ast
import subprocess
import sys

from tests.house.test_map import blocks
from tests.house.tree import ROOT, parsed, place, python_files

FILES = python_files("bot/response")


def stages_of(tree: ast.Module) -> set[str]:
    """The stages that a file imports; `rights`, which every response asks first, does not count."""
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {parts[1] for module in modules if len(parts := module.split(".")) > 1} & (set(blocks()[0]) - {"rights"})


def test_a_response_joins_at_most_two_stages() -> None:
    joined = {place(path): stages_of(parsed(path)) for path in FILES}
    assert any(joined.values())
    assert {path: stages for path, stages in joined.items() if len(stages) > 2} == {}


def test_a_response_hardly_branches() -> None:
    limit = ["--config", "lint.mccabe.max-complexity = 4"]
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "C901", *limit, "bot/response"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_a_response_knows_who_acts() -> None:
    public = {
        f"{place(path, function)} {function.name}": function
        for path in FILES
        for function in parsed(path).body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not function.name.startswith("_")
    }
    assert public
    assert [name for name, function in public.items() if not takes_actor(function)] == []


def takes_actor(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return any(
        parameter.arg == "actor" and parameter.annotation is not None and ast.unparse(parameter.annotation) == "Actor"
        for parameter in parameters
    )
