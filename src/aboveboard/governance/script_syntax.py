"""Which declarations and calls does a TypeScript, JavaScript or Svelte file hold, and what does a name mean where?

JavaScript is read by the TSX grammar, which takes all of it; a Svelte file as the program it stands for.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePath
from typing import Final, NamedTuple

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from aboveboard.governance.svelte_program import program_of

__all__ = ["SUFFIXES", "Declaration", "Syntax", "parse", "text_of"]

SUFFIXES: Final = {
    ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx",
    ".js": "tsx", ".mjs": "tsx", ".cjs": "tsx", ".jsx": "tsx", ".svelte": "typescript",
}  # fmt: skip
"""The grammar by which each kind of file is read."""

FUNCTIONS: Final = frozenset({
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function",
    "arrow_function", "method_definition",
})  # fmt: skip
CLASSES: Final = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_BLOCKS: Final = FUNCTIONS | {
    "program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body",
    "class_static_block",
}  # fmt: skip
_OWN_SCOPE: Final = frozenset({"param", "catch", "for"})

_CALLS: Final = "(call_expression) @call (new_expression) @new"
_DECLARATIONS: Final = """
(variable_declarator) @var
(required_parameter) @param
(optional_parameter) @param
(arrow_function parameter: (identifier) @param)
(function_declaration name: (_) @named)
(generator_function_declaration name: (_) @named)
(function_expression name: (_) @inner)
(class_declaration name: (_) @named)
(abstract_class_declaration name: (_) @named)
(class name: (_) @inner)
(enum_declaration name: (_) @named)
(interface_declaration name: (_) @named)
(type_alias_declaration name: (_) @named)
(internal_module name: (identifier) @named)
(import_statement) @import
(catch_clause parameter: (_) @catch)
(for_in_statement left: (_) @for)
(assignment_expression left: (_) @assign)
(augmented_assignment_expression left: (_) @assign)
(export_statement) @export
"""


class Declaration(NamedTuple):
    """One place that gives a name a meaning: the name's node, what kind of place, and where it holds."""

    name: Node
    kind: str
    place: Node
    start: int
    end: int


@lru_cache
def _language(name: str) -> Language:
    pointer = {
        "typescript": tree_sitter_typescript.language_typescript,
        "tsx": tree_sitter_typescript.language_tsx,
    }[name]
    return Language(pointer())


@lru_cache
def _query(language: str, source: str) -> Query:
    return Query(_language(language), source)


def text_of(node: Node | None) -> str:
    """Return a node's text."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def parse(file: str, source: bytes) -> "Syntax":
    """Read one file; where its syntax is broken, what is whole is still read."""
    language = SUFFIXES[PurePath(file).suffix]
    code = program_of(source) if file.endswith(".svelte") else source
    return Syntax(file, language, Parser(_language(language)).parse(code).root_node)


class Syntax:
    """One file's tree with its calls and, once somebody asks for a name, its declarations."""

    def __init__(self, file: str, language: str, root: Node) -> None:
        self.file = file
        self.root = root
        self._language = language
        self._found: dict[str, list[Node]] | None = None
        self._names: dict[str, list[Declaration]] | None = None
        self._assigned: dict[str, list[Node]] = {}

    def calls(self) -> list[Node]:
        """Return every call and every `new`, in their order."""
        found = QueryCursor(_query(self._language, _CALLS)).captures(self.root)
        return sorted((node for nodes in found.values() for node in nodes), key=lambda node: node.start_byte)

    def captured(self, kind: str) -> list[Node]:
        """Return the places of one kind: "import", "export", "assign" and so on."""
        if self._found is None:
            self._found = QueryCursor(_query(self._language, _DECLARATIONS)).captures(self.root)
        return self._found.get(kind, [])

    def lookup(self, name: str, at: Node) -> Declaration | None:
        """Return what `name` means at a node: the declaration in the innermost block around it."""
        if self._names is None:
            self._names = self._index()
        around = [
            each
            for each in self._names.get(name, ())
            if each.start <= at.start_byte and at.end_byte <= each.end
        ]
        return min(around, key=lambda each: (each.end - each.start, each.name.start_byte), default=None)

    def assignments(self, name: str) -> list[Node]:
        """Return the left sides of all assignments to `name` or to parts of it."""
        if not self._assigned:
            for left in self.captured("assign"):
                base = left
                while base.type in ("member_expression", "subscript_expression", "non_null_expression"):
                    base = base.children[0]
                self._assigned.setdefault(text_of(base), []).append(left)
        return self._assigned.get(name, [])

    def _index(self) -> dict[str, list[Declaration]]:
        names: dict[str, list[Declaration]] = {}
        for kind in ("var", "param", "named", "inner", "import", "catch", "for"):
            for place in self.captured(kind):
                if kind == "param" and not _is_of_function(place):
                    continue
                scope = _scope(place, kind)
                for name in _bound(place, kind):
                    declared = Declaration(name, kind, place, scope.start_byte, scope.end_byte)
                    names.setdefault(text_of(name), []).append(declared)
        return names


def _is_of_function(param: Node) -> bool:
    """Whether a parameter is of a function with a body, not of a function's type."""
    around = param.parent
    if around is not None and around.type == "formal_parameters":
        around = around.parent
    return around is not None and around.type in FUNCTIONS


def _scope(place: Node, kind: str) -> Node:
    node: Node = place
    if kind == "named" and place.parent is not None:
        node = place.parent  # its own body is not where its name begins to hold
    hoisted = kind == "var" and node.parent is not None and node.parent.type == "variable_declaration"
    around = FUNCTIONS | {"program"} if hoisted else _BLOCKS | ({"class"} if kind == "inner" else frozenset())
    while node.parent is not None:
        node = node.parent
        if node.type in around:
            break
    return node


def _bound(place: Node, kind: str) -> Iterator[Node]:
    """Yield the nodes of the names that a place declares."""
    if kind == "import":
        yield from _imported(place)
        return
    pattern: Node | None = place
    if kind == "var":
        pattern = place.child_by_field_name("name")
    elif kind == "param" and place.type != "identifier":
        pattern = place.child_by_field_name("pattern")
    elif kind == "for" and place.type in ("lexical_declaration", "variable_declaration"):
        pattern = None
    if pattern is not None:
        yield from _leaves(pattern)


def _leaves(pattern: Node) -> Iterator[Node]:
    """Yield the names in a pattern, however deep."""
    if pattern.type in ("identifier", "type_identifier", "shorthand_property_identifier_pattern"):
        yield pattern
    elif pattern.type in ("object_pattern", "array_pattern", "rest_pattern"):
        for child in pattern.named_children:
            yield from _leaves(child)
    elif pattern.type == "pair_pattern":
        yield from _leaves(pattern.named_children[-1])
    elif pattern.type in ("object_assignment_pattern", "assignment_pattern"):
        yield from _leaves(pattern.named_children[0])


def _imported(statement: Node) -> Iterator[Node]:
    for clause in statement.named_children:
        if clause.type == "import_require_clause":
            yield clause.named_children[0]
        if clause.type != "import_clause":
            continue
        for child in clause.named_children:
            if child.type == "identifier":
                yield child
            elif child.type == "namespace_import":
                yield child.named_children[-1]
            elif child.type == "named_imports":
                for each in child.named_children:
                    name = each.child_by_field_name("alias") or each.child_by_field_name("name")
                    if each.type == "import_specifier" and name is not None:
                        yield name
