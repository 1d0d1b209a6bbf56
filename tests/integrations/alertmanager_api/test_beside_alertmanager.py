"""The same requests to a real Alertmanager and to Tocsin: the same answers, but for what is written down here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.integrations.alertmanager_api.conftest import CONFIG, Real
from tests.servers.alertmanager import AlertmanagerServer

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
THEIRS = CONFIG.replace('http: {listen: "127.0.0.1:0"}\nresolve_timeout: 5m\n', "global: {resolve_timeout: 5m}\n")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        AlertmanagerServer(tmp_path_factory.mktemp("theirs"), THEIRS) as server,
        httpx.Client(base_url=f"{server.url}/api/v2", trust_env=False, timeout=20) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ours(real: Real) -> Iterator[httpx.Client]:
    with real.client() as client:
        yield client


def at(offset: timedelta) -> str:
    return (NOW + offset).isoformat().replace("+00:00", "Z")


def alert(name: str, **fields: object) -> dict[str, object]:
    labels = {"alertname": name, "test": "beside"}
    return {"labels": labels, "annotations": {"summary": name}, "startsAt": at(-HOUR), "endsAt": at(HOUR), **fields}


def said(answer: httpx.Response) -> tuple[int, object]:
    """Status and body: JSON where it is some."""
    kind = answer.headers.get("content-type", "")
    return answer.status_code, answer.json() if answer.content and "json" in kind else answer.text


def plain(found: Any) -> Any:  # Any: JSON
    """Without what no two servers have in common: when they were asked, and ids they made up."""
    if isinstance(found, list):
        return [plain(one) for one in found]
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items() if key not in {"updatedAt", "id", "silencedBy"}}
    return found


def both(ours: httpx.Client, theirs: httpx.Client, method: str, path: str, **asked: Any) -> tuple[Any, Any]:
    mine, other = said(ours.request(method, path, **asked)), said(theirs.request(method, path, **asked))
    return (mine[0], plain(mine[1])), (other[0], plain(other[1]))


REFUSED = [
    b"",
    b"[{}]",
    b'[{"labels":null}]',
    b'[{"labels":{}}]',
    b'[{"labels":{"a":""}}]',
    b'[{"labels":{"":"x"}}]',
    b'[{"labels":{"a":"x"},"startsAt":"2026-11-22T10:00:00Z","endsAt":"2026-11-22T09:00:00Z"},{"labels":{}}]',
    b'[{"labels":{"a":"x"},"generatorURL":"not a url"}]',
    b'[{"labels":{"a":"x"},"annotations":{"":"x"}}]',
]
TAKEN = [b"null", b"[]", b'[{"labels":{"a b":"x"}}]', b'[{"labels":{"a":"x"},"more":1,"annotations":null}]']
UNREADABLE = [
    b"{}",
    b'[{"labels":{"a":1}}]',
    b'[{"labels":{"a":"x"},"startsAt":"nonsense"}]',
    b'{"labels":',
]
"""Both say 400 and the same shape; the reason is the decoder's."""
STRICTER = [
    b'[{"labels":{"a":"\xff"}}]',
    b'[{"labels":{"a":"\\ud800"}}]',
    b'[{"labels":{"a":"\\u0000"}}]',
    b"[] []",
    b'[{"labels":{"a":"' + b"x" * 4097 + b'"}}]',
    b'[{"labels":{' + b",".join(b'"l%d":"x"' % n for n in range(65)) + b"}}]",
    b'[{"labels":{"' + b"n" * 129 + b'":"x"}}]',
    b'[{"labels":{"a":"x"},"startsAt":""}]',
]
"""Alertmanager takes these. Tocsin says no: what cannot be kept as it was said, or is no alert of anybody's, and a time
that is no time (Alertmanager reads 1970)."""


@pytest.mark.parametrize("body", [*REFUSED, *TAKEN])
def test_alerts_that_are_posted(ours: httpx.Client, theirs: httpx.Client, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    mine, other = both(ours, theirs, "POST", "/alerts", content=body, headers=headers)
    assert mine == other


@pytest.mark.parametrize("body", UNREADABLE)
def test_alerts_nobody_can_read(ours: httpx.Client, theirs: httpx.Client, body: bytes) -> None:
    mine, other = both(ours, theirs, "POST", "/alerts", content=body, headers={"content-type": "application/json"})
    assert mine[0] == other[0] == 400
    assert mine[1]["code"] == other[1]["code"] == 400
    begins = 'parsing alerts body from "" failed, because '
    assert mine[1]["message"].startswith(begins)
    assert other[1]["message"].startswith(begins)


@pytest.mark.parametrize("body", STRICTER)
def test_what_tocsin_refuses_and_alertmanager_does_not(ours: httpx.Client, theirs: httpx.Client, body: bytes) -> None:
    mine, other = both(ours, theirs, "POST", "/alerts", content=body, headers={"content-type": "application/json"})
    assert (mine[0], other[0]) == (400, 200)


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("POST", "/alerts", {"content": b"[]", "headers": {"content-type": "text/plain"}}),
        ("PUT", "/alerts", {"content": b"[]", "headers": {"content-type": "application/json"}}),
        ("GET", "/nope", {}),
        ("GET", "/receivers", {}),
        ("GET", "/silence/nope", {}),
        ("GET", "/silence/f3b2ee2c-2a77-4d4b-9e6e-6bd0b3cf5a4d", {}),
        ("DELETE", "/silence/f3b2ee2c-2a77-4d4b-9e6e-6bd0b3cf5a4d", {}),
        ("GET", "/alerts?filter=a", {}),
        ("GET", "/alerts?filter=", {}),
        ("GET", "/alerts?filter={a=x}", {}),
        ("GET", "/silences?filter=a", {}),
        ("POST", "/silences", {"json": {}}),
    ],
)
def test_what_is_no_call_of_theirs(
    ours: httpx.Client, theirs: httpx.Client, method: str, path: str, asked: dict[str, Any]
) -> None:
    mine, other = both(ours, theirs, method, path, **asked)
    if mine[0] in (405, 415):  # which methods there are is told in another order
        assert mine[0] == other[0]
        assert mine[1]["code"] == other[1]["code"]
    else:
        assert mine == other


SCENE = [
    alert("Plain"),
    alert("Teamed", labels={"alertname": "Teamed", "test": "beside", "team": "db"}),
    alert("Shop", labels={"alertname": "Shop", "test": "beside", "team": "shop", "severity": "page"}),
    alert("Down", labels={"alertname": "Down", "test": "beside", "cluster": "eu"}),
    alert("Slow", labels={"alertname": "Slow", "test": "beside", "cluster": "eu", "severity": "warning"}),
    alert("Elsewhere", labels={"alertname": "Elsewhere", "test": "beside", "cluster": "us", "severity": "warning"}),
    alert("Over", endsAt=at(-HOUR / 2)),
    alert("Linked", generatorURL="http://prometheus.example.net/graph?g0.expr=up%3D%3D0"),
    alert("Weird", labels={"alertname": 'We"ird\n', "test": "beside", "ünï cödé": "<b>&\u2028"}),
    alert("Earlier", startsAt=at(-HOUR / 2)),
    alert("Earlier", startsAt=at(-HOUR)),
    alert("Shorter"),
    alert("Shorter", endsAt=at(HOUR / 2)),
    alert("Anew", endsAt=at(-HOUR / 2)),
    alert("Anew", startsAt=at(-HOUR / 4)),
    alert("Millis", startsAt="2026-01-02T03:04:05.678901234Z"),
    alert("Empty", labels={"alertname": "Empty", "test": "beside", "gone": ""}),
]


@pytest.fixture(scope="module")
def scene(ours: httpx.Client, theirs: httpx.Client) -> None:
    for client in (ours, theirs):
        for one in SCENE:
            assert client.post("/alerts", json=[one]).status_code == 200
        silence = {
            "matchers": [{"name": "alertname", "value": "Pl.*", "isRegex": True, "isEqual": True}],
            "startsAt": at(-HOUR),
            "endsAt": at(HOUR),
            "createdBy": "ann",
            "comment": "beside",
        }
        assert client.post("/silences", json=silence).status_code == 200


QUERIES = [
    "",
    "active=false",
    "silenced=false",
    "inhibited=false",
    "active=false&inhibited=false",
    "unprocessed=false",
    "active=nonsense",
    "receiver=db",
    "receiver=d.*|sre",
    "receiver=d",
    "receiver_matchers=name%3Ddb",
    "filter=" + quote('team=""'),
    "filter=" + quote('team!=""'),
    "filter=" + quote('cluster=~"e.*"') + "&filter=" + quote("severity!=page"),
    "filter=" + quote('"ünï cödé"=~".+"'),
    "filter=" + quote("alertname=Down"),
]


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("query", QUERIES)
def test_alerts_that_are_asked_for(ours: httpx.Client, theirs: httpx.Client, query: str) -> None:
    ask = f"/alerts?filter=test%3Dbeside&{query}"
    mine, other = both(ours, theirs, "GET", ask)
    assert mine == other


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("query", ["", "receiver=db", "active=false", "filter=" + quote("cluster=eu"), "muted=false"])
def test_groups_that_are_asked_for(ours: httpx.Client, theirs: httpx.Client, query: str) -> None:
    mine, other = both(ours, theirs, "GET", f"/alerts/groups?filter=test%3Dbeside&{query}")
    for found in (mine[1], other[1]):
        for group in found:
            group["alerts"].sort(key=lambda one: one["fingerprint"])
            group.pop("routeLabels", None)
    assert mine == other


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(
    "query", ["", "filter=alertname%3D~Pl.*", "filter=alertname%3DPl.*", "filter=comment%3Dbeside"]
)
def test_silences_that_are_asked_for(ours: httpx.Client, theirs: httpx.Client, query: str) -> None:
    answers = []
    for client in (ours, theirs):
        status, found = said(client.get(f"/silences?{query}"))
        assert isinstance(found, list)
        kept = [one for one in found if one["comment"] == "beside"]
        for one in kept:
            assert one.pop("startsAt")  # raised to when it was made
        answers.append((status, plain(kept)))
    assert answers[0] == answers[1]


SILENCES = [
    {"matchers": []},
    {"matchers": [{"name": "a", "value": "", "isRegex": False}]},
    {"matchers": [{"name": "a", "value": "(", "isRegex": True}]},
    {"startsAt": at(2 * HOUR)},
    {"startsAt": at(-2 * HOUR), "endsAt": at(-HOUR)},
    {"id": "f3b2ee2c-2a77-4d4b-9e6e-6bd0b3cf5a4d"},
]


@pytest.mark.parametrize("fields", SILENCES)
def test_silences_nobody_makes(ours: httpx.Client, theirs: httpx.Client, fields: dict[str, object]) -> None:
    silence = {
        "matchers": [{"name": "a", "value": "x", "isRegex": False}],
        "startsAt": at(-HOUR),
        "endsAt": at(HOUR),
        "createdBy": "ann",
        "comment": "no",
        **fields,
    }
    mine, other = both(ours, theirs, "POST", "/silences", json=silence)
    assert mine[0] == other[0]
    if mine[0] != 400:  # the same in other words, with what to do about it
        assert mine == other


def test_the_status_has_what_clients_look_for(ours: httpx.Client, theirs: httpx.Client) -> None:
    mine, other = ours.get("/status").json(), theirs.get("/status").json()
    assert mine.keys() == other.keys()
    assert mine["versionInfo"].keys() == other["versionInfo"].keys()
    assert mine["cluster"] == other["cluster"]


def test_answers_are_not_kept_by_anybody(ours: httpx.Client, theirs: httpx.Client) -> None:
    for client in (ours, theirs):
        answer = client.get("/alerts")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"


def test_a_time_of_another_zone_is_told_in_utc(ours: httpx.Client, theirs: httpx.Client) -> None:
    """Alertmanager tells it as it was written; it is the same moment."""
    one = alert("Zoned", startsAt="2026-01-02T03:04:05.678901234+02:00")
    one["labels"] = {"alertname": "Zoned"}
    found = []
    for client in (ours, theirs):
        assert client.post("/alerts", json=[one]).status_code == 200
        found.append(client.get("/alerts?filter=alertname%3DZoned").json()[0]["startsAt"])
    assert found == ["2026-01-02T01:04:05.678Z", "2026-01-02T03:04:05.678+02:00"]
