"""The API over a real store: what each call answers, and how refusals read."""

import asyncio
from typing import Any

import pytest

from bot.model.run import JournalKind, OutputChunk
from tests.integrations.web import scene
from tests.integrations.web.house import PIXEL, House

API = "/api/v1"


async def test_an_incident_comes_with_all_that_is_known_of_it(house: House) -> None:
    async with house.program("vera") as program:
        listed = (await program.get(f"{API}/incidents", params={"status": ["acknowledged", "triggered"]})).json()
        found = (await program.get(f"{API}/incidents/INC-1")).json()
    assert [one["id"] for one in listed["incidents"]] == ["INC-1"]
    assert found["incident"]["opened_at"] == "2026-11-20T13:31:40Z"
    assert [entry["kind"] for entry in found["timeline"]][:2] == ["alert", "status"]
    assert found["evidence"][0]["attachments"] == ["signal.png", "signal.csv"]
    assert [step["status"] for step in found["runs"][0]["steps"]] == ["succeeded", "succeeded", "asking", "waiting"]
    assert found["runs"][0]["steps"][0]["text"].startswith("2.14.0")
    assert found["approvals"][0]["plan"]["hash"] == scene.PLAN.hash
    assert found["approvals"][0]["plan"]["params"]["argv"] == scene.PLAN.params["argv"]


async def test_a_run_comes_with_its_journal(house: House) -> None:
    async with house.program("vera") as program:
        found = (await program.get(f"{API}/runs/RUN-1")).json()
    assert [entry["kind"] for entry in found["journal"]][-2:] == ["planned", "asked"]
    assert found["approvals"][0]["id"] == "APR-1"


async def test_what_a_step_prints_comes_piece_by_piece(house: House) -> None:
    chunks = [
        OutputChunk(run=scene.RUN, step="recovered", attempt=1, at=scene.NOW, text=text) for text in ("one\n", "two\n")
    ]
    await house.store.write(lambda tx: tx.outputs.append(chunks))
    async with house.program("vera") as program:
        pieces = (await program.get(f"{API}/runs/RUN-1/output")).json()["pieces"]
        later = (await program.get(f"{API}/runs/RUN-1/output", params={"after": pieces[0]["seq"]})).json()["pieces"]
        unknown = await program.get(f"{API}/runs/RUN-99/output")
        odd = await program.get(f"{API}/runs/RUN-1/output", params={"after": "-1"})
    assert [(piece["step"], piece["attempt"], piece["text"]) for piece in pieces] == [
        ("recovered", 1, "one\n"),
        ("recovered", 1, "two\n"),
    ]
    assert [piece["text"] for piece in later] == ["two\n"]
    assert (unknown.status_code, odd.status_code) == (404, 422)


async def test_evidence_comes_as_the_bytes_that_were_kept(house: House) -> None:
    async with house.program("vera") as program:
        picture = await program.get(f"{API}/evidence/EV-1/signal.png")
        missing = await program.get(f"{API}/evidence/EV-1/other.png")
    assert picture.content == PIXEL
    assert missing.status_code == 404


async def test_a_report_comes_in_both_forms(house: House) -> None:
    async with house.program("vera") as program:
        text = await program.get(f"{API}/incidents/INC-1/report")
        html = await program.get(f"{API}/incidents/INC-1/report", params={"format": "html"})
    assert text.headers["content-type"].startswith("text/markdown")
    assert "More than 5 % of orders fail in cart" in text.text
    assert html.text.lstrip().lower().startswith("<!doctype html>")


async def test_an_incident_is_declared_acknowledged_noted_and_resolved(house: House) -> None:
    async with house.program("ann") as program:
        made = await program.post(f"{API}/incidents", json={"title": " Mail is slow ", "severity": "SEV4"})
        place = f"{API}/incidents/{made.json()['id']}"
        acknowledged = await program.post(f"{place}/acknowledge")
        noted = await program.post(f"{place}/notes", json={"text": "the queue is long"})
        resolved = await program.post(f"{place}/resolve", json={"reason": "drained"})
    assert made.status_code == noted.status_code == 201
    assert made.json()["title"] == "Mail is slow"
    assert acknowledged.json()["acknowledged_by"] == "ann"
    assert noted.json()["actor"] == {"kind": "person", "name": "ann", "via": "api"}
    assert resolved.json()["status"] == "resolved"


async def test_the_command_line_is_told_apart_on_the_timeline(house: House) -> None:
    async with house.program("ann") as program:
        headers = {"user-agent": "tocsin-cli/0.1.0"}
        noted = await program.post(f"{API}/incidents/INC-1/notes", json={"text": "hello"}, headers=headers)
    assert noted.json()["actor"]["via"] == "cli"


async def test_runbooks_are_listed_shown_and_started(house: House) -> None:
    async with house.program("ann") as program:
        listed = (await program.get(f"{API}/runbooks")).json()["runbooks"]
        shown = (await program.get(f"{API}/runbooks/roll-back-release")).json()
        unknown = await program.get(f"{API}/runbooks/roll-forward")
        started = await program.post(f"{API}/runbooks/roll-back-release/runs", json={"incident_id": "INC-1"})
        run = (await program.get(f"{API}/runs/{started.json()['id']}")).json()["run"]
    assert [one["name"] for one in listed] == ["roll-back-release"]
    assert shown["steps"][2]["title"] == "Take the last release back"
    assert unknown.status_code == 404
    assert started.status_code == 201
    assert (run["incident"], run["started_by"]["name"]) == ("INC-1", "ann")


async def test_an_answer_is_bound_to_the_plan_that_was_seen(house: House) -> None:
    async with house.program("ann") as program:
        other = await program.post(f"{API}/approvals/APR-1", json={"answer": "approve", "plan_hash": "0" * 64})
        waiting = (await program.get(f"{API}/approvals")).json()["approvals"]
        given = await program.post(
            f"{API}/approvals/APR-1", json={"answer": "approve", "plan_hash": waiting[0]["plan"]["hash"]}
        )
        again = await program.post(f"{API}/approvals/APR-1", json={"answer": "reject"})
    assert other.status_code == 409
    assert given.json()["status"] == "approved"
    assert again.status_code in (403, 409)


async def test_rules_say_what_they_see_and_since_when(house: House) -> None:
    async with house.program("vera") as program:
        rules = {rule["rule"]: rule for rule in (await program.get(f"{API}/rule-states")).json()["rules"]}
    assert (rules["OrdersFail"]["state"], rules["OrdersFail"]["since"]) == ("firing", "2026-11-20T13:31:31Z")
    assert rules["DiskAlmostFull"]["state"] == "unknown"
    assert rules["DiskAlmostFull"]["last_error"] == "prom-eu: connection refused by 10.4.0.12:9090"
    assert rules["CheckoutSlow"]["since"] is None


async def test_doctor_reports_each_integration(house: House) -> None:
    async with house.program("ann") as program:
        finding = (await program.get(f"{API}/doctor")).json()["findings"][0]
    assert (finding["integration"], finding["ok"], finding["skew"]) == ("prom", True, -0.25)


async def test_a_link_signs_its_maker_in(house: House) -> None:
    async with house.program("ann") as program:
        made = await program.post(f"{API}/links")
        page = await program.get(made.json()["path"])
    assert made.status_code == 201
    assert "Open Tocsin" in page.text


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"title": "x"}, "body.severity"),
        ({"title": " ", "severity": "SEV1"}, "body.title"),
        ({"title": "x", "severity": "SEV9"}, "body.severity"),
        ({"title": "x", "severity": "SEV1", "colour": "red"}, "body.colour"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_with_the_path_of_the_field(
    house: House, body: dict[str, Any], path: str
) -> None:
    async with house.program("ann") as program:
        answer = await program.post(f"{API}/incidents", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [complaint["path"] for complaint in answer.json()["complaints"]] == [path]
    assert "openapi.json" in answer.json()["hint"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/incidents", 405), ("GET", "/incidents/INC-99", 404)],
)
async def test_what_is_not_there_is_a_problem_with_a_hint(house: House, method: str, path: str, status: int) -> None:
    async with house.program("ann") as program:
        answer = await program.request(method, API + path)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert answer.json()["hint"]


async def test_the_document_describes_every_call_and_its_problems(house: House) -> None:
    async with house.program("vera") as program:
        document = (await program.get(f"{API}/openapi.json")).json()
    operations = [each for path, calls in document["paths"].items() if path.startswith(API) for each in calls.values()]
    assert operations
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert operation["security"] == [{"HTTPBearer": []}]
        assert "application/problem+json" in operation["responses"]["default"]["content"]


async def test_an_approval_that_is_sent_many_times_at_once_is_given_once(house: House) -> None:
    async with house.program("ann") as ann, house.program("ben") as ben:
        body = {"answer": "approve", "plan_hash": scene.PLAN.hash}
        answers = await asyncio.gather(
            *(program.post(f"{API}/approvals/APR-1", json=body) for program in (ann, ben) for _ in range(50))
        )
    assert sorted(answer.status_code for answer in answers) == [200, *[403] * 99]
    journal = await house.store.read(lambda tx: tx.runs.journal(scene.RUN))
    assert [entry.kind for entry in journal].count(JournalKind.ANSWERED) == 1


async def test_incidents_are_found_by_words_and_by_what_they_are(house: House) -> None:
    async with house.program("vera") as program:
        found = (await program.get(f"{API}/incidents", params={"q": "fail cart"})).json()
        none = (await program.get(f"{API}/incidents", params={"q": "fail -cart"})).json()
        others = (await program.get(f"{API}/incidents", params={"severity": "SEV5"})).json()
        refused = [
            await program.get(f"{API}/incidents", params=asked)
            for asked in ({"q": "-cart"}, {"since": "2026-01-01T00:00:00"}, {"limit": 501}, {"statsu": "closed"})
        ]
    assert [one["id"] for one in found["incidents"]] == ["INC-1"]
    assert found["next"] is None
    meant = [piece["text"] for piece in found["passages"]["INC-1"][0]["pieces"] if piece["is_meant"]]
    assert "cart" in meant
    assert none == others == {"incidents": [], "next": None, "passages": {}}
    assert [answer.status_code for answer in refused] == [422] * 4


async def test_a_note_is_said_better_and_struck_out_and_what_it_said_stays(house: House) -> None:
    async with house.program("ann") as ann, house.program("ben") as ben, house.program("vera") as vera:
        noted = (await ann.post(f"{API}/incidents/INC-1/notes", json={"text": "it was the cache"})).json()
        place = f"{API}/incidents/INC-1/timeline/{noted['seq']}"
        better = await ben.patch(place, json={"text": "it was the disk", "reason": "seen in df"})
        read = (await vera.get(f"{API}/incidents/INC-1")).json()["timeline"][-1]
        found = (await vera.get(f"{API}/incidents", params={"q": '"was the cache"'})).json()
        late = await ann.patch(f"{API}/incidents/INC-1/timeline/{better.json()['seq']}", json={"text": "DNS"})
        stale = await ben.patch(f"{API}/incidents/INC-1/timeline/{better.json()['seq']}", json={"text": "no"})
        struck = await ann.post(f"{place}/strike", json={"reason": "another incident"})
        gone = (await vera.get(f"{API}/incidents/INC-1")).json()["timeline"][-1]
        report = (await vera.get(f"{API}/incidents/INC-1/report")).text
        refused = [
            await vera.patch(place, json={"text": "mine"}),
            await ann.patch(f"{API}/incidents/INC-1/timeline/1", json={"text": "no alert"}),
            await ann.post(f"{place}/strike", json={}),
            await ann.post(f"{API}/incidents/INC-1/timeline/9999/strike", json={}),
        ]
    assert better.json()["amends"] == noted["seq"]
    assert (read["seq"], read["text"], read["said_first"]) == (noted["seq"], "it was the disk", "it was the cache")
    assert [(one["actor"]["name"], one["why"]) for one in read["amendments"]] == [("ben", "seen in df")]
    assert found["incidents"] == []
    assert (late.status_code, stale.status_code, struck.status_code) == (200, 409, 200)
    assert "changed since you read it" in stale.json()["error"]
    assert (gone["text"], len(gone["amendments"]), gone["said_first"]) == ("", 3, "it was the cache")
    assert "struck out by ann (another incident)" in report
    assert "it was the" not in report
    assert [answer.status_code for answer in refused] == [403, 403, 409, 404]
