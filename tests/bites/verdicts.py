"""Faults in what a run says of its fault: a verdict that rests on nothing, a look that sees what is not there."""

from tests.bites import Bite, replaced


def _bite(fault: str, file: str, old: str, new: str, tests: str, says: str) -> Bite:
    run = ("pytest", "-q", "-n0", "-x", *tests.split())
    return Bite(fault=fault, file=f"bot/{file}", plant=replaced(old, new), caught_by=run, says=says)


BITES = [
    _bite(
        "a verdict does not wait for a look",
        "runbooks/verdict.py", '_OF_SIGNAL.get(str(checked.data.get("signal")), RunVerdict.NOT_SEEN)',
        "RunVerdict.RECOVERED",
        "tests/content/test_runbooks.py -k unit-failed", "not_recovered",
    ),
    _bite(
        "a series that is gone has recovered, whatever the runbook saw",
        "runbooks/verdict.py", '(found is RunVerdict.RECOVERED or checked.data.get("gone")) and unmet(run, journal)',
        "False",
        "tests/scenarios/test_verdicts.py -k series_is_gone", "test_what_it_did_not_see_itself",
    ),
    _bite(
        "a signal that nobody tells of any more has recovered",
        "response/signal_checked.py", "state=SignalState.UNKNOWN, why=why, gone=True",
        "state=SignalState.CLEAR, why=why",
        "tests/scenarios/test_verdicts.py -k series_is_gone", "test_a_signal_whose_series_is_gone",
    ),
    _bite(
        "an alert whose sender fell silent has recovered",
        "alerts/table.py", "return self.timeout or", "return False and",
        "tests/scenarios/test_verdicts.py -k nothing_more", "test_who_says_nothing_more",
    ),
    _bite(
        "a saved search that ran before the change says that it helped",
        "response/signal_checked.py", "status is None or status.slot <= since", "status is None",
        "tests/scenarios/test_verdicts.py -k saved_search", "test_a_saved_search_that_ran_before",
    ),
    _bite(
        "what was over before a change is a recovery of the runbook",
        "runbooks/verdict.py", 'elif checked.data.get("before"):', "elif False:",
        "tests/scenarios/test_verdicts.py -k was_over_before", "test_what_was_over_before_anything_was_changed",
    ),
    _bite(
        "a change is verified by whatever Prometheus says",
        "integrations/prometheus/actions.py", "return seen and (filters or all(values))", "return True",
        "tests/scenarios/faults -k crash-looping", "crash-looping pod-not",
    ),
    Bite(
        fault="whoever scales a deployment has released something, which is rolled back",
        file="runbooks/kubernetes/pod-restarts.yaml",
        plant=replaced("> 0) < 3600\n", "> 0) < 36000\n"),
        caught_by=("pytest", "-q", "-n0", "-x", "tests/content/test_runbooks.py", "-k", "is_rolled_back"),
        says="it was made and is scaled-pod-restarts",
    ),
    Bite(
        fault="a job that did not fail is not seen",
        file="rules/prometheus/kubernetes.yaml",
        plant=replaced(" or 0 * kube_job_info", ""),
        caught_by=("pytest", "-q", "-n0", "-x", "tests/content/test_rules.py", "-k", "nothing_of_it_is_wrong"),
        says="test_what_is_well_is_seen_though_nothing_of_it_is_wrong[KubeJobFailed]",
    ),
    Bite(
        fault="pods are moved off the only node",
        file="runbooks/kubernetes/node-not-ready.yaml",
        plant=replaced("steps.others.result.count > steps.others.result.unwell | length", "true"),
        caught_by=("pytest", "-q", "-n0", "-x", "tests/content/test_runbooks.py", "-k", "node-not-ready"),
        says="step cordon asks people, and the test does not say",
    ),
    _bite(
        "a run that fails after its change is not looked at",
        "runbooks/machine.py", "    if not has_signal(run):\n", "    if not went_well or not has_signal(run):\n",
        "tests/scenarios/test_verdicts.py -k fails_after", "test_a_run_that_fails_after_its_change",
    ),
    _bite(
        "what people did earns a runbook its autonomy",
        "store/repositories/automation.py", "            continue  # people did it, or did not\n", "            pass\n",
        "tests/scenarios/test_verdicts.py -k earns", "test_what_people_did_earns",
    ),
]  # fmt: skip
