"""What can be known of an expression in TypeScript or JavaScript without running it?"""

from collections.abc import Callable
from typing import Final

from tree_sitter import Node

from aboveboard.governance.facts import Module
from aboveboard.governance.script_functions import Definitions, Evaluator
from aboveboard.governance.script_names import Meanings
from aboveboard.governance.script_syntax import CLASSES, FUNCTIONS, Syntax, text_of
from aboveboard.governance.values import (
    NOTHING,
    UNKNOWN,
    Called,
    Choice,
    Const,
    Items,
    Keyed,
    Member,
    Named,
    Record,
    Ref,
    Text,
    Typed,
    Unknown,
    Value,
    choice,
)

__all__ = ["TRUSTED", "ScriptValues", "string_of"]

TRUSTED: Final = "TrustedValue"
"""How the names end of the classes that vouch for a value."""

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_DEEP: Final = 80
_TRANSPARENT: Final = frozenset({
    "parenthesized_expression", "await_expression", "non_null_expression", "satisfies_expression",
    "expression_statement", "instantiation_expression",
})  # fmt: skip
_BOOLEAN: Final = frozenset({"==", "===", "!=", "!==", "<", ">", "<=", ">=", "in", "instanceof"})


class ScriptValues(Evaluator):
    """Turns the expressions of one file into values; what they refer to is noted in `module`."""

    def __init__(self, syntax: Syntax, module: Module) -> None:
        self.syntax = syntax
        self.module = module
        self.definitions = Definitions(self)
        self.meanings = Meanings(self)
        self._depth = 0

    def value(self, node: Node | None) -> Value:
        """Return what is known of an expression."""
        if node is None or self._depth > _DEEP:
            return UNKNOWN
        self._depth += 1
        try:
            if node.type in _TRANSPARENT:
                inner = [child for child in node.named_children if child.type != "comment"]
                return self.value(inner[0] if inner else None)
            if node.type in FUNCTIONS:
                return self.definitions.function(node)
            if node.type in CLASSES:
                return self.definitions.class_(node)
            make = _MAKE.get(node.type)
            return make(self, node) if make else UNKNOWN
        finally:
            self._depth -= 1

    def arguments(self, node: Node | None) -> tuple[tuple[Value, ...], bool]:
        """Return the arguments of a call, and whether some are spread into it."""
        values: list[Value] = []
        for child in node.named_children if node is not None else ():
            if child.type == "comment":
                continue
            if child.type == "spread_element":
                spread = self.value(child.named_children[0])
                if not isinstance(spread, Items):
                    return tuple(values), True
                values += spread.items
            else:
                values.append(self.value(child))
        return tuple(values), False

    def object(self, node: Node) -> Value:
        """Return an object literal."""
        entries: list[tuple[str, Value]] = []
        for child in node.named_children:
            match child.type:
                case "pair":
                    entries += self._pair(child)
                case "shorthand_property_identifier":
                    entries.append((text_of(child), self.meanings.name(child)))
                case "spread_element":
                    entries.append(("", self.value(child.named_children[0])))
                case "method_definition":
                    entries.append(
                        (text_of(child.child_by_field_name("name")), self.definitions.function(child))
                    )
        return Record(tuple(entries))

    def _pair(self, pair: Node) -> list[tuple[str, Value]]:
        key, value = pair.child_by_field_name("key"), self.value(pair.child_by_field_name("value"))
        if key is not None and key.type == "computed_property_name":
            return [("", Keyed(self.value(key.named_children[0]), value))]
        return [(name, value) for name in self.keys(key)]

    def keys(self, key: Node | None) -> list[str]:
        """Return the names that a key can stand for, "?" for one made while running."""
        if key is None:
            return ["?"]
        if key.type != "computed_property_name":
            return [string_of(key) if key.type == "string" else text_of(key)]
        known = self.value(key.named_children[0])
        options = known.options if isinstance(known, Choice) else (known,)
        return [str(each.value) if isinstance(each, Const) else "?" for each in options]

    def member(self, node: Node) -> Value:
        """Return a part of something, `a.b` or `a["b"]`."""
        of = self.value(node.child_by_field_name("object"))
        if node.type == "member_expression":
            return member(of, text_of(node.child_by_field_name("property")).lstrip("#"))
        key = self.value(node.child_by_field_name("index"))
        return member(of, str(key.value) if isinstance(key, Const) else "?")

    def call(self, node: Node) -> Value:
        """Return what a call gives back, as far as the name of what is called tells."""
        callee = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if callee is None or arguments is None:
            return UNKNOWN
        if arguments.type == "template_string":
            return Unknown("string") if text_of(callee) == "String.raw" else UNKNOWN
        args, _ = self.arguments(arguments)
        if callee.type == "import" or text_of(callee) == "require":
            named = args[0] if args else UNKNOWN
            return Ref(self.syntax.file, str(named.value), "*") if isinstance(named, Const) else UNKNOWN
        return called(self.value(callee), args, node.start_point.row + 1)

    def new(self, node: Node) -> Value:
        """Return an instance; what a trusted value holds is as good as the value itself."""
        constructor = node.child_by_field_name("constructor")
        args, _ = self.arguments(node.child_by_field_name("arguments"))
        name = text_of(constructor)
        if name.endswith(TRUSTED):
            return args[0] if args else UNKNOWN
        if name.rpartition(".")[2].endswith(("Error", "Exception")):
            return Unknown("error")
        if name in ("Array", "Set", "Map", "Date", "URL", "Promise"):
            return Unknown({"Array": "array"}.get(name, "object"))
        return Typed(self.value(constructor))


def called(callee: Value, args: tuple[Value, ...], line: int) -> Value:
    """Return what a call gives back, of those functions that everybody knows."""
    match callee:
        case Named("String" | "encodeURIComponent" | "t"):
            return Text(args) if len(args) == 1 and isinstance(args[0], Const | Text) else Unknown("string")
        case Named("Number" | "parseInt" | "parseFloat"):
            return Unknown("number")
        case Named("Boolean" | "isNaN"):
            return Unknown("boolean")
        case Member(Named("Object"), "freeze" | "seal") if args:
            return args[0]
        case Member(Named("Object"), "assign"):
            return Record(tuple(("", each) for each in args))
        case Member(Named("Object"), "values") if args:
            return Called(callee, args)
        case Member(Named("JSON"), "stringify") | Member(Named("process"), "cwd"):
            return Unknown("string")
        case Named("$state" | "$derived" | "$bindable") | Member(Named("$state"), "raw" | "snapshot") if args:
            return args[0]
        case Member(of, "bind"):
            return of
    return Called(callee, args, (), line)


def member(of: Value, name: str) -> Value:
    """Return a part of something that is already known, or ask for it later."""
    if isinstance(of, Record) and name != "?":
        plain = [value for key, value in of.entries if key == name]
        if plain and all(key not in ("", "?") for key, _ in of.entries):
            return choice(plain) if len(plain) > 1 else plain[0]
    if isinstance(of, Items) and name.isdigit() and int(name) < len(of.items):
        return of.items[int(name)]
    return Member(of, name)


def string_of(node: Node) -> str:
    """Return what a string literal or a piece of a template says."""
    return "".join(
        _escaped(text_of(child)) if child.type == "escape_sequence" else text_of(child)
        for child in node.children
        if child.type in ("string_fragment", "escape_sequence")
    )


def _escaped(sequence: str) -> str:
    body = sequence[1:]
    if body[:1] in "ux" and len(body) > 1:
        digits = body[1:].strip("{}")
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return ""
    return _ESCAPES.get(body, "" if body in ("\n", "\r\n") else body)


def _template(values: ScriptValues, node: Node) -> Value:
    parts: list[Value] = []
    for child in node.children:
        if child.type == "template_substitution":
            parts.append(values.value(child.named_children[0] if child.named_children else None))
        elif child.type in ("string_fragment", "escape_sequence"):
            text = text_of(child)
            parts.append(Const(_escaped(text) if child.type == "escape_sequence" else text))
    return Text(tuple(parts)) if any(not isinstance(part, Const) for part in parts) else Const(_joined(parts))


def _joined(parts: list[Value]) -> str:
    return "".join(str(part.value) for part in parts if isinstance(part, Const))


def _binary(values: ScriptValues, node: Node) -> Value:
    operator = text_of(node.child_by_field_name("operator"))
    if operator in _BOOLEAN:
        return Unknown("boolean")
    if operator not in ("+", "||", "??", "&&"):
        return Unknown("number")
    left, right = (values.value(node.child_by_field_name(side)) for side in ("left", "right"))
    if operator in ("||", "??"):
        return choice((left, right))
    if operator == "&&":
        return right
    if Unknown("number") in (left, right) or (
        isinstance(left, Const) and isinstance(left.value, int | float)
    ):
        return Unknown("number") if not isinstance(right, Text | Const) else Text((left, right))
    return Text((left, right))


def _unary(values: ScriptValues, node: Node) -> Value:
    operator = text_of(node.child_by_field_name("operator"))
    inner = node.child_by_field_name("argument")
    if operator == "-" and inner is not None and inner.type == "number":
        return Const(-float(_number(inner)))
    kinds: dict[str, Value] = {
        "!": Unknown("boolean"),
        "typeof": Unknown("string"),
        "void": NOTHING,
        "delete": Unknown("boolean"),
    }
    return kinds.get(operator, Unknown("number"))


def _number(node: Node) -> int | float:
    text = text_of(node).replace("_", "").rstrip("n")
    try:
        return (
            int(text, 0)
            if text[:2].lower() in ("0x", "0b", "0o")
            else int(text)
            if text.isdigit()
            else float(text)
        )
    except ValueError:
        return 0


def _as(values: ScriptValues, node: Node) -> Value:
    inner = values.value(node.named_children[0])
    kind = node.named_children[1] if len(node.named_children) > 1 else None
    return values.meanings.typed(inner, kind)


def _augmented(values: ScriptValues, node: Node) -> Value:
    sides = [values.value(node.child_by_field_name(side)) for side in ("left", "right")]
    return choice(sides) if text_of(node.child_by_field_name("operator")) in ("??=", "||=") else UNKNOWN


def _last(values: ScriptValues, node: Node) -> Value:
    return values.value(node.named_children[-1] if node.named_children else None)


def _ternary(values: ScriptValues, node: Node) -> Value:
    sides = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
    return choice([values.value(side) for side in sides])


_MAKE: Final[dict[str, Callable[[ScriptValues, Node], Value]]] = {
    "string": lambda values, node: Const(string_of(node)),
    "template_string": _template,
    "number": lambda values, node: Const(_number(node)),
    "true": lambda values, node: Const(True),
    "false": lambda values, node: Const(False),
    "null": lambda values, node: NOTHING,
    "undefined": lambda values, node: NOTHING,
    "regex": lambda values, node: Unknown("object"),
    "identifier": lambda values, node: values.meanings.name(node),
    "type_identifier": lambda values, node: values.meanings.name(node),
    "this": lambda values, node: values.definitions.this(node),
    "member_expression": ScriptValues.member,
    "subscript_expression": ScriptValues.member,
    "object": ScriptValues.object,
    "array": lambda values, node: Items(values.arguments(node)[0]),
    "call_expression": ScriptValues.call,
    "new_expression": ScriptValues.new,
    "ternary_expression": _ternary,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "update_expression": lambda values, node: Unknown("number"),
    "as_expression": _as,
    "type_assertion": _last,
    "assignment_expression": lambda values, node: values.value(node.child_by_field_name("right")),
    "augmented_assignment_expression": _augmented,
    "sequence_expression": _last,
}
