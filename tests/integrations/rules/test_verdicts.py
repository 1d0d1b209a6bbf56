"""promtool's verdict on a rule file is ours: on those people use, on odd ones, and on thousands of mistakes."""

import re
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import DocumentError
from bot.rules.spec import read_groups
from tests.conftest import needed
from tests.corpora import rule_files
from tests.corpora.expressions import ONLY_OLD
from tests.corpora.mutations import mutated_expressions, mutated_files
from tests.corpora.verdicts import ALERT, FILES, NEWER
from tests.servers import locate
from tests.soak import made_up_by, many

MINUTE = timedelta(minutes=1)


def refused(promtool: str, folder: Path, files: Sequence[str]) -> dict[int, str]:
    """Which of these files promtool refuses, and its first words about each."""
    for number, text in enumerate(files):
        (folder / f"{number}.yml").write_bytes(text.encode())
    checked = subprocess.run(
        [promtool, "check", "rules", "--lint=none", *(f"{number}.yml" for number in range(len(files)))],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert checked.returncode in (0, 1), checked.stderr[-2000:]
    assert not checked.stderr.startswith("panic:")
    told: dict[int, str] = {}
    for found in re.finditer(r"^(?:.*/)?(\d+)\.yml: (.*)$", checked.stderr, re.MULTILINE):
        told.setdefault(int(found[1]), found[2])
    return told


def complaints(text: str) -> list[str]:
    """What we say against a file."""
    try:
        read_groups(text, "rules.yml", source="prom", default_interval=MINUTE)
    except DocumentError as error:
        return [str(complaint) for complaint in error.complaints]
    return []


def differing(promtool: str, folder: Path, files: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    told = refused(promtool, folder, files)
    return [
        (text, told.get(number, "accepted"), ours)
        for number, text in enumerate(files)
        if bool(ours := complaints(text)) != (number in told)
    ]


def version(promtool: str) -> tuple[int, int]:
    said = subprocess.run([promtool, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)", said.stdout + said.stderr)
    assert found
    return int(found[1]), int(found[2])


def test_files_people_use(promtool: str, tmp_path: Path) -> None:
    files = [file.read_text() for file in rule_files()]
    assert differing(promtool, tmp_path, files) == []
    assert [complaints(text) for text in files] == [[]] * len(files)


def test_a_table_of_odd_files(promtool: str, tmp_path: Path) -> None:
    if version(promtool) < (3, 5):
        pytest.skip("the table is about Prometheus 3.5 and later")
    assert differing(promtool, tmp_path, FILES) == []
    assert 400 < len(refused(promtool, tmp_path, FILES)) < len(FILES) - 300


def test_what_came_later(promtool: str, tmp_path: Path) -> None:
    """What a newer Prometheus knows we accept, whichever is asked."""
    for since, texts in NEWER.items():
        files = [ALERT + text for text in texts]
        assert [complaints(text) for text in files] == [[]] * len(files)
        assert bool(refused(promtool, tmp_path, files)) == (version(promtool) < since)


def test_what_the_old_one_takes_is_taken(tmp_path: Path) -> None:
    with needed():
        old = Path(locate("prometheus-old")).resolve().with_name("promtool")
    told = refused(str(old), tmp_path, FILES)
    stricter = [
        (text, complaints(text)) for number, text in enumerate(FILES) if number not in told and complaints(text)
    ]
    assert [(text, why) for text, why in stricter if not any(word in text for word in ONLY_OLD)] == []


def test_mistakes_in_expressions(promtool: str, tmp_path: Path) -> None:
    files = mutated_expressions(made_up_by(), many(400, 20_000))
    for start in range(0, len(files), 1_000):
        assert differing(promtool, tmp_path, files[start : start + 1_000]) == []


def test_mistakes_in_files(promtool: str, tmp_path: Path) -> None:
    files = mutated_files(made_up_by(), many(400, 20_000))
    for start in range(0, len(files), 1_000):
        assert differing(promtool, tmp_path, files[start : start + 1_000]) == []
