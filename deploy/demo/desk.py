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

    def firing(self, service: str) -> Document | None:
        """The alert that fires for this service, if one does."""
        answer = self._document("GET", "/api/v1/alerts")
        alerts = answer["alerts"] if answer else []
        of_service = (alert for alert in alerts if alert["labels"].get("service") == service)
        return next((alert for alert in of_service if alert["status"] == "firing"), None)

    def incident_about(self, service: str) -> Document | None:
        """The whole incident about this service, if there is one."""
        answer = self._document("GET", "/api/v1/incidents")
        for incident in answer["incidents"] if answer else []:
            if service in (incident.get("service"), *incident["title"].split()):
                return self.incident(incident["id"])
        return None

    def incident(self, incident_id: str) -> Document | None:
        """One incident with its timeline, evidence and runs."""
        return self._document("GET", f"/api/v1/incidents/{incident_id}")

    def answer(self, approval_id: str, answer: str) -> bool:
        """Approve or reject; whether Tocsin took the answer."""
        return self._send("POST", f"/api/v1/approvals/{approval_id}", {"answer": answer, "reason": ""}) is not None

    def report(self, incident_id: str, form: str) -> str | None:
        """The report of an incident as one self-contained document: `md` or `html`."""
        answer = self._send("GET", f"/api/v1/incidents/{incident_id}/report?format={form}")
        return answer.text if answer else None

    def link(self) -> str:
        """An address that opens Tocsin's page once, without any further sign-in."""
        answer = self._document("POST", "/api/v1/links", {})
        return str(answer["url"]) if answer else self.address

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
