"""What every action and every integration promises, of Ansible's."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.integrations.ansible import integration as ansible_integration
from bot.integrations.ansible.config import AnsibleConfig
from bot.integrations.ansible.health import Examination
from bot.kit.plugin import Integration
from bot.ports.actions import Action
from bot.testing.contracts import ActionContract, IntegrationContract
from tests.integrations.ansible.conftest import Site

PING = {"name": "ping", "ansible.builtin.ping": {}}


class TestActions(ActionContract):
    @pytest.fixture(params=[spec.name for spec in ansible_integration.specs])
    def action(self, request: pytest.FixtureRequest, site: Site) -> Action:
        site.playbook("ping.yml", PING, check_mode=False)  # not rehearsed, which is quicker; see test_playing.py
        return site.actions[request.param]

    @pytest.fixture
    def params(self, action: Action) -> BaseModel:
        return made(action, "web1")

    @pytest.fixture
    def mistaken(self, action: Action) -> BaseModel:
        return made(action, "web3")


def made(action: Action, host: str) -> BaseModel:
    playbook = {"playbook": "ping.yml"} if "playbook" in action.spec.params.model_fields else {}
    return action.spec.params.model_validate({"hosts": [host], **playbook})


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return ansible_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("the private key",)

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> AnsibleConfig:
        values = {"playbooks": tmp_path / "none", "inventory": tmp_path / "none.ini", "known_hosts": tmp_path / "none"}
        return AnsibleConfig.model_validate(values | {"key": "the private key"})


async def test_the_doctor_counts_hosts_and_playbooks(site: Site) -> None:
    site.playbook("forced.yml", PING, check_mode=False)
    playbooks, inventory = await Examination(name="plays", config=site.config).examine()
    assert playbooks.ok
    assert "forced.yml:" in playbooks.detail
    assert (inventory.ok, inventory.detail) == (True, "2 hosts")
    assert inventory.version.startswith("ansible-core 2")


async def test_a_folder_that_is_too_large_is_told_and_hides_nothing_else(site: Site) -> None:
    site.playbook("ping.yml", PING)
    (site.folder / "all").mkdir()
    for number in range(5_001):
        (site.folder / "all" / f"{number}.txt").touch()
    (site.folder / "playbooks" / "all").symlink_to(site.folder / "all")
    playbooks, inventory = await Examination(name="plays", config=site.config).examine()
    assert (playbooks.ok, playbooks.detail) == (False, f"{site.config.playbooks} holds too many files")
    assert inventory.ok
