from bot.model.evidence import EvidenceKind
from bot.reports.exhibits import LONGEST, data_uri, exhibits, size, text_of
from tests.unit.reports import cases
from tests.unit.reports.cases import CSV, at, attachment, signal, step_evidence


def test_the_last_chart_of_a_signal_is_the_one_shown() -> None:
    early, late = signal(1, collected_at=at(110)), signal(3, collected_at=at(240))
    shown = exhibits(cases.case(evidence=[late, step_evidence(2), early]))
    assert [(one.evidence.id, one.featured) for one in shown] == [("EV-1", False), ("EV-2", False), ("EV-3", True)]
    assert shown[2].png is not None
    assert shown[2].csv == CSV
    assert (shown[1].png, shown[1].csv) == (None, None)


def test_only_addresses_that_may_be_followed_are_links() -> None:
    (bad,) = exhibits(cases.case(evidence=[signal(1, link="javascript:alert(1)")]))
    assert bad.link == ""


def test_what_a_step_printed_is_shown_and_else_what_it_returned() -> None:
    printed = step_evidence(1, value={"value": {"exit": 0}, "text": "one\ntwo\x1b[0m\n"})
    returned = step_evidence(2, value={"value": {"b": 1, "a": "é"}, "text": ""})
    nothing = step_evidence(3, value={})
    outputs = [one.output for one in exhibits(cases.case(evidence=[printed, returned, nothing]))]
    assert outputs == ["one\ntwo�[0m", '{\n  "a": "é",\n  "b": 1\n}', ""]
    assert signal(4).kind is EvidenceKind.SIGNAL
    assert [one.output for one in exhibits(cases.case(evidence=[signal(4)]))] == [""]


def test_long_output_is_cut_and_says_so() -> None:
    (long,) = exhibits(cases.case(evidence=[step_evidence(1, value={"text": "x" * (LONGEST + 5)})]))
    assert long.output == "x" * LONGEST + "\n… 5 more characters"


def test_files_are_carried_inside() -> None:
    assert data_uri(attachment("a.csv", "text/csv", b"a,b\n")) == "data:text/csv;base64,YSxiCg=="
    assert text_of(attachment("a.csv", "text/csv", b"a\xff\n")) == "a�"
    assert size(attachment("a", "text/csv", b"x" * 999)) == "999 bytes"
    assert size(attachment("a", "text/csv", b"x" * 12_345)) == "12.3 kB"
