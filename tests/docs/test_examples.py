"""Whatever a document tells a reader to write or to type is taken by Tocsin as it stands there."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from bot.cli.main import parser
from bot.config.checking import check_paths
from bot.config.kinds import Kind, kind_of
from bot.documents import read
from tests.house.tree import ROOT

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(?:docker compose (?:run --rm|exec) tocsin )?(?:\S*/)?tocsin (.*)$")
_MADE_UP = ("SOMETHING", "...", "FILE")


@dataclass(frozen=True)
class Example:
    """A fenced block: where it stands, its language, its text."""

    place: str
    language: str
    text: str


def examples() -> Iterator[Example]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        text = (ROOT / name).read_text()
        for found in _FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 2
            yield Example(f"{name}:{line}", found[1], found[2])


DOCUMENTS = [one for one in examples() if one.language in ("yaml", "yml")]
TYPED = [one for one in examples() if one.language in ("sh", "")]


@pytest.mark.parametrize("example", DOCUMENTS, ids=lambda one: one.place)
def test_a_document_in_a_document_has_no_mistakes(example: Example, tmp_path: Path) -> None:
    """Rule files and secrets that an example names are the reader's own, so that they are missing is no mistake."""
    if kind_of(read(example.text, example.place)) is Kind.UNKNOWN:
        assert yaml.safe_load(example.text), "not even YAML"  # a chart's values, say: tests/content looks at those
        return
    (tmp_path / "example.yaml").write_text(example.text)
    findings = check_paths([Path("example.yaml")], None, {}, tmp_path)
    unsaid = [str(one) for one in findings.errors if "offers the action" not in one.message]
    assert unsaid == []


@pytest.mark.parametrize("example", TYPED, ids=lambda one: one.place)
def test_what_a_reader_is_told_to_type_can_be_typed(example: Example) -> None:
    words = (ROOT / "Makefile").read_text()
    for line in re.sub(r"\\\n\s*", " ", example.text).splitlines():
        command = re.split(r"#|\s{2,}", line.strip())[0].strip()  # what follows two spaces explains it
        if command.startswith("make "):
            assert re.search(rf"^{command.split()[1]}:", words, re.MULTILINE), f"{example.place}: make has no such word"
        elif (found := _COMMAND.match(command)) and not any(word in command for word in _MADE_UP):
            typed = shlex.split(found[1])
            parser(typed).parse_args(typed)


def test_there_is_something_to_try() -> None:
    assert len(DOCUMENTS) >= 5
    assert len(TYPED) >= 3
