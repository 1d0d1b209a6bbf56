"""Places that cannot be had: ports, files, folders, databases, servers."""

import os
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mistakes.conftest import Folder
from tests.servers import free_port


def wait(seen: Callable[[], object], within: float = 20) -> object:
    """What `seen` answers once it is true."""
    deadline = time.monotonic() + within
    while not (found := seen()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def one_line(said: str) -> tuple[str, str]:
    """The message and the hint; there is nothing else."""
    message, hint = said.splitlines()
    assert message.startswith("tocsin: ")
    assert hint.startswith("  ")
    return message, hint


def test_a_port_in_use(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        folder.change("tocsin.yaml", "127.0.0.1:0", f"127.0.0.1:{port}")
        message, hint = one_line(folder.refuses_to_start())
    assert f"cannot listen on 127.0.0.1:{port}: another program already does" in message
    assert "ss -ltnp" in hint
    assert not (folder.path / "tocsin.db").exists()


def test_an_address_of_another_machine(folder: Folder) -> None:
    folder.change(
        "tocsin.yaml", "http: {", "people: [{name: ann, token: {env: T}}]\nhttp: {public_url: https://t.example.net, "
    )
    folder.change("tocsin.yaml", "127.0.0.1:0", "192.0.2.1:9393")
    folder.env["T"] = "a-token-that-is-long-enough"
    message, hint = one_line(folder.refuses_to_start())
    assert "cannot listen on 192.0.2.1:9393" in message
    assert "an address of this machine" in hint


def test_a_second_process_on_the_same_file(folder: Folder) -> None:
    with folder.tocsin() as first:
        message, hint = one_line(folder.refuses_to_start())
        assert f"tocsin.db is already open in process {first.process.pid}" in message
        assert "use PostgreSQL for several" in hint
        assert first.api.get("/incidents").status_code == 200


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("sqlite:////nowhere/at/all/tocsin.db", "/nowhere/at/all/tocsin.db cannot be opened", "folder exists"),
        ("sqlite:////sys/tocsin.db", "/sys/tocsin.db cannot be opened", "may write there"),
        ("postgresql://tocsin@127.0.0.1:1/tocsin", "PostgreSQL database tocsin at 127.0.0.1 cannot be reached", ""),
        ("postgresql://tocsin@nowhere.invalid/tocsin", "PostgreSQL database tocsin at nowhere.invalid", ""),
    ],
)
def test_a_database_that_cannot_be_had(url: str, message: str, hint: str, folder: Folder) -> None:
    folder.change("tocsin.yaml", "http: {", f'store: {{url: "{url}"}}\nhttp: {{')
    said = one_line(folder.refuses_to_start())
    assert message in said[0]
    assert hint in said[1]


def test_a_database_of_somebody_else(folder: Folder) -> None:
    (folder.path / "tocsin.db").write_text("certainly no database, and long enough to be seen as none" * 100)
    assert "tocsin.db is damaged" in one_line(folder.refuses_to_start())[0]


def test_a_database_of_a_newer_tocsin(folder: Folder) -> None:
    with folder.tocsin():
        pass
    with sqlite3.connect(folder.path / "tocsin.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    message, hint = one_line(folder.refuses_to_start())
    assert "was written by a newer Tocsin: schema 9999" in message
    assert "install that version" in hint


def open_to_all(token: Path) -> None:
    token.write_text("tcs_x\n")
    token.chmod(0o644)


def a_folder(token: Path) -> None:
    token.mkdir(0o700)


def no_text(token: Path) -> None:
    token.touch(0o600)
    token.write_bytes(b"\xff\xfe")


def empty(token: Path) -> None:
    token.touch(0o600)


@pytest.mark.parametrize(
    ("spoil", "message", "hint"),
    [
        (open_to_all, "can be read by others", "chmod 600"),
        (a_folder, "cannot be written", "make its folder writable"),
        (no_text, "holds no token", "remove it"),
    ],
)
def test_a_token_file_that_is_no_use(spoil: Callable[[Path], None], message: str, hint: str, folder: Folder) -> None:
    spoil(folder.path / "tocsin.token")
    said = one_line(folder.refuses_to_start())
    assert "the token file" in said[0]
    assert message in said[0]
    assert hint in said[1]


def test_an_empty_token_file_gets_a_token(folder: Folder) -> None:
    empty(folder.path / "tocsin.token")
    with folder.tocsin() as tocsin:
        assert tocsin.api.get("/incidents").status_code == 200


def test_a_prometheus_that_does_not_answer_stops_nothing_and_is_said_so(folder: Folder) -> None:
    folder.change("tocsin.yaml", "127.0.0.1:1", f"127.0.0.1:{free_port()}")
    with folder.tocsin() as tocsin:

        def blind() -> list[object]:
            rules = tocsin.api.get("/rule-states").json()["rules"]
            return [rule for rule in rules if rule["state"] == "unknown" and rule["last_error"]]

        wait(blind)
        status, said = folder.says("doctor", "--server", tocsin.address)
        assert status == 1
        assert "prom" in said
        assert os.linesep.join(line for line in said.splitlines() if "cannot" in line or "refused" in line), said
        assert tocsin.api.get("/incidents").json()["incidents"] == []
