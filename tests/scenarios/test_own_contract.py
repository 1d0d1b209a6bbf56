"""Tocsin's own actions keep what every action promises."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, RunId
from bot.ports.actions import Action, Occasion
from bot.response import own, run_wanted
from bot.testing.contracts import ActionContract
from tests.scenarios.own_scene import acting
from tests.scenarios.test_own_rehearsed import ACTIONS, CHILD, INC, PARENT, some_params
from tests.scenarios.tocsin import actor

MISTAKEN: Mapping[str, Mapping[str, Any]] = {
    "notify": {"to": "nobody", "text": "x"},
    "incident.note": {"text": "  "},
    "incident.silence": {"for": "1h", "by": ["nothing"]},
    "incident.unsilence": {"silence": "00000000-0000-5000-8000-000000000000"},
    "runbook.run": {"runbook": "nothing"},
}
"""Of the others, whatever their model takes makes sense."""
TRIED = [name for name in ACTIONS if name not in ("ask", "incident.unsilence")]
"""People answer `ask`; what ends a silence is tried with one that there is, in `test_own_actions`."""


@pytest.mark.parametrize("name", TRIED)
class TestOwnActions(ActionContract):
    OCCASION = Occasion(run=RunId("RUN-1"), step="act", incident=IncidentId("INC-1"))

    @pytest.fixture
    async def action(self, name: str, database: Path) -> AsyncIterator[Action]:
        async with acting(database, [PARENT, CHILD]) as (tocsin, _):
            await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=INC)
            yield own.offered(tocsin.world, TOCSIN)[name][own.NAME]

    @pytest.fixture
    def params(self, name: str, action: Action) -> BaseModel:
        return action.spec.params.model_validate(some_params(name))

    async def test_parameters_without_sense_are_refused(self, name: str, action: Action) -> None:
        """By the plan, or by the model where there is nothing that only the plan can see."""
        if name in MISTAKEN:
            mistaken = action.spec.params.model_validate(MISTAKEN[name])
            await super().test_parameters_without_sense_are_refused(action, mistaken)
        else:
            with pytest.raises(ValidationError):
                action.spec.params.model_validate({})

    async def test_it_says_what_it_is(self, action: Action) -> None:
        """Names without a dot are Tocsin's own."""
        assert action.spec.name.partition(".")[0] in ("wait", "notify", "incident", "runbook")
        assert action.spec.help.endswith(".")
        assert all(field.description for field in action.spec.params.model_fields.values())
