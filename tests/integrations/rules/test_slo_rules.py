"""The rules of a promise beside promtool: they are valid, and fire when the budget burns and not otherwise."""

import subprocess
from pathlib import Path

import yaml

from bot.model.service import Service, Slo
from bot.rules import slo

PROMISE = Slo(
    name="availability",
    objective=0.999,
    good='sum(rate(http_requests_total{code!~"5.."}[$window]))',
    total="sum(rate(http_requests_total[$window]))",
    source="prom",
)
CART = Service(name="cart", owner="shop")


def course(good: str, bad: str) -> list[dict[str, str]]:
    return [
        {"series": 'http_requests_total{code="200"}', "values": good},
        {"series": 'http_requests_total{code="500"}', "values": bad},
    ]


def fired(at: str, *windows: str) -> dict[str, object]:
    """The windows of the rules that fire then."""
    rules = {rule.labels["window"]: rule for group in slo.groups(CART, PROMISE, file="x") for rule in group.rules}
    expected = [{"exp_labels": {**rules[one].labels}} for one in windows]
    return {"eval_time": at, "alertname": slo.NAME, "exp_alerts": expected}


def test_they_fire_when_the_budget_burns_and_end_soon_after_it_does_no_more(promtool: str, tmp_path: Path) -> None:
    made = slo.groups(CART, PROMISE, file="x")
    document = slo.document(made)
    for group in document["groups"]:  # type: ignore[attr-defined] - plain YAML
        for rule in group["rules"]:
            rule["annotations"] = {}
    tests = [
        # 5 in 100 for the first hour, then none: who is woken at once is left alone soon, who looks further is not
        (
            course("0+95x60 5700+100x180", "0+5x60 300+0x180"),
            [fired("50m", "1h", "6h", "1d", "3d"), fired("80m", "6h", "1d", "3d")],
        ),
        # one in a thousand is what was promised
        (course("0+999x400", "0+1x400"), [fired("6h")]),
        # nothing was ever good: there is no series of it
        ([course("", "0+10x60")[1]], [fired("30m", "1h", "6h", "1d", "3d")]),
        # nobody came
        (course("0x60", "0x60"), [fired("30m")]),
        # four in a thousand: nobody is woken
        (course("0+996x2000", "0+4x2000"), [fired("30h", "1d", "3d")]),
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump(
            {
                "rule_files": ["rules.yml"],
                "evaluation_interval": "1m",
                "tests": [
                    {"interval": "1m", "input_series": series, "alert_rule_test": expected}
                    for series, expected in tests
                ],
            }
        )
    )
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "test.yml"]):
        ran = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
