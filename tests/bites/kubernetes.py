"""Faults against how Kubernetes is looked at and changed: each would change what was not approved, or show a secret."""

from tests.bites import Bite, replaced

CLIENT = "bot/integrations/kubernetes/client.py"
CHANGING = "bot/integrations/kubernetes/changing.py"
ANSWERS = "bot/integrations/kubernetes/answers.py"
CLUSTER = "bot/integrations/kubernetes/cluster.py"
DRAIN = "bot/integrations/kubernetes/drain.py"
JOBS = "bot/integrations/kubernetes/jobs.py"
LEAVING = "bot/integrations/kubernetes/leaving.py"
SHOWING = "bot/integrations/kubernetes/showing.py"
TOP = "bot/integrations/kubernetes/top.py"
WAITING = "bot/integrations/kubernetes/waiting.py"


def kubernetes(test: str, *words: str) -> tuple[str, ...]:
    chosen = ("-k", " or ".join(words)) if words else ()
    return ("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/integrations/kubernetes/{test}", *chosen)


BITES = [
    Bite(
        fault="output that was cut does not say so, and ends in half a line",
        file=SHOWING,
        plant=replaced("if len(output) < MOST_TEXT:", "if output:"),
        caught_by=kubernetes("test_looking.py", "too_much"),
        says="test_what_a_program_prints_too_much_of",
    ),
    Bite(
        fault="of a long log its beginning is kept, and not what was printed last",
        file="bot/integrations/kubernetes/logs.py",
        plant=replaced("del kept[: _NOTE - MOST_TEXT]", "del kept[MOST_TEXT - _NOTE :]"),
        caught_by=kubernetes("test_looking.py", "too_long"),
        says="test_of_a_log_that_is_too_long",
    ),
    Bite(
        fault="a rehearsal may run a command in a pod: it is only a GET",
        file=CLIENT,
        plant=replaced("if _CHANNELS.search(path):", "if False:"),
        caught_by=kubernetes("test_client.py", "only_reads", "leaves"),
        says="test_what_only_reads",
    ),
    Bite(
        fault="nobody stands at the gate of the official client",
        file=CLIENT,
        plant=replaced('made.client_session_kwargs = {"middlewares": (self._gate,)}', ""),
        caught_by=kubernetes("test_client.py", "nothing_else_leaves", "redirect"),
        says="test_nothing_else_leaves_while_only_reading_is_allowed",
    ),
    Bite(
        fault="what others changed since a plan was made is overwritten",
        file=CHANGING,
        plant=replaced('if wish.now != plan.preconditions["is"]:', "if False:"),
        caught_by=kubernetes("test_changes.py", "others_changed"),
        says="test_what_others_changed_since_is_not_overwritten",
    ),
    Bite(
        fault="a change does not say of which version of the object it is",
        file=CHANGING,
        plant=replaced("exact = _at_version(patch, found.how, value)", "exact = patch"),
        caught_by=kubernetes("test_changes.py", "in_between"),
        says="test_a_change_in_between_is_looked_at_again",
    ),
    Bite(
        fault="a change whose answer was lost is said to have failed",
        file=CHANGING,
        plant=replaced("if error.reason not in _UNSURE:", "if True:"),
        caught_by=kubernetes("test_changes.py", "AnswersThatDoNotCome"),
        says="TestAnswersThatDoNotCome",
    ),
    Bite(
        fault="an undo ends for good when the object's version has moved on",
        file=ANSWERS,
        plant=replaced("error.code == 422 and not error.causes", "False"),
        caught_by=kubernetes("test_changes.py", "version_that_moves"),
        says="test_a_version_that_moves_on_does_not_end_an_undo",
    ),
    Bite(
        fault="custom kinds are listed in namespaces that may not be touched",
        file=CLUSTER,
        plant=replaced("if kind.namespaced or not kind.known:", "if kind.namespaced:"),
        caught_by=kubernetes("test_changes.py", "out_of_reach"),
        says="test_other_namespaces_are_out_of_reach",
    ),
    Bite(
        fault="a Job that ran and is gone is said to have changed nothing",
        file=JOBS,
        plant=replaced("return _unseen(thing, error)", "return failed(error)"),
        caught_by=kubernetes("test_changes.py", "gone_before_its_end"),
        says="test_a_job_that_is_gone_before_its_end_was_seen",
    ),
    Bite(
        fault="a drain takes pods that nothing makes anew",
        file=DRAIN,
        plant=replaced("if not controller_of(pod) and not params.force:", "if False:"),
        caught_by=kubernetes("test_drain.py", "lost"),
        says="test_what_would_be_lost_is_refused",
    ),
    Bite(
        fault="a drain goes on through all pods after its run was cancelled",
        file=DRAIN,
        plant=replaced("why_not = await leaving.why_not_on()", 'why_not = ""'),
        caught_by=kubernetes("test_drain.py", "whether_to_go_on"),
        says="test_before_each_pod_it_is_asked_whether_to_go_on",
    ),
    Bite(
        fault="a pod whose budget forbids it is asked to leave again and again after its run was cancelled",
        file=LEAVING,
        plant=replaced("if why_not := await self.why_not_on():", 'if why_not := "":'),
        caught_by=kubernetes("test_drain.py", "not_asked_once_more"),
        says="test_a_pod_that_waits_for_its_budget_is_not_asked_once_more",
    ),
    Bite(
        fault="the data of a Secret is shown",
        file=SHOWING,
        plant=replaced('if shown.get("kind") == "Secret":', "if False:"),
        caught_by=kubernetes("test_looking.py", "not_shown"),
        says="test_they_are_not_shown",
    ),
    Bite(
        fault="an object that cannot be seen is taken for one that is gone",
        file=WAITING,
        plant=replaced('return False, f"could not see it ({error.message})"', 'return True, f"could not see it"'),
        caught_by=kubernetes("test_looking.py", "does_not_answer"),
        says="test_a_server_that_does_not_answer_is_not_seen_either",
    ),
    Bite(
        fault="an action does not say everything that it needs to be granted",
        file=TOP,
        plant=replaced('needs=("list {of}.metrics.k8s.io",),', "needs=(),"),
        caught_by=kubernetes("test_rbac.py", "top"),
        says="test_exactly_these_grants_are_needed",
    ),
]
