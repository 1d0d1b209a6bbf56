"""Overrides from the environment: `TOCSIN_HTTP__LISTEN`, `TOCSIN_STORE__URL`, `TOCSIN_LOG__LEVEL` and so on.

Only what is one value can be overridden: lists and mappings have a place in the file. This module loads
pydantic-settings, which takes longer than the rest of the configuration; it is loaded when such a variable is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from bot.config.schema import Http, Log, RetentionTimes, Store
from bot.errors import Complaint, DocumentError


class Overrides(BaseSettings):
    """The keys of `tocsin.yaml` that the environment may set."""

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", env_nested_delimiter="__")

    http: Http = Http()
    store: Store = Store()
    log: Log = Log()
    retention: RetentionTimes = RetentionTimes()
    time_zone: str = "UTC"


_SECTIONS = {f"TOCSIN_{name.upper()}" for name in Overrides.model_fields} - {"TOCSIN_TIME_ZONE"}


class _Given(EnvSettingsSource):
    """Reads the environment it is given, not the process' own."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._given = env
        super().__init__(Overrides)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._given.items()}


def overrides(env: Mapping[str, str]) -> dict[str, Any]:  # Any: plain values, nested as in the file
    """What the environment sets, nested as in the file: `{"http": {"listen": "..."}}`. DocumentError if unreadable."""
    try:
        return _Given(env)()
    except SettingsError:
        # It only ever means that a whole section was set at once, and not as JSON.
        named = ", ".join(name for name in env if name.upper() in _SECTIONS)
        message = "set single keys, such as TOCSIN_HTTP__LISTEN"
        raise DocumentError([Complaint(file=named, line=0, column=0, path="", message=message)]) from None
