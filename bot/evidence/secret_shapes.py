"""What secrets and personal data look like. `redaction` applies these; nothing else reads them.

Every expression begins at a literal or at the edge of its own run of characters, and holds no repetition inside a
repetition, so that looking takes time in proportion to the text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of secret. A text that, in lower case, holds none of `hints` is not searched: most are harmless."""

    name: str
    hints: tuple[str, ...]
    expression: str
    leaves: str | Callable[[re.Match[str]], str] = REDACTED

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first needed: together they take longer than a start should."""
        return compiled(self.expression)


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """The expression, compiled once."""
    return re.compile(expression)


_WORD = r"A-Za-z0-9_-"
_IS = r"""\\{0,4}["']?\s{0,4}(?:=>|:=|=|:)\s{0,4}\\{0,4}"""
"""Between a name and its value, in a query, a log line, YAML, JSON, JSON inside JSON."""
_NOT_YET = r"""(?!["']?\[redacted\])"""
_VALUE = r"""(?:"(?:[^"\\\r\n]|\\.)+"?|'[^'\r\n]+'?|[^\s"'&<]+)"""
"""In quotes to their end, or to the end of the line where that is missing; else a word."""
_ONE_WORD = r"""["']?[^\s"'&<>(){}\[\],;]{6,}["']?"""
_NAMED_ALWAYS = (
    r"(?:(?<![a-z])pass|passwd|password|passphrase|(?<![a-z])pwd|secret|client[_-]?key[_-]?data|credentials?|"
    r"(?:api|access|account|admin|app|auth|encryption|integration|license|master|private|routing|secret|service|shared|"
    r"signing|ssh|storage)[_-]?key|_auth)"
)
_NAMED_LONG = r"(?:token|(?<![a-z])jwt|session[_-]?id|(?<![a-z])sid|cookie|webhook[_-]?url|(?<![a-z])dsn)"
SECRET_NAME = rf"(?i)(?:{_NAMED_ALWAYS}|{_NAMED_LONG}|authorization)\Z"
"""A name whose value is secret whatever it looks like."""

_SCHEMES = r"(?:Bearer|Basic|Token|Splunk|GenieKey|Digest|Negotiate|ApiKey|AWS4-HMAC-SHA256)"
_CODED = r"(?=\S*(?:[0-9=]|[a-z][A-Z]))[A-Za-z0-9._~+/=:,-]{8,}"
"""Eight letters or more that are not simply a word: `Basic authentication` is none."""

_LOGIN = r"""[^\s"'<>/?#@]{1,128}+"""
_LOGIN_WITH_SLASHES = r"""[^\s"'<>/?#:@]{0,128}+:(?!\d{1,5}[/?#])[^\s"'<>@]{1,128}+"""
_MORE_AT_SIGNS = r"""(?:@[^\s"'<>/?#@]{0,64}){0,3}"""
_UNIT_TYPES = r"(?:service|socket|timer|target|slice|scope|mount|path|device)"


def _named(match: re.Match[str]) -> str:
    quote = match["value"][0] if match["value"][0] in "\"'" else ""
    return f"{match['name']}{quote}{REDACTED}{quote}"


def _card(match: re.Match[str]) -> str:
    """Gone when its check digit holds (Luhn); any other number stays."""
    digits = [int(character) for character in match[0] if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return REDACTED if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def _random(match: re.Match[str]) -> str:
    """Gone when letters of both cases and digits are mixed without order. Digests, commits and trace ids stay."""
    text = match[0]
    cases = any(character.islower() for character in text) and any(character.isupper() for character in text)
    if not cases or sum(character.isdigit() for character in text) < 3:
        return text
    entropy = -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
    return REDACTED if entropy >= 4.4 else text


def _prefixed(tokens: Mapping[str, Mapping[str, str]]) -> Shape:
    """Tokens that say by their first letters what they are, one or several without a gap between them.

    `tokens` maps whose they are to their first letters and the expression for the rest.
    """
    parts = {first: rest for kinds in tokens.values() for first, rest in kinds.items()}
    choices = "|".join(f"{re.escape(first)}{rest}" for first, rest in parts.items())
    return Shape(
        name="token",
        hints=tuple(dict.fromkeys(first.lower() for first in parts)),
        expression=rf"(?<![{_WORD}])(?:{choices})+",
    )


def _whole(name: str, hint: str, expression: str) -> Shape:
    return Shape(name=name, hints=(hint,), expression=f"(?s:{expression})")


def _rest_of(name: str, hint: str, address: str) -> Shape:
    """A webhook: whoever knows the rest of its address may post."""
    return Shape(
        name=name,
        hints=(hint,),
        expression=rf"({address}/){_NOT_YET}[^\s\"'<>]+",
        leaves=rf"\1{REDACTED}",
    )


_BLOCKS = (
    _whole(
        "private key",
        "private key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    _whole("PuTTY key", "putty-user-key-file", r"PuTTY-User-Key-File-\d:.*?(?:Private-MAC: \S+|\Z)"),
)
_BY_PLACE = (
    Shape(
        name="user and password in an address",
        hints=("://",),
        expression=rf"(?<=://)(?!\[redacted\]@)(?:{_LOGIN}|{_LOGIN_WITH_SLASHES}){_MORE_AT_SIGNS}@",
        leaves=f"{REDACTED}@",
    ),
    Shape(
        name="authorization header",
        hints=("authorization", "cookie"),
        expression=(
            rf"(?i)(?P<name>(?:authorization|cookie){_IS}){_NOT_YET}"
            r"(?P<value>\"[^\r\n\"]+\"|'[^\r\n']+'|[^\r\n\"']+)"
        ),
        leaves=_named,
    ),
    Shape(
        name="authorization scheme",
        hints=("bearer", "basic", "token", "splunk", "genie", "digest", "negotiate", "apikey", "aws4"),
        expression=rf"\b(?i:({_SCHEMES}))\s{{1,4}}{_CODED}",
        leaves=rf"\1 {REDACTED}",
    ),
    Shape(
        name="user and password of curl",
        hints=("-u", "-user"),
        expression=r"(?<!\S)(-u|--user|--proxy-user)([ =]['\"]?)[^\s:'\"]{1,128}:[^\s'\"]+",
        leaves=rf"\1\2{REDACTED}",
    ),
    Shape(
        name="named password",
        hints=("pass", "pwd", "secret", "key", "credential", "_auth"),
        expression=rf"(?i)(?P<name>{_NAMED_ALWAYS}{_IS}){_NOT_YET}(?P<value>{_VALUE})",
        leaves=_named,
    ),
    Shape(
        name="named token",
        hints=("token", "jwt", "session", "sid", "cookie", "webhook", "dsn"),
        expression=rf"(?i)(?P<name>{_NAMED_LONG}{_IS}){_NOT_YET}(?P<value>{_ONE_WORD})",
        leaves=_named,
    ),
    Shape(
        name="option of a command",
        hints=("pass", "secret", "token", "key"),
        expression=(
            r"(?i)(?P<name>(?<!\S)--?[a-z-]{0,32}(?:password|passwd|passphrase|secret|token|api-?key)\s{1,4})"
            rf"{_NOT_YET}(?P<value>(?!-){_VALUE})"
        ),
        leaves=_named,
    ),
    Shape(
        name="docker login",
        hints=('"auth"',),
        expression=rf"(?P<name>\"auth\"\s{{0,4}}:\s{{0,4}}){_NOT_YET}(?P<value>\"[^\"]+\")",
        leaves=_named,
    ),
    Shape(
        name="netrc",
        hints=("login",),
        expression=rf"\b(login\s{{1,4}}\S{{1,128}}\s{{1,8}}password\s{{1,4}}){_NOT_YET}\S+",
        leaves=rf"\1{REDACTED}",
    ),
    Shape(
        name="SQL",
        hints=("identified", "password"),
        expression=r"(?i)\b((?:identified\s{1,4}by|password)\s{1,4})'[^'\r\n]+'",
        leaves=rf"\1'{REDACTED}'",
    ),
    Shape(
        name="signature in an address",
        hints=("sig", "auth=", "key=", "code="),
        expression=(
            rf"(?i)([?&](?:sig|signature|x-amz-signature|x-goog-signature|auth|key|code)=){_NOT_YET}[^&\s\"'<>]+"
        ),
        leaves=rf"\1{REDACTED}",
    ),
    _rest_of("Slack webhook", "hooks.slack", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)"),
    _rest_of("Discord webhook", "discord", r"(?:discord|discordapp)\.com/api/webhooks"),
    _rest_of("Teams webhook", "webhookb2", r"webhook\.office\.com/webhookb2"),
)
_LETTERS_OR_DIGITS = r"[A-Za-z0-9]"
_BY_PREFIX = _prefixed(
    {
        "JWT": {"eyJ": rf"[{_WORD}]{{8,}}\.[{_WORD}]{{8,}}(?:\.[{_WORD}]*)?"},
        "age": {"AGE-SECRET-KEY-1": r"[A-Z0-9]{20,}"},
        "AWS": dict.fromkeys(("AKIA", "ASIA", "ABIA", "ACCA"), r"[A-Z0-9]{16}(?![A-Z0-9])"),
        "GitHub": {
            **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"{_LETTERS_OR_DIGITS}{{30,}}"),
            "github_pat_": r"[A-Za-z0-9_]{22,}",
        },
        "GitLab": {"gl": rf"(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[.{_WORD}]{{16,}}"},
        "Slack": {"xox": r"[abceoprs][.-][A-Za-z0-9.-]{8,}", "xapp-": r"[A-Za-z0-9-]{8,}"},
        "PagerDuty": {"u+": rf"[{_WORD}]{{18}}(?![{_WORD}])", "R0": r"[A-Z0-9]{30}(?![A-Z0-9])"},
        "Google": {
            "AIza": rf"[{_WORD}]{{35}}",
            "ya29.": rf"[{_WORD}]{{20,}}",
            "GOCSPX-": rf"[{_WORD}]{{20,}}",
        },
        "Grafana": {
            "glsa_": r"[A-Za-z0-9_=+/-]{20,}",
            "glc_": r"[A-Za-z0-9_=+/-]{20,}",
            "eyJrIjoi": r"[A-Za-z0-9+/=_-]{20,}",
        },
        "Vault": {"hv": rf"[sbr]\.[{_WORD}]{{20,}}", "s.": rf"{_LETTERS_OR_DIGITS}{{24}}(?!{_LETTERS_OR_DIGITS})"},
        "Stripe": dict.fromkeys(("sk_", "rk_", "whsec_"), rf"(?:live_|test_)?{_LETTERS_OR_DIGITS}{{16,}}"),
        "SendGrid": {"SG.": rf"[{_WORD}]{{16,}}\.[{_WORD}]{{16,}}"},
        "Mailgun": {"key-": r"[0-9a-f]{32}"},
        "Twilio": {"SK": r"[0-9a-f]{32}", "AC": r"[0-9a-f]{32}"},
        "npm": {"npm_": rf"{_LETTERS_OR_DIGITS}{{30,}}"},
        "PyPI": {"pypi-": rf"[{_WORD}]{{40,}}"},
        "DigitalOcean": {"do": r"[opr]_v1_[0-9a-f]{40,}"},
        "New Relic": {"NRAK-": r"[A-Z0-9]{20,}"},
        "Databricks": {"dapi": r"[0-9a-f]{32}"},
        "language models": {"sk-": rf"[{_WORD}]{{20,}}", "hf_": rf"{_LETTERS_OR_DIGITS}{{30,}}"},
        "Telegram": {"bot": rf"\d{{8,12}}:AA[{_WORD}]{{30,}}"},
    }
)
_BY_FORM = (
    Shape(name="Telegram", hints=(":aa",), expression=rf"(?<![{_WORD}])\d{{8,12}}:AA[{_WORD}]{{30,}}"),
    Shape(
        name="password hash",
        hints=("$",),
        expression=r"\$(?:2[aby]|5|6|y|7|argon2id?|scrypt|pbkdf2-sha\d{3})\$[./A-Za-z0-9$=,+-]{20,}",
    ),
    Shape(
        name="e-mail address",
        hints=("@",),
        # The domain stays; `name@instance.service` is a unit of systemd.
        expression=(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@"
            r"(?=[A-Za-z0-9-][A-Za-z0-9.-]{0,253}\.[A-Za-z]{2,24}(?![A-Za-z0-9-]))"
            rf"(?![A-Za-z0-9.\\:-]{{1,253}}\.{_UNIT_TYPES}(?![A-Za-z0-9.-]))"
        ),
        leaves=f"{REDACTED}@",
    ),
    Shape(
        name="payment card",
        hints=("3", "4", "5", "6", "2"),
        expression=(
            r"(?<![\w.-])(?:(?:4\d|5[1-5]|2[2-7]|6[05])\d{2}([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5})"
            r"(?![\w-])"
        ),
        leaves=_card,
    ),
    Shape(
        name="random characters",
        hints=("",),
        expression=r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}={0,2}",
        leaves=_random,
    ),
)

SHAPES: tuple[Shape, ...] = (*_BLOCKS, *_BY_PLACE, _BY_PREFIX, *_BY_FORM)
"""Whole blocks first, then what stands where a secret stands, then what is one by itself."""
