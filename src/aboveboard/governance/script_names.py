"""What does a name in a script stand for: a value, a parameter, an import, a type?"""

from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from aboveboard.governance.script_functions import Evaluator, parameters
from aboveboard.governance.script_syntax import CLASSES, FUNCTIONS, Declaration, text_of
from aboveboard.governance.values import (
    NOTHING,
    UNKNOWN,
    Choice,
    ClassRef,
    Const,
    FuncRef,
    Items,
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

__all__ = ["Meanings"]

_EACH: Final = frozenset({"forEach", "map", "then", "filter", "some", "every", "find", "flatMap", "finally"})
_PREDEFINED: Final = {"string": "string", "number": "number", "boolean": "boolean", "object": "object"}
_NAMED_TYPES: Final = {
    "Error": "error", "Date": "object", "Array": "array", "ReadonlyArray": "array", "Record": "object",
    "Set": "object", "Map": "object", "String": "string", "Number": "number", "Boolean": "boolean",
}  # fmt: skip
_TRANSPARENT_TYPES: Final = frozenset(
    {"Promise", "Readonly", "Partial", "Required", "NonNullable", "Awaited", "Pick", "Omit"}
)
_HOLD_ITEMS: Final = frozenset({"Array", "ReadonlyArray", "Set", "Map", "Iterable"})
_SETTLED = (Const, Text, Record, Items, FuncRef, ClassRef)


class Meanings:
    """The names of one file; each declaration is read once, when something asks for it."""

    def __init__(self, reader: Evaluator) -> None:
        self._reader = reader
        self._known: dict[int, Value] = {}

    def name(self, node: Node) -> Value:
        """Return what a name stands for at this place."""
        text = text_of(node)
        if text == "undefined":
            return NOTHING
        declared = self._reader.syntax.lookup(text, node)
        if declared is None:
            return Named(text)
        definition = declared.place.parent if declared.kind in ("named", "inner") else None
        if definition is not None and definition.type in FUNCTIONS | CLASSES:
            return self._definition(
                definition
            )  # it may name itself: its reference is known before its inside
        key = declared.name.id
        if key not in self._known:
            self._known[key] = UNKNOWN  # what refers to itself is not known
            self._known[key] = pruned(self._declared(declared))
        return self._known[key]

    def typed(self, value: Value, annotation: Node | None) -> Value:
        """Return `value`, and what its declared type adds where the value alone says too little."""
        if annotation is None or (isinstance(value, _SETTLED) and value != Items(())):
            return value
        kind = self.type(annotation)
        if kind == UNKNOWN:
            return value
        if value == Items(()):
            return kind
        if isinstance(kind, Unknown) and not isinstance(value, Unknown):
            return value
        literal = all(isinstance(each, Const) for each in getattr(kind, "options", (kind,)))
        return kind if literal or isinstance(value, Unknown) else choice((value, kind))

    def type(self, node: Node) -> Value:
        """Return what a type says of its values."""
        match node.type:
            case "type_annotation" | "parenthesized_type" | "readonly_type" | "asserts" | "optional_type":
                return self.type(node.named_children[-1]) if node.named_children else UNKNOWN
            case "literal_type":
                return self._reader.value(node.named_children[0]) if node.named_children else UNKNOWN
            case "predefined_type":
                return Unknown(_PREDEFINED.get(text_of(node), ""))
            case "union_type":
                sides = [
                    self.type(child)
                    for child in node.named_children
                    if text_of(child) not in ("null", "undefined")
                ]
                return choice(sides) if sides else UNKNOWN
            case "template_literal_type" | "template_type":
                return Unknown("string")
            case "array_type" | "tuple_type":
                items = tuple(self.type(child) for child in node.named_children)
                return Items(items) if any(item != UNKNOWN for item in items) else Unknown("array")
            case "function_type":
                return Unknown("function")
            case "object_type":
                return Typed(self._reader.definitions.class_(node))
            case "generic_type":
                return self._generic(node)
            case "type_identifier" | "nested_type_identifier" | "identifier":
                return self._named_type(node)
            case "type_query" if node.named_children:
                return self._reader.value(node.named_children[0])
        return UNKNOWN

    def _generic(self, node: Node) -> Value:
        name, arguments = node.child_by_field_name("name"), node.child_by_field_name("type_arguments")
        if text_of(name) in _TRANSPARENT_TYPES and arguments is not None and arguments.named_children:
            return self.type(arguments.named_children[0])
        if text_of(name) in _HOLD_ITEMS and arguments is not None and arguments.named_children:
            return Items((self.type(arguments.named_children[-1]),))
        return self._named_type(name) if name is not None else UNKNOWN

    def _named_type(self, node: Node) -> Value:
        text = text_of(node)
        if node.type == "nested_type_identifier":
            module, name = node.child_by_field_name("module"), node.child_by_field_name("name")
            base = self.name(module) if module is not None else UNKNOWN
            return Typed(Member(base, text_of(name)))
        declared = self._reader.syntax.lookup(text, node)
        if declared is None:
            return Unknown(_NAMED_TYPES[text]) if text in _NAMED_TYPES else Typed(Named(text))
        if declared.place.parent is not None and declared.place.parent.type == "type_alias_declaration":
            return self.name(node)
        known = self.name(node)
        return Typed(known) if isinstance(known, ClassRef | Ref | Named) else known

    def _declared(self, declared: Declaration) -> Value:
        match declared.kind:
            case "var":
                return self._variable(declared)
            case "param":
                return self._parameter(declared)
            case "import":
                return self._imported(declared)
            case "catch":
                return Unknown("error")
            case "for":
                return self._each(declared)
        return self._definition(declared.place.parent)

    def _definition(self, node: Node | None) -> Value:
        if node is None:
            return UNKNOWN
        if node.type in FUNCTIONS:
            return self._reader.definitions.function(node)
        if node.type == "enum_declaration":
            return self._reader.definitions.enum(node)
        if node.type == "internal_module":
            return self._reader.definitions.namespace(node)
        if node.type == "type_alias_declaration":
            kind = node.child_by_field_name("value")
            return self.type(kind) if kind is not None else UNKNOWN
        return self._reader.definitions.class_(node)

    def _variable(self, declared: Declaration) -> Value:
        place = declared.place
        value, annotation = place.child_by_field_name("value"), place.child_by_field_name("type")
        pattern = place.child_by_field_name("name")
        if value is None:
            known: Value = UNKNOWN
            if (
                place.parent is not None
                and place.parent.parent is not None
                and place.parent.parent.type == "for_in_statement"
            ):
                return UNKNOWN
        else:
            known = self._reader.value(value)
        if pattern is not None and pattern.type != "identifier":
            whole = self.type(annotation) if annotation is not None else UNKNOWN
            known = self._part(known if whole == UNKNOWN else whole, pattern, declared.name)
            annotation = None
        return self._assigned(declared, known, annotation, value is not None)

    def _assigned(self, declared: Declaration, known: Value, annotation: Node | None, given: bool) -> Value:
        """Return a variable's value with all that is given to it, or to parts of it, anywhere."""
        values = [known] if given else []
        parts: list[tuple[str, Value]] = []
        for left in self._reader.syntax.assignments(text_of(declared.name)):
            base = left
            while base.type in ("member_expression", "subscript_expression", "non_null_expression"):
                base = base.children[0]
            meant = self._reader.syntax.lookup(text_of(base), base)
            if meant is None or meant.name.id != declared.name.id or left.parent is None:
                continue
            right = self._reader.value(left.parent.child_by_field_name("right"))
            if left.id == base.id:
                values.append(right)
            elif left.children[0].id == base.id:
                parts += [(name, right) for name in self._key(left)]
        values = [each for each in values if each != NOTHING] or values
        known = choice(values) if values else UNKNOWN
        parts += self._merged(declared)
        if parts:
            return Record((("", known), *parts)) if known != UNKNOWN else Record(tuple(parts))
        return self.typed(known, annotation)

    def _merged(self, declared: Declaration) -> Iterator[tuple[str, Value]]:
        """Yield what `Object.assign(name, …)` adds."""
        if b"Object.assign" not in (self._reader.syntax.root.text or b""):
            return
        for call in self._reader.syntax.calls():
            if (
                call.type != "call_expression"
                or text_of(call.child_by_field_name("function")) != "Object.assign"
            ):
                continue
            arguments = call.child_by_field_name("arguments")
            given = arguments.named_children if arguments is not None else []
            if given and given[0].type == "identifier" and text_of(given[0]) == text_of(declared.name):
                meant = self._reader.syntax.lookup(text_of(given[0]), given[0])
                if meant is not None and meant.name.id == declared.name.id:
                    yield from (("", self._reader.value(each)) for each in given[1:])

    def _key(self, left: Node) -> list[str]:
        if left.type == "member_expression":
            return [text_of(left.child_by_field_name("property"))]
        known = self._reader.value(left.child_by_field_name("index"))
        options = known.options if isinstance(known, Choice) else (known,)
        return [str(each.value) if isinstance(each, Const) else "?" for each in options]

    def _part(self, whole: Value, pattern: Node, name: Node) -> Value:
        """Return the part of `whole` that a pattern gives to `name`."""
        from aboveboard.governance.script_values import member

        for at, child in enumerate(pattern.named_children):
            if not (child.start_byte <= name.start_byte and name.end_byte <= child.end_byte):
                continue
            if pattern.type == "array_pattern":
                part, inner = member(whole, str(at)), child
            elif child.type == "pair_pattern":
                part, inner = (
                    member(whole, self._reader.keys(child.child_by_field_name("key"))[0]),
                    child.named_children[-1],
                )
            elif child.type == "rest_pattern":
                return Record((("", UNKNOWN),))
            else:
                bare = child.named_children[0] if child.type == "object_assignment_pattern" else child
                part, inner = member(whole, text_of(bare)), child
            if inner.type in ("object_assignment_pattern", "assignment_pattern"):
                part = choice((part, self._reader.value(inner.named_children[-1])))
                inner = inner.named_children[0]
            return (
                self._part(part, inner, name) if inner.type in ("object_pattern", "array_pattern") else part
            )
        return UNKNOWN

    def _parameter(self, declared: Declaration) -> Value:
        place = declared.place
        function = place.parent
        while function is not None and function.type not in FUNCTIONS:
            function = function.parent
        if function is None:
            return self._unbound(place)
        index = [each.id for each in parameters(function)].index(place.id)
        pattern = place if place.type == "identifier" else place.child_by_field_name("pattern")
        annotation = place.child_by_field_name("type") if pattern is not place else None
        default = place.child_by_field_name("value") if pattern is not place else None
        known = self.typed(self._reader.value(default) if default is not None else UNKNOWN, annotation)
        handed = self._handed(function, index)
        if handed is not None:
            known = handed
        if pattern is None or pattern.type == "rest_pattern":
            return UNKNOWN
        if handed is None:
            ref = self._reader.definitions.function(function)
            name = text_of(pattern) if pattern.type == "identifier" else ""
            left_out = self._reader.value(default) if default is not None else NOTHING
            known = Param(ref, index, name, known, left_out)
        whole = pattern.type == "identifier"
        value = known if whole else self._part(known, pattern, declared.name)
        return self._assigned(declared, value, None, True)

    def _unbound(self, place: Node) -> Value:
        annotation = place.child_by_field_name("type")
        return self.type(annotation) if annotation is not None else UNKNOWN

    def _handed(self, function: Node, index: int) -> Value | None:
        """Return what a callback is handed: an item of a list, or what a promise holds."""
        call = (
            function.parent.parent
            if function.parent is not None and function.parent.type == "arguments"
            else None
        )
        callee = call.child_by_field_name("function") if call is not None else None
        if callee is None or callee.type != "member_expression" or index != 0:
            return None
        if text_of(callee.child_by_field_name("property")) not in _EACH:
            return None
        given = self._reader.value(callee.child_by_field_name("object"))
        if isinstance(given, Items) and given.items:
            return choice(given.items)
        return given if text_of(callee.child_by_field_name("property")) == "then" else Member(given, "?")

    def _each(self, declared: Declaration) -> Value:
        loop = declared.place.parent
        if loop is None:
            return UNKNOWN
        given = self._reader.value(loop.child_by_field_name("right"))
        if text_of(loop.child_by_field_name("operator")) == "in":
            names = [name for name, _ in given.entries] if isinstance(given, Record) else []
            return choice([Const(name) for name in names]) if names else Unknown("string")
        item = choice(given.items) if isinstance(given, Items) and given.items else Member(given, "?")
        return (
            self._part(item, declared.place, declared.name)
            if declared.place.type.endswith("pattern")
            else item
        )

    def _imported(self, declared: Declaration) -> Value:
        statement = declared.place
        source = statement.child_by_field_name("source")
        place = declared.name.parent
        if source is None:
            clause = statement.named_children[0]
            source = clause.child_by_field_name("source")
        if source is None or place is None:
            return UNKNOWN
        module = text_of(source).strip("'\"`")
        if place.type in ("namespace_import", "import_require_clause"):
            name = "*"
        elif place.type == "import_specifier":
            name = text_of(place.child_by_field_name("name"))
        else:
            name = "default"
        return Ref(self._reader.syntax.file, module, name)
