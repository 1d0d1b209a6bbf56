"""Faults in what runbooks say, where they reach, and what a rehearsal lets through."""

from tests.bites import Bite, replaced


def _bite(fault: str, file: str, old: str, new: str, tests: str, says: str) -> Bite:
    run = ("pytest", "-q", "-n0", "-x", *tests.split())
    return Bite(fault=fault, file=f"bot/{file}", plant=replaced(old, new), caught_by=run, says=says)


BITES = [
    _bite(
        "a secret that lies in two pieces is shown",
        "evidence/pieces.py", "self._redacted(self._before + lines)", "(self._before + redact(lines))",
        "tests/unit/evidence/test_pieces.py", "test_however_a_text_is_cut",
    ),
    _bite(
        "who lost the run goes on writing its output",
        "response/output_heard.py", "    tx.runs.renew(chunk.run, epoch=epoch, lease=RUN_LEASE)\n", "",
        "tests/scenarios/test_output.py", "test_who_lost_the_run",
    ),
    _bite(
        "a name may lead inside",
        "kit/http_out.py", "            if networks is not None:", "            if networks is None:",
        "tests/integrations/test_http_out.py -k inside", "test_a_host_inside",
    ),
    _bite(
        "a rehearsal lets a request through that writes",
        "kit/http_out.py", "reads=is_read)", "reads=True)",
        "tests/integrations/http/test_every_action.py", "test_where_only_reading_is_allowed",
    ),
    _bite(
        "a place allows what lies beside it",
        "integrations/http/asking.py", "startswith(f\"{allowed.path}/\")", "startswith(allowed.path)",
        "tests/integrations/http/test_requests.py -k by_name", "apiary",
    ),
    _bite(
        "a change whose answer is too large counts as undone",
        "integrations/http/actions.py", 'error.reason == "server"', "False",
        "tests/integrations/http/test_requests.py -k cannot_be_read", "test_a_change_whose_answer_cannot_be_read",
    ),
    _bite(
        "a path may climb in an encoding that only lenient servers read",
        "integrations/http/asking.py", "|%c[01]|", "|",
        "tests/integrations/http/test_requests.py -k by_name", "%c0%ae",
    ),
    _bite(
        "a segment of an address may be several",
        "integrations/http/asking.py", 'return quote(text, safe="", errors="replace")', "return text",
        "tests/integrations/http/test_hostile.py -k one_segment", "test_a_segment_is_one_segment",
    ),
    _bite(
        "a wait tells that it took less than no time, as the clock was set back",
        "response/own/waiting.py", "max(self._world.clock.now() - begun, length)", "(self._world.clock.now() - begun)",
        "tests/scenarios/test_own_actions.py -k set_back", "test_a_wait_tells_how_long_it_was",
    ),
    _bite(
        "a runbook is run again after a crash",
        "response/own/running.py", "        if before:\n            return before[-1]\n", "",
        "tests/scenarios/test_own_actions.py -k begun_again", "test_a_run_that_was_begun_before_a_crash",
    ),
    _bite(
        "a receiver is told again whenever a step is begun again",
        "response/own/notifying.py", "saying.errand(once, webhook", "saying.errand(told, webhook",
        "tests/scenarios/test_own_actions.py -k receiver", "too many values to unpack",
    ),
    _bite(
        "a severity is lowered unasked",
        "response/own/severity.py", "(params.severity > before and not params.lower)", "False",
        "tests/scenarios/test_own_actions.py -k severity", "test_a_severity_is_raised",
    ),
]  # fmt: skip
