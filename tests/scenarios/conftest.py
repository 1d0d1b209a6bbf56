"""Scenarios run on virtual time."""

from pathlib import Path

import pytest

from tests.scenarios.virtual import VirtualLoop


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "tocsin.db"
