"""Where things are found: the configuration, and by it the address, the database and the command line's token."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from bot.config.schema import DEFAULT_FILE, SQLITE, Config

TOKEN_VARIABLE = "TOCSIN_TOKEN_FILE"  # noqa: S105 - the name of a variable
TOKEN_FILE = "tocsin.token"  # noqa: S105 - the name of a file


def default_path(cwd: Path) -> Path | None:
    """`tocsin.yaml` where there is one; None means the embedded defaults."""
    path = cwd / DEFAULT_FILE
    return path if path.exists() else None


def local_address(config: Config) -> str:
    """The address at which this machine reaches Tocsin."""
    return address_of(config.http.host, config.http.port)


def address_of(host: str, port: int) -> str:
    """The address at which this machine reaches what listens on `host`: of every address, the loopback one."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    elif ":" in host:
        host = "[::1]" if host == "::" else f"[{host}]"
    return f"http://{host}:{port}"


def database_url(config: Config) -> str:
    """The database's address with the password in it: a secret. Of SQLite, the path is absolute once loaded."""
    url, password = config.store.url, config.store.password
    parts = urlsplit(url)
    if password is None or parts.scheme == "sqlite":
        return url
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(
        netloc=f"{parts.username or ''}:{quote(password.get_secret_value(), safe='')}@{place}"
    ).geturl()


def token_file(config: Config, env: Mapping[str, str], base: Path) -> Path:
    """Where `tocsin run` writes its owner's token: as the environment says, beside the SQLite file, or in `base`."""
    named = env.get(TOKEN_VARIABLE, "")
    if named:
        return Path(named).expanduser()
    url = config.store.url
    return (Path(url.removeprefix(SQLITE)).parent if url.startswith(SQLITE) else base) / TOKEN_FILE
