"""Secrets that a document points at, and paths seen from its folder."""

import os
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr

from bot.config.values import Values, stamp
from bot.documents import Strict


class Door(Strict):
    key: SecretStr
    ca: Path | None = None


class House(Strict):
    door: Door | None = None
    doors: tuple[Door, ...] = ()
    headers: Annotated[dict[str, SecretStr], Field(default_factory=dict)]
    url: str = ""


def values(base: Path, **env: str) -> Values:
    return Values(env=env, base=base)


def settled(value: object, walk: Values) -> House:
    return House.model_validate(walk.settle(value, House))


def test_secrets_are_read_wherever_the_schema_has_one(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    walk = values(tmp_path, KEY="from-env")
    house = settled(
        {
            "door": {"key": {"env": "KEY"}},
            "doors": [{"key": {"file": "key"}}, {"key": {"file": str(tmp_path / "key")}}],
            "headers": {"X-Key": {"env": "KEY"}},
        },
        walk,
    )
    assert house.door is not None
    assert house.door.key.get_secret_value() == "from-env"
    assert [door.key.get_secret_value() for door in house.doors] == ["from-file", "from-file"]
    assert house.headers["X-Key"].get_secret_value() == "from-env"
    assert {secret.get_secret_value() for secret in walk.secrets} == {"from-env", "from-file"}
    assert "from" not in repr(house)
    assert set(walk.files) == {tmp_path / "key"}
    assert not walk.missing
    assert not walk.wrong


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("hunter2", "a secret is never written here itself; write {env: NAME} or {file: PATH}"),
        (["hunter2"], "a secret is never written here itself; write {env: NAME} or {file: PATH}"),
        ({"fil": "x"}, "unknown key 'fil'; did you mean 'file'?; write {env: NAME} or {file: PATH}"),
        ({"env": "A", "file": "b"}, "a secret is one reference; write {env: NAME} or {file: PATH}"),
        ({}, "a secret is one reference; write {env: NAME} or {file: PATH}"),
        ({"env": None}, "a secret is one reference; write {env: NAME} or {file: PATH}"),
    ],
)
def test_anything_but_one_reference_is_a_mistake_that_does_not_repeat_the_secret(
    tmp_path: Path, written: object, said: str
) -> None:
    walk = values(tmp_path)
    walk.settle({"door": {"key": written}}, House)
    assert walk.wrong == [(("door", "key"), said)]
    assert "hunter2" not in said


def test_what_is_not_there_is_missing_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    walk = values(tmp_path, SET="", OTHER="x")
    house = settled(
        {
            "doors": [
                {"key": {"env": "SET"}},
                {"key": {"env": "UNSET"}},
                {"key": {"file": "empty"}},
                {"key": {"file": "binary"}},
                {"key": {"file": "nowhere"}},
            ]
        },
        walk,
    )
    assert len(house.doors) == 5
    assert [message for _, message in walk.missing] == [
        "the environment variable SET is not set",
        "the environment variable UNSET is not set",
        f"{tmp_path}/empty is empty",
        f"{tmp_path}/binary is not text",
        f"cannot read {tmp_path}/nowhere: no such file or directory",
    ]
    assert walk.missing[4][0] == ("doors", 4, "key")


def test_paths_are_seen_from_the_documents_folder(tmp_path: Path) -> None:
    walk = values(tmp_path, KEY="k")
    key = {"env": "KEY"}
    house = settled(
        {"doors": [{"key": key, "ca": "a/ca.pem"}, {"key": key, "ca": "/etc/ca.pem"}, {"key": key, "ca": "~/ca"}]}, walk
    )
    assert [door.ca for door in house.doors] == [tmp_path / "a/ca.pem", Path("/etc/ca.pem"), Path.home() / "ca"]
    assert settled({"url": "a/b"}, walk).url == "a/b"


def test_a_value_of_the_wrong_shape_is_left_for_the_schema_to_complain_about(tmp_path: Path) -> None:
    walk = values(tmp_path)
    assert (
        walk.settle({"door": "x", "doors": "y", "headers": ["z"], "more": 1}, House)
        == {
            "door": "x",
            "doors": "y",
            "headers": ["z"],
            "more": 1,
        }
        or walk.wrong
    )


def test_a_stamp_changes_when_a_file_is_replaced_or_rewritten(tmp_path: Path) -> None:
    file, other = tmp_path / "key", tmp_path / "new"
    file.write_text("one")
    first = stamp(file)
    os.utime(file, ns=(1, 1))
    rewritten = stamp(file)
    other.write_text("two")
    os.utime(other, ns=(1, 1))
    other.replace(file)  # as Kubernetes and editors do
    assert len({first, rewritten, stamp(file)}) == 3
    file.unlink()
    assert stamp(file) is None
