"""What can be known of an expression in Python without running it?"""

import ast
import builtins
from collections.abc import Iterator
from typing import Final

from aboveboard.governance.facts import ClassFacts, FunctionFacts, Module
from aboveboard.governance.python_scopes import Binding, Function, Scope, Scopes, parameters
from aboveboard.governance.python_types import type_value
from aboveboard.governance.texts import filled
from aboveboard.governance.values import (
    UNKNOWN,
    Called,
    ClassRef,
    Const,
    FuncRef,
    Items,
    Keyed,
    Member,
    Named,
    Param,
    Record,
    Ref,
    Text,
    Typed,
    Unknown,
    Value,
    choice,
    pruned,
)

__all__ = ["PythonValues", "line_of"]

_DEEP: Final = 60
_GIVES: Final = {
    "len": "number", "int": "number", "float": "number", "round": "number", "sum": "number", "abs": "number",
    "str": "string", "repr": "string", "bool": "boolean", "isinstance": "boolean", "any": "boolean",
    "all": "boolean", "hasattr": "boolean", "callable": "boolean", "list": "array", "sorted": "array",
    "tuple": "array", "set": "array",
}  # fmt: skip
_MOST_RETURNS: Final = 12


class PythonValues:
    """Turns the expressions of one file into values; what they refer to is noted in `module`."""

    def __init__(self, scopes: Scopes, module: Module) -> None:
        self.scopes = scopes
        self.module = module
        self._known: dict[tuple[int, str], Value] = {}
        self._depth = 0

    def value(self, node: ast.AST | None, scope: Scope) -> Value:
        """Return what is known of an expression."""
        if node is None or self._depth > _DEEP:
            return UNKNOWN
        self._depth += 1
        try:
            return self._value(node, scope)
        finally:
            self._depth -= 1

    def _value(self, node: ast.AST, scope: Scope) -> Value:
        match node:
            case ast.Constant(str() | int() | float() | bool() | None as plain):
                return Const(plain)
            case ast.Name(name):
                return self.name(name, scope)
            case ast.Attribute(of, name):
                return self._member(self.value(of, scope), name)
            case ast.JoinedStr(parts):
                return Text(
                    tuple(
                        self.value(
                            getattr(part, "value", None) if isinstance(part, ast.FormattedValue) else part,
                            scope,
                        )
                        for part in parts
                    )
                )
            case ast.Call():
                return self._call(node, scope)
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                return self._collection(node, scope)
            case ast.Await(inner) | ast.NamedExpr(_, inner) | ast.Starred(inner):
                return self.value(inner, scope)
            case ast.IfExp(_, yes, no):
                return choice((self.value(yes, scope), self.value(no, scope)))
            case ast.BoolOp(ast.Or(), values):
                return choice([self.value(each, scope) for each in values])
            case ast.BoolOp(_, values):
                return self.value(values[-1], scope)
            case ast.Compare() | ast.UnaryOp(ast.Not()):
                return Unknown("boolean")
            case ast.UnaryOp(_, operand):
                return self._negative(self.value(operand, scope))
            case ast.BinOp(left, operator, right):
                return self._binary(self.value(left, scope), operator, self.value(right, scope))
            case ast.Subscript(of, key):
                found = self.value(key, scope)
                return self._member(
                    self.value(of, scope), str(found.value) if isinstance(found, Const) else "?"
                )
            case ast.Lambda():
                return self.function(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return Unknown("array")
            case ast.DictComp():
                return Record((("", UNKNOWN),))
        return UNKNOWN

    def _negative(self, value: Value) -> Value:
        if isinstance(value, Const) and isinstance(value.value, int | float):
            return Const(-value.value)
        return Unknown("number")

    def _member(self, of: Value, name: str) -> Value:
        if isinstance(of, Record) and name != "?" and all(key not in ("", "?") for key, _ in of.entries):
            found = [value for key, value in of.entries if key == name]
            if found:
                return choice(found)
        if isinstance(of, Items) and name.isdigit() and int(name) < len(of.items):
            return of.items[int(name)]
        return Member(of, name)

    def _collection(self, node: ast.AST, scope: Scope) -> Value:
        if isinstance(node, ast.Dict):
            entries: list[tuple[str, Value]] = []
            for key, value in zip(node.keys, node.values, strict=True):
                given = self.value(value, scope)
                entries.append(
                    (str(key.value), given)
                    if isinstance(key, ast.Constant)
                    else ("", given if key is None else Keyed(self.value(key, scope), given))
                )
            return Record(tuple(entries))
        items: list[Value] = []
        for each in getattr(node, "elts", ()):
            item = self.value(each, scope)
            items += item.items if isinstance(each, ast.Starred) and isinstance(item, Items) else (item,)
        return Items(tuple(items))

    def keys(self, key: ast.expr | None, scope: Scope) -> list[str]:
        """Return the names that a key can stand for; "?" for one made while running, "" for a spread."""
        if key is None:
            return [""]
        known = self.value(key, scope)
        options = getattr(known, "options", (known,))
        return [str(each.value) if isinstance(each, Const) else "?" for each in options]

    def _binary(self, left: Value, operator: ast.operator, right: Value) -> Value:
        if isinstance(operator, ast.BitOr) and (isinstance(left, Record) or isinstance(right, Record)):
            return Record((("", left), ("", right)))
        text = isinstance(left, Text) or (isinstance(left, Const) and isinstance(left.value, str))
        other = isinstance(right, Text) or (isinstance(right, Const) and isinstance(right.value, str))
        if isinstance(operator, ast.Add) and (text or other):
            return Text((left, right))
        if isinstance(operator, ast.Mod) and isinstance(left, Const) and isinstance(left.value, str):
            return filled(left.value, right.items if isinstance(right, Items) else (right,), "%s")
        return UNKNOWN if isinstance(operator, ast.Add | ast.Mod) else Unknown("number")

    def arguments(
        self, node: ast.Call, scope: Scope
    ) -> tuple[tuple[Value, ...], tuple[tuple[str, Value], ...], bool]:
        """Return a call's arguments by place and by name, and whether some cannot be counted."""
        args: list[Value] = []
        unclear = False
        for each in node.args:
            value = self.value(each, scope)
            if not isinstance(each, ast.Starred):
                args.append(value)
            elif isinstance(value, Items):
                args += value.items
            else:
                unclear = True
                break
        named: list[tuple[str, Value]] = []
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is None and isinstance(value, Record):
                named += value.entries
            else:
                named.append((keyword.arg or "", value))
        return tuple(args), tuple(named), unclear

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        callee = self.value(node.func, scope)
        args, named, _ = self.arguments(node, scope)
        match callee:
            case Named("dict"):
                return Record((*(("", each) for each in args), *named))
            case Named("str") if len(args) == 1 and isinstance(args[0], Const | Text):
                return Text(args)
            case Named(name) if name in _GIVES:
                return Unknown(_GIVES[name])
            case Named(name) if name.endswith(("Error", "Exception")) and hasattr(builtins, name):
                return Unknown("error")
            case Named("super"):
                holder = self.scopes.around(scope, ast.ClassDef)
                return Typed(self.class_(holder.node)) if holder is not None else UNKNOWN  # type: ignore[arg-type]
            case Member(Ref(_, "functools", "*"), "partial") | Ref(_, "functools", "partial"):
                return args[0] if args else UNKNOWN
            case Member(Record() as record, "copy"):
                return record
        return Called(callee, args, named, line_of(node))

    def name(self, name: str, scope: Scope) -> Value:
        """Return what a name stands for in a scope."""
        where: Scope | None = scope
        while where is not None:
            skipped = isinstance(where.node, ast.ClassDef) and where is not scope
            if not skipped and name in where.names and name not in where.outer:
                return self._bound(name, where)
            where = where.parent
        return Named(name)

    def _bound(self, name: str, scope: Scope) -> Value:
        bindings = scope.names[name]
        if len(bindings) == 1 and bindings[0].kind == "definition":
            return self._binding(
                bindings[0], scope
            )  # it may name itself: its reference is known before its inside
        key = (id(scope), name)
        if key not in self._known:
            self._known[key] = UNKNOWN  # what refers to itself is not known
            values = [self._binding(binding, scope) for binding in scope.names[name]]
            plain = [value for value in values if value != Const(None)] or values
            value = choice(plain)
            parts = [
                (each, given) for inner in self._here(scope) for each, given in inner.parts.get(name, ())
            ]
            if parts:
                added = [
                    (key, self.value(given, scope)) for each, given in parts for key in self.keys(each, scope)
                ]
                value = Record((("", value), *added))
            self._known[key] = pruned(value)
        return self._known[key]

    def _here(self, scope: Scope) -> Iterator[Scope]:
        """Yield the scope and those inside it, in which its names can be changed."""
        yield scope
        for inner in self.scopes.of.values():
            if inner.parent is scope:
                yield from self._here(inner)

    def _binding(self, binding: Binding, scope: Scope) -> Value:
        match binding.kind:
            case "is" | "item":
                value = self.value(binding.node, scope)
                if binding.kind == "item":
                    value = choice(value.items) if isinstance(value, Items) else Member(value, "?")
                if binding.target is not None:
                    return UNKNOWN
                if binding.annotation is not None and value == Const(None):
                    return type_value(self, binding.annotation, scope)
                if binding.annotation is not None and not isinstance(value, Const | Text | Record | Items):
                    return choice((value, type_value(self, binding.annotation, scope)))
                return value
            case "type":
                return type_value(self, binding.annotation, scope)
            case "error":
                return Unknown("error")
            case "import":
                return self._imported(binding)
            case "parameter":
                return self._parameter(binding, scope)
        if binding.kind == "rest":
            return UNKNOWN
        if isinstance(binding.node, ast.ClassDef):
            return self.class_(binding.node)
        return self.function(binding.node, scope) if isinstance(binding.node, Function) else UNKNOWN

    def _imported(self, binding: Binding) -> Value:
        if isinstance(binding.node, ast.alias):
            return Ref(
                self.module.file,
                binding.node.name if binding.node.asname else binding.node.name.partition(".")[0],
                "*",
            )
        assert isinstance(binding.node, ast.ImportFrom)  # noqa: S101 - the only other kind
        name = binding.target.id if isinstance(binding.target, ast.Name) else "*"
        return Ref(self.module.file, "." * binding.node.level + (binding.node.module or ""), name)

    def _parameter(self, binding: Binding, scope: Scope) -> Value:
        node = scope.node
        assert isinstance(node, Function)  # noqa: S101 - only functions have parameters
        params = list(parameters(node))
        name = binding.target.id if isinstance(binding.target, ast.Name) else ""
        index = [param.arg for param in params].index(name)
        holder = scope.parent.node if scope.parent is not None else None
        if index == 0 and isinstance(holder, ast.ClassDef) and name in ("self", "cls"):
            return Typed(self.class_(holder))
        outside = scope.parent or scope
        known = type_value(self, binding.annotation, outside) if binding.annotation is not None else UNKNOWN
        positional = [*node.args.posonlyargs, *node.args.args]
        defaults = dict(
            zip([each.arg for each in reversed(positional)], reversed(node.args.defaults), strict=False)
        )
        defaults |= {
            each.arg: default
            for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if default is not None
        }
        default = defaults.get(name)
        if default is not None and not (isinstance(default, ast.Constant) and default.value is None):
            known = choice((self.value(default, outside), known))
        left_out = self.value(default, outside) if default is not None else Const(None)
        return Param(self.function(node, outside), index, name, known, left_out)

    def function(self, node: Function, scope: Scope) -> FuncRef:
        """Return a function, and note what it takes and gives back."""
        name = self.scopes.lambdas.get(node, "") if isinstance(node, ast.Lambda) else node.name
        ref = FuncRef(self.module.file, f"{node.lineno}:{node.col_offset}", name)
        if ref.id not in self.module.functions:
            holder = scope.node.name if isinstance(scope.node, ast.ClassDef) else ""
            facts = FunctionFacts(name, tuple(param.arg for param in parameters(node)), None, holder)
            self.module.functions[ref.id] = facts
            self.module.functions[ref.id] = FunctionFacts(
                name, facts.params, pruned(self._result(node)), holder
            )
        return ref

    def _result(self, node: Function) -> Value:
        scope = self.scopes.of[node]
        if isinstance(node, ast.Lambda):
            return self.value(node.body, scope)
        found = [self.value(each, scope) for each in _given_back(node.body)]
        if node.returns is not None and not any(isinstance(each, Const | Text | Record) for each in found):
            found.append(type_value(self, node.returns, scope.parent or scope))
        return choice(found) if found else UNKNOWN

    def class_(self, node: ast.ClassDef) -> ClassRef:
        """Return a class, and note its members."""
        ref = ClassRef(self.module.file, f"{node.lineno}:{node.col_offset}", node.name)
        if ref.id not in self.module.classes:
            members: dict[str, Value] = {}
            scope = self.scopes.of[node]
            outside = scope.parent or scope
            bases = tuple(self.value(base, outside) for base in node.bases)
            self.module.classes[ref.id] = ClassFacts(node.name, members, bases)
            for name, bindings in scope.names.items():
                value = self._bound(name, scope)
                computed = any(_is_property(binding.node) for binding in bindings)
                members[name] = Called(value) if computed else value
            for name, given, annotation, where in self.scopes.self_parts.get(node, ()):
                values = [self.value(given, where)] if given is not None else []
                if annotation is not None:
                    values.append(type_value(self, annotation, where))
                members[name] = choice([*([members[name]] if name in members else []), *values])
        return ref


def line_of(call: ast.Call) -> int:
    """Return where the called name stands: in a chain over several lines, that is where people look for it."""
    return (call.func.end_lineno or call.lineno) if isinstance(call.func, ast.Attribute) else call.lineno


def _is_property(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", ())
    return any(
        getattr(each, "id", getattr(each, "attr", "")) in ("property", "cached_property")
        for each in decorators
    )


def _given_back(body: list[ast.stmt]) -> list[ast.expr]:
    """Return what the `return` statements of a function give, but not those of functions inside it."""
    found: list[ast.expr] = []
    waiting: list[ast.AST] = list(body)
    while waiting and len(found) < _MOST_RETURNS:
        node = waiting.pop(0)
        if isinstance(node, ast.Return | ast.Expr) and isinstance(node.value, ast.Yield):
            found += [node.value.value] if node.value.value is not None else []
        elif isinstance(node, ast.Return):
            found += [node.value] if node.value is not None else []
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
    return found
