"""`tocsin import pagerduty|opsgenie|oncall`, from files and from an API."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integrations.cli.conftest import Shell

FROM, UNTIL = "2099-12-24T09:00:00Z", "2099-12-25T09:00:00Z"
LAYER = {
    "name": "Base", "start": "2024-01-01T00:00:00Z", "end": None, "rotation_virtual_start": "2024-01-01T09:00:00Z",
    "rotation_turn_length_seconds": 604800, "users": [{"user": {"id": "U1"}}], "restrictions": [],
}  # fmt: skip
SCHEDULE = {"id": "S1", "name": "Shop", "time_zone": "UTC", "schedule_layers": [LAYER]}
PARTS = {
    "/users": {"users": [{"id": "U1", "name": "Ann"}], "more": False},
    "/schedules": {"schedules": [{"id": "S1", "name": "Shop"}], "more": False},
    "/schedules/S1": {"schedule": SCHEDULE},
    "/escalation_policies": {"escalation_policies": [], "more": False},
    "/v2/users": {"data": [{"id": "U1", "username": "ann@example.net", "fullName": "Ann"}]},
    "/v2/schedules": {"data": [{"id": "S1", "name": "Shop", "timezone": "UTC", "rotations": [
        {"startDate": "2024-01-01T09:00:00Z", "type": "weekly", "participants": [{"type": "user", "id": "U1"}]}]}]},
    "/v2/schedules/S1/overrides": {"data": [
        {"alias": "a", "user": {"type": "user", "id": "U2", "username": "Ben"}, "startDate": FROM, "endDate": UNTIL}]},
    "/v2/escalations": {"data": []},
    "/api/v1/users/": {"results": [{"id": "U1", "username": "Ann"}], "next": None},
    "/api/v1/schedules/": {"results": [{"id": "S1", "name": "Shop", "time_zone": "UTC", "shifts": ["P1"]}]},
    "/api/v1/on_call_shifts/": {"results": [{"id": "P1", "name": "w", "type": "rolling_users", "duration": 604800,
        "start": "2024-01-01T09:00:00", "frequency": "weekly", "rolling_users": [["U1"]]}]},
    "/api/v1/escalation_chains/": {"results": []},
    "/api/v1/escalation_policies/": {"results": []},
}  # fmt: skip
AUTHORIZATION = {"pagerduty": "Token token=s3cret", "opsgenie": "GenieKey s3cret", "oncall": "s3cret"}


@contextmanager
def api(authorization: str, status: int = 200) -> Iterator[str]:
    """A server with those parts of the three APIs that are read. It pages users one at a time where asked to."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            allowed = self.headers["authorization"] == authorization
            body: Any = PARTS.get(path, {"error": "no such thing"})
            if path == "/users" and query["offset"] == ["100"]:
                body = {"users": [{"id": "U2", "name": "Ben"}], "more": False}
            elif path == "/users":
                body = body | {"more": True}
            elif path == "/schedules/S1" and {"since", "until"} <= set(query):
                rendered = [{"start": FROM, "end": UNTIL, "user": {"id": "U2"}}]
                body = {"schedule": SCHEDULE | {"overrides_subschedule": {"rendered_schedule_entries": rendered}}}
            self.send_response(status if allowed else 401)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


def token(shell: Shell) -> str:
    path = shell.folder / "token"
    path.touch(mode=0o600)
    path.write_text("s3cret\n")
    return str(path)


@pytest.mark.parametrize("vendor", AUTHORIZATION)
def test_an_api_is_read_and_what_it_became_is_a_configuration(shell: Shell, vendor: str) -> None:
    with api(AUTHORIZATION[vendor]) as address:
        said = shell(
            "import",
            vendor,
            "--api",
            address,
            "--token-file",
            token(shell),
            "--write",
            str(shell.folder / "tocsin.yaml"),
        )
    assert said.status == 0, said.err
    assert "schedule 'Shop': taken: 1 layer" in said.err
    assert said.err.splitlines()[-1].startswith("written to ")
    checked = shell("check")
    assert checked.status == 0, checked.out + checked.err
    written = (shell.folder / "tocsin.yaml").read_text()
    assert written.startswith(f"# Made by `tocsin import {vendor}`.\npeople:\n- {{name: Ann")
    assert "s3cret" not in written + said.out + said.err
    assert ("overrides:\n  - {person: Ben, from: '2099-12-24T09:00:00Z'" in written) == (vendor != "oncall")


@pytest.mark.parametrize(
    ("status", "said"), [(401, "does not let this token read"), (503, "answers 503"), (404, "404")]
)
def test_an_api_that_refuses(shell: Shell, status: int, said: str) -> None:
    with api(AUTHORIZATION["pagerduty"], status) as address:
        told = shell("import", "pagerduty", "--api", address, "--token-file", token(shell))
    assert told.status == 1
    assert said in told.err
    assert "s3cret" not in told.err


def test_files_are_read_and_told_as_json_too(shell: Shell) -> None:
    (shell.folder / "a.json").write_text(json.dumps(PARTS["/schedules/S1"]))
    (shell.folder / "b.json").write_text(json.dumps([PARTS["/users"], PARTS["/escalation_policies"]]))
    told = json.loads(shell("import", "pagerduty", "a.json", "b.json", "--format", "json").out)
    assert "people: [Ann]" in told["yaml"]
    assert told["remarks"][0] == {"what": "schedule 'Shop'", "verdict": "taken", "text": "1 layer"}
    (shell.folder / "c.json").write_text(json.dumps(PARTS["/v2/schedules"]))
    assert "schedule 'Shop': taken: 1 layer" in shell("import", "opsgenie", "c.json").err
    parts = [PARTS[f"/api/v1/{name}/"] for name in ("users", "schedules", "on_call_shifts")]
    (shell.folder / "d.json").write_text(json.dumps(parts))
    assert "schedule 'Shop': taken: 1 layer" in shell("import", "oncall", "d.json").err


def test_a_file_of_another_vendor_becomes_nothing_and_that_is_no_success(shell: Shell) -> None:
    (shell.folder / "a.json").write_text(json.dumps(PARTS["/schedules/S1"]))
    told = shell("import", "oncall", "a.json", "--write", "made.yaml")
    assert (told.status, told.out) == (1, "")
    assert "no schedule and no escalation is taken" in told.err
    assert not (shell.folder / "made.yaml").exists()


@pytest.mark.parametrize("held", ["[]", "{", '{"schedules": 7}', "null", '{"other": [{}]}'])
def test_a_file_that_holds_something_else(shell: Shell, held: str) -> None:
    (shell.folder / "a.json").write_text(held)
    told = shell("import", "pagerduty", "a.json")
    assert (told.status, told.out) == (1, "")
    assert "a.json holds nothing of pagerduty's API" in told.err
    assert "there is nothing to read" in shell("import", "pagerduty").err
