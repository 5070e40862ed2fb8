"""Which functions and classes does a script define, and what do they give back and hold?"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from tree_sitter import Node

from aboveboard.governance.facts import ClassFacts, FunctionFacts, Module
from aboveboard.governance.script_syntax import CLASSES, Syntax, text_of
from aboveboard.governance.values import (
    UNKNOWN,
    Called,
    ClassRef,
    Const,
    FuncRef,
    Named,
    Record,
    Typed,
    Unknown,
    Value,
    choice,
    pruned,
)

if TYPE_CHECKING:
    from aboveboard.governance.script_names import Meanings

__all__ = ["Definitions", "Evaluator"]

_MOST_RETURNS = 12
_BODIES = ("class_body", "interface_body", "object_type")


class Evaluator(Protocol):
    """What the parts of one file's reader share."""

    syntax: Syntax
    module: Module
    meanings: "Meanings"
    definitions: "Definitions"

    @abstractmethod
    def value(self, node: Node | None) -> Value:
        """Return what is known of an expression."""

    @abstractmethod
    def keys(self, key: Node | None) -> list[str]:
        """Return the names that a key can stand for."""


class Definitions:
    """The functions and classes of one file; each is read when something refers to it."""

    def __init__(self, reader: Evaluator) -> None:
        self._reader = reader
        self._open: set[int] = set()

    def function(self, node: Node) -> FuncRef:
        """Return a function, and note what it takes and gives back."""
        name = self._name_of(node)
        ref = FuncRef(self._reader.syntax.file, f"{node.start_point.row + 1}:{node.start_point.column}", name)
        if ref.id not in self._reader.module.functions:
            holder = (
                node.parent.parent if node.parent is not None and node.parent.type == "class_body" else None
            )
            facts = FunctionFacts(name, tuple(self.params(node)), None, text_of(_named(holder)))
            self._reader.module.functions[ref.id] = facts
            result = pruned(self._result(node))
            self._reader.module.functions[ref.id] = FunctionFacts(name, facts.params, result, facts.member_of)
        return ref

    def params(self, node: Node) -> Iterator[str]:
        """Yield the names of a function's parameters, "" for a pattern and "..." for the rest."""
        for param in parameters(node):
            pattern = param if param.type == "identifier" else param.child_by_field_name("pattern")
            if pattern is None or pattern.type == "this":
                continue
            yield (
                "..."
                if pattern.type == "rest_pattern"
                else text_of(pattern)
                if pattern.type == "identifier"
                else ""
            )

    def class_(self, node: Node) -> ClassRef:
        """Return a class or interface, and note its members."""
        ref = ClassRef(self._reader.syntax.file, f"{node.start_point.row + 1}:{node.start_point.column}",
                       text_of(_named(node)))  # fmt: skip
        if ref.id not in self._reader.module.classes:
            members: dict[str, Value] = {}
            self._reader.module.classes[ref.id] = ClassFacts(ref.name, members, tuple(self._bases(node)))
            for name, value in self._members(node):
                members[name] = pruned(choice([members[name], value]) if name in members else value)
        return ref

    def enum(self, node: Node) -> ClassRef:
        """Return an enum as a class whose members are its values."""
        ref = ClassRef(self._reader.syntax.file, f"{node.start_point.row + 1}:{node.start_point.column}",
                       text_of(_named(node)))  # fmt: skip
        members: dict[str, Value] = {}
        self._reader.module.classes.setdefault(ref.id, ClassFacts(ref.name, members))
        body = node.child_by_field_name("body")
        for at, child in enumerate(body.named_children if body is not None else ()):
            if child.type == "enum_assignment":
                key = child.child_by_field_name("name")
                members[self._reader.keys(key)[0]] = self._reader.value(child.child_by_field_name("value"))
            elif child.type in ("property_identifier", "string"):
                members[self._reader.keys(child)[0]] = Const(at)
        return ref

    def namespace(self, node: Node) -> Value:
        """Return a namespace as an object of what it exports."""
        entries: list[tuple[str, Value]] = []
        body = node.child_by_field_name("body")
        for statement in body.named_children if body is not None else ():
            if statement.type == "export_statement":
                entries += self.declared(statement.child_by_field_name("declaration"))
        return Record(tuple(entries))

    def declared(self, declaration: Node | None) -> Iterator[tuple[str, Value]]:
        """Yield the names that a declaration gives a value, each with it."""
        if declaration is None:
            return
        names = [declaration.child_by_field_name("name")]
        if declaration.type in ("lexical_declaration", "variable_declaration"):
            declarators = [
                child for child in declaration.named_children if child.type == "variable_declarator"
            ]
            names = [declarator.child_by_field_name("name") for declarator in declarators]
        for name in names:
            if name is not None and name.type in ("identifier", "type_identifier"):
                yield text_of(name), self._reader.meanings.name(name)

    def this(self, node: Node) -> Value:
        """Return the class or object whose method a node stands in."""
        around: Node | None = node
        while around is not None and around.parent is not None:
            inner, around = around, around.parent
            if around.type in CLASSES:
                return Typed(self.class_(around))
            if inner.type in ("method_definition", "function_expression"):
                holder = around.parent if around.type == "pair" else around
                if holder is not None and holder.type == "object":
                    return self._object(holder)
                if inner.type == "function_expression":
                    return Named("this")
            if inner.type == "function_declaration":
                return Named("this")
        return Named("this")

    def _object(self, node: Node) -> Value:
        """Return an object that is asked for from inside it: once, not again while it is being read."""
        if node.id in self._open:
            return Named("this")
        self._open.add(node.id)
        try:
            return self._reader.value(node)
        finally:
            self._open.discard(node.id)

    def _bases(self, node: Node) -> Iterator[Value]:
        for child in node.named_children:
            if child.type in ("class_heritage", "extends_type_clause"):
                clauses = child.named_children if child.type == "class_heritage" else [child]
                for clause in clauses:
                    for base in clause.named_children:
                        if base.type != "type_arguments":
                            yield self._reader.value(base)

    def _members(self, node: Node) -> Iterator[tuple[str, Value]]:
        body = node.child_by_field_name("body") or (node if node.type == "object_type" else None)
        for child in body.named_children if body is not None and body.type in _BODIES else ():
            name = text_of(child.child_by_field_name("name")).lstrip("#").strip("'\"")
            if child.type in ("public_field_definition", "property_signature"):
                value = child.child_by_field_name("value")
                known = self._reader.value(value) if value is not None else UNKNOWN
                yield name, self._reader.meanings.typed(known, child.child_by_field_name("type"))
            elif child.type == "method_definition":
                made = self.function(child)
                yield name, Called(made) if any(part.type == "get" for part in child.children) else made
                if name == "constructor":
                    yield from self._given(child)
        yield from self._assigned(node)

    def _given(self, constructor: Node) -> Iterator[tuple[str, Value]]:
        """Yield the members that a constructor's parameters declare."""
        for param in parameters(constructor):
            if any(
                child.type in ("accessibility_modifier", "readonly", "override_modifier")
                for child in param.children
            ):
                pattern = param.child_by_field_name("pattern")
                if pattern is not None:
                    yield text_of(pattern), self._reader.meanings.name(pattern)

    def _assigned(self, node: Node) -> Iterator[tuple[str, Value]]:
        """Yield what is given to members in the body: `this.x = …`."""
        for left in self._reader.syntax.assignments("this"):
            inside = node.start_byte <= left.start_byte and left.end_byte <= node.end_byte
            base = left.child_by_field_name("object")
            if inside and left.type == "member_expression" and base is not None and base.type == "this":
                right = left.parent.child_by_field_name("right") if left.parent is not None else None
                yield text_of(left.child_by_field_name("property")).lstrip("#"), self._reader.value(right)

    def _result(self, node: Node) -> Value:
        body = node.child_by_field_name("body")
        declared = node.child_by_field_name("return_type")
        if body is not None and body.type != "statement_block":
            return self._reader.meanings.typed(self._reader.value(body), declared)
        found = [self._reader.value(given) for given in _returned(body)] if body is not None else []
        return self._reader.meanings.typed(choice(found) if found else Unknown(), declared)

    def _name_of(self, node: Node) -> str:
        named = node.child_by_field_name("name")
        if named is not None:
            return text_of(named).lstrip("#")
        around = node.parent
        while around is not None and around.type in (
            "parenthesized_expression",
            "as_expression",
            "satisfies_expression",
        ):
            around = around.parent
        if around is None:
            return ""
        if around.type == "export_statement":
            return "default"
        if around.type == "assignment_expression":
            left = around.child_by_field_name("left")
            return text_of(left.child_by_field_name("property") or left) if left is not None else ""
        key = around.child_by_field_name("name") or around.child_by_field_name("key")
        return text_of(key).lstrip("#") if key is not None and around.type != "arguments" else ""


def parameters(node: Node) -> list[Node]:
    """Return the parameters of a function."""
    alone = node.child_by_field_name("parameter")
    several = node.child_by_field_name("parameters")
    if several is None:
        return [alone] if alone is not None else []
    return [
        child
        for child in several.named_children
        if child.type in ("required_parameter", "optional_parameter")
    ]


def _named(node: Node | None) -> Node | None:
    return node.child_by_field_name("name") if node is not None else None


def _returned(body: Node) -> list[Node]:
    """Return what the `return` statements of a function give, but not those of functions inside it."""
    found: list[Node] = []
    waiting = list(body.named_children)
    while waiting and len(found) < _MOST_RETURNS:
        node = waiting.pop(0)
        if node.type == "return_statement":
            found += [child for child in node.named_children if child.type != "comment"][:1]
        elif node.type.endswith(("_statement", "_clause", "_block", "_body", "_case", "_default")):
            waiting += node.named_children
    return found
