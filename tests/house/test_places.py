"""The tree runs anywhere: it names no package registry, and no path of the machine it was written on."""

from pathlib import Path

from tests.house.tree import ROOT, files, place

# What installs something uses the index and the mirror that the machine is set up with.
INSTALLING = ("requirements.lock", "Makefile", "tests/servers/install", ".ci", "deploy/Dockerfile", "pyproject.toml")


def texts() -> dict[Path, str]:
    read = {}
    for path in files():
        try:
            read[path] = path.read_text()
        except UnicodeDecodeError:
            continue  # a picture
    return read


def test_what_installs_names_no_host() -> None:
    installing = {
        path: text for path, text in texts().items() if any(path.is_relative_to(ROOT / name) for name in INSTALLING)
    }
    assert len(installing) >= 5
    assert [place(path) for path, text in installing.items() if "://" in text] == []


def test_no_path_of_this_machine() -> None:
    assert [place(path) for path, text in texts().items() if str(ROOT) in text] == []
