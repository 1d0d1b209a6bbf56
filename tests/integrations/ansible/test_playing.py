"""Playbooks played by a real Ansible on real hosts: in check mode first, bound to what was seen, and then for real."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from bot.errors import Permanent, Temporary
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.inventory import read_inventory
from bot.integrations.ansible.params import OnInventory, PlaybookParams
from bot.integrations.ansible.playing import played
from bot.integrations.ansible.sources import runs_even_in_check_mode
from bot.integrations.ansible.workspace import Play, clear_away, workspace
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports import in_turn
from bot.ports.actions import nobody
from bot.ports.reads_only import reads_only
from tests.hostile import corpus, got_through
from tests.integrations.ansible.conftest import WITHIN, Site
from tests.integrations.http_server import raised

COPY = {"name": "write it", "ansible.builtin.copy": {"dest": "{{ out }}", "content": "{{ text }}\n"}}
COMMAND = {"name": "count", "ansible.builtin.command": "echo {{ text | quote }}"}


def left_behind(site: Site) -> list[Path]:
    """Folders in which this site's key lies; other tests may be playing at the same time."""
    assert site.config.key is not None
    key = site.config.key.get_secret_value().strip()
    found = []
    for file in Path(tempfile.gettempdir()).glob("tocsin-ansible-*/key"):
        with contextlib.suppress(OSError):
            found += [file] if file.read_text().strip() == key else []
    return found


async def test_what_a_playbook_prints_too_much_of_says_where_it_was_cut(site: Site) -> None:
    name = site.playbook("talks.yml", {"name": "talk", "ansible.builtin.debug": {"msg": "{{ 'y' * 300_000 }}"}})
    plan = await site.plan("ansible.playbook", playbook=name, hosts=["web1"])
    result = await site.run(plan)
    assert result.outcome is Outcome.SUCCEEDED
    assert result.text.endswith("y\n(cut after 256 KiB)")


async def test_it_is_checked_shown_played_and_probed(site: Site) -> None:
    name = site.playbook("deploy/web.yml", COPY)
    plan = await site.plan("ansible.playbook", playbook=name, groups="web", variables={"text": "v2"})
    out = {host: site.folder / "out" / host for host in ("web1", "web2")}
    assert not any(path.exists() for path in out.values())
    assert (plan.risk, plan.repeatable, plan.can_probe) == (Risk.WRITE, False, True)
    assert plan.targets == ("web1", "web2")
    assert plan.places == ("host:web1", "host:web2", "host:127.0.0.1")
    assert plan.summary == "play deploy/web.yml on web1, web2"
    assert plan.diff.startswith("would change: web1: write it\nwould change: web2: write it\n") or (
        plan.diff.startswith("would change: web2: write it\nwould change: web1: write it\n")
    )
    assert "+v2" in plan.diff
    assert set(plan.preconditions) == {"inventory", "content", "changes"}
    said: list[str] = []
    result = await site.run(plan, said.append)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert {path.read_text() for path in out.values()} == {"v2\n"}
    assert result.summary == "done on 2 of 2 hosts; 2 tasks changed something"
    assert sorted(result.value["changed"]) == ["web1: write it", "web2: write it"]
    assert result.value["hosts"]["web1"]["changed"] == 1
    assert any("TASK [write it]" in text for text in said)
    assert len(said) > 3  # as it came, not all at the end
    assert await site.probe(plan) is Did.DID
    assert not left_behind(site)


async def test_what_check_mode_cannot_know_is_named(site: Site) -> None:
    name = site.playbook("count.yml", COMMAND, {"name": "never", "ansible.builtin.ping": {}, "when": False})
    plan = await site.plan("ansible.playbook", playbook=name, hosts="web1", variables={"text": "x"})
    assert plan.risk is Risk.DESTRUCTIVE
    assert plan.diff == "nothing would change\ncannot be known before: web1: count"
    assert not plan.can_probe


async def test_a_failed_and_a_lost_host_are_told_apart(site: Site) -> None:
    failing = {
        "name": "check it",
        "ansible.builtin.fail": {"msg": "no licence"},
        "when": "inventory_hostname == 'web2'",
    }
    name = site.playbook("fail.yml", COPY, failing)
    plan = await site.plan("ansible.playbook", playbook=name, groups="web", variables={"text": "v1"})
    assert "fails in check mode, so what follows is not known: web2: check it: no licence" in plan.diff
    site.machines["web1"].stop()
    result = await site.run(plan)
    assert result.outcome is Outcome.FAILED
    assert sorted(result.value["failed"]) == ["web1", "web2"]
    assert result.value["hosts"]["web1"]["unreachable"] == 1
    assert result.value["hosts"]["web2"]["summary"] == "check it: no licence"
    error = await raised(site.plan("ansible.playbook", playbook=name, hosts="web1", variables={"text": "v1"}))
    assert isinstance(error, Temporary)
    assert "web1 cannot be reached" in error.message


async def test_what_changed_since_is_not_played(site: Site) -> None:
    """The playbook, a file beside it, or the inventory."""
    name = site.playbook("count.yml", COMMAND, check_mode=False)  # not rehearsed, which is quicker
    plan = await site.plan("ansible.playbook", playbook=name, hosts="web1", variables={"text": "x"})
    extra = site.folder / "playbooks" / "vars.yml"
    extra.write_text("a: 1\n")
    assert (await site.run(plan)).summary.endswith("the playbook, or a file beside it, has changed")
    extra.unlink()
    inventory = site.folder / "inventory.json"
    inventory.write_text(inventory.read_text().replace('"out"', '"put"'))
    assert (await site.run(plan)).summary == "nothing was done: since it was planned, the inventory has changed"


async def test_where_only_reading_is_allowed_nothing_is_played(site: Site, tmp_path: Path) -> None:
    """Neither a play for real, nor one of whose tasks some disregard check mode: those would do their work."""
    forced = COPY | {"check_mode": False}
    name = site.playbook("forced.yml", forced)
    plan = await site.plan("ansible.playbook", playbook=name, groups="web", variables={"text": "x"})
    assert plan.diff.startswith("not rehearsed: what stands at forced.yml:12 runs in check mode too")
    assert not plan.can_probe
    for check in (True, False):
        play = Play(playbook=tmp_path / "playbooks" / name, hosts=["web1"], variables={"text": "x"}, check=check)
        with reads_only():
            error = await raised(played(site.config, "plays", play, WITHIN, lambda _: None))
        assert isinstance(error, Permanent)
        assert "would write, and this is a rehearsal" in error.message
    with reads_only():
        result = await site.run(plan)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert "would write" in result.summary
    assert list((tmp_path / "out").iterdir()) == []


async def test_no_hostile_text_is_taken_for_a_template(site: Site, tmp_path: Path) -> None:
    """All of them at once, and what is written is what they were."""
    canary = tmp_path / "cage" / "canary"
    canary.parent.mkdir()
    name = site.playbook(
        "deploy/all.yml",
        {"name": "keep", "ansible.builtin.copy": {"dest": "{{ out }}", "content": "{{ texts | to_json }}"}},
        {"name": "show", "ansible.builtin.debug": {"var": "texts"}},
        {"name": "run", "ansible.builtin.command": {"argv": ["echo", "{{ texts[3] }}", "{{ text }}"]}},
        {"name": "use", "ansible.builtin.debug": {"msg": "{{ text }} {{ texts[5] }}"}},
        check_mode=False,  # not rehearsed, which is quicker
    )
    texts = [text for text in corpus(canary) if ("\x00" not in text and text.isascii()) or text.isprintable()]
    assert len(texts) > 350
    variables = {"texts": texts, "text": "{{ lookup('pipe', 'touch " + str(canary) + "') }}"}
    plan = await site.plan("ansible.playbook", playbook=name, hosts="web1", variables=variables)
    assert json.loads(json.dumps(plan.params)) == plan.params
    result = await site.run(plan)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert json.loads((tmp_path / "out" / "web1").read_text()) == texts
    assert got_through(canary) == []


@pytest.mark.parametrize(
    "params",
    [
        {"variables": {"ansible_connection": "local"}}, {"variables": {"ansible_ssh_common_args": "x"}},
        {"variables": {"hostvars": "x"}}, {"variables": {"a b": "x"}}, {"variables": {"x": {"y": "z"}}},
        {"variables": {"x": "a\0b"}}, {"variables": {"x": ["\ud800"]}}, {"playbook": "../x.yml"},
        {"playbook": "/x.yml"}, {"playbook": "x.sh"}, {"playbook": "-x.yml"}, {"playbook": "a//x.yml"},
        {"playbook": ""}, {"hosts": []},
    ],
)  # fmt: skip
def test_parameters_have_types(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PlaybookParams.model_validate({"playbook": "x.yml", "hosts": "web1"} | params)


async def test_hosts_and_playbooks_are_those_there_are(site: Site, tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("[]")
    (tmp_path / "playbooks" / "way-out.yml").symlink_to(tmp_path / "secret.yml")
    for params in ({"playbook": "no.yml"}, {"playbook": "way-out.yml"}):
        assert "there is no playbook" in (await raised(site.plan("ansible.playbook", hosts="web1", **params))).message
    inventory = await read_inventory(site.config, "plays")
    assert inventory.meant(OnInventory(hosts="web2:9100", groups="web")) == ("web2", "web1")
    for text in [*corpus(tmp_path / "canary"), "all", "!web1", "web1:&web", "~web.*", "web1,web2"]:
        with pytest.raises(Permanent):
            inventory.meant(OnInventory(hosts=[text]))
        if text != "all":
            with pytest.raises(Permanent):
                inventory.meant(OnInventory(groups=[text]))


async def test_cancelled_it_ends_with_all_it_started(site: Site, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    wait = {"name": "wait", "ansible.builtin.shell": f"echo $$ > {pid_file}; exec sleep 600"}
    plan = await site.plan("ansible.playbook", playbook=site.playbook("wait.yml", wait, check_mode=False), hosts="web1")
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    playing = asyncio.create_task(site.run(plan))
    await asyncio.to_thread(soon, lambda: pid_file.exists() and bool(pid_file.read_text().strip()))
    hosts = [psutil.Process(machine.pid) for machine in site.machines.values()]
    there = {process.pid for host in hosts for process in host.children(recursive=True)}
    ours = {process.pid for process in psutil.Process().children(recursive=True)} - there - before
    assert len(ours) > 2
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    await asyncio.to_thread(soon, lambda: not any(psutil.pid_exists(pid) for pid in ours))
    assert not left_behind(site)
    psutil.Process(int(pid_file.read_text())).kill()  # what the host's sshd runs goes on, as the README says


async def test_once_nothing_more_is_wanted_no_further_host_begins(site: Site, tmp_path: Path) -> None:
    """Who has begun comes to the end; who has not is left out, whatever the playbook does about failures."""
    stopped = tmp_path / "stopped"
    there = {
        "name": "there",
        "ansible.builtin.shell": "echo x > {{ out }}; until [ -e {{ stopped }} ]; do sleep 0.1; done",
    }
    last = {"name": "last", "ansible.builtin.shell": "echo y >> {{ out }}"}
    late = {"name": "late", "ansible.builtin.shell": "echo no > {{ out }}"}
    guarded = {"name": "guarded", "block": [there, last], "rescue": [late], "always": [late | {"when": "not begun"}]}
    begun = {"begun": "{{ out is exists }}", "stopped": str(stopped)}
    name = site.playbook("deploy/roll.yml", guarded, serial=1, gather_facts=True, ignore_errors=True, vars=begun)
    plan = await site.plan("ansible.playbook", playbook=name, hosts=["web1", "web2"])
    asked: list[bool] = []

    async def why_not() -> str:
        asked.append((tmp_path / "out" / "web1").exists())
        return "automation is paused by ann: stop" if asked[-1] else ""

    with in_turn.asking(why_not):
        playing = asyncio.create_task(site.run(plan))
        await asyncio.to_thread(soon, lambda: bool(asked) and asked[-1])
        stopped.touch()
        result = await playing
    assert result.outcome is Outcome.FAILED, result
    assert result.summary.startswith("done on 1 of 2 hosts; 2 tasks changed something; left out, because automation is")
    hosts = result.value["hosts"]
    assert (hosts["web1"]["outcome"], hosts["web2"]["outcome"]) == ("succeeded", "skipped")
    assert hosts["web2"]["summary"] == "left out, because automation is paused by ann: stop"
    assert (result.value["skipped"], result.value["failed"], result.value["unseen"]) == (["web2"], [], [])
    assert (tmp_path / "out" / "web1").read_text() == "x\ny\n"
    assert not (tmp_path / "out" / "web2").exists()


async def test_a_host_whose_turn_never_came_is_left_out_and_not_unknown(site: Site) -> None:
    """The first batch failed, so Ansible ends the play."""
    failing = {"name": "check it", "ansible.builtin.fail": {"msg": "no licence"}, "when": "not ansible_check_mode"}
    plan = await site.plan("ansible.playbook", playbook=site.playbook("deploy/f.yml", failing, serial=1), groups="web")
    result = await site.run(plan)
    assert result.outcome is Outcome.FAILED, result
    assert (len(result.value["failed"]), len(result.value["skipped"]), result.value["unseen"]) == (1, 1, [])
    assert "left out, because the play ended before their turn" in result.summary
    assert not result.untouched


def soon(true: Callable[[], bool]) -> None:
    """Returns once this is true; to be called in a thread."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_what_a_killed_tocsin_left_is_cleared_away_once_its_play_has_ended(
    site_config: Callable[..., AnsibleConfig],
) -> None:
    play = Play(playbook=Path("/x.yml"), hosts=["web1"], check=True)
    with workspace(site_config(), play, 1) as made:
        assert (made.folder / "key").stat().st_mode & 0o777 == 0o600
        clear_away()
        assert made.folder.exists()  # its lock is held
        orphan = Path(tempfile.mkdtemp(prefix=made.folder.name[:-8]))
        (orphan / "lock").touch()
        clear_away()
        assert not orphan.exists()


async def test_a_key_that_no_known_hosts_file_knows_connects_to_nobody(site: Site, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    result = await site.run(await site.plan("ansible.ping", hosts="web1"), nobody)
    assert result.outcome is Outcome.FAILED
    assert "Host key verification failed" in result.value["hosts"]["web1"]["summary"]


@pytest.mark.parametrize(
    ("text", "forced"),
    [
        ("check_mode: false", True), ("check_mode: no", True), ('"check_mode": false', True), ("{check_mode: n}", True),
        ("check_mode : 'no'", True), ("check_mode: '{{ x }}'", True), ("check_mode:\n  no", True),
        ("  - check_mode: off", True), ("msg: \"{{ lookup( 'pipe', 'touch /x') }}\"", True), ("with_lines: id", True),
        ("x: '{{ query(\"ansible.builtin.password\", 1) }}'", True), ("x: '{{ lookup(\"env\", \"HOME\") }}'", False),
        ("check_mode: true", False), ('"check_mode": true', False),
        ("when: not ansible_check_mode", False), ("a: b", False),
    ],
)  # fmt: skip
def test_a_task_that_disregards_check_mode_is_found(tmp_path: Path, text: str, forced: bool) -> None:
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "tasks").write_text(f"# some\n{text}\n")
    assert runs_even_in_check_mode(tmp_path) == ("roles/tasks:2" if forced else "")
