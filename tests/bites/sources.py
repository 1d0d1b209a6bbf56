"""Faults against how sources are asked and written to: each would lose a series, or make up one."""

from tests.bites import Bite, replaced

FOLDING = "bot/integrations/prometheus/folding.py"
CLIENT = "bot/integrations/prometheus/client.py"
ANSWERS = "bot/integrations/prometheus/answers.py"
WRITE = "bot/integrations/prometheus/remote_write.py"
WIRE = "bot/integrations/prometheus/wire.py"


def prometheus(test: str, *words: str) -> tuple[str, ...]:
    chosen = ("-k", " or ".join(words)) if words else ()
    return ("pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/integrations/prometheus/{test}", *chosen)


BITES = [
    Bite(
        fault="the mark of a fold overwrites a label that was there",
        file=FOLDING,
        plant=replaced('"{number}/$1"', '"{number}/"'),
        caught_by=prometheus("test_folding.py", "any_expressions"),
        says="test_any_expressions_answer_as_each_alone",
    ),
    Bite(
        fault="a comment at the end of an expression swallows the rest of the fold",
        file=FOLDING,
        plant=replaced('else f"(\\n{expr}\\n)"', 'else f"({expr})"'),
        caught_by=prometheus("test_folding.py", "stays_one", "any_expressions"),
        says="test_a",
    ),
    Bite(
        fault="a number is folded as if it were a vector",
        file=FOLDING,
        plant=replaced("if _scalar(tree) else", "if False else"),
        caught_by=prometheus("test_folding.py", "becomes_a_vector", "any_expressions"),
        says="test_a",
    ),
    Bite(
        fault="a warning of a fold is nobody's",
        file=ANSWERS,
        plant=replaced(' != "vector" or _warnings(answer):', ' != "vector":'),
        caught_by=prometheus("test_folding.py", "partial_data", "says_nothing"),
        says="partial",
    ),
    Bite(
        fault="one rule that fails fails its whole fold",
        file=CLIENT,
        plant=replaced("            answered = None\n", "            return [error] * len(exprs)\n"),
        caught_by=prometheus("test_folding.py", "does_not_split", "says_nothing"),
        says="test_folding.py",
    ),
    Bite(
        fault="what fails alone is folded again and again",
        file=CLIENT,
        plant=replaced("self.rooms.shrink(unwell, 1)", "self.rooms.grow(unwell)"),
        caught_by=prometheus("test_folding.py", "does_not_split"),
        says="test_one_that_fails_does_not_split_the_others_for_long",
    ),
    Bite(
        fault="VictoriaMetrics' partial answers pass for whole ones",
        file=ANSWERS,
        plant=replaced('answer.get("isPartial")', 'answer.get("partial")'),
        caught_by=prometheus("test_client.py", "its_own_word"),
        says="test_victoria_metrics_has_its_own_word_for_partial",
    ),
    Bite(
        fault="a query that is none is found when its step runs, at night",
        file="bot/integrations/prometheus/actions.py",
        plant=replaced(
            "        except Permanent as error:\n            raise ValueError",
            "        except KeyError as error:\n            raise ValueError",
        ),
        caught_by=prometheus("test_actions.py", "found_before_its_step_runs"),
        says="bot.errors.Permanent",
    ),
    Bite(
        fault="an answer that nobody asked to be compressed is taken",
        file=WIRE,
        plant=replaced('"Content-Encoding", "identity") != "identity"', '"Content-Encoding", "identity") == "never"'),
        caught_by=prometheus("test_client.py", "compression"),
        says="test_compression_unasked_is_refused",
    ),
    Bite(
        fault="a NaN that a rule made ends the series",
        file=WRITE,
        plant=replaced("_NAN = 0x7FF8000000000001", "_NAN = STALE"),
        caught_by=prometheus("test_contracts.py", "TestRecorder"),
        says="TestRecorder",
    ),
    Bite(
        fault="the end of a series is written as a value",
        file=WRITE,
        plant=replaced('bits = struct.pack("<Q", STALE)', 'bits = struct.pack("<d", 0.0)'),
        caught_by=prometheus("test_contracts.py", "TestRecorder"),
        says="test_a_series_that_ends_is_gone_at_once",
    ),
    Bite(
        fault="one sample that comes too late keeps the others from being written",
        file=WRITE,
        plant=replaced("if halves and (of_samples or reply.status == 413):", "if halves and reply.status == 413:"),
        caught_by=prometheus("test_contracts.py", "TestRecorder"),
        says="test_one_that_comes_too_late_does_not_hold_up_the_others",
    ),
    Bite(
        fault="samples are written in the order they came",
        file=WRITE,
        plant=replaced("(tuple(sample.labels.items()), sample.at))", "tuple(sample.labels.items()))"),
        caught_by=prometheus("test_contracts.py", "TestRecorder"),
        says="test_the_order_of_samples_does_not_matter",
    ),
]
