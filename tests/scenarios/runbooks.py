"""Runbooks for scenarios, and how to make others of them."""

MEND = """\
runbook: mend
title: Mends it
owner: shop
summary: Looks, mends, waits.
triggers: [{match: {alertname: Fails}, auto: read}]
inputs:
  service: {from: alert.labels.service, pattern: "^[a-z]+$"}
steps:
  - id: look
    uses: host.run
    with: {argv: [look, "{{ inputs.service }}"]}
  - id: mend
    title: Mend the service
    uses: host.run
    with: {argv: [mend, "{{ inputs.service }}"]}
    approval: {ask: "Mend {{ inputs.service }}, {{ steps.look.result.stdout }}?"}
    timeout: 30s
"""
SETTLED = """\
  - id: settled
    uses: prometheus.wait_until
    with: {expr: "errors == 0"}
    timeout: 2m
"""
OFFERED = """\
runbook: offered
title: Is named by the rule
owner: shop
summary: Wipes everything.
inputs:
  service: {from: alert.labels.service, pattern: "^[a-z]+$"}
steps:
  - id: wipe
    uses: host.run
    with: {argv: [wipe, "{{ inputs.service }}"]}
"""


def with_keys(runbook: str, step: str, keys: str) -> str:
    """The runbook with more keys on one of its steps."""
    return runbook.replace(f"  - id: {step}\n", f"  - id: {step}\n    {keys}\n")


def without_triggers(runbook: str) -> str:
    """The runbook as one that nothing starts but a person."""
    return "".join(line for line in runbook.splitlines(keepends=True) if not line.startswith("triggers"))
