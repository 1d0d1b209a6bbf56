"""The table of a runbook's keys, for the document that explains them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from bot.runbooks import schema, trigger_schema

_PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("", schema.RunbookSpec),
    ("triggers[].", trigger_schema.TriggerSpec),
    ("triggers[].incident.", trigger_schema.IncidentTriggerSpec),
    ("triggers[].schedule.", trigger_schema.ScheduleSpec),
    ("triggers[].webhook.", trigger_schema.WebhookSpec),
    ("inputs.NAME.", schema.InputSpec),
    ("steps[].", schema.StepSpec),
    ("steps[].retry.", schema.RetrySpec),
    ("steps[].approval.", schema.ApprovalSpec),
    ("steps[].verify.", schema.VerifySpec),
    ("steps[].rollback.", schema.RollbackSpec),
    ("tests[].", schema.TestSpec),
    ("tests[].alert.", schema.AlertSpec),
    ("tests[].results.STEP[].", schema.CannedSpec),
    ("tests[].expect.", schema.ExpectSpec),
)


def table() -> str:
    """One row a key, in Markdown."""
    rows = ["| key | what it is for |", "|---|---|"]
    rows += [f"| `{key}` | {text} |" for key, text in _rows()]
    return "\n".join(rows) + "\n"


def _rows() -> Iterator[tuple[str, str]]:
    for prefix, model in _PARTS:
        for name, info in model.model_fields.items():
            if info.description:
                needed = " Required." if info.is_required() else ""
                yield f"{prefix}{info.alias or name}", info.description.replace("|", "\\|") + needed
