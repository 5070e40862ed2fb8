"""What does an annotation in Python say of the values it is for?"""

import ast
from typing import TYPE_CHECKING, Final

from aboveboard.governance.values import (
    UNKNOWN,
    ClassRef,
    Const,
    Member,
    Named,
    Ref,
    Typed,
    Unknown,
    Value,
    choice,
)

if TYPE_CHECKING:
    from aboveboard.governance.python_scopes import Scope
    from aboveboard.governance.python_values import PythonValues

__all__ = ["type_value"]

_PLAIN: Final = {
    "str": "string", "int": "number", "float": "number", "bool": "boolean", "dict": "object", "list": "array",
    "tuple": "array", "set": "array", "Mapping": "object", "Sequence": "array", "BaseException": "error",
    "Exception": "error", "Any": "", "object": "", "None": "",
}  # fmt: skip
_AROUND: Final = {
    "Optional",
    "Annotated",
    "Final",
    "ClassVar",
    "Awaitable",
    "Iterator",
    "Generator",
    "AsyncIterator",
}


def type_value(values: "PythonValues", node: ast.expr | None, scope: "Scope") -> Value:
    """Return what a type says of its values."""
    match node:
        case ast.Constant(str() as text):
            try:
                return type_value(values, ast.parse(text, mode="eval").body, scope)
            except SyntaxError:
                return UNKNOWN
        case ast.BinOp(left, ast.BitOr(), right):
            return choice([type_value(values, each, scope) for each in (left, right) if not _is_none(each)])
        case ast.Subscript(of, inner):
            return _generic(values, of, inner, scope)
        case ast.Name() | ast.Attribute():
            return _named(values, node, scope)
    return UNKNOWN


def _generic(values: "PythonValues", of: ast.expr, inner: ast.expr, scope: "Scope") -> Value:
    name = of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        return choice([Const(each.value) for each in parts if isinstance(each, ast.Constant)])  # type: ignore[arg-type]
    if name == "Union":
        return choice([type_value(values, each, scope) for each in parts if not _is_none(each)])
    if name in _AROUND and parts:
        return type_value(values, parts[0], scope)
    return type_value(values, of, scope)


def _named(values: "PythonValues", node: ast.expr, scope: "Scope") -> Value:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    if name in _PLAIN:
        return Unknown(_PLAIN[name])
    known = values.value(node, scope)
    return Typed(known) if isinstance(known, ClassRef | Ref | Named | Member) else known


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
