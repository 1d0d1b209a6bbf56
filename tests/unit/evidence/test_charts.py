import hashlib
from dataclasses import replace
from datetime import timedelta

from bot.evidence.charts import incident_marks, signal_chart, signal_evidence
from bot.evidence.signal import KEPT
from bot.model.chart import BadSide, Mark, MarkKind
from bot.model.evidence import EvidenceKind
from bot.model.ids import EvidenceId
from bot.model.labels import LabelSet
from bot.model.reading import reading_from
from bot.model.run import JournalKind
from bot.model.runbook import Risk
from bot.model.sample import Window
from tests.unit.evidence.signals import alert, answer, at, question, rule, series
from tests.unit.reports import cases

FAULT = (0.0, 0.01, 0.2, 0.4, 0.3, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0)
SECRET = "ghp_" + "a1B2" * 9


def test_an_incident_is_marked_where_it_began_where_something_was_changed_and_where_it_ended() -> None:
    marks = incident_marks([alert(ends_at=at(700))], [(cases.run(), cases.journal())], at(900))
    assert marks == (
        Mark(at=cases.at(158.4), kind=MarkKind.ACTION, text="Switch back to the release that ran before"),
        Mark(at=at(600), kind=MarkKind.ALERT, text="ServiceFails fires"),
        Mark(at=at(700), kind=MarkKind.RECOVERY, text="alert clear"),
    )


def test_the_first_of_many_alerts_and_the_end_of_the_last_count() -> None:
    alerts = [alert("a", starts_at=at(20), ends_at=at(80)), alert("b", starts_at=at(10), ends_at=at(90))]
    assert [(mark.at, mark.text) for mark in incident_marks(alerts, [], at(95))] == [
        (at(10), "ServiceFails fires"),
        (at(90), "all alerts clear"),
    ]
    assert [mark.kind for mark in incident_marks(alerts, [], at(85))] == [MarkKind.ALERT]


def test_an_incident_without_alerts_has_only_what_was_done() -> None:
    assert incident_marks([], [], at(0)) == ()
    assert [mark.kind for mark in incident_marks([], [(cases.run(), cases.journal())], at(0))] == [MarkKind.ACTION]


def test_an_act_whose_plan_is_not_known_to_be_reading_is_marked() -> None:
    journal = (
        cases.entry(JournalKind.PLANNED, 1, "errors", {"plan": "garbled"}),
        cases.entry(JournalKind.INTENDED, 2, "errors"),
        cases.entry(JournalKind.PLANNED, 3, "gone", {"plan": {"risk": str(Risk.WRITE)}}),
        cases.entry(JournalKind.INTENDED, 4, "gone"),
    )
    texts = [mark.text for mark in incident_marks([], [(cases.run(), journal)], at(0))]
    assert texts == ["Compare the share of failed requests by release", "gone"]


def test_a_chart_shows_the_signal_its_threshold_and_the_marks_of_its_window() -> None:
    marks = (
        Mark(at=at(-1), kind=MarkKind.ALERT, text="before"),
        Mark(at=at(30), kind=MarkKind.ALERT, text="ServiceFails fires"),
        Mark(at=at(101), kind=MarkKind.RECOVERY, text="after"),
    )
    chart = signal_chart(answer(series([0.9], service="cart"), series(FAULT)), marks, "Europe/Berlin")
    assert chart.title == "ServiceFails · service=checkout"
    assert [one.labels["service"] for one in chart.series] == ["checkout", "cart"]
    assert chart.highlighted == {LabelSet({"service": "checkout"})}
    assert chart.marks == marks[1:2]
    assert (chart.threshold, chart.threshold_text, chart.bad_side) == (0.05, "alert above 5 %", BadSide.ABOVE)
    assert (chart.unit, chart.time_zone, chart.left_out) == ("ratio", "Europe/Berlin", 0)
    assert chart.window == Window(start=at(0), end=at(100))
    assert "rose above 5 % at 15:00:20 UTC+01:00" in chart.alt_text
    assert chart.alt_text.endswith("Marked: 15:00:30 UTC+01:00 ServiceFails fires.")


def test_a_chart_of_several_own_series_or_of_none_is_named_by_its_rule() -> None:
    two = question(None, alert("checkout"), alert("cart"))
    both = signal_chart(answer(series(FAULT), series(FAULT, service="cart"), asked=two), (), "UTC")
    assert (both.title, len(both.highlighted)) == ("ServiceFails", 2)
    none = signal_chart(answer(series(FAULT, service="cart")), (), "UTC")
    assert (none.title, none.highlighted) == ("ServiceFails", frozenset())


def test_of_many_series_the_gravest_are_drawn_and_the_rest_are_counted() -> None:
    crowd = [series([place / 1000], service=str(place)) for place in range(KEPT + 5)]
    chart = signal_chart(answer(*crowd), (), "UTC")
    assert (len(chart.series), chart.left_out) == (KEPT, 5)
    assert chart.series[0].labels["service"] == str(KEPT + 4)


def test_the_axis_begins_where_the_data_does_but_never_after_a_mark() -> None:
    long = question(window=Window(start=at(-900), end=at(100)))
    trimmed = signal_chart(answer(series(FAULT), asked=long), (), "UTC").window
    assert trimmed == Window(start=at(-10), end=at(100))
    early = (Mark(at=at(-300), kind=MarkKind.ALERT, text="fires"),)
    assert signal_chart(answer(series(FAULT), asked=long), early, "UTC").window == Window(start=at(-320), end=at(100))
    at_once = (Mark(at=at(-890), kind=MarkKind.ALERT, text="fires"),)
    assert signal_chart(answer(series(FAULT), asked=long), at_once, "UTC").window == long.window
    assert signal_chart(answer(asked=long), (), "UTC").window == long.window
    presence = question(rule("", None, "absent(up)"), window=long.window)
    assert signal_chart(answer(series([1.0]), asked=presence), (), "UTC").window == long.window


def test_a_secret_in_a_label_reaches_neither_picture_nor_table_nor_words() -> None:
    leaky = question(None, replace(alert(), labels=LabelSet({"service": SECRET, "token": "hunter2"})))
    one = answer(series(FAULT, service=SECRET, token="hunter2"), asked=leaky)
    marks = (Mark(at=at(3), kind=MarkKind.ALERT, text="fires"),)
    chart = signal_chart(one, marks, "UTC")
    evidence = signal_evidence(one, chart, b"png", evidence_id=EvidenceId("EV-1"), collected_at=at(101))
    assert chart.highlighted == {LabelSet({"service": "[redacted]", "token": "[redacted]"})}
    everything = repr((chart, replace(evidence, link="", attachments=()), evidence.attachments))
    assert SECRET not in everything
    assert "hunter2" not in everything


def test_evidence_freezes_the_picture_the_data_and_the_facts() -> None:
    one = answer(series(FAULT))
    chart = signal_chart(one, (), "UTC")
    evidence = signal_evidence(one, chart, b"\x89PNG", evidence_id=EvidenceId("EV-1"), collected_at=at(101))
    assert (evidence.kind, evidence.source, evidence.query) == (EvidenceKind.SIGNAL, "prom", one.question.expr)
    assert evidence.attachment_names == ("signal.png", "signal.csv")
    assert [file.media_type for file in evidence.attachments] == ["image/png", "text/csv"]
    assert evidence.attachments[0].sha256 == hashlib.sha256(b"\x89PNG").hexdigest()
    assert evidence.attachments[1].content.decode().splitlines()[1] == "2026-11-22T14:00:00Z,0.0,checkout"
    assert evidence.summary.startswith("The signal of service=checkout rose above 5 %")
    assert evidence.alt_text == chart.alt_text
    assert evidence.link == "https://prom.example/graph"
    facts = reading_from(evidence.value)
    assert facts is not None
    assert facts.spells[0].end == at(50)
    assert facts.step == timedelta(seconds=10)


def test_a_chart_that_could_not_be_drawn_leaves_the_data() -> None:
    one = answer(series(FAULT))
    evidence = signal_evidence(
        one, signal_chart(one, (), "UTC"), None, evidence_id=EvidenceId("EV-1"), collected_at=at(101)
    )
    assert evidence.attachment_names == ("signal.csv",)


def test_no_answer_is_evidence_with_its_reason() -> None:
    one = answer(unavailable='"prom" did not answer within 15 s')
    evidence = signal_evidence(
        one, signal_chart(one, (), "UTC"), None, evidence_id=EvidenceId("EV-1"), collected_at=at(101)
    )
    assert evidence.unavailable == '"prom" did not answer within 15 s'
    assert (evidence.summary, evidence.alt_text, evidence.attachments) == ("", "", ())
