"""The subset of SPL that the simulated Splunk understands, by the examples of Splunk's Search Reference."""

from collections.abc import Iterable, Mapping

import pytest

from bot.testing.splunk.events import Events
from bot.testing.splunk.spl.language import read
from bot.testing.splunk.spl.pipeline import Run
from bot.testing.splunk.spl.values import Row, SplError, written

NOW = 1_700_000_400.0  # 22:20 of a Tuesday
SHOP = (  # seconds before NOW, host, text
    (290, "www1", 'action=purchase status=200 price=10 user="Ann Lee" clientip=10.0.0.1'),
    (280, "www2", "action=view status=404 price=5 user=bob clientip=10.0.0.2"),
    (230, "www1", "action=view status=200 user=bob clientip=10.0.0.2 failed connection"),
    (170, "www3", "action=purchase status=503 price=20 user=cid clientip=10.1.0.3"),
    (50, "www2", "action=Purchase status=500 price=15 user=bob clientip=10.0.0.2 connection_failed"),
)


def found(
    spl: str, events: Iterable[tuple[float, str, str]] = SHOP, jobs: Mapping[str, list[Row]] | None = None
) -> list[Row]:
    """What a search over the last five minutes yields, written as an answer has it."""
    kept = Events()
    for before, host, raw in events:
        kept.add(raw, at=NOW - before, indexed_at=NOW - before, meta={"host": host, "sourcetype": "access"})
    run = Run(
        now=NOW,
        earliest=NOW - 300,
        latest=NOW,
        events=lambda times: (dict(event.row) for event in kept.newest_first(NOW - 300, NOW)),
        results=lambda sid: (jobs or {})[sid],
    )
    return [written(row) for row in read(spl).rows(run)]


def prices(spl: str) -> list[object]:
    return [row.get("price") for row in found(f"search {spl}")]


class TestSearch:
    @pytest.mark.parametrize(
        ("terms", "wanted"),
        [
            ("action=purchase", ["15", "20", "10"]),  # values without regard to case
            ("status>=500", ["15", "20"]),
            ("price=1*", ["15", "10"]),
            ("price!=10", ["15", "20", "5"]),  # what has no price does not match
            ("NOT price=10", ["15", "20", None, "5"]),  # what has none does
            ('user="Ann Lee"', ["10"]),
            ("status IN (404, 503)", ["20", "5"]),
            ("action=view OR status=500 user=bob", ["15", None, "5"]),  # OR before AND
            ("(action=purchase price>10) OR status=404", ["15", "20", "5"]),
            ("failed", ["15", None]),  # a word ends at an underscore too
            ("fail", []),  # no part of a word
            ("fail*", ["15", None]),
            ('"failed connection"', [None]),
            ("host=www1 action=view", [None]),
            ("sourcetype=nothing", []),
            ("clientip=10.0.*", ["15", None, "5", "10"]),
        ],
    )
    def test_terms(self, terms: str, wanted: list[object]) -> None:
        assert prices(terms) == wanted

    def test_later_in_the_pipe_it_filters_rows(self) -> None:
        assert found("search * | stats count by host | search count>1 host=www*") == [
            {"host": "www1", "count": "2"},
            {"host": "www2", "count": "2"},
        ]

    def test_another_index_is_named_or_not_searched(self) -> None:
        assert len(found("search index=main")) == len(found("search index=*")) == len(found("search *")) == 5
        assert found("search index=other") == []


class TestStats:
    def test_counts_and_sums(self) -> None:
        (row,) = found(
            "search * | stats count, count(price), sum(price) AS paid, avg(price) min(price) max(price) dc(user) AS who"
        )
        assert row == {
            "count": "5",
            "count(price)": "4",
            "paid": "50",
            "avg(price)": "12.5",
            "min(price)": "5",
            "max(price)": "20",
            "who": "3",
        }

    def test_by_sorts_groups_and_leaves_out_who_has_none(self) -> None:
        assert found("search * | stats count by user, status | head 2") == [
            {"user": "Ann Lee", "status": "200", "count": "1"},
            {"user": "bob", "status": "200", "count": "1"},
        ]
        assert found("search * | stats count by price")[0] == {"price": "5", "count": "1"}

    def test_values_list_first_last_earliest_latest(self) -> None:
        (row,) = found(
            "search user=bob | stats values(host) list(status) "
            "first(status) last(status) earliest(status) latest(status)"
        )
        assert row == {
            "values(host)": ["www1", "www2"],
            "list(status)": ["500", "200", "404"],
            "first(status)": "500",
            "last(status)": "404",
            "earliest(status)": "404",
            "latest(status)": "500",
        }

    def test_count_of_an_expression(self) -> None:
        assert found("search * | stats count(eval(status>=500)) AS bad count AS all") == [{"bad": "2", "all": "5"}]

    def test_percentiles(self) -> None:
        assert found("search * | stats p50(price) perc90(price) median(price) range(price)") == [
            {"p50(price)": "12.5", "perc90(price)": "18.5", "median(price)": "12.5", "range(price)": "15"}
        ]

    def test_of_nothing_a_count_is_zero_and_an_average_no_row(self) -> None:
        assert found("search nothing | stats count") == [{"count": "0"}]
        assert found("search nothing | stats avg(price)") == []
        assert found("search nothing | stats count by host") == []

    def test_eventstats_and_streamstats(self) -> None:
        assert [row["n"] for row in found("search * | eventstats count AS n by host")] == ["2", "1", "2", "2", "2"]
        before = found(
            "search * | sort 0 _time | streamstats current=f last(status) AS before by user "
            "| where before!=status | table user before status"
        )
        assert before == [
            {"user": "bob", "before": "404", "status": "200"},
            {"user": "bob", "before": "200", "status": "500"},
        ]
        running = found("search price=* | sort 0 _time | streamstats window=2 sum(price) AS two | table two")
        assert [row["two"] for row in running] == ["10", "15", "25", "35"]


class TestCharts:
    def test_timechart_has_a_row_for_every_span(self) -> None:
        table = found("search * | timechart span=1m count")
        assert [(row["_time"][11:16], row["count"], row["_span"]) for row in table] == [
            ("22:15", "2", "60"),
            ("22:16", "1", "60"),
            ("22:17", "1", "60"),
            ("22:18", "0", "60"),
            ("22:19", "1", "60"),
        ]

    def test_timechart_by_a_field(self) -> None:
        first = found("search * | timechart span=5m sum(price) by action limit=1")[0]
        assert {name: first[name] for name in first if name[0] != "_"} == {"purchase": "30", "OTHER": "20"}

    def test_timechart_of_an_average_is_empty_where_nothing_is(self) -> None:
        table = found("search * | timechart span=1m avg(price) AS price")
        assert [row.get("price") for row in table] == ["7.5", None, "20", None, "15"]

    def test_chart(self) -> None:
        wanted = [
            {"host": "www1", "200": "2", "404": "0", "500": "0", "503": "0"},
            {"host": "www2", "200": "0", "404": "1", "500": "1", "503": "0"},
            {"host": "www3", "200": "0", "404": "0", "500": "0", "503": "1"},
        ]
        assert (
            found("search * | chart count over host by status")
            == found("search * | chart count by host, status")
            == wanted
        )

    def test_top_and_rare(self) -> None:
        assert found("search * | top limit=1 user") == [{"user": "bob", "count": "3", "percent": "60.000000"}]
        assert found("search * | rare limit=1 user showperc=f") == [{"user": "Ann Lee", "count": "1"}]

    def test_bin(self) -> None:
        table = found("search * | bin _time span=2m | stats count by _time")
        assert [(row["_time"][11:16], row["count"]) for row in table] == [
            ("22:14", "2"),
            ("22:16", "2"),
            ("22:18", "1"),
        ]
        assert found("search price=5 | bin price span=10 | table price") == [{"price": "0-10"}]


class TestEval:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("1+2*3", "7"),
            ("(1+2)*3", "9"),
            ("7/2", "3.5"),
            ("1/0", None),
            ("7%3", "1"),
            ("-2+5", "3"),
            ('"a"."b".1', "ab1"),
            ("round(3.14159,2)", "3.14"),
            ("round(2.5)", "3"),
            ("floor(1.9)+ceiling(1.1)", "3"),
            ('if(1<2,"yes","no")', "yes"),
            ('if(nothing=1,"yes","no")', "no"),
            ('case(1>2,"a",2>1,"b")', "b"),
            ('case(1>2,"a")', None),
            ('coalesce(nothing,"b","c")', "b"),
            ('if(isnull(nothing) AND isnotnull(_time),"t","f")', "t"),
            ('if("10"<9,"t","f")', "f"),  # numbers even as texts
            ('if("a"="A","t","f")', "f"),  # case counts here
            ('if(NOT (1=2) OR 1=3 XOR 1=1,"t","f")', "f"),
            ('if("b" IN ("a","b"),"t","f")', "t"),
            ('if(like("foobar","foo%"),"t","f")', "t"),
            ('if("foobar" LIKE "f_o%","t","f")', "t"),
            ('if(match("10.0.0.1","^10\\\\."),"t","f")', "t"),
            ('replace("a-b","-","+")', "a+b"),
            ('substr("string",1,3)', "str"),
            ('substr("string",-3)', "ing"),
            ('upper("ab")."x".lower("CD").len("four")', "ABxcd4"),
            ('mvcount(split("a,b,c",","))', "3"),
            ('mvindex(split("a,b,c",","),-1)', "c"),
            ('mvjoin(split("a,b",","),"/")', "a/b"),
            ('split("a,b",",")', ["a", "b"]),
            ('tonumber("0A4",16)', "164"),
            ('tostring(1234567,"commas")', "1,234,567"),
            ('tostring(3661,"duration")', "01:01:01"),
            ("max(1,10,2)", "10"),
            ("now()", "1700000400"),
            ('relative_time(now(),"-1h@h")', "1699995600"),
            ('strftime(now(),"%Y-%m-%d %H:%M:%S")', "2023-11-14 22:20:00"),
            ('strptime("2023-11-14 22:20:00","%Y-%m-%d %H:%M:%S")', "1700000400"),
        ],
    )
    def test_expressions(self, expression: str, value: object) -> None:
        (row,) = found(f"| makeresults | eval x={expression}")
        assert row.get("x") == value

    def test_one_assignment_sees_the_one_before(self) -> None:
        (row,) = found("| makeresults | eval a=2, b=a*3, a=null() | table a b")
        assert row == {"b": "6"}

    def test_a_truth_value_is_no_field(self) -> None:
        with pytest.raises(SplError, match="boolean"):
            found("| makeresults | eval x=1<2")

    def test_where_compares_fields(self) -> None:
        assert [row["price"] for row in found("search * | where price > status - 490 | table price")] == [
            "15",
            "20",
            "5",
            "10",
        ]
        assert found("search * | where nothing > 1") == []


class TestRows:
    def test_sort(self) -> None:
        assert [row.get("price") for row in found("search * | sort - price | table price")] == [
            "20",
            "15",
            "10",
            "5",
            None,
        ]
        assert [row["price"] for row in found("search price=* | sort str(price) | table price")] == [
            "10",
            "15",
            "20",
            "5",
        ]
        assert [row["price"] for row in found("search price=* | sort 2 price | table price")] == ["5", "10"]
        assert [row["host"] for row in found("search * | sort host, -_time | table host | head 3")] == [
            "www1",
            "www1",
            "www2",
        ]

    def test_head_tail_reverse_dedup(self) -> None:
        assert [row["price"] for row in found("search price=* | head 2 | table price")] == ["15", "20"]
        assert [row["price"] for row in found("search price=* | tail 2 | table price")] == ["10", "5"]
        assert [row["host"] for row in found("search * | dedup host | table host")] == ["www2", "www3", "www1"]
        assert [row["host"] for row in found("search * | reverse | table host | head 1")] == ["www1"]

    def test_fields_table_rename(self) -> None:
        (row,) = found("search price=20 | fields host, pr* | fields - _*")
        assert row == {"host": "www3", "price": "20"}
        (row,) = found('search price=20 | rename host AS "the host", price AS cost | table "the host" cost price')
        assert row == {"the host": "www3", "cost": "20"}

    def test_rex_fillnull_mvexpand(self) -> None:
        assert found('search price=20 | rex "clientip=10\\.(?<net>\\d+)" | table net') == [{"net": "1"}]
        assert [row["price"] for row in found("search action=view | fillnull value=0 price | table price")] == [
            "0",
            "5",
        ]
        assert found('| makeresults | eval a=split("x,y",",") | mvexpand a | table a') == [{"a": "x"}, {"a": "y"}]

    def test_json_events(self) -> None:
        events = [(10.0, "h", '{"service": "cart", "took": {"ms": 7}, "tags": ["a", "b"], "ok": true, "none": null}')]
        assert found(
            'search service=cart | rename "tags{}" AS tags, "took.ms" AS ms | table ms tags ok none', events
        ) == [{"ms": "7", "tags": ["a", "b"], "ok": "true"}]

    def test_loadjob_append_and_comments(self) -> None:
        jobs: dict[str, list[Row]] = {"1.2": [{"count": "11"}, {"count": "3"}]}
        assert found("| loadjob 1.2 | search count > 10", jobs=jobs) == [{"count": "11"}]
        assert found("search * ```all of it``` | stats count | append [search status=404 | stats count]") == [
            {"count": "5"},
            {"count": "1"},
        ]


@pytest.mark.parametrize(
    "spl",
    [
        "search * | transaction user",
        "search * | outputlookup x.csv",
        "search * | delete",
        "search * | stats sparkline(count)",
        "search * | stats count foo=1",
        "search * | stats count(eval(price>1))",
        "search * | timechart span=x count",
        "search * | timechart count by host, user",
        "search * | head many",
        "search * | top limit=x user",
        "search * | dedup host sortby price",
        "search * | eval x=cidrmatch(1,2)",
        "search * | eval x=",
        "search * | eval x=1 2",
        "search * | where a==",
        "search * | makeresults",
        "search * | bin _time",
        "search (a OR b",
        'search "a',
        "search status=",
        "search OR b",
        "search TERM(a)",
        "search [search x]",
        "search * | search host=a |",
        "search * || head 1",
        "| head 1",
        "index=main",
        "search * | sort",
        "search * | rename a b",
        'search * | rex "nothing"',
        "| loadjob",
        "| loadjob 1.2 events=t",
    ],
)
def test_what_is_not_known_is_refused_before_it_runs(spl: str) -> None:
    with pytest.raises(SplError):
        read(spl)
