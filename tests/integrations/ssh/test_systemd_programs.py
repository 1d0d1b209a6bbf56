"""The programs that stand for systemd's take what the real ones take, and refuse what those refuse.

The real ones are here too, with no systemd to ask: they read their options first, and then say that there is none.
"""

import subprocess
from pathlib import Path

import pytest

from bot.integrations.ssh.looking import as_it_is
from tests.integrations.ssh.conftest import Fleet
from tests.servers import Systemd

NOBODY_THERE = ("not been booted with systemd", "Failed to connect to bus", "Failed to get D-Bus connection")


def ran(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    made = Systemd(tmp_path / "systemd")
    made.unit("web.service")
    return made


async def test_everything_we_ask_is_understood_by_the_real_ones(web1: Fleet, systemctl: str, journalctl: str) -> None:
    """Each call that our actions made of the programs, made of the real ones."""
    web1["web1"].unit("down.service", ActiveState="inactive", SubState="dead")
    for name, more in {
        "host.service_restart": {"unit": "web", "settle": "0s"},
        "host.service_stop": {"unit": "web", "settle": "0s"},
        "host.service_start": {"unit": "down", "settle": "0s"},
        "host.journal": {"unit": "web", "grep": "a.b"},
    }.items():
        await web1.do(name, host="web1", **more)
    plan = await web1.plan("host.reboot", host="web1")
    await web1.probe(plan)
    calls = {tuple(call) for call in web1["web1"].calls}
    assert len(calls) > 6
    folder = web1["web1"].folder
    for program, *arguments in calls:
        if program == "journalctl":
            said = ran(journalctl, f"--directory={folder}", *arguments)
            assert (said.stdout, said.stderr) == ("-- No entries --\n", "No journal files were found.\n"), arguments
        else:
            said = ran(systemctl, *arguments)
            asked = said.stdout.strip() in ("offline", "unknown") or any(word in said.stderr for word in NOBODY_THERE)
            assert asked, (arguments, said)


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("systemctl", ["--bogus", "show", "web"]), ("systemctl", ["restart", "--bogus=1", "web"]),
        ("systemctl", ["show", "web", "--propertyy=Id"]), ("journalctl", ["--bogus"]), ("journalctl", ["--unitt=web"]),
        ("journalctl", ["--unit=web", "--since=nonsense"]), ("journalctl", ["--unit=web", "--grep=(x"]),
    ],
)  # fmt: skip
def test_they_refuse_what_the_real_ones_refuse(
    systemd: Systemd, systemctl: str, journalctl: str, program: str, arguments: list[str]
) -> None:
    real = ran({"systemctl": systemctl, "journalctl": journalctl}[program], *arguments)
    ours = ran(f"{systemd.folder}/bin/{program}", *arguments)
    assert real.returncode != 0
    assert not any(word in real.stderr for word in NOBODY_THERE)
    assert ours.returncode != 0
    assert "unrecognized option" not in real.stderr or "unrecognized option" in ours.stderr


def test_nothing_found_is_told_as_the_real_one_tells_it(systemd: Systemd, journalctl: str, tmp_path: Path) -> None:
    real = ran(journalctl, f"--directory={tmp_path}", "--unit=web", f"--grep={as_it_is('a.b')}")
    ours = ran(f"{systemd.folder}/bin/journalctl", "--unit=web", f"--grep={as_it_is('a.b')}")
    assert (ours.returncode, ours.stdout) == (real.returncode, real.stdout)


def test_what_a_hostile_name_could_do_it_would_do(systemd: Systemd) -> None:
    """As systemctl(1) has it: patterns stand for all units they fit, and targets end the machine."""
    systemd.unit("db.service")
    before = systemd["web.service"]["InvocationID"], systemd["db.service"]["InvocationID"]
    assert ran(f"{systemd.folder}/bin/systemctl", "restart", "*").returncode == 0
    after = systemd["web.service"]["InvocationID"], systemd["db.service"]["InvocationID"]
    assert not set(before) & set(after)
    assert ran(f"{systemd.folder}/bin/systemctl", "start", "reboot.target").returncode == 0
    assert (systemd.folder / "rebooting").exists()
    assert ran(f"{systemd.folder}/bin/systemctl", "start", "nothing").returncode == 5
