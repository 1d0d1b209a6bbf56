"""The words of others become ours, and it is said what was done."""

from bot.alerts.mapping import concerning, mapped
from bot.model.labels import LabelSet
from bot.model.route import FieldMap

LABELS = {"host": "web-1", "priority": "P1", "alertname": "Disk"}


def test_without_maps_nothing_changes() -> None:
    found = mapped((), "pd", LABELS)
    assert (found.labels, found.aside, found.done) == (LabelSet(LABELS), {}, ())


def test_only_those_of_the_source_and_of_all_sources_count() -> None:
    maps = (FieldMap(source="pd", labels={"host": "instance"}), FieldMap(labels={"alertname": "name"}))
    assert [one.source for one in concerning(maps, "grafana")] == [""]
    assert concerning(maps, "pd") == maps
    assert "host" in mapped(maps, "grafana", LABELS).labels
    assert set(mapped(maps, "pd", LABELS).labels) == {"instance", "priority", "name"}


def test_a_label_gets_its_name_before_its_severity_is_read() -> None:
    found = mapped((FieldMap(labels={"priority": "severity"}, severities={"P1": "critical"}),), "pd", LABELS)
    assert found.labels["severity"] == "critical"
    assert found.done == ("label priority is called severity", "severity P1 is critical")


def test_a_renamed_label_takes_the_place_of_another_and_two_can_swap() -> None:
    one = FieldMap(labels={"host": "alertname"})
    assert mapped((one,), "", LABELS).labels == LabelSet({"alertname": "web-1", "priority": "P1"})
    swap = FieldMap(labels={"host": "alertname", "alertname": "host"})
    assert mapped((swap,), "", LABELS).labels == LabelSet({"alertname": "web-1", "host": "Disk", "priority": "P1"})


def test_no_severity_can_become_one() -> None:
    one = FieldMap(severities={"": "warning", "page": "page"})
    assert mapped((one,), "", LABELS).labels["severity"] == "warning"
    assert mapped((one,), "", LABELS).done == ("severity none is warning",)
    assert mapped((one,), "", {**LABELS, "severity": "page"}).done == ()
    assert mapped((one,), "", {**LABELS, "severity": "odd"}).labels["severity"] == "odd"


def test_what_does_not_tell_it_from_others_is_kept_aside() -> None:
    found = mapped((FieldMap(identity=("alertname", "priority", "absent")),), "", LABELS)
    assert found.labels == LabelSet({"alertname": "Disk", "priority": "P1"})
    assert found.aside == {"host": "web-1"}
    assert found.done == ("label host does not tell it from others",)


def test_maps_follow_each_other() -> None:
    maps = (FieldMap(labels={"priority": "severity"}), FieldMap(severities={"P1": "critical"}))
    assert mapped(maps, "", LABELS).labels["severity"] == "critical"


def test_in_shadow_it_is_only_said() -> None:
    found = mapped((FieldMap(labels={"host": "instance"}, identity=("instance",), shadow=True),), "", LABELS)
    assert (found.labels, found.aside) == (LabelSet(LABELS), {})
    assert found.done == (
        "shadow: label host is called instance",
        "shadow: label alertname does not tell it from others",
        "shadow: label priority does not tell it from others",
    )
