"""A connection to each database, for properties of what is kept."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.store.address import backend_for
from bot.store.channel import Channel
from bot.store.schema import open_prepared
from tests.servers import Postgres


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def channel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    """A connection to a database with our schema."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'tocsin.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database()
    backend = backend_for(url)
    with backend.hold(), closing(open_prepared(backend)) as channel:
        yield channel
