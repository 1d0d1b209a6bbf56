"""What acts on other hosts than it is played on: refused with its line, or named in the plan. With a real Ansible."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Permanent
from bot.integrations.ansible import integration
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.elsewhere import acts_elsewhere
from bot.integrations.ansible.sources import content_hash
from bot.kit.plugin import Tools
from bot.model.plan import Outcome
from tests.integrations.ansible.conftest import Site
from tests.integrations.http_server import raised

WRITES = {"name": "write it", "ansible.builtin.copy": {"dest": "{{ there }}", "content": "x\n"}}


def elsewhere(site: Site) -> Callable[[Mapping[str, Any]], str]:
    """Writes a playbook with a task like this, whose file lies where web2 has its own."""
    return lambda more: site.playbook("deploy/web.yml", WRITES | more, vars={"there": str(site.folder / "out" / "it")})


@asynccontextmanager
async def allowing(
    site: Site, site_config: Callable[..., AnsibleConfig], tools: Tools, *hosts: str
) -> AsyncIterator[Site]:
    """The same site, with hosts on which its playbooks may act besides."""
    config = site_config(elsewhere=list(hosts))
    async with integration.open(config, tools) as opened:
        yield replace(site, config=config, actions=opened.actions)


async def test_what_acts_on_a_host_that_nobody_named_is_refused_with_its_line(site: Site) -> None:
    unknown = "on a host that only the play will know"
    for task, whom in (
        ({"delegate_to": "web2"}, "on web2"),
        ({"delegate_to": "{{ groups['web'] | last }}"}, unknown),
        ({"connection": "local"}, "on localhost"),
        ({"vars": {"ansible_host": "192.0.2.1"}}, unknown),
    ):
        error = await raised(site.plan("ansible.playbook", playbook=elsewhere(site)(task), hosts="web1"))
        assert isinstance(error, Permanent)
        assert error.message.startswith("what stands at deploy/web.yml:")
        assert f"acts {whom}, and not only where it is played" in error.message
        assert "under `elsewhere` of the integration plays" in error.hint
    assert list((site.folder / "out").iterdir()) == []


async def test_a_host_that_may_be_acted_on_is_named_in_the_plan(
    site: Site, site_config: Callable[..., AnsibleConfig], tools: Tools
) -> None:
    name = elsewhere(site)({"delegate_to": "web2"})
    async with allowing(site, site_config, tools, "web2", "web9") as allowed:
        plan = await allowed.plan("ansible.playbook", playbook=name, hosts="web1")
        assert plan.targets == ("web1", "web2")
        assert plan.places == ("host:web1", "host:web2", "host:127.0.0.1")
        assert plan.summary == "play deploy/web.yml on web1; it may act on web2 too"
        result = await allowed.run(plan)
        assert result.outcome is Outcome.SUCCEEDED, result
        assert list(result.value["hosts"]) == ["web1"]
        assert (site.folder / "out" / "it").read_text() == "x\n"
    both = await site.plan("ansible.playbook", playbook=name, groups="web")  # it is played there anyway
    assert (both.targets, both.summary) == (("web1", "web2"), "play deploy/web.yml on web1, web2")
    refused = await site.run(plan)  # somebody has taken it out of the configuration since
    assert (refused.outcome, "acts on web2" in refused.summary) == (Outcome.FAILED, True)


def outside(site: Site, role: str, task: str) -> Path:
    """Writes a role of a collection that lies outside of the folder, with this task."""
    folder = site.folder / "outside" / "ansible_collections" / "acme" / "web" / "roles" / role
    (folder / "tasks").mkdir(parents=True, exist_ok=True)
    (folder / "tasks" / "main.yml").write_text(f"- {task}\n")
    return folder


def writing(site: Site, name: str, more: str = "") -> str:
    """A task that leaves a file on the machine it is done on."""
    return f"{{name: write, ansible.builtin.copy: {{dest: '{site.folder / 'out' / name}', content: x}}{more}}}"


async def test_a_role_from_outside_of_the_folder_that_acts_on_others_is_refused(site: Site) -> None:
    """Nobody reads it before: check mode comes to the task, and is kept from it."""
    for more, whom in ((", delegate_to: web2", "web2"), (", connection: local, no_log: true", "localhost")):
        name = site.playbook("role.yml", roles=[str(outside(site, "stray", writing(site, "it", more)))])
        error = await raised(site.plan("ansible.playbook", playbook=name, hosts="web1"))
        assert isinstance(error, Permanent)
        assert error.message.startswith("in check mode web1: ")
        assert f"was about to act on {whom}, and not only where it is played" in error.message
        assert "under `elsewhere` of the integration plays" in error.hint


async def test_what_no_rehearsal_comes_to_is_kept_from_acting_on_others(
    site: Site, site_config: Callable[..., AnsibleConfig], tools: Tools
) -> None:
    """By whatever it would: its own word, a variable with another name of the same connection, and a handed task."""
    late = ", when: not ansible_check_mode, ignore_errors: true, no_log: true"
    settings = site.folder / "ansible.cfg"
    settings.write_text(f"[defaults]\ncollections_path = {site.folder / 'outside'}\n")
    outside(site, "one", writing(site, "one", f"{late}, connection: local"))
    here = ", vars: {ansible_connection: ansible.builtin.local}"
    two = outside(site, "two", writing(site, "two", late + here))
    outside(site, "three", writing(site, "three", f"{late}, delegate_to: web2"))
    both = f"{{name: fetch, ansible.builtin.fetch: {{src: /etc/hostname, dest: '{site.folder / 'out'}/'}}{late}}}"
    outside(site, "four", both)
    own = {"name": "own", "ansible.builtin.copy": {"dest": "{{ out }}", "content": "x\n"}}
    roles = ["acme.web.one", str(two), "acme.web.three", "acme.web.four"]
    name = site.playbook("deploy/late.yml", own, gather_facts=True, roles=roles)
    async with integration.open(site_config(ansible_config=settings), tools) as opened:
        allowed = replace(site, actions=opened.actions)
        plan = await allowed.plan("ansible.playbook", playbook=name, hosts="web1")
        assert plan.targets == ("web1",)
        assert "not rehearsed" not in plan.diff
        result = await allowed.run(plan)
    assert result.outcome is Outcome.FAILED
    assert "was kept from acting on localhost, which the plan did not name" in result.summary
    assert [path.name for path in (site.folder / "out").iterdir()] == ["web1"], "and what may be done is done"


async def test_a_role_from_outside_that_acts_in_check_mode_too_is_not_rehearsed(site: Site) -> None:
    role = outside(site, "forced", writing(site, "it", ", check_mode: false"))
    name = site.playbook("deploy/forced.yml", roles=[str(role)])
    plan = await site.plan("ansible.playbook", playbook=name, hosts="web1")
    assert plan.diff.startswith("not rehearsed: the task web1: ")
    assert "write runs in check mode too" in plan.diff
    assert not plan.can_probe
    assert list((site.folder / "out").iterdir()) == []
    assert (await site.run(plan)).outcome is Outcome.SUCCEEDED
    assert (site.folder / "out" / "it").read_text() == "x"


async def test_a_role_from_outside_may_act_on_a_host_that_is_named(
    site: Site, site_config: Callable[..., AnsibleConfig], tools: Tools
) -> None:
    role = outside(site, "here", writing(site, "it", ", connection: local"))
    name = site.playbook("deploy/role.yml", roles=[str(role)])
    async with allowing(site, site_config, tools, "localhost", "web2") as allowed:
        plan = await allowed.plan("ansible.playbook", playbook=name, hosts="web1")
        assert plan.targets == ("web1", "localhost"), "the one that check mode came to"
        assert (await allowed.run(plan)).outcome is Outcome.SUCCEEDED
    assert (site.folder / "out" / "it").read_text() == "x"


async def test_a_host_that_the_inventory_reaches_from_here_is_named_too(
    site: Site, site_config: Callable[..., AnsibleConfig], tools: Tools
) -> None:
    told = json.loads(site.config.inventory.read_text())
    told["near"] = {"hosts": {"near1": {"ansible_python_interpreter": sys.executable}}, "vars": {}}
    name = site.playbook("deploy/near.yml", {"name": "see", "ansible.builtin.ping": {}})
    for by, whom in (("local", "on localhost"), ("{{ how }}", "on a host that only the play will know")):
        told["near"]["vars"] = {"ansible_connection": by}
        site.config.inventory.write_text(json.dumps(told))
        error = await raised(site.plan("ansible.playbook", playbook=name, hosts="near1"))
        said = f"what stands at `ansible_connection` of near1 in the inventory acts {whom}, "
        assert error.message.startswith(said)
    told["near"]["vars"] = {"ansible_connection": "local"}
    inventory = json.dumps(told)
    async with allowing(site, site_config, tools, "localhost") as allowed:
        allowed.config.inventory.write_text(inventory)
        assert (await allowed.plan("ansible.playbook", playbook=name, hosts="near1")).targets == ("near1", "localhost")
        ping = await allowed.run(await allowed.plan("ansible.ping", hosts="near1"))
        assert ping.outcome is Outcome.SUCCEEDED


async def test_nothing_is_played_where_nobody_stands_at_the_gate(site: Site) -> None:
    """An Ansible that connects in another place: one that we have not met yet."""
    name = site.playbook("deploy/ping.yml", {"name": "see", "ansible.builtin.ping": {}})
    beside = site.folder / "playbooks" / "deploy" / "callback_plugins" / "newer.py"
    beside.parent.mkdir()
    beside.write_text("""\
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.callback import CallbackBase

del TaskExecutor._get_connection


class CallbackModule(CallbackBase):
    pass
""")
    error = await raised(site.plan("ansible.playbook", playbook=name, hosts="web1"))
    assert isinstance(error, Permanent)
    assert "has no place for Tocsin's gate" in error.message


async def test_a_play_for_other_hosts_is_played_on_nobody(site: Site) -> None:
    (site.folder / "playbooks" / "more.yml").write_text("""\
- hosts: all
  gather_facts: false
  tasks: [{ansible.builtin.add_host: {name: web9, groups: more}}]
- hosts: localhost:more
  gather_facts: false
  tasks: [{name: no, ansible.builtin.fail: {msg: it was played}}]
""")
    plan = await site.plan("ansible.playbook", playbook="more.yml", hosts="web1")
    assert plan.targets == ("web1",)
    result = await site.run(plan)
    assert (result.outcome, list(result.value["hosts"])) == (Outcome.SUCCEEDED, ["web1"])
    assert "it was played" not in result.text


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("delegate_to: lb1", ["lb1"]), ('  "delegate_to": "lb1",', ["lb1"]), ("{ping: , delegate_to: lb1}", ["lb1"]),
        ("delegate_to: 'lb1'  # why", ["lb1"]), ("delegate_to: fe80::1", ["fe80::1"]),
        ("delegate_to: ::1", ["localhost"]),
        ('delegate_to: "{{ item }}"', [""]), ("delegate_to: {{ x }}", [""]), ("delegate_to:\n  lb1", [""]),
        ("delegate_to : lb1", ["lb1"]), ("delegate_to: '{{ inventory_hostname }}'", []), ("# delegate_to: lb1", []),
        ("delegate_to_all: lb1", []), ("delegate_facts: true", []), ("local_action: ping", ["localhost"]),
        ("connection: local", ["localhost"]), ("connection: 'ansible.builtin.local'", ["localhost"]),
        ("connection: community.docker.docker", ["localhost"]), ("connection: chroot", ["localhost"]),
        ("connection: ssh", []), ("connection: locality", []), ("my_connection: local", []),
        ("ansible_connection: local", ["localhost"]), ("add_host: name=a ansible_connection=local", ["localhost"]),
        ('connection: "{{ how }}"', [""]), ("when: ansible_connection == 'local'", []),
        ("ansible_host: 192.0.2.1", [""]), ("x: \"{{ ansible_host }}:80\"", []), ("when: ansible_host == 'x'", []),
        ("- fetch: {src: /a, dest: /b}", ["localhost"]), ("- {ansible.posix.synchronize: {src: /a}}", ["localhost"]),
        ("git_fetch: yes", []), ("a: b", []),
    ],
)  # fmt: skip
def test_a_line_that_acts_elsewhere_is_found(tmp_path: Path, text: str, hosts: list[str]) -> None:
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "tasks.yml").write_text(f"# some\n{text}\n")
    found = acts_elsewhere(tmp_path)
    assert [one.host for one in found] == hosts
    assert {one.place for one in found} <= {"roles/tasks.yml:2"}


def test_how_a_host_is_reached_may_stand_beside_the_playbooks(tmp_path: Path) -> None:
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "web1.yml").write_text("ansible_host: 192.0.2.1\n")
    assert acts_elsewhere(tmp_path) == ()
    (tmp_path / "host_vars" / "web1.yml").write_text("ansible_connection: local\n")
    assert [one.host for one in acts_elsewhere(tmp_path)] == ["localhost"]


def test_a_role_that_a_link_leads_to_is_read_too(tmp_path: Path) -> None:
    playbooks, role = tmp_path / "playbooks", tmp_path / "role"
    playbooks.mkdir()
    role.mkdir()
    (playbooks / "roles").symlink_to(tmp_path)  # which holds the playbooks themselves, too
    before = content_hash(playbooks)
    (role / "main.yml").write_text("connection: local\n")
    assert [(one.place, one.host) for one in acts_elsewhere(playbooks)] == [("roles/role/main.yml:1", "localhost")]
    assert content_hash(playbooks) != before
