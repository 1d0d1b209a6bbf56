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
        "a secret behind a colour is kept",
        "evidence/redaction.py", 'compiled(_COLOUR).sub("", text)', "text",
        "tests/unit/evidence/test_redaction.py -k coloured", "test_a_secret_whose_name_is_coloured",
    ),
    _bite(
        "what a step said is gone when its time is over",
        "response/step_started.py", "heard.ended(result)", "result",
        "tests/scenarios/test_output.py -k its_time_was_over", "test_what_a_step_said_before_its_time_was_over",
    ),
    _bite(
        "what a change printed is no evidence",
        "response/step_finished.py", 'if looked or data["text"] else ()', "if looked else ()",
        "tests/scenarios/test_output.py -k a_change_printed", "test_what_a_change_printed_is_evidence",
    ),
    _bite(
        "what a step said is gone when a person says whether it ran",
        "response/output_heard.py", "    return text + ", "    return ",
        "tests/scenarios/test_output.py -k crash", "test_what_was_said_before_a_crash",
    ),
    _bite(
        "a rehearsal calls wrong what it only cannot know",
        "runbooks/rehearsing.py", "own = [above for name", "own = ['' for name",
        "tests/scenarios/test_people.py -k more_or_less", "test_a_rehearsal_does_not_know_more_or_less",
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
        "integrations/http/asking.py", "startswith(f\"{allowed}/\")", "startswith(allowed)",
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
        "what a step adds to an address leads around a place that allows less",
        "integrations/http/asking.py", '_place(url, "/".join([url.path, *segments]),', "_place(url, url.path,",
        "tests/integrations/http/test_places.py -k narrowest", "test_the_narrowest_place_decides",
    ),
    _bite(
        "a runbook sets the header that tocsin.yaml sets there",
        "integrations/http/asking.py", " or name.lower() in set_there", "",
        "tests/integrations/http/test_places.py -k takes_no_header", "X-Token",
    ),
    _bite(
        "a change that was answered with a redirect counts as undone",
        "integrations/http/actions.py", "not 400 <= status < 500", "status >= 500",
        "tests/integrations/http/test_places.py -k not_refused", "test_a_change_that_was_not_refused",
    ),
    _bite(
        "the transport sends a change again by itself",
        "kit/http_out.py", "if request.method in _READS:", "if request.method:",
        "tests/integrations/http/test_places.py -k sent_once", "test_a_change_is_sent_once",
    ),
    _bite(
        "a server says when to come back, and no clock goes so far",
        "kit/http_out.py", "return min(float(header), _LONGEST_WAIT)", "return float(header)",
        "tests/integrations/test_http_out.py -k no_clock", "test_a_wait_that_no_clock_can_show",
    ),
    _bite(
        "only the first alert of a group begins what fits it",
        "response/group_fires.py", "incident, alerts[:MOST_KEPT], now)", "incident, alerts[:1], now)",
        "tests/scenarios/test_correlation.py -k every_alert", "test_every_alert_of_a_group",
    ),
    _bite(
        "what comes to a group later begins nothing",
        "response/group_fires.py", "actor, grown, fresh[:MOST_KEPT], now)", "actor, grown, (), now)",
        "tests/scenarios/test_correlation.py -k every_alert", "test_every_alert_of_a_group",
    ),
    _bite(
        "a clock that was years ahead keeps schedules from beginning",
        "response/schedules_due.py", " or last > now + scheduling.LATE", "",
        "tests/scenarios/test_triggers.py -k years_ahead", "test_a_clock_that_was_years_ahead",
    ),
    _bite(
        "a run that was cancelled begins another one",
        "response/own/running.py", "turned.kind is JournalKind.CANCELLED", "False",
        "tests/scenarios/test_own_actions.py -k cancelled_begins", "test_a_run_that_was_cancelled_begins_no_other",
    ),
    _bite(
        "a step whose other run goes on does not say which",
        "response/own/running.py", "(within - min(_TO_SAY_SO, within / 10))", "within",
        "tests/scenarios/test_own_actions.py -k left_to_go_on", "no end within 30s",
    ),
    _bite(
        "a wait in vain does not say that nobody could see",
        "integrations/prometheus/actions.py", "                watch.could_not_see(error)", "                del error",
        "tests/integrations/prometheus/test_actions.py -k in_vain", "nobody answered",
    ),
    _bite(
        "a run is for whichever alert of its incident came first",
        "response/run_wanted.py", "return matching.meant(runbook, _alerts(tx, incident), frozenset(incident.firing))",
        "return next(iter(_alerts(tx, incident)), None)",
        "tests/scenarios/test_correlation.py -k its_runbook_fits", "test_a_run_of_an_incident_is_for_the_alert",
    ),
    _bite(
        "a run that another one began is for another alert",
        "response/own/running.py", "return incident, own or ", "return incident, ",
        "tests/scenarios/test_correlation.py -k its_runbook_fits", "run down with pod=a",
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
