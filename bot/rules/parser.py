"""The one home of promql-parser: an expression as a tree, or a ValueError."""

from __future__ import annotations

import promql_parser


def parse(expr: str) -> promql_parser.Expr:
    """What the expression says. Raises ValueError; a length of time that is too long makes the library panic."""
    try:
        return promql_parser.parse(expr)
    except BaseException as error:
        # its panics are no Exceptions, and would end whatever reads a hostile expression
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("not valid PromQL") from None
