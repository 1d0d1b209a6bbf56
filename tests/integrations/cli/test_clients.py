"""The commands that talk to a running Tocsin, as they are installed."""

import json
import os
import pty
import re
import subprocess

import pytest

from tests.integrations.cli.conftest import COMMAND, Served, Shell
from tests.integrations.web import scene


def test_incidents_are_listed_in_the_readers_zone(served: Served) -> None:
    said = served.says("ann", "incident", "list")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "ID     SEVERITY  STATUS        SIGNAL  OPENED                   TITLE",
        "INC-1  SEV2      acknowledged  firing  2026-11-20 14:31:40 CET  More than 5 % of orders fail in cart",
    ]
    assert "22:31:40 JST" in served.shell("ann")("incident", "list", TZ="Asia/Tokyo").out
    assert "no incidents" in served.says("ann", "incident", "list", "--status", "closed").out
    listed = json.loads(served.says("ann", "incident", "list", "--json").out)
    assert [one["id"] for one in listed["incidents"]] == ["INC-1"]


def test_an_incident_is_shown_with_its_story_evidence_and_open_question(served: Served) -> None:
    said = served.says("vera", "incident", "show", "INC-1")
    assert said.status == 0, said.err
    for part in (
        "INC-1  More than 5 % of orders fail in cart",
        "acknowledged  2026-11-20 14:32:41 CET by ann",
        "2026-11-20 14:31:31 CET  tocsin: alert OrdersFail fires",
        "EV-1",
        "RUN-1  Roll back a bad release: waiting",
        "releases   succeeded",
        "undo       asking",
        "answer with: tocsin approve APR-1",
    ):
        assert part in said.out, said.out
    assert "\x1b" not in said.out


def test_people_acknowledge_annotate_resolve_and_declare(served: Served) -> None:
    declared = served.says("ann", "incident", "declare", "mail is slow", "--severity", "sev3")
    assert declared.status == 0, declared.err
    new = declared.out.split()[0]
    assert declared.out == f"{new} is triggered: mail is slow\n"
    assert served.says("ann", "incident", "ack", new).out == f"{new} is acknowledged: mail is slow\n"
    assert served.shell("ann")("incident", "note", new, "-", feed="from a pipe\n").status == 0
    assert served.says("ann", "incident", "resolve", new, "--reason", "the queue is empty").status == 0
    story = served.says("vera", "incident", "show", new).out
    assert re.search(r"ann #\d+: from a pipe", story), story  # by its number a note is amended
    assert "the queue is empty" in story
    again = served.says("ann", "incident", "resolve", new)
    assert again.status == 1
    assert again.err.startswith("tocsin: ")


def test_an_incident_lives_through_the_whole_of_its_life(served: Served) -> None:
    def says(*arguments: str) -> str:
        said = served.says("ann", "incident", *arguments)
        assert said.status == 0, said.err
        return said.out

    new = says("declare", "mail is slow", "--severity", "sev3", "--kind", "drill", "--team", "post").split()[0]
    assert says("assign", new, "ben") == f"ben has {new}: mail is slow\n"
    assert says("change", new, "--severity", "sev2", "--title", "no mail", "--reason", "worse") == (
        f"{new} is acknowledged: no mail\n"
    )
    for command, status in (("mitigate", "mitigated"), ("resolve", "resolved"), ("close", "closed")):
        assert says(command, new, "--reason", "because") == f"{new} is {status}: no mail\n"
    assert says("reopen", new) == f"{new} is triggered: no mail\n"
    story = says("show", new)
    for part in (
        "kind       drill",
        "team       post",
        "declared as SEV3, a drill: mail is slow",
        "assigned to ben",
        "title changed from mail is slow to no mail; severity changed from SEV3 to SEV2 (worse)",
        "mitigated after",
        "closed (because)",
        "(times: 1)",
    ):
        assert re.sub(" +", " ", part) in re.sub(" +", " ", story), story
    refused = served.says("ann", "incident", "close", new)
    assert (refused.status, refused.err) == (
        1, f"tocsin: cannot close incident {new}: it is triggered\n  resolve it first\n",
    )  # fmt: skip
    assert served.says("ann", "incident", "change", new).status == 2
    nobody = served.says("ann", "incident", "assign", new, "bne")
    assert "nobody is called 'bne'; did you mean 'ben'" in nobody.err


def test_what_severities_mean_here_is_told(served: Served) -> None:
    said = served.says("vera", "incident", "severities")
    assert said.status == 0, said.err
    lines = [re.sub(" +", " ", line) for line in said.out.splitlines()]
    assert lines[1] == "SEV1 yes 30m 5m 5d most people cannot use the service, or data is being lost"
    assert lines[5] == "SEV5 no - - - nobody notices yet"
    found = json.loads(served.says("vera", "incident", "severities", "--json").out)
    assert found["roles"][0]["name"] == "commander"


def test_incidents_are_merged_taken_apart_and_linked(served: Served) -> None:
    def says(*arguments: str) -> str:
        said = served.says("ann", "incident", *arguments)
        assert said.status == 0, said.err
        return said.out

    one, two = (says("declare", title, "--severity", "sev3").split()[0] for title in ("no mail", "post is late"))
    assert says("merge", two, one) == f"{two} is part of {one} now: no mail\n"
    story = says("show", one)
    assert f"part of this {two}  post is late" in story
    assert "declared as SEV3: post is late" in story, "both stories are told"
    assert f"merged into {one}  no mail" in says("show", two)
    assert "was merged into" in served.says("ann", "incident", "resolve", two).err
    assert says("unmerge", two, "--reason", "it is another one") == f"{two} is triggered: post is late\n"
    assert says("link", two, "--child-of", one) == f"{two} is a child of {one}\n"
    assert f"parent of {two}  post is late" in says("show", one)
    circle = served.says("ann", "incident", "link", one, "--child-of", two)
    assert (circle.status, f"that leads back to {one}" in circle.err) == (1, True)
    assert says("unlink", two, "child") == f"{two} is no child of another any more\n"


def test_a_refusal_is_told_in_the_servers_words(served: Served) -> None:
    for arguments, part in (
        (("incident", "ack", "INC-1"), "vera may not acknowledge"),
        (("incident", "show", "INC-99"), "INC-99"),
        (("incident", "show", "../../x"), ""),
        (("runbook", "show", "nothing"), "no runbook is called 'nothing'"),
        (("incident", "declare", " ", "--severity", "SEV1"), ""),
    ):
        said = served.says("vera", *arguments)
        assert said.status == 1
        assert "tocsin: " in said.err
        assert part in said.err
        assert said.err.splitlines()[-1].startswith("  "), "every error says what to do"


def test_runbooks_are_listed_shown_rehearsed_and_begun(served: Served) -> None:
    name = "roll-back-release"
    listed = served.says("ann", "runbook", "list").out.splitlines()[1]
    assert (listed.split()[:2], listed.endswith("  Roll back a bad release")) == ([name, "shop"], True)
    assert "undo       host.run" in served.says("ann", "runbook", "show", name).out
    rehearsed = served.says("ann", "runbook", "rehearse", name, "--incident", "INC-1", "--json")
    assert rehearsed.status == 0, rehearsed.err
    assert json.loads(rehearsed.out)["steps"][0]["step"] == "releases"
    assert "releases" in served.says("ann", "runbook", "rehearse", name).out
    begun = served.says("ann", "runbook", "run", name, "--incident", "INC-1")
    assert begun.status == 0, begun.err
    assert begun.out.endswith(" has begun: Roll back a bad release\n")
    assert "follow it with `tocsin runbook follow RUN-" in begun.err
    own = begun.out.split()[0]
    cancelled = served.says("ann", "runbook", "cancel", own.lower(), "--reason", "by hand")
    assert (cancelled.status, cancelled.out) == (0, f"{own} is cancelled: nothing more of it begins\n")
    assert f"`tocsin runbook rollback {own}`" in cancelled.err
    twice = served.says("ann", "runbook", "cancel", own)
    assert (twice.status, f"{own} is cancelled already" in twice.err) == (1, True)


def test_an_approval_shows_the_exact_plan_and_is_bound_to_it(served: Served) -> None:
    assert "APR-1" in served.says("ann", "approve").out
    unasked = served.shell("ann")("approve", "apr-1")
    assert unasked.status == 1
    assert "nobody can be asked here" in unasked.err
    for part in (
        '["/opt/shop/release", "rollback", "--service=cart", "--to", "2.13.4"]',
        "cart-1.shop.example",
        "+release: 2.13.4",
        scene.PLAN.hash,
        "1 with the role on-call",
        "write",
    ):
        assert part in unasked.out, unasked.out
    rudi = served.says("rudi", "approve", "APR-1", "--yes")
    assert rudi.status == 1
    assert "needs the role 'on-call'" in rudi.err
    given = served.says("ann", "approve", "APR-1", "--yes", "--reason", "agreed")
    assert given.status == 0, given.err
    assert given.out.endswith("APR-1: approved\n")
    late = served.says("ann", "approve", "APR-1", "--yes")
    assert late.status == 1
    assert "no open question is called APR-1" in late.err


def test_a_rejection_needs_no_second_word(served: Served) -> None:
    said = served.says("ann", "approve", "APR-1", "--reject", "--reason", "we are in a freeze")
    assert said.status == 0, said.err
    assert said.out.endswith("APR-1: rejected\n")
    assert "we are in a freeze" in served.says("ann", "incident", "show", "INC-1").out


def test_whether_a_step_ran_is_not_answered_with_a_yes_to_another_question(served: Served) -> None:
    said = served.says("ann", "approve", "APR-1", "--did")
    assert said.status == 1
    assert "APR-1 asks whether the step may run" in said.err


@pytest.mark.parametrize(
    ("typed", "ended", "status"), [("y\n", "APR-1: approved", 0), ("\n", "nothing was answered", 1)]
)
def test_on_a_terminal_the_person_is_asked_once_more(served: Served, typed: str, ended: str, status: int) -> None:
    ann = served.shell("ann")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "approve", "APR-1"],
        cwd=ann.folder,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", **ann.env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:
        pass  # Linux says so when the other end is closed
    finally:
        os.close(ours)
    shown = seen.decode()
    assert process.wait(30) == status
    assert "approve this? [y/N]" in shown
    assert ended in shown
    assert "\x1b[" in shown, "a terminal gets colour"


def test_a_report_goes_to_a_file_or_a_pipe(served: Served) -> None:
    piped = served.says("ann", "report", "INC-1")
    assert piped.status == 0, piped.err
    assert "More than 5 % of orders fail in cart" in piped.out
    written = served.says("ann", "report", "INC-1", "--format", "html", "-o", "r.html")
    assert written.err == "written to r.html\n"
    assert (served.folder / "r.html").read_text().lstrip().lower().startswith("<!doctype html>")
    refused = served.says("ann", "report", "INC-1", "-o", "no/such/r.md")
    assert (refused.status, refused.err.splitlines()[0]) == (
        1,
        "tocsin: cannot write no/such/r.md: no such file or directory",
    )


def test_the_doctor_tells_what_is_reached_and_how_to_have_the_rest_checked(served: Served) -> None:
    said = served.says("ann", "doctor")
    assert said.status == 0, said.err
    assert said.out.splitlines() == [
        "INTEGRATION  WHAT       STATE  VERSION  CLOCK   DETAIL",
        "prom         reachable  ok     3.5.3    -0.2 s  answers",
        "prom         rights     ok     -        -       not checked",
        "prom: to have them checked, give it a token",
    ]


def test_a_link_is_printed_alone_so_that_it_can_be_opened(served: Served) -> None:
    said = served.says("ann", "link")
    assert said.status == 0, said.err
    assert said.out.startswith(f"{served.address}/open/")
    assert len(said.out.split()) == 1
    assert "CET" in said.err


def test_the_server_and_the_token_can_be_named(served: Served) -> None:
    token = str(served.token("ann"))
    elsewhere = Shell(served.folder / "elsewhere", {})
    elsewhere.folder.mkdir()
    said = elsewhere("incident", "list", "--server", f"{served.address}/", "--token-file", token)
    assert "INC-1" in said.out, said.err
    for wrong in ("127.0.0.1:9", "ftp://x", "nonsense"):
        assert "not an address" in served.says("ann", "incident", "list", "--server", wrong).err


def test_without_a_token_that_it_knows_tocsin_tells_nothing(served: Served) -> None:
    missing = served.says("ann", "incident", "list", "--token-file", "none")
    assert missing.err.startswith("tocsin: there is no token at none\n")
    stranger = served.folder / "stranger"
    stranger.touch(mode=0o600)
    stranger.write_text("tcs_stranger\n")
    unknown = served.says("ann", "incident", "list", "--token-file", "stranger")
    assert (unknown.status, unknown.err.splitlines()[0]) == (1, "tocsin: no token that Tocsin knows")
    stranger.chmod(0o640)
    loose = served.says("ann", "incident", "list", "--token-file", "stranger")
    assert loose.err == "tocsin: others than its owner can use the token at stranger\n  chmod 600 stranger\n"
    stranger.chmod(0o600)
    stranger.write_text("two\nlines\n")
    assert "there is no token in stranger" in served.says("ann", "incident", "list", "--token-file", "stranger").err
    assert "cannot read the token at ." in served.says("ann", "incident", "list", "--token-file", ".").err


def test_when_nothing_answers_it_says_how_to_start_it(shell: Shell) -> None:
    (shell.folder / "tocsin.yaml").write_text("http: {listen: '127.0.0.1:1'}\n")
    for arguments in (("incident", "list"), ("link",)):
        said = shell(*arguments)
        assert (said.status, said.out) == (1, "")
        assert said.err == (
            "tocsin: nothing answers at http://127.0.0.1:1\n"
            "  start it with `tocsin run`, or name another with --server URL\n"
        )


def test_the_doctor_looks_at_the_files_when_nothing_answers(shell: Shell) -> None:
    (shell.folder / "tocsin.yaml").write_text(
        "http: {listen: '127.0.0.1:1'}\nrules: [{files: [r.yml], source: prom}]\n"
    )
    said = shell("doctor")
    assert said.status == 1
    assert "nothing answers at http://127.0.0.1:1" in said.err
    assert "rules[0].source: no integration is called 'prom'" in said.out


def test_what_answers_but_is_not_tocsin_is_told(shell: Shell, httpd: str) -> None:
    token = shell.folder / "t"
    token.touch(mode=0o600)
    token.write_text("x\n")
    said = shell("incident", "list", "--server", httpd, "--token-file", str(token))
    assert said.status == 1
    assert "and not in Tocsin's words" in said.err
