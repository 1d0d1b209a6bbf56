"""Faults in how rule files are read, templates are filled in and expressions are printed."""

from tests.bites import Bite, replaced

GO = ("pytest", "-q", "-n0", "-x", "-p", "no:cacheprovider")
TABLES = (*GO, "tests/golang")
VERDICTS = (*GO, "tests/integrations/rules/test_verdicts.py", "-k", "odd or expressions")
PROMTOOL = (*GO, "tests/integrations/rules/test_beside_promtool.py")
PRINTED = (*GO, "tests/unit/rules/test_promql_text.py")

BITES = [
    Bite(
        fault="range goes through a map from its end",
        file="bot/rules/gotemplate/execute.py",
        plant=replaced(
            "Loose(value[key])) for key in sorted(value, key=raw)]",
            "Loose(value[key])) for key in sorted(value, key=raw, reverse=True)]",
        ),
        caught_by=TABLES,
        says="test_what_go_executes",
    ),
    Bite(
        fault="an int and a float64 can be compared",
        file="bot/rules/gotemplate/builtins.py",
        plant=replaced('            return "float"\n', '            return "int"\n'),
        caught_by=TABLES,
        says="test_what_go_compares",
    ),
    Bite(
        fault="printf forgets what was left over",
        file="bot/rules/gotemplate/printing.py",
        plant=replaced("if not self._reordered and self._next", "if self._reordered and self._next"),
        caught_by=TABLES,
        says="test_what_go_formats",
    ),
    Bite(
        fault="a template that defines itself twice is read",
        file="bot/rules/gotemplate/parse.py",
        plant=replaced("if before or not _empty(items):", "if not _empty(items):"),
        caught_by=(*GO, "tests/unit/rules/gotemplate/test_as_go.py"),
        says="test_as_go",
    ),
    Bite(
        fault="an experimental function is accepted",
        file="bot/rules/promql_tokens.py",
        plant=replaced('"info", ', ""),
        caught_by=VERDICTS,
        says="test_a_table_of_odd_files",
    ),
    Bite(
        fault="a length of time may be as long as it likes",
        file="bot/rules/scalars.py",
        plant=replaced("> _LONGEST // 1000", "> 10 * _LONGEST // 1000"),
        caught_by=VERDICTS,
        says="test_a_table_of_odd_files",
    ),
    Bite(
        fault="a quoted limit is a number",
        file="bot/rules/spec.py",
        plant=replaced('if _quoted(document, (*path, "limit")):', "if not group.name:"),
        caught_by=VERDICTS,
        says="test_a_table_of_odd_files",
    ),
    Bite(
        fault="a null in a list of rules is a mistake",
        file="bot/rules/spec.py",
        plant=replaced("empty(_NO_RULE)", "empty(None)"),
        caught_by=VERDICTS,
        says="test_a_table_of_odd_files",
    ),
    Bite(
        fault="a time is printed in half-days",
        file="bot/rules/times.py",
        plant=replaced('"15": f"{date.hour:02d}"', '"15": f"{hour:02d}"'),
        caught_by=PROMTOOL,
        says="test_the_same_texts",
    ),
    Bite(
        fault="humanize changes to the next prefix too late",
        file="bot/rules/functions.py",
        plant=replaced("while abs(number) >= step and", "while abs(number) > step and"),
        caught_by=PROMTOOL,
        says="test_the_same_texts",
    ),
    Bite(
        fault="matchers are printed as they were written",
        file="bot/rules/promql_text.py",
        plant=replaced(
            'sorted(self._listed(self._matcher, "{", "}"), key=str.encode)', 'self._listed(self._matcher, "{", "}")'
        ),
        caught_by=PRINTED,
        says="test_the_same_in_prometheus_form",
    ),
]
