"""Which program does a Svelte file stand for?

Its scripts and the expressions of its markup become one TypeScript program with every line at its place: a block
such as `{#each list as item}` becomes a loop, so that its names mean what they mean in the markup.
"""

import re
from functools import lru_cache
from typing import Final

import tree_sitter_svelte
from tree_sitter import Language, Node, Parser

__all__ = ["program_of"]

_BOUND: Final = re.compile(r"\s*(\w+|\{.*?\}|\[.*?\])\s*(?:,\s*(\w+))?\s*(?:\((.*)\))?\s*$", re.DOTALL)
_THEN: Final = re.compile(r"(.*?)\s+then\s+(.+)$", re.DOTALL)


@lru_cache
def _language() -> Language:
    return Language(tree_sitter_svelte.language())


def program_of(source: bytes) -> bytes:
    """Return the program of a Svelte file; what it has in a line stands in the same line."""
    writer = _Writer()
    writer.walk(Parser(_language()).parse(source).root_node)
    return "".join(writer.text).encode()


class _Writer:
    """Writes the program from top to bottom."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self._row = 0

    def put(self, node: Node, text: str) -> None:
        """Write a text in the line where a node begins."""
        missing = node.start_point.row - self._row
        if missing > 0:
            self.text.append("\n" * missing)
            self._row += missing
        self.text.append(text)
        self._row += text.count("\n")

    def walk(self, node: Node) -> None:
        """Write what a node and everything in it stands for."""
        write = {
            "raw_text": self._script,
            "svelte_raw_text": self._expression,
            "each_statement": self._each,
            "await_statement": self._await,
            "snippet_statement": self._snippet,
            "const_tag": self._const,
        }.get(node.type)
        if write is not None:
            write(node)
        else:
            self._children(node)

    def _children(self, node: Node) -> None:
        for child in node.children:
            self.walk(child)

    def _script(self, node: Node) -> None:
        if node.parent is not None and node.parent.type == "script_element":
            self.put(node, _text(node) + "\n;")

    def _expression(self, node: Node) -> None:
        self.put(node, f";({_text(node).strip().removeprefix('...')});")

    def _each(self, node: Node) -> None:
        raw = _raw(node.children[0])
        bound = _BOUND.match(_text(raw[1])) if len(raw) > 1 else None
        if not raw or bound is None:
            self._children(node)
            return
        index = f"const {bound[2]} = 0 as number;" if bound[2] else ""
        self.put(raw[0], f"for (const {bound[1]} of ({_text(raw[0])})) {{ {index} {bound[3] or ''};")
        self._rest(node)
        self.put(node.children[-1], "}")

    def _await(self, node: Node) -> None:
        raw = _raw(node.children[0])
        parts = _THEN.match(_text(raw[0])) if raw else None
        if parts is not None:
            self.put(raw[0], f"{{ const {parts[2]} = await ({parts[1]});")
        else:
            self.put(node, "{" + "".join(f"({_text(each)});" for each in raw))
        for child in node.children[1:]:
            if child.type in ("then_block", "catch_block"):
                given = _raw(child.children[0])
                name = _text(given[0]) if given else "_"
                self.put(
                    child,
                    f"{{ let {name}: any;" if child.type == "then_block" else f"try {{}} catch ({name}) {{",
                )
                self._rest(child)
                self.put(child.children[-1], "}")
            else:
                self.walk(child)
        self.put(node.children[-1], "}")

    def _snippet(self, node: Node) -> None:
        start = node.children[0]
        raw = _raw(start)
        name = next((_text(child) for child in start.children if child.type == "snippet_name"), "_")
        self.put(start, f"function {name}({_text(raw[0]) if raw else ''}) {{")
        self._rest(node)
        self.put(node.children[-1], "}")

    def _const(self, node: Node) -> None:
        for each in _raw(node):
            self.put(each, f";const {_text(each)};")

    def _rest(self, node: Node) -> None:
        for child in node.children[1:]:
            self.walk(child)


def _raw(node: Node) -> list[Node]:
    return [child for child in node.children if child.type == "svelte_raw_text"]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
