"""`automation:` in tocsin.yaml: what it becomes, and what is wrong in it."""

from pathlib import Path

import pytest

from bot.config.loading import load
from bot.errors import DocumentError
from bot.model.automation import Automation, Autonomy, Limits

RUNBOOK = """\
runbook: mend
title: Mends it
steps: [{id: rest, uses: wait, with: {for: 1s}}]
"""
DOCUMENT = """\
time_intervals: [{name: quarter-end, time_intervals: [{days_of_month: ['-1']}]}]
runbooks: [mend.yaml]
automation:
  autonomy: approve
  ceilings: {mend: auto, mend@prod: suggest}
  environment_label: env
  promote_after: 3
  limits: {targets: 5, runs_per_hour: 2, per_service: false, protected: ["host:db-*"], freeze: [quarter-end]}
"""


def test_a_protection_that_may_hold_for_nothing_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text('automation: {limits: {protected: ["hots:db-*", "host:db-*"]}}\n')
    (warning,) = load(tmp_path / "tocsin.yaml", {}, tmp_path).warnings
    assert warning.message == "no place of ours is a 'hots'; did you mean 'host'?"


def loaded(tmp_path: Path, document: str) -> Automation:
    (tmp_path / "mend.yaml").write_text(RUNBOOK)
    (tmp_path / "tocsin.yaml").write_text(document)
    return load(tmp_path / "tocsin.yaml", {}, tmp_path).setup.automation


def test_all_of_it_is_read(tmp_path: Path) -> None:
    assert loaded(tmp_path, DOCUMENT) == Automation(
        autonomy=Autonomy.APPROVE,
        ceilings={"mend": Autonomy.AUTO, "mend@prod": Autonomy.SUGGEST},
        environment_label="env",
        promote_after=3,
        limits=Limits(targets=5, runs_per_hour=2, per_service=False, protected=("host:db-*",), freeze=("quarter-end",)),
    )


def test_without_a_word_every_change_asks_and_kube_system_is_protected(tmp_path: Path) -> None:
    assert loaded(tmp_path, "") == Automation()
    assert (Automation().autonomy, Limits().protected) == (Autonomy.SUGGEST, ("namespace:kube-system",))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("limits: {freeze: [quarter-ends]}", "no time interval is called 'quarter-ends'; did you mean 'quarter-end'?"),
        ("ceilings: {mendd: auto}", "no runbook is called 'mendd'; did you mean 'mend'?"),
        ("autonomy: always", "automation.autonomy"),
        ("limits: {protected: [kube-system]}", "automation.limits.protected[0]"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, wrong: str, says: str) -> None:
    document = DOCUMENT.partition("automation:")[0] + f"automation: {{{wrong}}}\n"
    with pytest.raises(DocumentError) as caught:
        loaded(tmp_path, document)
    assert says in str(caught.value)
