"""Faults at the hooks: each would believe a stranger, lose an alert, or let a vendor give us up."""

from tests.bites import Bite, replaced

HOOKS = "bot/api/hooks.py"
SIGNATURES = "bot/kit/signatures.py"


def run(path: str, *words: str) -> tuple[str, ...]:
    chosen = ("-k", " or ".join(words)) if words else ()
    return ("pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", f"tests/{path}", *chosen)


def authenticity(*words: str) -> tuple[str, ...]:
    return run("integrations/hooks/test_authenticity.py", *words)


def api(*words: str) -> tuple[str, ...]:
    return run("integrations/api/test_hooks.py", *words)


BITES = [
    Bite(
        fault="a call is read before it is proven",
        file=HOOKS,
        plant=replaced(
            '        return "" if why or not hook else name\n',
            '        if hook and why:\n            hook.read(call)\n        return "" if why or not hook else name\n',
        ),
        caught_by=api("not_believed"),
        says="test_whoever_is_not_believed_gets_one_answer",
    ),
    Bite(
        fault="the beginning of a signature is enough",
        file=SIGNATURES,
        plant=replaced("hmac.compare_digest(candidate, made)", "made.startswith(candidate)"),
        caught_by=authenticity("TestPagerDuty"),
        says="test_what_is_no_signature_is_none",
    ),
    Bite(
        fault="of two headers with signatures the first counts",
        file="bot/ports/alert_hook.py",
        plant=replaced("values[0] if len(values) == 1", "values[0] if values"),
        caught_by=authenticity("TestPagerDuty"),
        says="test_there_is_one_signature_header",
    ),
    Bite(
        fault="letters of a signature may be large or small",
        file=SIGNATURES,
        plant=replaced("hmac.compare_digest(candidate, made)", "hmac.compare_digest(candidate.lower(), made.lower())"),
        caught_by=authenticity("TestPagerDuty"),
        says="test_what_is_no_signature_is_none",
    ),
    Bite(
        fault="a signature is good for ever",
        file=SIGNATURES,
        plant=replaced("if away > WINDOW.total_seconds() else", "if away > 10**9 else"),
        caught_by=authenticity("TestStandardWebhooks"),
        says="test_a_signature_is_good_for_five_minutes",
    ),
    Bite(
        fault="a signature from the future is as good",
        file=SIGNATURES,
        plant=replaced("abs(int(said) - call.received_at.timestamp())", "call.received_at.timestamp() - int(said)"),
        caught_by=authenticity("TestStandardWebhooks"),
        says="test_a_signature_is_good_for_five_minutes",
    ),
    Bite(
        fault="a time that is none is a fault of ours",
        file=SIGNATURES,
        plant=replaced("if not _TIMESTAMP.fullmatch(said):", "if not said:"),
        caught_by=authenticity("TestStandardWebhooks"),
        says="test_a_time_that_is_none_is_refused",
    ),
    Bite(
        fault="the id is not signed",
        file=SIGNATURES,
        plant=replaced('parts="{id}.{timestamp}.{body}"', 'parts="{timestamp}.{body}"'),
        caught_by=run("unit/kit/test_signatures.py"),
        says="test_what_is_published",
    ),
    Bite(
        fault="the newest secret alone counts",
        file=SIGNATURES,
        plant=replaced("for secret in self.secrets:", "for secret in self.secrets[:1]:"),
        caught_by=authenticity("TestPagerDuty"),
        says="test_the_secret_before_counts_while_it_is_replaced",
    ),
    Bite(
        fault="where nothing is configured everybody is believed",
        file=HOOKS,
        plant=replaced('"" if known else "it has no secret"', '""'),
        caught_by=api("not_believed"),
        says="test_whoever_is_not_believed_gets_one_answer",
    ),
    Bite(
        fault="no secret is a secret",
        file=SIGNATURES,
        plant=replaced("return fits and bool(shown)", "return fits or not shown"),
        caught_by=authenticity("TestEventsApi"),
        says="test_what_is_not_the_secret_is_none",
    ),
    Bite(
        fault="a stranger is told whether there is such a source",
        file=HOOKS,
        plant=replaced(
            "if source else _unauthorized()",
            'if source else _unauthorized() if name in self._world.hooks else _json(404, {"error": "no such hook"})',
        ),
        caught_by=api("not_believed"),
        says="test_whoever_is_not_believed_gets_one_answer",
    ),
    Bite(
        fault="a delivery counts as often as it comes",
        file="bot/response/alerts_posted.py",
        plant=replaced("if not tx.posted.add(kept):", "if tx.posted.add(kept) is None:"),
        caught_by=api("delivery"),
        says="test_a_delivery_counts_once",
    ),
    Bite(
        fault="saying the same again is taken for a delivery that is known",
        file=HOOKS,
        plant=replaced('f"{digest} {call.received_at.isoformat()}"', "digest"),
        caught_by=api("without_an_id"),
        says="test_without_an_id_the_same_words_are_said_anew",
    ),
    Bite(
        fault="a kind that nobody knows is the vendor's mistake",
        file="bot/integrations/pagerduty/webhook.py",
        plant=replaced(
            'return Heard(changes=changes, delivery=delivery, note=f"{kind[:100]} neither begins nor ends an alert")',
            'raise ValueError(f"{kind[:100]} is no event")',
        ),
        caught_by=run("integrations/hooks/test_payloads.py", "TestPagerDuty"),
        says="test_all_else_is_noted",
    ),
    Bite(
        fault="what cannot be read is refused",
        file=HOOKS,
        plant=replaced("_json(202 if posted.outcome is Outcome.QUARANTINED else 200, said)", "_json(400, said)"),
        caught_by=api("cannot_be_read"),
        says="test_what_cannot_be_read_is_kept_for_people",
    ),
    Bite(
        fault="a reader that stumbles is the vendor's trouble",
        file=HOOKS,
        plant=replaced("    except Exception as error:  # a reader", "    except OSError as error:  # a reader"),
        caught_by=api("cannot_be_read"),
        says="test_what_cannot_be_read_is_kept_for_people",
    ),
    Bite(
        fault="headers with secrets are kept",
        file=HOOKS,
        plant=replaced("if not _SECRET_HEADER.search(name)]", "if name]"),
        caught_by=api("is_kept_and_told_of"),
        says="test_what_is_posted_is_kept_and_told_of",
    ),
    Bite(
        fault="a title that changes is another alert",
        file="bot/alerts/known_by.py",
        plant=replaced("replace(alert, labels=alike[0].labels) if alike else alert", "alert"),
        caught_by=api("followed"),
        says="test_an_alert_is_followed_by_its_vendors_id",
    ),
    Bite(
        fault="not to see is a recovery",
        file="bot/integrations/sns/hook.py",
        plant=replaced('_FIRES, _ENDS = "ALARM", "OK"', '_FIRES, _ENDS = "ALARM", "INSUFFICIENT_DATA"'),
        caught_by=run("integrations/hooks/test_sns.py", "not_to_see"),
        says="test_not_to_see_is_no_recovery",
    ),
    Bite(
        fault="a certificate may be had from any host that begins right",
        file="bot/integrations/sns/certificates.py",
        plant=replaced("_HOST.fullmatch(parts.netloc)", "_HOST.match(parts.netloc)"),
        caught_by=run("integrations/hooks/test_sns.py", "nobody_else"),
        says="test_nobody_else_is_asked_for_a_certificate",
    ),
    Bite(
        fault="SNS may sign with SHA-1",
        file="bot/integrations/sns/proof.py",
        plant=replaced(
            'if message.text("SignatureVersion") != "2":', 'if message.text("SignatureVersion") not in ("1", "2"):'
        ),
        caught_by=run("integrations/hooks/test_sns.py", "nobody_is_asked"),
        says="test_nobody_is_asked_before_all_else_is_right",
    ),
    Bite(
        fault="any topic may post",
        file="bot/integrations/sns/proof.py",
        plant=replaced('if message.text("TopicArn") not in self.topics:', 'if not message.text("TopicArn"):'),
        caught_by=run("integrations/hooks/test_sns.py", "nobody_is_asked"),
        says="test_nobody_is_asked_before_all_else_is_right",
    ),
    Bite(
        fault="a word that nobody knows ends an alert",
        file="bot/kit/json_mapping.py",
        plant=replaced(".lower() in self.resolved", '.lower() not in ("firing", "problem")'),
        caught_by=run("integrations/hooks/test_mapping.py", "known_words"),
        says="test_only_known_words_end_an_alert",
    ),
    Bite(
        fault="whoever does not finish a head is waited for",
        file="bot/app/server.py",
        plant=replaced("self.loop.call_later(self.head_s, self.transport.close)", "None"),
        caught_by=run("integrations/hooks/test_hostile_http.py", "a_head_that"),
        says="test_a_head_that_takes_too_long_is_hung_up_on",
    ),
]
