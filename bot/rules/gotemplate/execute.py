"""Fills a template in, step by step as Go does, so that what goes wrong is said in Go's words and at Go's place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NoReturn, ParamSpec

from bot.rules.gotemplate.arguments import constant, fits, literal, nilable, uncallable
from bot.rules.gotemplate.builtins import BUILTINS, SHORT_CIRCUIT
from bot.rules.gotemplate.limits import ExecError, Limits
from bot.rules.gotemplate.nodes import (
    Action,
    Branch,
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Include,
    Item,
    Located,
    Name,
    Nil,
    Node,
    Pipe,
    Template,
    Text,
    Variable,
)
from bot.rules.gotemplate.numbers import quoted
from bot.rules.gotemplate.printing import show
from bot.rules.gotemplate.scope import Scope
from bot.rules.gotemplate.values import (
    ANY,
    AS_IT_STANDS,
    REFLECTED,
    AnyMap,
    CallError,
    Function,
    Loose,
    Object,
    Slice,
    StringMap,
    Struct,
    Value,
    go_type,
    raw,
    truth,
)

P = ParamSpec("P")


class _Absent:
    """No value was piped in: a nil that was is a value."""


_ABSENT = _Absent()


class _Left(Exception):
    """`break` or `continue`, on its way to the range it leaves."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def execute(
    template: Template,
    dot: Value | Loose,
    functions: Mapping[str, Function],
    *,
    variables: Mapping[str, Value] | None = None,
    limits: Limits | None = None,
) -> str:
    """The template's text about `dot`. `variables` are those it was told of when it was read.

    Raises ExecError. What a function raises besides CallError passes through.
    """
    run = _Run(template, functions, limits or Limits())
    for name, value in {"$": dot, **(variables or {})}.items():
        run.scope.declare(name, value)
    try:
        run.walk(template.body, dot)
    except RecursionError:
        raise ExecError(f"template: {template.name}: nests too deep") from None
    return "".join(run.written)


class _Run:
    """One execution: what is written, the variables in scope, and what is being looked at."""

    def __init__(self, template: Template, functions: Mapping[str, Function], limits: Limits) -> None:
        self.written: list[str] = []
        self.scope = Scope()
        self._template = template
        self._name = template.name
        self._functions = functions
        self._limits = limits
        self._at: Located | None = None
        self._length = 0
        self._rounds = 0
        self._depth = 0

    # Bodies

    def walk(self, items: Iterable[Item], dot: Value | Loose) -> None:
        """Writes what these items say."""
        for item in items:
            match item:
                case Text():
                    self._write(item.text)
                case Action():
                    value = self._pipe(item.pipe, dot)
                    if not item.pipe.declared:
                        self._write(_printed(value))
                case Branch():
                    with self.scope.block():
                        self._branch(item, dot)
                case Include():
                    self._include(item, dot)
                case _:
                    raise _Left(item.kind)

    def _write(self, text: str) -> None:
        self._length += len(text)
        if self._length > self._limits.output:
            self._fail(f"the text is longer than {self._limits.output} characters")
        self.written.append(text)

    def _branch(self, branch: Branch, dot: Value | Loose) -> None:
        value = self._pipe(branch.pipe, dot)
        if branch.kind == "range":
            if not self._range(branch, value):
                self.walk(branch.otherwise, dot)
        elif truth(value):
            self.walk(branch.then, value if branch.kind == "with" else dot)
        else:
            self.walk(branch.otherwise, dot)

    def _range(self, branch: Branch, value: Value) -> bool:
        """Whether there was anything to go through."""
        some = False
        for key, item in self._pairs(branch, value):
            some = True
            self._rounds += 1
            if self._rounds > self._limits.rounds:
                self._fail(f"ranges go through more than {self._limits.rounds} items")
            if not self._round(branch, key, item):
                break
        return some

    def _pairs(self, branch: Branch, value: Value) -> Iterable[tuple[Value, Value | Loose]]:
        match value:
            case None:
                return ()
            case Slice():
                return enumerate(value.items)
            case StringMap():
                return [(key, value[key]) for key in sorted(value, key=raw)]
            case AnyMap():
                return [(key, Loose(value[key])) for key in sorted(value, key=raw)]
            case int() if not isinstance(value, bool):
                if len(branch.pipe.declared) > 1:
                    self._fail(f"can't use {show(value)} to iterate over more than one variable")
                return ((None, index) for index in range(value))
            case _:
                self._fail(f"range can't iterate over {_printed(value)}")

    def _round(self, branch: Branch, key: Value, item: Value | Loose) -> bool:
        """One round; False when it said `break`."""
        declared = branch.pipe.declared
        try:
            with self.scope.block():
                for variable, value in zip(declared, (item,) if len(declared) == 1 else (key, item), strict=False):
                    self._keep(variable, value, assigns=branch.pipe.assigns)
                self.walk(branch.then, item)
        except _Left as left:
            return left.kind == "continue"
        return True

    def _include(self, include: Include, dot: Value | Loose) -> None:
        self._at = include
        body = self._template.body if include.name == self._template.name else self._template.defined.get(include.name)
        if body is None:
            self._fail(f"template {quoted(include.name)} not defined")
        if self._depth >= self._limits.depth:
            self._fail(f"exceeded maximum template depth ({self._limits.depth})")
        inner = self._pipe(include.pipe, dot) if include.pipe else None
        outside, self.scope = self.scope, Scope()
        self.scope.declare("$", inner)
        name, self._name = self._name, include.name
        self._depth += 1
        self.walk(body, inner)
        self._depth -= 1
        self.scope, self._name = outside, name

    # Pipelines

    def _pipe(self, pipe: Pipe, dot: Value | Loose) -> Value:
        self._at = pipe
        first, *others = pipe.commands
        value = self._command(first, dot, _ABSENT)
        for command in others:
            value = self._command(command, dot, value)
        for variable in pipe.declared:
            self._keep(variable, value, assigns=pipe.assigns)
        return value

    def _keep(self, variable: Variable, value: Value | Loose, *, assigns: bool) -> None:
        try:
            (self.scope.assign if assigns else self.scope.declare)(variable.name, value)
        except KeyError:
            self._fail(f"undefined variable: {variable.name}")

    def _command(self, command: Command, dot: Value | Loose, piped: Value | _Absent) -> Value:
        first, *words = command.words
        match first:
            case Field() | Chain() | Variable() | Name():
                return _plain(self._callable(first, dot, words, piped, command))
            case Pipe():
                self._no_arguments(first, words, piped)
                return self._pipe(first, dot)
            case _:
                self._at = first
                self._no_arguments(first, words, piped)
                return _plain(dot) if isinstance(first, Dot) else self._constant(first)

    def _callable(
        self,
        node: Field | Chain | Variable | Name,
        dot: Value | Loose,
        words: Sequence[Node],
        piped: Value | _Absent,
        blamed: Located,
    ) -> Value | Loose:
        self._at = node
        match node:
            case Name():
                function = self._functions.get(node.name) or BUILTINS[node.name]
                return self._call(node.name, function, dot, words, piped, blamed)
            case Field():
                return self._fields(dot, node.names, dot, words, piped)
            case Chain():
                of = self._argument(node.of, dot, ANY)
                return self._fields(of, node.fields, dot, words, piped)
            case _:
                value = self._variable(node)
                if node.fields:
                    return self._fields(value, node.fields, dot, words, piped)
                self._no_arguments(node, words, piped)
                return value

    def _variable(self, node: Variable) -> Value | Loose:
        try:
            return self.scope.get(node.name)
        except KeyError:
            # `$x := f $x`: the reader knows it, the scope does not yet
            self._fail(f"undefined variable: {node.name}")

    def _no_arguments(self, node: Node, words: Sequence[Node], piped: Value | _Absent) -> None:
        if words or not isinstance(piped, _Absent):
            self._fail(f"can't give argument to non-function {node}")

    def _constant(self, node: Constant | Nil) -> Value:
        if isinstance(node, Nil):
            self._fail("nil is not a command")
        return self._checked(constant, node)

    def _checked(self, check: Callable[P, Value], *arguments: P.args, **named: P.kwargs) -> Value:
        try:
            return check(*arguments, **named)
        except CallError as error:
            self._fail(str(error))

    def _fields(
        self,
        value: Value | Loose,
        names: Sequence[str],
        dot: Value | Loose,
        words: Sequence[Node],
        piped: Value | _Absent,
    ) -> Value | Loose:
        arguments = bool(words) or not isinstance(piped, _Absent)
        for index, name in enumerate(names):
            if value is None:
                return None
            last = index == len(names) - 1
            method = value.methods.get(name) if isinstance(value, Object) else None
            if method is None:
                value = self._field(value, name, arguments and last)
            elif last:
                value = self._call(name, method, dot, words, piped, self._at)
            else:
                value = self._call(name, method, dot, (), _ABSENT, self._at)
        return value

    def _field(self, of: Value | Loose, name: str, arguments: bool) -> Value | Loose:
        match value := _plain(of):
            case None:
                self._fail(f"nil pointer evaluating {ANY}.{name}")
            case StringMap() | AnyMap():
                if arguments:
                    self._fail(f"{name} is not a method but has arguments")
                return value.get(name, "") if isinstance(value, StringMap) else Loose(value.get(name))
            case Struct() if name in value.fields:
                if arguments:
                    self._fail(f"{name} has arguments but cannot be invoked as function")
                found = value.fields[name]
                return Loose(found) if name in value.loose else found
            case _:
                self._fail(f"can't evaluate field {name} in type {ANY if isinstance(of, Loose) else go_type(value)}")

    # Functions

    def _call(
        self,
        name: str,
        function: Function,
        dot: Value | Loose,
        words: Sequence[Node],
        piped: Value | _Absent,
        blamed: Located | None,
    ) -> Value:
        given = len(words) + (not isinstance(piped, _Absent))
        fixed = len(function.params) - function.variadic
        if function.variadic and given < fixed:
            self._fail(f"wrong number of args for {name}: want at least {fixed} got {len(words)}")
        if not function.variadic and given != fixed:
            self._fail(f"wrong number of args for {name}: want {fixed} got {given}")
        if function is BUILTINS.get(name) and name in SHORT_CIRCUIT:
            return self._short_circuit(name, dot, words, piped)
        kinds = [function.params[min(index, len(function.params) - 1)] for index in range(given)]
        arguments = [self._argument(word, dot, kind) for word, kind in zip(words, kinds, strict=False)]
        if not isinstance(piped, _Absent):
            arguments.append(self._fits(piped, kinds[-1]))
        if function is BUILTINS["call"]:
            self._at = blamed
            self._fail(f"error calling call: {uncallable(words, _plain(arguments[0]))}")
        try:
            return function.call(*arguments)
        except CallError as error:
            self._at = blamed
            self._fail(f"error calling {name}: {error}")

    def _short_circuit(self, name: str, dot: Value | Loose, words: Sequence[Node], piped: Value | _Absent) -> Value:
        value: Value = None
        for word in words:
            value = _plain(self._argument(word, dot, REFLECTED))
            if truth(value) is SHORT_CIRCUIT[name]:
                return value
        return value if isinstance(piped, _Absent) else piped

    def _argument(self, node: Node, dot: Value | Loose, kind: str) -> Value | Loose:
        self._at = node
        match node:
            case Dot():
                return self._fits(dot, kind)
            case Nil():
                if nilable(kind):
                    return None
                self._fail(f"cannot assign nil to {kind}")
            case Pipe():
                return self._fits(self._pipe(node, dot), kind)
            case Constant():
                return self._checked(literal, node, kind)
            case _:
                return self._fits(self._callable(node, dot, (), _ABSENT, node), kind)

    def _fits(self, value: Value | Loose, kind: str) -> Value | Loose:
        if isinstance(value, Loose) and value.value is None and not nilable(kind):
            self._fail(f"wrong type for value; expected {kind}; got {ANY}")  # nil, but of a type: any
        return value if kind == AS_IT_STANDS else self._checked(fits, _plain(value), kind)

    def _fail(self, message: str) -> NoReturn:
        if self._at is None:
            raise ExecError(f"template: {self._name}: {message}")
        before = self._template.text[: self._at.at]
        line = before.count("\n") + 1
        column = len(raw(before[before.rfind("\n") + 1 :])) + (self._template.shift if line == 1 else 0)
        place = f"{self._template.name}:{line}:{column}"
        raise ExecError(f"template: {place}: executing {quoted(self._name)} at <{self._at}>: {message}")


def _plain(value: Value | Loose) -> Value:
    return value.value if isinstance(value, Loose) else value


def _printed(value: Value) -> str:
    if value is None:
        return "<no value>"
    # Go's templates print what a pointer points at
    return show(value).removeprefix("&") if isinstance(value, Struct) else show(value)
