"""`tocsin page`, against a Tocsin that answers over HTTP."""

import json

from tests.integrations.cli.conftest import Served


def test_somebody_is_called_in(served: Served) -> None:
    assert served.says("vera", "page", "--incident", "INC-1").out == "nobody was paged\n"
    made = served.says("ann", "page", "rudi", "--incident", "INC-1", "--text", "please look at the disks")
    assert made.out == "PAGE-1: rudi is paged through phone\n", made.err
    head, line = served.says("vera", "page", "--incident", "INC-1").out.splitlines()
    assert head.split() == ["ID", "WHO", "THROUGH", "SINCE", "STEP", "STATUS"]
    assert [part for part in line.split("  ") if part.strip()][:3] == ["PAGE-1", "rudi", "phone"]
    assert "by hand" in line
    assert line.rstrip().endswith("waiting")
    found = json.loads(served.says("vera", "page", "--incident", "INC-1", "--json").out)
    assert (found["pages"][0]["person"], found["pages"][0]["level"], found["escalation"]) == ("rudi", -1, None)
    assert "900" not in json.dumps(found), "nobody needs to see the number"
    assert "asks for rudi" in served.says("vera", "incident", "show", "INC-1").out


def test_what_cannot_be(served: Served) -> None:
    for who, arguments, said in (
        ("ann", ("page", "zoe", "--incident", "INC-1"), "neither a person nor a schedule is called 'zoe'"),
        ("ann", ("page", "rudi", "--incident", "INC-99"), "INC-99"),
        ("ann", ("page", "vera", "--incident", "INC-1"), "nobody can be reached under 'vera'"),
        ("vera", ("page", "rudi", "--incident", "INC-1"), "vera may not page somebody"),
    ):
        answered = served.says(who, *arguments)
        assert answered.status == 1
        assert said in answered.err
