"""What tests came to, as the XML that CI systems read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from bot.cli.console import visible
from bot.errors import StartError


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: `wrong` is what is wrong with it, line by line; nothing when it passed."""

    suite: str
    name: str
    seconds: float = 0.0
    wrong: tuple[str, ...] = ()


def keep(path: Path, cases: Sequence[Case]) -> None:
    """Writes the document to a file; StartError when it cannot be written."""
    try:
        path.write_text(junit(cases), encoding="utf-8")
    except OSError as error:
        why = (error.strerror or "unknown").lower()
        raise StartError(f"cannot write {path}: {why}", hint="name a file in a folder that is there") from None


def junit(cases: Sequence[Case]) -> str:
    """The whole document; cases of one suite stand together."""
    root = ElementTree.Element("testsuites")
    for suite in dict.fromkeys(case.suite for case in cases):
        own = [case for case in cases if case.suite == suite]
        failed = sum(bool(case.wrong) for case in own)
        about = {"name": visible(suite), "tests": str(len(own)), "failures": str(failed), "errors": "0"}
        made = ElementTree.SubElement(root, "testsuite", about)
        for case in own:
            one = ElementTree.SubElement(
                made, "testcase", classname=visible(suite), name=visible(case.name), time=f"{case.seconds:.3f}"
            )
            if case.wrong:
                wrong = ElementTree.SubElement(one, "failure", message=visible(case.wrong[0]))
                wrong.text = visible("\n".join(case.wrong))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
