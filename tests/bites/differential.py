"""Faults that would make our rules do something else than Prometheus does, or tell an Alertmanager something else."""

from tests.bites import Bite, replaced


def tests(path: str, *words: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", f"tests/{path}", *words)


STATE = tests("unit/rules/test_state.py")
EVALUATOR = tests("unit/rules/test_evaluator.py")
RECORDING = tests("unit/rules/test_recording.py")
NOTIFIER = tests("integrations/alertmanager/test_notifier.py")
RELABEL = tests("integrations/alertmanager/test_relabel_beside_prometheus.py")
FORM = tests("integrations/api/test_prometheus_form.py")

BITES = [
    Bite(
        fault="what resolved and comes back goes on where it was",
        file="bot/rules/state.py",
        plant=replaced("return _started(rule, one, ts)\n    now", "alert = replace(alert, resolved_at=None)\n    now"),
        caught_by=STATE,
        says="test_what_resolved_and_comes_back_is_a_new_alert",
    ),
    Bite(
        fault="what is pending and goes away resolves",
        file="bot/rules/state.py",
        plant=replaced(
            "    if alert.state is RuleState.PENDING:\n        return None\n    if alert.resolved_at",
            "    if alert.resolved_at",
        ),
        caught_by=STATE,
        says="test_pending_that_goes_away_was_never_there",
    ),
    Bite(
        fault="more than the limit keeps its alerts",
        file="bot/rules/state.py",
        plant=replaced('Step(alerts=(), error=f"exceeded', 'Step(alerts=tuple(after), error=f"exceeded'),
        caught_by=STATE,
        says="test_more_than_the_limit_forgets_them_all_and_tells_nobody",
    ),
    Bite(
        fault="an alert ends four intervals on, however seldom it is told",
        file="bot/rules/state.py",
        plant=replaced("4 * max(interval, resend_delay)", "4 * interval"),
        caught_by=STATE,
        says="test_a_firing_alert_is_valid_for_four_of_the_longer",
    ),
    Bite(
        fault="query_offset moves the time of templates too",
        file="bot/rules/evaluator.py",
        plant=replaced(
            "_answer(filled.query, turn.source, turn.slot,", "_answer(filled.query, turn.source, turn.asked_at,"
        ),
        caught_by=EVALUATOR,
        says="test_the_expression_is_asked_before_the_slot_and_templates_at_it",
    ),
    Bite(
        fault="what is no longer recorded has no end",
        file="bot/rules/evaluator.py",
        plant=replaced("points += recording.ended(written[keys[place]], fresh, at)", "pass"),
        caught_by=RECORDING,
        says="test_what_is_no_longer_there_ends",
    ),
    Bite(
        fault="a batch that failed is sent again",
        file="bot/integrations/alertmanager/client.py",
        plant=replaced(
            "                tls=access.context(),", "                tls=access.context(), repeatable=True,"
        ),
        caught_by=NOTIFIER,
        says="test_a_batch_that_fails_is_not_sent_again",
    ),
    Bite(
        fault="the newest drop out of a full queue",
        file="bot/integrations/alertmanager/client.py",
        plant=replaced(
            "for _ in range(excess):\n            self._waiting.popleft()",
            "for _ in range(excess):\n            self._waiting.pop()",
        ),
        caught_by=NOTIFIER,
        says="test_the_oldest_drop_out_of_a_full_queue",
    ),
    Bite(
        fault="what waits at the end is not told",
        file="bot/integrations/alertmanager/client.py",
        plant=replaced("while self._waiting or not self._is_ending:", "while not self._is_ending:"),
        caught_by=(*NOTIFIER, "-k", "what_waits_at_the_end"),
        says="test_what_waits_at_the_end_is_still_told",
    ),
    Bite(
        fault="an Alertmanager is told whole seconds",
        file="bot/integrations/alertmanager/body.py",
        plant=replaced('timespec="milliseconds"', 'timespec="seconds"'),
        caught_by=NOTIFIER,
        says="test_the_call_is_prometheus_own",
    ),
    Bite(
        fault="relabelling looks for its regular expression anywhere in the text",
        file="bot/rules/relabel.py",
        plant=replaced("self._compiled.fullmatch(text)", "self._compiled.search(text)"),
        caught_by=RELABEL,
        says="test_every_action_does_what_prometheus_does",
    ),
    Bite(
        fault="a value in /api/v1/rules always has six digits",
        file="bot/api/prometheus_form.py",
        plant=replaced('f"{value:.{max(0, len(digits) - 1)}e}"', 'f"{value:e}"'),
        caught_by=FORM,
        says="test_prometheus_form.py",
    ),
    Bite(
        fault="a page of /api/v1/rules repeats the group it began with",
        file="bot/api/prometheus_form.py",
        plant=replaced('"groupNextToken": standing.token', '"groupNextToken": in_order[first].token'),
        caught_by=FORM,
        says="test_prometheus_form.py",
    ),
]
