"""Faults against the life of an alert: each would page somebody for nothing, or nobody for something."""

from tests.bites import Bite, replaced


def unit(test: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/unit/rules/{test}")


BITES = [
    Bite(
        fault="`for` fires one evaluation late",
        file="bot/rules/state.py",
        plant=replaced("ts - alert.active_at >= rule.hold", "ts - alert.active_at > rule.hold"),
        caught_by=unit("test_state.py"),
        says="test_without_for_it_fires_at_once",
    ),
    Bite(
        fault="an alert is told at every evaluation",
        file="bot/rules/state.py",
        plant=replaced("last + resend_delay < ts", "last < ts"),
        caught_by=unit("test_state.py"),
        says="told",
    ),
    Bite(
        fault="keep_firing_for begins again at every evaluation",
        file="bot/rules/state.py",
        plant=replaced("alert.keep_firing_since or ts", "ts"),
        caught_by=unit("test_state.py"),
        says="test_keep_firing_for_bridges_a_gap",
    ),
    Bite(
        fault="a source that fails resolves what was firing",
        file="bot/rules/evaluator.py",
        plant=replaced(
            "replace(before, evaluated_at=turn.now, u", "replace(before, alerts=(), evaluated_at=turn.now, u"
        ),
        caught_by=unit("test_evaluator.py"),
        says="test_a_source_that_fails_leaves_everything_as_it_was",
    ),
    Bite(
        fault="an answer that is not complete resolves what it lacks",
        file="bot/rules/evaluator.py",
        plant=replaced("complete=not partial", "complete=True"),
        caught_by=unit("test_evaluator.py"),
        says="test_missing_data_resolves_nothing",
    ),
    Bite(
        fault="templates see the alert's labels instead of the sample's",
        file="bot/rules/evaluator.py",
        plant=replaced("labels=sample.labels, value", 'labels={**sample.labels, "alertname": rule.name}, value'),
        caught_by=unit("test_evaluator.py"),
        says="test_labels_are_the_samples_then_the_rules_then_the_name",
    ),
    Bite(
        fault="a group that was just loaded is evaluated at once",
        file="bot/rules/schedule.py",
        plant=replaced("// group.interval + 1)", "// group.interval)"),
        caught_by=unit("test_schedule.py"),
        says="test_the_next_slot_is_after_now",
    ),
    Bite(
        fault="$value prints as Python prints it",
        file="bot/rules/gotemplate/numbers.py",
        plant=replaced("exponent >= 6", "exponent >= 16"),
        caught_by=unit("gotemplate"),
        says="test_as_go",
    ),
    Bite(
        fault="a rule that is asked before what it reads is written",
        file="bot/rules/dependencies.py",
        plant=replaced("level[earlier] + 1 for", "level[earlier] for"),
        caught_by=unit("test_recording.py"),
        says="test_a_rule_sees_what_the_one_before_it_wrote_in_the_same_slot",
    ),
    Bite(
        fault="a series that never ends",
        file="bot/rules/recording.py",
        plant=replaced("for labels in before if labels not in still)", "for labels in before if labels in ())"),
        caught_by=unit("test_recording.py"),
        says="test_what_is_no_longer_there_ends",
    ),
    Bite(
        fault="an alert that resolves because what it reads could not be written",
        file="bot/rules/evaluator.py",
        plant=replaced("partial = _partial(answer) or doubt", "partial = _partial(answer)"),
        caught_by=unit("test_recording.py"),
        says="test_who_reads_what_could_not_be_written_resolves_nothing",
    ),
    Bite(
        fault="a rule that keeps its state though its labels have changed",
        file="bot/rules/evaluator.py",
        plant=replaced(
            "status.rule == key[0] and (status.labels is key[1] or status.labels == key[1])", "status.rule == key[0]"
        ),
        caught_by=unit("test_evaluator.py"),
        says="test_a_rule_with_other_labels_is_another_rule",
    ),
    Bite(
        fault="a group that took too long once and is never evaluated again",
        file="bot/engine/ticker.py",
        plant=replaced("max_instances=2", "max_instances=1"),
        caught_by=("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "tests/integrations/app/test_ticker.py"),
        says="TimeoutError",
    ),
]
