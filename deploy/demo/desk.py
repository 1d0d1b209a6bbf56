"""The demo's view of Tocsin: its HTTP API, used as any user would use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

Document = dict[str, Any]  # what the API answers; its shape is Tocsin's to promise, in its OpenAPI document


class Desk:
    """A client of one running Tocsin. What cannot be had at this moment is None, and `trouble` says why."""

    def __init__(self, address: str, token_file: Path) -> None:
        self.address = address
        self.trouble = ""
        self._token_file = token_file
        self._http = httpx.Client(base_url=address, timeout=5.0, trust_env=False)

    def ready(self) -> bool:
        """Whether Tocsin has opened everything and answers."""
        return self._send("GET", "/-/ready") is not None

    def rules(self) -> list[Document]:
        """Every rule and where it stands; nothing when that cannot be had."""
        answer = self._document("GET", "/api/v1/rule-states")
        return list(answer["rules"]) if answer else []

    def firing_about(self, service: str) -> Document | None:
        """The labels of an alert that fires for this service, if there is one."""
        answer = self._document("GET", "/api/v1/alerts")
        alerts = answer["data"]["alerts"] if answer else []
        labels = (alert["labels"] for alert in alerts if alert["state"] == "firing")
        return next((one for one in labels if one.get("service") == service), None)

    def case_about(self, service: str) -> Document | None:
        """Everything about the incident of this service, if there is one."""
        answer = self._document("GET", "/api/v1/incidents")
        incidents = answer["incidents"] if answer else []
        found = next((incident for incident in incidents if incident["service"] == service), None)
        return self.case(found["id"]) if found else None

    def case(self, incident_id: str) -> Document | None:
        """One incident with its timeline, evidence, runs and approvals."""
        return self._document("GET", f"/api/v1/incidents/{incident_id}")

    def answer(self, approval_id: str, answer: str) -> bool:
        """Approve or reject; whether Tocsin took the answer."""
        return self._send("POST", f"/api/v1/approvals/{approval_id}", {"answer": answer}) is not None

    def report(self, incident_id: str, form: str) -> str | None:
        """The report of an incident as one self-contained document: `md` or `html`."""
        answer = self._send("GET", f"/api/v1/incidents/{incident_id}/report?format={form}")
        return answer.text if answer else None

    def link(self) -> str:
        """An address that opens Tocsin's page once, without any further sign-in."""
        answer = self._document("POST", "/api/v1/links", {})
        return self.address + (answer["path"] if answer else "")

    def _document(self, method: str, path: str, body: Document | None = None) -> Document | None:
        answer = self._send(method, path, body)
        if answer is None:
            return None
        document: Document = answer.json()
        return document

    def _send(self, method: str, path: str, body: Document | None = None) -> httpx.Response | None:
        try:
            token = self._token_file.read_text().strip()
            answer = self._http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
        except FileNotFoundError:
            self.trouble = f"tocsin has not written {self._token_file.name} yet"
            return None
        except httpx.HTTPError as error:
            self.trouble = f"tocsin does not answer: {error}"
            return None
        if answer.is_error:
            self.trouble = f"tocsin answered {answer.status_code} to {method} {path}: {answer.text.strip()[:200]}"
            return None
        self.trouble = ""
        return answer
