"""What tells the rows of a run apart."""

from datetime import timedelta

import pytest

from bot.model.labels import LabelSet
from bot.model.search import SavedSearch, Schedule, Suppression
from bot.rules.savedsearches.rows import LONGEST_VALUE, MOST_LABELS, grouped_by, label_name, labels_of


def search(spl: str, *fields: str) -> SavedSearch:
    suppression = Suppression(period=timedelta(minutes=1), fields=fields) if fields else None
    return SavedSearch(name="s", search=spl, schedule=Schedule(cron="* * * * *"), suppression=suppression)


@pytest.mark.parametrize(
    ("spl", "fields"),
    [
        ("index=a | stats count by host", ("host",)),
        ("index=a | stats count BY host, user", ("host", "user")),
        ("index=a | stats count by host  user | where count > 5 | sort - count", ("host", "user")),
        ("| tstats count where index=a by host _time span=5m", ("host",)),
        ("index=a | chart count over service by w", ("service",)),
        ("index=a | chart count by service, w", ("service",)),
        ("index=a | timechart span=5m count by service", ("service",)),
        ("index=a | stats count by a | stats max(count) as m by b", ("b",)),
        ('index=a | eval x="| stats count by y" | table x', ()),
        ("index=a [search index=b | stats count by user | fields user] | table host", ()),
        ("index=a by host", ()),
        ("index=a | top limit=5 url by host", ("host",)),
        ("index=a | stats count", ()),
        ("", ()),
        ("|||", ()),
    ],
)
def test_the_fields_that_a_search_groups_by(spl: str, fields: tuple[str, ...]) -> None:
    assert grouped_by(spl) == fields


def test_suppression_says_which_fields_tell_alerts_apart() -> None:
    row = {"host": "a", "user": "b", "count": "3"}
    assert labels_of(search("x | stats count by host", "user"), row) == LabelSet({"user": "b"})
    assert labels_of(search("x | stats count by host"), row) == LabelSet({"host": "a"})
    assert labels_of(search("x | table *"), row) == LabelSet(row)
    assert labels_of(search("x | stats count by host | fields - host"), {"n": "1"}) == LabelSet({"n": "1"})


def test_internal_and_many_valued_fields_are_no_labels_and_there_is_an_end() -> None:
    row = {"_time": "1", "users": ("a", "b"), "long": "x" * 1000, **{f"f{number}": "1" for number in range(50)}}
    labels = labels_of(search("x"), row)
    assert "_time" not in labels
    assert "users" not in labels
    assert len(labels["long"]) == LONGEST_VALUE
    assert len(labels) == MOST_LABELS - 1


def test_a_field_is_named_so_that_a_matcher_can_name_it() -> None:
    assert [label_name(name) for name in ("host", "a.b", "Top Host", "5xx", "ä")] == [
        "host",
        "a_b",
        "Top_Host",
        "_5xx",
        "_",
    ]
