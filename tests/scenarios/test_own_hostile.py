"""Every hostile text, in every input of what Tocsin itself offers: refused with words, or kept as the text it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.errors import TocsinError
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, RunId
from bot.model.plan import Outcome
from bot.ports.actions import Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.response import own
from bot.runbooks.planned import plan_from_json, plan_to_json
from tests.hostile import corpus, got_through
from tests.scenarios.own_scene import acting
from tests.scenarios.test_own_rehearsed import CHILD, INC, PARENT, WITHIN, some_params
from tests.scenarios.tocsin import Tocsin
from tests.soak import sample

FREE = {
    ("notify", "text"), ("notify", "subject"), ("incident.note", "text"), ("incident.severity", "reason"),
    ("incident.silence", "comment"), ("ask", "question"),
}  # fmt: skip
"""Where any text may stand: most of them must come through."""
INPUTS: Sequence[tuple[str, str]] = [
    (spec.name, info.alias or name) for spec in own.SPECS for name, info in spec.params.model_fields.items()
]


def given(name: str, field: str, text: str) -> Mapping[str, Any]:
    """Good parameters, but for this one; in a list or a mapping it is in every place."""
    nested = {"answers": {text or "x": {"type": "enum", "values": [text]}}, "by": [text], "inputs": {"service": text}}
    return {**some_params(name, "none"), field: nested.get(field, text)}


async def kept(tocsin: Tocsin, name: str, params: Mapping[str, Any], number: int) -> bool:
    """Whether it is taken: planned, kept as a journal keeps it, and carried out."""
    action = own.offered(tocsin.world, TOCSIN)[name][own.NAME]
    here = Occasion(run=RunId("RUN-1"), step=f"act{number}", incident=INC)
    try:
        with reads_only():
            plan = await action.plan(action.spec.params.model_validate(params), here)
    except (ValidationError, TocsinError):
        return False
    assert plan_from_json(plan_to_json(plan)).hash == plan.hash
    if name not in ("ask", "wait", "runbook.run"):  # people answer, time passes, and another run has inputs of its own
        result = await action.run(plan, WITHIN, nobody)
        assert result.outcome in (Outcome.SUCCEEDED, Outcome.FAILED), result
    return True


@pytest.mark.parametrize(("name", "field"), INPUTS, ids=lambda one: str(one))
async def test_it_is_one_value_or_is_refused(name: str, field: str, database: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    texts = sample(corpus(canary), 60)
    async with acting(database, [PARENT, CHILD]) as (tocsin, _):
        taken = sum([await kept(tocsin, name, given(name, field, text), at) for at, text in enumerate(texts)])
        told = await tocsin.world.store.read(lambda tx: tx.incidents.timeline(IncidentId("INC-1")))
        assert told
    assert (taken > len(texts) / 2) == ((name, field) in FREE), f"{taken} of {len(texts)}"
    assert not got_through(canary)
