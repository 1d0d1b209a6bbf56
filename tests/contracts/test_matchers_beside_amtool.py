"""Matchers are read as Alertmanager reads them: amtool says what it makes of each text."""

import json
import subprocess
from pathlib import Path

import pytest

from bot.model.matchers import parse_matchers
from tests.servers.process import locate

TEXTS = [
    "a=b", 'a="b"', '{a="b"}', '{a="b",}', 'a="b",c="d"', '{ a = b , c != "d" }', "a=b,", "", "{}", "{",
    "a=~x.*", 'a=~"x(","y"', "a='b'", 'a="\\u00e9"', 'a="\\U0001F600"', '"foo bar"="x"', "foo bar=x", "a= b", "a=b c",
    'a="b\\d"', 'a=~"\\d+"', "a!~b", "é=1", "a.b=c", 'a="b"c', 'a=b"c', "a=", 'a=""', "a==b", "a=~", "{a=b", "a=b}",
    "a=b,,c=d", ",a=b", 'a="\n"', 'a="\\xff"', "a:b=c", "a=[1-9]", "a=~[1-9]+", 'a=~"[1"', 'a=~"(?=x)"', "=b",
    "a=b=c", "a=b!c", "a=b~c", "a=`b`", 'a="b\\\'c"', "1a=b", "a", "a!b", 'a="x, y",b="z"', 'a="say \\"x\\"\\n"',
    '"a\\tb"="c"', '{"é"=~"x|y", z!=""}', "a=\\n", 'a="\\', '"a"b=c', 'a="b" c="d"', "{a=b},{c=d}", 'a="\\101"',
    '"x=1', "a=b\\", "a=b\\,c=d", 'a=b\\"x,c=d', 'a="x\\\\"', 'a="x\\"', 'a=x\\\\', 'a=", b="c',
    "a = \t b  ", "a=\u00a0b", 'a= "b" ', "a=b\n", 'a="b,c=d"',
    'é="\\d"', 'é="\\n"', "é=x y", '"é x"="a,b"', "é=a,b=c d", '{é="x"', 'a="\\t"', 'é="\\t\\x41"',
]  # fmt: skip


def amtools(text: str, folder: Path) -> list[str] | None:
    """The matchers as amtool prints them, in its order; None when it refuses the text."""
    tree = {"route": {"receiver": "r", "routes": [{"matchers": [text]}]}, "receivers": [{"name": "r"}]}
    file = folder / "alertmanager.yml"
    file.write_text(json.dumps(tree))
    argv = [locate("amtool"), "config", "routes", "show", f"--config.file={file}"]
    found = subprocess.run(argv, capture_output=True, text=True, timeout=20)
    if found.returncode:
        return None
    leaf = found.stdout[found.stdout.rindex("└── ") + 4 :].rstrip("\n").removesuffix("  receiver: r")
    return [] if leaf == "default-route" else [leaf]


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_means_what_it_means_to_alertmanager(text: str, tmp_path: Path) -> None:
    theirs = amtools(text, tmp_path)
    try:
        ours = sorted(parse_matchers(text), key=lambda one: one.name)
    except ValueError:
        assert theirs is None
        return
    assert theirs == (["{" + ",".join(map(str, ours)) + "}"] if ours else [])
