"""The commands that work without a running Tocsin: exit statuses, what they write and where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot import __version__
from tests.integrations.cli.conftest import COMMAND, Shell

GOOD = (
    "integrations: {prom: {use: prometheus, url: 'http://127.0.0.1:9090'}}\nrules: [{files: [r.yml], source: prom}]\n"
)
RULES = "groups: [{name: a, rules: [{alert: A, expr: up == 0}]}]\n"
BAD = """\
http: {listne: "127.0.0.1:1"}
retention: {raw: 2 weeks}
integrations:
  prom: {use: prometheus, url: http://127.0.0.1:9090, timeout: 10 sec}
rules: [{files: [r.yml], source: prom}]
runbooks: [book.yaml]
"""
BOOK = "runbook: b\ntitle: t\nsteps: [{id: a, uses: prometheus.qurey, with: {expr: up}}]\n"


def write(shell: Shell, **files: str) -> None:
    for name, text in files.items():
        (shell.folder / {"tocsin": "tocsin.yaml", "rules": "r.yml", "book": "book.yaml"}[name]).write_text(text)


def test_a_sound_configuration_is_said_to_be_sound(shell: Shell) -> None:
    write(shell, tocsin=GOOD, rules=RULES)
    said = shell("check")
    assert (said.status, said.out, said.err) == (0, "2 files, 1 rule, 0 runbooks: no mistakes\n", "")


def test_every_mistake_comes_with_its_place_and_what_to_write(shell: Shell) -> None:
    write(shell, tocsin=BAD, rules=RULES.replace("up == 0", "up =="), book=BOOK)
    said = shell("check")
    lines = said.out.splitlines()
    assert said.status == 1
    assert lines[:3] == [
        "tocsin.yaml:1:8: http.listne: unknown key 'listne'; did you mean 'listen'?",
        "tocsin.yaml:2:18: retention.raw: not a duration: '2 weeks'; write it like 90s, 15m, 1h30m or 2d",
        "tocsin.yaml:4:64: integrations.prom.timeout: not a duration: '10 sec'; write it like 90s, 15m, 1h30m or 2d",
    ]
    assert lines[3].startswith("r.yml:1:")
    assert lines[4] == (
        "book.yaml:3:23: steps[0].uses: no integration offers the action 'prometheus.qurey';"
        " did you mean 'prometheus.query'?"
    )
    assert lines[5:] == ["3 files, 0 rules, 1 runbook: 5 mistakes"]
    assert said.err == ""


def test_machines_are_told_in_their_own_way(shell: Shell) -> None:
    write(shell, tocsin="http: {listne: x}\n")
    told = json.loads(shell("check", "--format", "json").out)
    assert told["complaints"] == [
        {
            "file": "tocsin.yaml",
            "line": 1,
            "column": 8,
            "path": "http.listne",
            "message": "unknown key 'listne'; did you mean 'listen'?",
            "gravity": "error",
        }
    ]
    assert (told["files"], told["rules"], told["runbooks"], told["skipped"]) == (1, 0, 0, 0)
    annotated = shell("check", "--format", "github")
    assert annotated.status == 1
    assert annotated.out.splitlines()[0] == (
        "::error file=tocsin.yaml,line=1,col=8::http.listne: unknown key 'listne'; did you mean 'listen'?"
    )


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("check", "nowhere"), ("check", "-c", "nowhere.yaml"), ("-c", "nowhere.yaml", "check")],
)
def test_looking_at_nothing_is_status_2(shell: Shell, arguments: tuple[str, ...]) -> None:
    said = shell(*arguments)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("tocsin: there is no")


@pytest.mark.parametrize(
    "arguments",
    [(), ("nonsense",), ("check", "--format", "xml"), ("incident",), ("incident", "list", "--status", "x"), ("demo",)],
)
def test_a_line_that_cannot_be_understood_is_status_2(shell: Shell, arguments: tuple[str, ...]) -> None:
    said = shell(*arguments)
    assert said.status == 2
    assert said.err.startswith("usage: tocsin")


def test_a_configuration_may_be_named_before_or_after_the_command(shell: Shell) -> None:
    other = shell.folder / "etc"
    other.mkdir()
    (other / "t.yaml").write_text(GOOD)
    (other / "r.yml").write_text(RULES)
    for arguments in (("-c", "etc/t.yaml", "check"), ("check", "-c", "etc/t.yaml"), ("check", "--config=etc/t.yaml")):
        said = shell(*arguments)
        assert (said.status, said.out) == (0, "2 files, 1 rule, 0 runbooks: no mistakes\n"), said.err


def test_a_third_partys_integration_comes_in_through_the_same_door(shell: Shell) -> None:
    site = shell.folder / "site"
    (site / "acme-1.0.dist-info").mkdir(parents=True)
    (site / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (site / "acme-1.0.dist-info" / "entry_points.txt").write_text(
        "[tocsin.integrations]\nacme = acme:integration\nbroken = acme:nothing\nstrange = acme:strange\n"
    )
    (site / "acme.py").write_text(
        "from contextlib import asynccontextmanager\n"
        "from pydantic import SecretStr\n"
        "from bot.documents import Strict\n"
        "from bot.kit.plugin import Capabilities, Integration\n"
        "class Config(Strict):\n"
        "    key: SecretStr\n"
        "integration = Integration(name='acme', help='', config=Config, provides=frozenset(), open=None)\n"
        "strange = 7\n"
    )
    write(shell, tocsin="integrations: {a: {use: acme, key: {env: ACME}}, b: {use: broken}, c: {use: strange}}\n")
    said = shell("check", PYTHONPATH=str(site), ACME="hunter2")
    assert said.out.splitlines() == [
        "tocsin.yaml:1:59: integrations.b.use: the integration 'broken' cannot be loaded: module 'acme' has no"
        " attribute 'nothing'; install acme anew, in a version for this Tocsin, or take the integration out of"
        " tocsin.yaml",
        "tocsin.yaml:1:77: integrations.c.use: the integration 'strange' is no Integration: acme:strange; install acme"
        " anew, in a version for this Tocsin, or take the integration out of tocsin.yaml",
        "1 file, 0 rules, 0 runbooks: 2 mistakes",
    ]
    plain = "integrations: {a: {use: acme, key: hunter2}}\n"
    write(shell, tocsin=plain)
    leaky = shell("check", PYTHONPATH=str(site))
    assert "hunter2" not in leaky.out + leaky.err
    assert "a secret is never written here itself" in leaky.out


def test_the_database_is_made_backed_up_verified_and_pruned(shell: Shell) -> None:
    assert shell("db", "upgrade").out.startswith("upgraded from nothing to ")
    assert shell("db", "upgrade").out.startswith("nothing to do: the schema is ")
    assert shell("db", "backup", "copy.db").out == "backup: copy.db\n"
    assert (shell.folder / "copy.db").stat().st_mode & 0o077 == 0
    again = shell("db", "backup", "copy.db")
    assert again.status == 1
    assert again.err.startswith("tocsin: copy.db exists already\n")
    assert shell("db", "verify").out == "the audit record is whole\n"
    assert "WOULD GO" in shell("db", "prune", "--dry-run").out
    assert "WENT" in shell("db", "prune").out


def test_a_database_that_cannot_be_had_is_one_message(shell: Shell) -> None:
    (shell.folder / "notes.db").write_text("no database at all, but long enough to look at\n" * 30)
    for url in ("sqlite:////no/such/folder/t.db", "sqlite:///notes.db", "postgresql://nobody@127.0.0.1:1/none"):
        said = shell("db", "backup", "copy.db", TOCSIN_STORE__URL=url)
        assert said.status == 1, url
        first, second, *_ = said.err.splitlines()
        assert first.startswith("tocsin: ")
        assert second.startswith("  ")


def test_help_teaches_by_example_and_names_only_what_there_is(shell: Shell) -> None:
    said = shell("--help")
    assert said.status == 0
    assert "tocsin check" in said.out
    assert shell("--version").out == f"tocsin {__version__}\n"
    assert "exit status: 0 no mistakes, 1 mistakes found, 2 could not look" in shell("check", "--help").out
    for absent in ("demo",):
        assert f"  {absent}" not in said.out


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    # More than a pipe holds, so that the command is still writing when its reader goes.
    write(shell, tocsin="\n".join(f"{number:0200}: x" for number in range(400)))
    with subprocess.Popen(
        [COMMAND, "check"], cwd=shell.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_python_m_bot_is_the_same_command(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-m", "bot", "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert ran.stdout == f"tocsin {__version__}\n".encode()


def test_hostile_names_do_not_reach_the_terminal_as_they_are(shell: Shell) -> None:
    write(shell, tocsin='"\\e[31mred\\u202e": x\n')
    said = shell("check")
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    assert "unknown key" in said.out
