"""The image and the compose file: they name what exists, and give the container no right it does not need."""

import re
from typing import Any

import yaml

from tests.house.tree import ROOT

DEPLOY = ROOT / "deploy"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def values(word: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == word]


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def test_the_base_is_an_argument() -> None:
    assert instructions()[0][0] == "ARG"
    assert values("ARG")[0].startswith("BASE=")
    assert {rest.split()[0] for rest in values("FROM")} == {"${BASE}"}


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    copied = [name for rest in values("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]]
    kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().split() if line.startswith("!")}
    assert "requirements.lock" in copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert set(copied) == kept


def test_it_does_not_run_as_root_and_starts_tocsin() -> None:
    assert values("USER") == ["10001:10001"]
    assert [word for word, _ in instructions()].index("USER") > [word for word, _ in instructions()].index("RUN")
    assert values("ENTRYPOINT") == ['["tocsin"]']
    assert values("CMD") == ['["-c", "/etc/tocsin/tocsin.yaml", "run"]']


def test_every_installation_is_held_to_the_lock() -> None:
    installs = [command for rest in values("RUN") for command in rest.split("&&") if "pip install" in command]
    assert len(installs) == 2
    assert [command for command in installs if "constraint requirements.lock" not in command] == []


def test_compose_names_what_exists() -> None:
    document = compose()
    (service,) = document["services"].values()
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    named = {volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(".")}
    assert named == set(document["volumes"])
    assert set(service["secrets"]) == set(document["secrets"])


def test_compose_gives_no_right_that_is_not_needed() -> None:
    (service,) = compose()["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == values("USER")[0]
    assert [port for port in service["ports"] if not port.startswith("127.0.0.1:")] == []
    assert "privileged" not in service
    written = {volume.split(":")[1] for volume in service["volumes"] if not volume.endswith(":ro")}
    assert written == set(values("VOLUME"))
