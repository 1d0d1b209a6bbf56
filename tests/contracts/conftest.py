"""Where the stores under test are kept: a SQLite file, and a fresh database of a real PostgreSQL."""

from pathlib import Path

import pytest

from tests.servers import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tocsin.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()
