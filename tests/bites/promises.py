"""Faults against what Tocsin promises: nothing runs unapproved or twice, blindness resolves nothing, all is kept."""

from tests.bites import Bite, replaced


def pytest(*tests: str) -> tuple[str, ...]:
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests)


STEPS = "tests/scenarios/test_steps.py"
APPROVALS = "tests/scenarios/test_approvals.py"

BITES = [
    Bite(
        fault="an intent that is written down after the effect",
        file="bot/response/step_started.py",
        plant=replaced(
            "    begun, left = await _announce(",
            "    left = move.step.timeout\n    await _run(world, actor, carried.run, action, move, left, str)\n"
            "    begun, left = await _announce(",
        ),
        caught_by=pytest(f"{STEPS}::test_before_anything_happens_it_is_in_the_journal_and_on_the_audit_record"),
        says="assert seen == ",
    ),
    Bite(
        fault="an effect that is not on the audit record",
        file="bot/response/record.py",
        plant=replaced("    tx.audit.append(", "    return\n    tx.audit.append("),
        caught_by=pytest(f"{STEPS}::test_what_cannot_be_put_on_the_audit_record_does_not_happen"),
        says="assert tocsin.hosts.ran == []",
    ),
    Bite(
        fault="records that are noted as told before they are sent",
        file="bot/response/records_told.py",
        plant=replaced(
            """\
            await world.events[sink].send([event for _, event in known])
            await world.store.write(partial(_noted, sink=sink, record=record, seq=known[-1][0]))
""",
            """\
            await world.store.write(partial(_noted, sink=sink, record=record, seq=known[-1][0]))
            await world.events[sink].send([event for _, event in known])
""",
        ),
        caught_by=pytest("tests/scenarios/test_records.py", "-k", "everything_later"),
        says="assert list(told) ==",
    ),
    Bite(
        fault="log lines on the border of two windows that are counted in both",
        file="bot/evidence/logs.py",
        plant=replaced("during.start - timedelta(milliseconds=1)", "during.start"),
        caught_by=pytest("tests/unit/evidence/test_logs.py", "-k", "compared_with_the_one_before"),
        says="assert question.before.end ==",
    ),
    Bite(
        fault="of two rules with one name the first is taken for both",
        file="bot/model/rule.py",
        plant=replaced("earlier = sum(rule.name == name for rule in self.rules[:place])", "earlier = 0"),
        caught_by=pytest("tests/scenarios/test_alerts.py", "-k", "charted_and_checked"),
        says="not seen within",
    ),
    Bite(
        fault="an audit record whose chain is not checked",
        file="bot/store/repositories/audit.py",
        plant=replaced("entry.hash != chain_hash(entry)", "False"),
        caught_by=pytest("tests/contracts/test_store_sqlite.py", "-k", "audit_record_cannot_be_changed"),
        says="test_the_audit_record_cannot_be_changed_and_shows_when_it_was",
    ),
    Bite(
        fault="a journal that takes lines from a carrier that was overtaken",
        file="bot/store/repositories/runs.py",
        plant=replaced("if self._newest(run) != epoch:", "if self._newest(run) is None:"),
        caught_by=pytest("tests/contracts/test_store.py", "-k", "fences_the_first"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="a carrier that acts without looking at the clock after it slept",
        file="bot/response/step_started.py",
        plant=replaced("while isinstance(decided, Begun) and loop.time() - began > _FRESH_S:", "while False:"),
        caught_by=pytest(f"{STEPS}::test_who_slept_past_their_lease_does_not_act_on_what_they_meant_to_do"),
        says="assert tocsin.hosts.ran == []",
    ),
    Bite(
        fault="an unrepeatable step that is begun again blindly",
        file="bot/runbooks/one_step.py",
        plant=replaced("    if plan.repeatable:\n", "    if plan is not None:\n"),
        caught_by=pytest("tests/property/test_run_machine.py"),
        says="AssertionError",
    ),
    Bite(
        fault="a change that outlives a killed Tocsin for as long as it likes",
        file="bot/integrations/ssh/ended.py",
        plant=replaced(", *argv)\n", ", *argv)[4:]\n"),
        caught_by=pytest(
            "tests/integrations/ssh/test_running.py", "-k", "outlives_a_killed_tocsin_by_no_more_than_its_time"
        ),
        says="AssertionError: it never came",
    ),
    Bite(
        fault="a person who is asked while the change may be under way",
        file="bot/runbooks/one_step.py",
        plant=replaced("    if now < over:\n", "    if False:\n"),
        caught_by=pytest(f"{STEPS}::test_who_is_asked_whether_it_ran_is_asked_when_its_time_is_over"),
        says="assert asked - begun >= ",
    ),
    Bite(
        fault="a write-ahead log that grows for ever",
        file="bot/store/sqlite.py",
        plant=replaced("            if size <= self._wal_limit:\n", "            if size:\n"),
        caught_by=pytest("tests/contracts/test_store_sqlite.py", "-k", "write_ahead_log_stays_bounded"),
        says="assert any(",
    ),
    Bite(
        fault="a probe that is believed while the change may be under way",
        file="bot/response/step_started.py",
        plant=replaced("while found is Did.DID_NOT and world.clock.now() < move.until:", "while False:"),
        caught_by=pytest(f"{STEPS}::test_a_change_nobody_saw_end_is_probed"),
        says="test_a_change_nobody_saw_end_is_probed[did_not",
    ),
    Bite(
        fault="an approval that holds for another plan than the one that was seen",
        file="bot/response/step_started.py",
        plant=replaced("fresh.hash == move.plan.hash:", "fresh.action == move.plan.action:"),
        caught_by=pytest(f"{APPROVALS}::test_when_the_plan_has_changed_since_the_approval_it_is_asked_for_again"),
        says="not seen within",
    ),
    Bite(
        fault="an answer that is taken for another plan than the one the person saw",
        file="bot/response/approval_given.py",
        plant=replaced("if plan_hash and plan_hash != approval.plan.hash:", "if False:"),
        caught_by=pytest(f"{APPROVALS}::test_an_answer_to_another_plan_or_another_question_is_refused"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="one person who counts as two",
        file="bot/rights/may.py",
        plant=replaced("if actor.name in approval.given_by:", "if False:"),
        caught_by=pytest("tests/unit/rights"),
        says="test_nobody_else_approves",
    ),
    Bite(
        fault="a question that waits for ever",
        file="bot/runbooks/one_step.py",
        plant=replaced("    if now >= expires_at:\n", "    if False:\n"),
        caught_by=pytest(f"{APPROVALS}::test_a_question_nobody_answers_lapses"),
        says="Regex pattern did not match",
    ),
    Bite(
        fault="a source that fails and is taken for one that sees nothing wrong",
        file="bot/rules/evaluator.py",
        plant=replaced(
            "        return _blind(turn, before, _failed(rule, answer))\n    try:\n        answers:",
            "        answer = Answer(samples=())\n    try:\n        answers:",
        ),
        caught_by=pytest(
            "tests/scenarios/test_alerts.py::"
            "test_a_source_that_goes_blind_makes_the_signal_unknown_and_resolves_nothing"
        ),
        says="assert (blind.incident.status, blind.incident.signal)",
    ),
    Bite(
        fault="an incident that resolves itself while nobody can see",
        file="bot/incidents/lifecycle.py",
        plant=replaced("incident.signal is not SignalState.CLEAR", "incident.signal is SignalState.FIRING"),
        caught_by=pytest("tests/unit/incidents"),
        says="test_tocsin_itself_resolves_only_what_is_seen_to_be_clear",
    ),
    Bite(
        fault="rules that are evaluated without the lease to",
        file="bot/response/rule_due.py",
        plant=replaced("        tx.leases.check(LEASE, epoch)\n", ""),
        caught_by=pytest(f"{STEPS}::test_who_no_longer_holds_the_lease_to_evaluate_writes_nothing"),
        says="DID NOT RAISE",
    ),
    Bite(
        fault="an end of a change that is forgotten when the store is away",
        file="bot/response/carried.py",
        plant=replaced("if not any(one.has_happened for one in self._owed):", "if self._owed:"),
        caught_by=pytest(f"{STEPS}::test_the_end_of_a_change_is_written_down_as_soon_as_the_store_is_back"),
        says="not seen within",
    ),
]
