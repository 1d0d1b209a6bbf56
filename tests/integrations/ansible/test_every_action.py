"""No playbook changes a host where only reading is allowed: it is played in check mode, or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.errors import IntegrationError
from bot.integrations.ansible import integration
from bot.model.plan import ActionResult, Outcome
from bot.model.runbook import Risk
from bot.ports.reads_only import reads_only
from tests.integrations.ansible.conftest import Site
from tests.integrations.ansible.test_playing import COPY

ACTIONS = [spec.name for spec in integration.specs]


def some_params(name: str, site: Site) -> Mapping[str, Any]:
    """Parameters that this action succeeds with; an action without a line here fails every test below."""
    playbook = site.playbook("deploy/web.yml", COPY)
    return {
        "ansible.playbook": {"playbook": playbook, "variables": {"text": "v2"}},
        "ansible.ping": {},
        "ansible.facts": {},
    }[name] | {"hosts": "web1"}


def what_is_there(site: Site) -> Mapping[str, bytes]:
    """All that the playbook writes."""
    return {path.name: path.read_bytes() for path in Path(site.folder / "out").iterdir()}


@pytest.mark.parametrize("name", ACTIONS)
async def test_where_only_reading_is_allowed_no_action_writes(name: str, site: Site) -> None:
    """Planned, probed and told to run; that it writes otherwise `test_playing` says: a play takes seconds."""
    plan = await site.plan(name, **some_params(name, site))
    with reads_only():
        if plan.can_probe:
            await site.probe(plan)
        try:
            result = await site.run(plan)
        except IntegrationError as error:
            result = ActionResult(outcome=Outcome.FAILED, summary=str(error))
    assert (result.outcome is Outcome.SUCCEEDED) == (plan.risk is Risk.READ), result
    assert what_is_there(site) == {}
