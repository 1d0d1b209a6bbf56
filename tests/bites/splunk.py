"""Faults against the Splunk client: each would lose an alert, make one up, or let a value become a search."""

from tests.bites import Bite, replaced

ROOM = "bot/integrations/splunk"


def splunk(test: str, *words: str) -> tuple[str, ...]:
    chosen = ("-k", " or ".join(words)) if words else ()
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", f"tests/integrations/splunk/{test}", *chosen)


BITES = [
    Bite(
        fault="a quote in a value ends its string",
        file=f"{ROOM}/spl.py",
        plant=replaced(""".replace('"', '\\\\"')""", ""),
        caught_by=splunk("test_literals.py"),
        says="test_a_variable_is_its_value",
    ),
    Bite(
        fault="a backslash before a variable takes away its first escape",
        file=f"{ROOM}/spl.py",
        plant=replaced("if _HALF_ESCAPE.search(pieces[index - 1]):", "if False:"),
        caught_by=splunk("test_literals.py"),
        says="test_where_a_value_could_become_more_it_is_refused",
    ),
    Bite(
        fault="a value may stand in what another command reads once more",
        file=f"{ROOM}/spl.py",
        plant=replaced('if command == "search" or (', "if command or ("),
        caught_by=splunk("test_literals.py"),
        says="test_where_a_value_could_become_more_it_is_refused",
    ),
    Bite(
        fault="a pipe in a value is sent",
        file=f"{ROOM}/spl.py",
        plant=replaced('_NEVER = re.compile(r"[|', '_NEVER = re.compile(r"['),
        caught_by=splunk("test_literals.py"),
        says="test_what_no_literal_holds_safely_is_refused",
    ),
    Bite(
        fault="a star in a value finds everything",
        file=f"{ROOM}/spl.py",
        plant=replaced('if command == "search" and "*" in value:', "if False:"),
        caught_by=splunk("test_literals.py"),
        says="test_a_wildcard_is_refused",
    ),
    Bite(
        fault="what was before 1970 is relative to now",
        file=f"{ROOM}/answers.py",
        plant=replaced(
            "max(0, (at - _EPOCH) // timedelta(microseconds=1))", "(at - _EPOCH) // timedelta(microseconds=1)"
        ),
        caught_by=splunk("test_answers.py"),
        says="test_a_time_is_never_relative",
    ),
    Bite(
        fault="half of an answer is no rows",
        file=f"{ROOM}/answers.py",
        plant=replaced('    listed = found.get("results")\n', '    listed = found.get("results", [])\n'),
        caught_by=splunk("test_answers.py", "no_page"),
        says="test_what_is_no_page_of_a_result",
    ),
    Bite(
        fault="a preview is a result",
        file=f"{ROOM}/answers.py",
        plant=replaced(' or yes(found.get("preview"))', ""),
        caught_by=splunk("test_answers.py"),
        says="test_what_is_no_page_of_a_result",
    ),
    Bite(
        fault="a peer that is down is no warning",
        file=f"{ROOM}/answers.py",
        plant=replaced(
            'if message.kind in ("DEBUG", "INFO"):', 'if message.kind in ("DEBUG", "INFO", "ERROR", "WARN"):'
        ),
        caught_by=splunk("test_answers.py"),
        says="test_which_messages_tell_of_missing_data",
    ),
    Bite(
        fault="a quota is a mistake of the search",
        file=f"{ROOM}/answers.py",
        plant=replaced('r"maximum number of concurrent|concurrency limit|', 'r"'),
        caught_by=splunk("test_searches.py", "full"),
        says="test_a_full_server_is_asked_again",
    ),
    Bite(
        fault="a search that was killed is a mistake in it",
        file=f"{ROOM}/answers.py",
        plant=replaced("if not words or _PASSES.search(said):", "if not words:"),
        caught_by=splunk("test_searches.py", "servers_sake"),
        says="test_a_search_that_failed_for_the_servers_sake",
    ),
    Bite(
        fault="rows that the server counted and did not give are not missed",
        file=f"{ROOM}/jobs.py",
        plant=replaced(
            "            if not page.rows:\n",
            "            if not page.rows:\n                break\n            if False:\n",
        ),
        caught_by=splunk("test_jobs.py"),
        says="test_fewer_rows_than_were_counted",
    ),
    Bite(
        fault="whoever is cancelled leaves the job behind",
        file=f"{ROOM}/jobs.py",
        plant=replaced(
            "        except BaseException:\n            self.remove(path)\n            raise\n        if progress",
            "        except IntegrationError:\n            raise\n        if progress",
        ),
        caught_by=splunk("test_searches.py", "leaves_no_job_behind"),
        says="test_whoever_is_cancelled_leaves_no_job_behind",
    ),
    Bite(
        fault="a zombie is waited for without end",
        file=f"{ROOM}/answers.py",
        plant=replaced(' or yes(content.get("isZombie", False))', ""),
        caught_by=splunk("test_answers.py"),
        says="test_a_job_whose_process_died_has_failed",
    ),
    Bite(
        fault="a repeated run is a job of its own",
        file=f"{ROOM}/jobs.py",
        plant=replaced("parts = [self.key,", "parts = [self.key, str(id(self)),"),
        caught_by=splunk("test_searches.py", "taken_up"),
        says="taken_up",
    ),
    Bite(
        fault="evidence takes the last place",
        file=f"{ROOM}/room.py",
        plant=replaced("if others >= self._most_others:", "if False:"),
        caught_by=splunk("test_room.py"),
        says="test_what_is_no_alert_leaves_places_for_alerts",
    ),
    Bite(
        fault="who gives up still gets a place",
        file=f"{ROOM}/room.py",
        plant=replaced("            waiting.pop(number, None)\n", "            pass\n"),
        caught_by=splunk("test_room.py"),
        says="test_who_gives_up_is_not_called",
    ),
    Bite(
        fault="a stream that broke off is whole",
        file=f"{ROOM}/export.py",
        plant=replaced("        if not is_last:\n", "        if False:\n"),
        caught_by=splunk("test_logs.py", "lacks_rows"),
        says="test_a_stream_that_lacks_rows_is_never_whole",
    ),
    Bite(
        fault="an app that is not there makes the server an old one",
        file=f"{ROOM}/rest.py",
        plant=replaced(
            "            raise missing from None  #",
            "            self._has_v2 = False\n            raise missing from None  #",
        ),
        caught_by=splunk("test_searches.py", "no_old_server"),
        says="test_an_app_that_is_not_there_is_no_old_server",
    ),
    Bite(
        fault="a session that is over stays so",
        file=f"{ROOM}/rest.py",
        plant=replaced('                self._session = ""\n', "                pass\n"),
        caught_by=splunk("test_searches.py", "session"),
        says="test_a_session_is_renewed_when_it_is_over",
    ),
    Bite(
        fault="events count as sent before they are indexed",
        file=f"{ROOM}/hec.py",
        plant=replaced("        if self._config.ack:\n            await", "        if False:\n            await"),
        caught_by=splunk("test_hec.py", "indexed"),
        says="test_it_waits_until_events_are_indexed",
    ),
    Bite(
        fault="events overtake those that wait",
        file=f"{ROOM}/hec.py",
        plant=replaced("        async with self._sending:\n", "        if True:\n"),
        caught_by=splunk("test_hec.py", "overtakes"),
        says="test_no_event_overtakes_one_that_waits",
    ),
    Bite(
        fault="an alert is lost when the server does not answer",
        file=f"{ROOM}/webhook.py",
        plant=replaced("        except IntegrationError as error:\n", "        except ValueError as error:\n"),
        caught_by=splunk("test_webhook.py", "reason"),
        says="no_reason",
    ),
]
