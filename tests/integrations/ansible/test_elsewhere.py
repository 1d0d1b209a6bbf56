"""What acts on other hosts than it is played on: refused with its line, or named in the plan. With a real Ansible."""

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
        assert plan.places == ("host:web1", "host:web2")
        assert plan.summary == "play deploy/web.yml on web1; it may act on web2 too"
        result = await allowed.run(plan)
        assert result.outcome is Outcome.SUCCEEDED, result
        assert list(result.value["hosts"]) == ["web1"]
        assert (site.folder / "out" / "it").read_text() == "x\n"
    both = await site.plan("ansible.playbook", playbook=name, groups="web")  # it is played there anyway
    assert (both.targets, both.summary) == (("web1", "web2"), "play deploy/web.yml on web1, web2")
    refused = await site.run(plan)  # somebody has taken it out of the configuration since
    assert (refused.outcome, "acts on web2" in refused.summary) == (Outcome.FAILED, True)


async def test_a_role_from_elsewhere_that_acts_on_others_is_seen_as_it_does(site: Site) -> None:
    """Nobody reads it before: check mode tells, and where that does not come to the task, the play."""
    tasks = site.folder / "role" / "tasks" / "main.yml"
    tasks.parent.mkdir(parents=True)
    tasks.write_text("- {name: ask, ansible.builtin.ping: {}, delegate_to: web2}\n")
    name = site.playbook("role.yml", roles=[str(tasks.parent.parent)])
    error = await raised(site.plan("ansible.playbook", playbook=name, hosts="web1"))
    assert "in check mode web1: " in error.message
    assert "acted on web2, and not only where it is played" in error.message
    tasks.write_text(tasks.read_text().replace("}\n", ", when: not ansible_check_mode}\n"))
    plan = await site.plan("ansible.playbook", playbook=name, hosts="web1")
    result = await site.run(plan)
    assert result.outcome is Outcome.FAILED
    assert "acted on web2, which the plan did not name" in result.summary


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
