"""Ids people read and type: `INC-1`, `RUN-1`, `APR-1`, `EV-1`, `TASK-1`, `PAGE-1`, `OVR-1`.

Counted by the store, never reused.
"""

from __future__ import annotations

from typing import NewType

IncidentId = NewType("IncidentId", str)
RunId = NewType("RunId", str)
ApprovalId = NewType("ApprovalId", str)
EvidenceId = NewType("EvidenceId", str)
TaskId = NewType("TaskId", str)
PageId = NewType("PageId", str)
OverrideId = NewType("OverrideId", str)
Fingerprint = NewType("Fingerprint", str)
"""16 hex digits that identify a label set: the same as Prometheus and Alertmanager print."""
SilenceId = NewType("SilenceId", str)
"""A UUID in its usual form, as Alertmanager gives them."""
