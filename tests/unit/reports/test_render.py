import re
from base64 import b64decode
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from bot.model.evidence import EvidenceKind
from bot.model.ids import EvidenceId, IncidentId, TaskId
from bot.model.incident import IncidentKind, IncidentStatus, SignalState
from bot.model.link import Related, Relation
from bot.model.report import Case, ReportFormat
from bot.model.run import ApprovalStatus, JournalKind, RunStatus
from bot.model.runbook import Step
from bot.model.task import Aim, Task, TaskKind
from bot.model.timeline import EntryKind
from bot.reports.exhibits import MOST_SHOWN
from bot.reports.postmortem import draft
from bot.reports.render import CSV_WHOLE, render
from tests.unit.reports import cases
from tests.unit.reports.cases import ANN, at, attachment, entry, finished, signal, step_evidence, told
from tests.unit.reports.hostile import HOSTILE

BOTH = pytest.mark.parametrize("form", list(ReportFormat))


def rendered(case: Case, form: ReportFormat, zone: str = "Europe/Berlin", url: str = "https://tocsin.example/") -> str:
    return render(draft(case, time_zone=zone, now=at(600)), form, time_zone=zone, public_url=url)


@BOTH
def test_what_was_counted_is_not_said_to_be_unmeasured(form: ReportFormat) -> None:
    counted = replace(signal(9), kind=EvidenceKind.IMPACT, value={}, summary="cart: 5 of 9 events were bad")
    unmeasured = "What users met was not measured."
    assert unmeasured in rendered(cases.case(), form)
    said = rendered(cases.case(evidence=[signal(), counted]), form)
    assert "5 of 9 events were bad" in said
    assert unmeasured not in said


@BOTH
def test_a_document_holds_peoples_images_unless_it_would_be_too_large_and_says_so(form: ReportFormat) -> None:
    shown = [
        replace(
            step_evidence(number, kind=EvidenceKind.PICTURE, value={}),
            attachments=(attachment("picture.gif", "image/gif", b"GIF89a" + bytes(length)),),
        )
        for number, length in enumerate((10, MOST_SHOWN, 10))
    ]
    said = rendered(cases.case(evidence=shown), form)
    assert said.count("data:image/gif;base64,") == 2
    assert said.count("too large to send on") == 1


def busy() -> Case:
    """Everything at once that a report can hold."""
    plan = cases.plan_json(cases.plan(undo="", diff=""))
    steps = [Step(id=name, title=f"Step {name}", uses="host.run") for name in "abcdefg"]
    run = cases.run(id="RUN-4", runbook=cases.runbook(*steps), status=RunStatus.FAILED, started_by=ANN)
    journal = (
        *(entry(JournalKind.PLANNED, 120, name, {"plan": plan}) for name in "acdefg"),
        entry(JournalKind.SKIPPED, 120, "b", {"reason": "its if is false"}),
        entry(JournalKind.INTENDED, 121, "a", attempt=1),
        finished("a", 122, "failed", summary="exit 1"),
        entry(JournalKind.INTENDED, 123, "a", attempt=2),
        finished("a", 124, "unknown", summary="no answer"),
        entry(JournalKind.ANSWERED_IF_RAN, 130, "a", {"did": "did"}, actor=ANN),
        finished("a", 130, summary="ann says it ran"),
        entry(JournalKind.CHECKED, 140, data={"signal": "firing"}),
        entry(JournalKind.ENDED, 141, data={"status": "failed", "reason": "step c was rejected"}),
    )
    asked = [
        cases.approval(run="RUN-4", step="c", status=ApprovalStatus.REJECTED, given_by=(), reason="too risky"),
        cases.approval(run="RUN-4", step="d", status=ApprovalStatus.OPEN, given_by=(), count=2, answered_at=None),
        cases.approval(run="RUN-4", step="e", status=ApprovalStatus.EXPIRED, given_by=(), answered_by=""),
    ]
    early, silent = (
        signal(2, collected_at=at(112)),
        signal(3, unavailable="timeout", attachments=(), attachment_names=()),
    )
    printed = step_evidence(5, question="What was released?", value={"text": "v1\nv2"}, collected_at=at(113))
    still = cases.incident(
        status=IncidentStatus.MITIGATED,
        signal=SignalState.FIRING,
        resolved_at=None,
        mitigated_at=at(165),
        acknowledged_by="",
        firing=("a" * 16,),
        service="",
        roles={},
    )
    later = told(EntryKind.NOTE, 40_000, "it came back in the night", actor=ANN, evidence=(EvidenceId("EV-4"),))
    return cases.case(
        incident_=still,
        evidence=[step_evidence(1), early, replace(silent, collected_at=at(162)), signal(4), printed],
        runs=[(cases.run(), cases.journal()), (run, journal)],
        approvals=[cases.approval(), *asked],
        timeline_=[*cases.story(), later],
    )


def empty() -> Case:
    bare = cases.incident(
        alerts=(),
        acknowledged_at=None,
        resolved_at=None,
        status=IncidentStatus.TRIGGERED,
        signal=SignalState.NONE,
        roles={},
        service="",
    )
    return cases.case(incident_=bare, evidence=[], runs=[], timeline_=[], approvals=[])


@BOTH
@pytest.mark.parametrize("story", [cases.case, busy, empty], ids=["usual", "busy", "empty"])
def test_a_report(story: object, form: ReportFormat, snapshot: SnapshotAssertion) -> None:
    assert callable(story)
    assert rendered(story(), form) == snapshot


@BOTH
def test_the_same_case_gives_the_same_file(form: ReportFormat) -> None:
    assert rendered(cases.case(), form) == rendered(cases.case(), form)


@BOTH
def test_without_a_public_address_there_is_no_link_to_the_page(form: ReportFormat) -> None:
    assert "/incidents/INC-7" in rendered(cases.case(), form)
    assert "/incidents/INC-7" not in rendered(cases.case(), form, url="")
    assert "/incidents/INC-7" not in rendered(cases.case(), form, url="javascript:alert(1)")


class Reader(HTMLParser):
    """Every tag and attribute, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def with_hostile(text: str) -> Case:
    """The text wherever somebody other than us may write."""
    step = Step(id="roll_back", title=text, uses="host.run")
    run = cases.run(runbook=replace(cases.runbook(step), name=text, title=text))
    plan = {"summary": text, "risk": "write", "targets": [text], "undo": text, "diff": text}
    journal = (
        entry(JournalKind.PLANNED, 1, "roll_back", {"plan": plan}),
        entry(JournalKind.INTENDED, 2, "roll_back"),
        finished("roll_back", 3, summary=text),
        entry(JournalKind.ENDED, 4, data={"reason": text}),
    )
    seen = cases.reading(name=text, labels={"service": text, text or "x": "y"}, dashboard=text)
    evidence = [
        signal(2, seen, question=text, source=text, query=text, summary=text, alt_text=text, link=text),
        step_evidence(1, question=text, source=text, summary=text, value={"text": text}, link=text),
        signal(3, seen, unavailable=text or "x", collected_at=at(1), link=text),
    ]
    return cases.case(
        incident_=cases.incident(title=text, service=text, roles={"commander": text}, acknowledged_by=text),
        timeline_=[
            told(EntryKind.NOTE, 1, text, why=text, actor=replace(ANN, name=text, via=text), links={text: text})
        ],
        evidence=evidence,
        runs=[(run, journal)],
        approvals=[cases.approval(given_by=(text,), answered_by=text, reason=text)],
    )


PLAIN = read(rendered(with_hostile("plain"), ReportFormat.HTML, url=""))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_html(text: str) -> None:
    page = rendered(with_hostile(text), ReportFormat.HTML, url=text)
    reader = read(page)
    shape = [(tag, sorted(names)) for tag, names in reader.tags]
    if text.strip():
        assert [one for one in shape if one[0] != "pre"] == [(tag, sorted(n)) for tag, n in PLAIN.tags if tag != "pre"]
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes), attributes
        assert tag not in ("script", "iframe", "object", "form", "link", "base")
        for name in ("href", "src"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,", "data:text/csv;base64,"))
    page.encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markdown(text: str) -> None:
    document = rendered(with_hostile(text), ReportFormat.MD, url=text)
    document.encode()
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(document)
    inner = [child for token in tokens for child in token.children or ()]
    html = {token.content.strip() for token in [*tokens, *inner] if token.type.startswith("html")}
    assert all(re.fullmatch(r"</?details>(<summary>[\w (),.\\-]+</summary>)?", one) for one in html), html
    for child in inner:
        assert child.type not in ("em_open", "s_open"), child
        if child.type == "link_open":
            assert re.fullmatch(r"#ev-\d", str(child.attrs["href"]))
        if child.type == "image":
            assert str(child.attrs["src"]).startswith("data:image/png;base64,")
    headings = [token.tag for token in tokens if token.type == "heading_open"]
    assert headings.count("h1") == 1
    assert headings.count("h2") == 7


def test_the_page_needs_and_asks_for_nothing_else() -> None:
    reader = read(rendered(busy(), ReportFormat.HTML))
    policy = next(
        names["content"] for tag, names in reader.tags if names.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert [tag for tag, _ in reader.tags if tag in ("script", "link", "iframe")] == []
    for tag, names in reader.tags:
        assert "src" not in names or names["src"].startswith("data:")
        if tag == "a" and names["href"].startswith("http"):
            assert names["rel"] == "noopener noreferrer"


def test_the_page_can_be_read_by_everybody() -> None:
    reader = read(rendered(busy(), ReportFormat.HTML))
    assert dict(reader.tags)["html"] == {"lang": "en"}
    assert all(names["alt"] for tag, names in reader.tags if tag == "img")
    assert all(names.get("scope") for tag, names in reader.tags if tag == "th")
    assert [tag for tag, _ in reader.tags].count("h1") == 1
    ids = [names["id"] for _, names in reader.tags if "id" in names]
    assert len(ids) == len(set(ids))
    anchors = {names["href"][1:] for tag, names in reader.tags if tag == "a" and names["href"].startswith("#")}
    assert anchors <= set(ids)
    labelled = {names["aria-labelledby"] for _, names in reader.tags if "aria-labelledby" in names}
    assert labelled <= set(ids)


def test_the_chart_and_its_data_are_in_the_page() -> None:
    reader = read(rendered(cases.case(), ReportFormat.HTML))
    (image,) = [names for tag, names in reader.tags if tag == "img"]
    assert b64decode(image["src"].removeprefix("data:image/png;base64,")) == cases.PNG
    (data,) = [names for tag, names in reader.tags if "download" in names]
    assert data["download"] == "EV-2-signal.csv"
    assert b64decode(data["href"].removeprefix("data:text/csv;base64,")) == cases.CSV.content


def test_a_chart_that_was_not_drawn_leaves_its_data() -> None:
    undrawn = signal(2, attachments=(cases.CSV,), attachment_names=("signal.csv",))
    bare = signal(2, attachments=(), attachment_names=())
    for form in ReportFormat:
        assert "data:image/png" not in rendered(cases.case(evidence=[undrawn]), form)
        assert "signal.csv" not in rendered(cases.case(evidence=[bare]), form)


def test_a_long_table_shows_its_ends_in_markdown() -> None:
    rows = "".join(f"2026-11-22T14:00:00Z,{number},checkout\n" for number in range(CSV_WHOLE // 20))
    wide = "x" * (CSV_WHOLE + 1)
    for content, said in ((f"time,value,service\n{rows}", True), (wide, False)):
        long = signal(2, attachments=(attachment("signal.csv", "text/csv", content.encode()),))
        document = rendered(cases.case(evidence=[long]), ReportFormat.MD)
        assert ("lines are left out here; the HTML report holds them all" in document) is said
        assert (len(document) > CSV_WHOLE) is not said


def test_numbers_stay_with_their_units_in_sentences_and_as_they_were_in_code() -> None:
    query = "rate(x[5m]) > 5 % 3 min"
    asked = signal(2, query=query, summary="rose above 5 % for 3 min 2 s, minutes and 12.3 kB/s")
    page = rendered(cases.case(evidence=[asked]), ReportFormat.HTML)
    assert "rose above 5\u00a0% for 3\u00a0min 2\u00a0s, minutes and 12.3 kB/s" in page
    assert "rate(x[5m]) &gt; 5 % 3 min" in page


@BOTH
def test_what_an_incident_says_of_itself_is_in_its_report(form: ReportFormat) -> None:
    other = cases.incident(id=IncidentId("INC-9"), title="the | till <b>is</b> down")
    drill = cases.incident(team="shop", kind=IncidentKind.DRILL, fields={"region": "eu|us"})
    case = replace(cases.case(), incident=drill, related=(Related(relation=Relation.PART, incident=other),))
    text = rendered(case, form)
    plain = re.sub(r"<[^>]*>", " ", text) if form is ReportFormat.HTML else text.replace("|", " ").replace("\\", "")
    for said in ("Team +shop", "Kind +drill: left out of statistics", "region +eu.?us", "Part of this +INC-9: the"):
        assert re.search(said, plain), said
    assert "<b>is</b>" not in text


def follow_up(text: str, **changes: object) -> Task:
    said = {
        "id": TaskId("TASK-1"), "incident": cases.INCIDENT, "kind": TaskKind.FOLLOW_UP, "text": text,
        "created_at": at(500), "created_by": "ann", "owner": "ben", "due": date(2026, 12, 1), "aim": Aim.PREVENT,
    }  # fmt: skip
    return Task(**{**said, **changes})


@BOTH
def test_follow_ups_stand_in_it_with_owner_date_and_aim(form: ReportFormat) -> None:
    hostile = "Buy <script>alert(1)</script> | more"
    case = replace(
        cases.case(),
        follow_ups=(
            follow_up("Cap the queue", link="https://tracker.example/7"),
            follow_up("Alert on the queue", id=TaskId("TASK-2"), aim=Aim.DETECT, owner="cyd", done_at=at(550)),
            follow_up(hostile, id=TaskId("TASK-3"), dropped=True, done_at=at(550), link="javascript:alert(1)"),
        ),
    )
    text = rendered(case, form)
    assert [text.count(words) for words in ("Cap the queue", "https://tracker.example/7", "javascript:")] == [1, 1, 0]
    if form is ReportFormat.MD:
        assert "| Alert on the queue | detect | cyd | 2026-12-01 | done |" in text
        assert re.search(r"^\| Buy .*\\\| more \| prevent \| ben \| 2026-12-01 \| dropped \|$", text, re.MULTILINE)
    else:
        assert "<td>detect</td><td>cyd</td>" in text
    assert "<script>" not in text
    assert "blank" not in text.split("Follow-ups")[-1]
