"""From the URL in `store.url` to the database it names."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import StartError
from bot.store.backend import Backend
from bot.store.postgres import PostgresServer
from bot.store.sqlite import SqliteFile


def backend_for(url: str) -> Backend:
    """The database a URL names, not yet opened; StartError without repeating the URL, which may hold a password."""
    hint = "write it like sqlite:///tocsin.db or postgresql://USER@HOST/DATABASE"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StartError("store.url is not the URL of a database", hint=hint) from None
    match parsed.drivername:
        case "sqlite":
            return SqliteFile(parsed)
        case "postgresql" | "postgresql+psycopg":
            return PostgresServer(parsed)
        case other:
            raise StartError(f"store.url begins with {other}, which Tocsin does not know", hint=hint)
