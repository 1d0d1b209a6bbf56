"""Test files that people use, each test alone, as it is and with something changed: the same verdict from both."""

import copy
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.house.tree import ROOT
from tests.integrations.testrules.verdicts import of_ours, of_promtool
from tests.soak import many, sample

Test = dict[str, Any]
CHANGES = ("nothing", "expectation", "expectation", "time", "series", "rules", "rules")


def files() -> list[Path]:
    """Our own test files, and those of public projects where they are at hand."""
    corpora = os.environ.get("TOCSIN_CORPORA")
    public = Path(corpora, "kubernetes-mixin", "tests").glob("*.yaml") if corpora else ()
    return sorted([*(ROOT / "rules" / "tests").glob("*.yaml"), *public])


def every_test() -> list[tuple[Path, int]]:
    return [(file, at) for file in files() for at in range(len(yaml.safe_load(file.read_text())["tests"]))]


class Sheet(yaml.SafeDumper):
    """Without anchors, so that a file is what it looks like."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def written(folder: Path, name: str, file: Path, at: int, change: str, chance: random.Random) -> Path:
    """One test of a file in a file of its own, with rule files of its own, and something changed."""
    whole = yaml.load(file.read_text(), Loader=yaml.BaseLoader)
    test = whole["tests"][at]
    rules = [yaml.load((file.parent / path).read_text(), Loader=yaml.BaseLoader) for path in whole["rule_files"]]
    rules = copy.deepcopy(rules)
    change_one(test, rules, change, chance)
    names = [f"{name}-{number}.rules" for number in range(len(rules))]
    for path, rule_file in zip(names, rules, strict=True):
        (folder / path).write_text(yaml.dump(rule_file, Dumper=Sheet))
    head = {key: value for key, value in whole.items() if key not in ("tests", "rule_files")}
    made = folder / f"{name}.test"
    made.write_text(numbers(yaml.dump({**head, "rule_files": names, "tests": [test]}, Dumper=Sheet)))
    return made


def numbers(text: str) -> str:
    """Sample values without the quotes that a dump of texts gives them."""
    lines = text.splitlines()
    return "\n".join(line.replace("'", "") if line.lstrip("- ").startswith("value: ") else line for line in lines)


def change_one(test: Test, rules: list[Test], change: str, chance: random.Random) -> None:
    expectations = [*test.get("alert_rule_test", []), *test.get("promql_expr_test", [])]
    match change:
        case "expectation":
            change_expectation(chance.choice(expectations), chance)
        case "time":
            one = chance.choice(expectations)
            one["eval_time"] = chance.choice(["0s", "1m", "4m30s", "9m", "14m59s", "15m", "21m"])
        case "series":
            series = chance.choice(test["input_series"])
            series["values"] = chance.choice(
                ["0x30", "1x30", "_x3 1x30", "1 stale", "0+100x30", series["values"] + " 7"]
            )
        case "rules":
            wanted = {one.get("alertname") for one in expectations}
            every = [rule for file in rules for group in file["groups"] for rule in group["rules"]]
            change_rule(chance.choice([rule for rule in every if rule.get("alert") in wanted] or every), chance)


def change_expectation(one: Test, chance: random.Random) -> None:
    expected = one.setdefault("exp_alerts" if "alertname" in one else "exp_samples", [])
    if not expected:
        expected.append({} if "alertname" in one else {"labels": "{}", "value": "1"})
    elif chance.random() < 0.3:
        expected.pop(chance.randrange(len(expected)))
    else:
        alert = chance.choice(expected)
        if "value" in alert:
            alert["value"] = chance.choice([alert["value"] + "1", "-1"])
        else:
            texts = alert[chance.choice([key for key in ("exp_labels", "exp_annotations") if alert.get(key)])]
            texts[chance.choice(sorted(texts))] += chance.choice(["x", " "])


def change_rule(rule: Test, chance: random.Random) -> None:
    if "alert" not in rule:
        rule["expr"] = f"({rule['expr']}) * 2"
        return
    match chance.randrange(4):
        case 0:
            rule["for"] = chance.choice(["0s", "1m", "5m", "14m", "16m", "1h"])
        case 1:
            rule["keep_firing_for"] = "10m"
        case 2:
            rule.setdefault("labels", {})["more"] = '{{ $value | printf "%.2f" }}'
        case _:
            rule.setdefault("annotations", {})["summary"] = "{{ $labels }} {{ $value | humanize }}"


def cases() -> Iterator[tuple[Path, int, str, int]]:
    for number in range(many(1, 4)):
        for place, (file, at) in enumerate(every_test()):
            yield file, at, CHANGES[(place + number) % len(CHANGES)], number


async def test_the_same_verdict_on_every_test(tmp_path: Path, promtool: str, prometheus_binary: str) -> None:
    drawn = sample(list(cases()), 8)
    made = [
        written(tmp_path, str(number), file, at, change, random.Random(f"{file.name} {at} {change} {turn}"))
        for number, (file, at, change, turn) in enumerate(drawn)
    ]
    theirs, they_said = of_promtool(promtool, made)
    ours, we_said = await of_ours(prometheus_binary, made)
    different = [
        f"{file.name} test {at} with {change} changed, {turn}: promtool {'passes' if one else 'fails'} it"
        for (file, at, change, turn), one, other in zip(drawn, theirs, ours, strict=True)
        if one != other
    ]
    assert not different, "\n".join([*different, they_said, we_said])
    assert any(theirs)
    assert not all(theirs)


def test_there_are_files_to_compare() -> None:
    assert len(every_test()) >= (40 if os.environ.get("TOCSIN_CORPORA") else 5)
