"""Which calls of a Python file could be telemetry, and what does the file give to others?"""

import ast
import warnings
from collections.abc import Iterator

from aboveboard.governance.facts import Module, Site, ignored_lines
from aboveboard.governance.python_scopes import Scope, Scopes
from aboveboard.governance.python_values import PythonValues, line_of
from aboveboard.governance.values import Member, Ref

__all__ = ["read", "read_exports"]


def read(file: str, source: bytes, names: frozenset[str]) -> Module:
    """Return the calls in a file whose name is one of `names`, under whatever name they go there."""
    module = Module(file, ignored=ignored_lines(source))
    scopes = _scopes(module, source)
    if scopes is None:
        return module
    values = PythonValues(scopes, module)
    wanted = names | frozenset(_aliases(scopes, names))
    for call, scope in scopes.calls:
        name = _last_name(call.func)
        if name in wanted and (name != "set" or isinstance(call.func, ast.Attribute)):
            module.sites.append(_site(values, call, scope, name))
    return module


def read_exports(file: str, source: bytes) -> Module:
    """Return what a module gives to others: every name at its top."""
    module = Module(file)
    scopes = _scopes(module, source)
    if scopes is not None:
        values = PythonValues(scopes, module)
        for name, bindings in scopes.module.names.items():
            if name == "*":
                module.stars += ["." * each.node.level + (each.node.module or "") for each in bindings
                                 if isinstance(each.node, ast.ImportFrom)]  # fmt: skip
            else:
                module.exports[name] = values.name(name, scopes.module)
    return module


def _scopes(module: Module, source: bytes) -> Scopes | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the compiler thinks of somebody's escapes is not asked
            return Scopes(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        module.broken = f"it could not be read: {error}"
        return None


def _aliases(scopes: Scopes, names: frozenset[str]) -> Iterator[str]:
    """Yield other names that the names go under here: `from x import log as l`, `log = telemetry.log_usage`."""
    for scope in scopes.of.values():
        for name, bindings in scope.names.items():
            for each in bindings:
                if isinstance(each.node, ast.ImportFrom) and isinstance(each.target, ast.Name):
                    if each.target.id in names:
                        yield name
                elif (
                    isinstance(each.node, ast.Attribute | ast.Name | ast.Call)
                    and _last_name(_inner(each.node)) in names
                ):
                    yield name


def _inner(node: ast.Attribute | ast.Name | ast.Call) -> ast.expr:
    """Return what `functools.partial` is given, or the node itself; the result of other calls is no alias."""
    if isinstance(node, ast.Call):
        return node.args[0] if _last_name(node.func) == "partial" and node.args else ast.Name("")
    return node


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _site(values: PythonValues, call: ast.Call, scope: Scope, name: str) -> Site:
    args, named, is_open = values.arguments(call, scope)
    callee = values.value(call.func, scope)
    receiver = values.value(call.func.value, scope) if isinstance(call.func, ast.Attribute) else None
    if receiver is None and isinstance(callee, Member):
        receiver, name = callee.of, callee.name
    elif receiver is None and isinstance(callee, Ref) and callee.name != "*":
        name = callee.name
    spelt = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    line = line_of(call)
    return Site(values.module.file, line, call.col_offset + 1, name, receiver, callee, args, named,
                spelt=spelt, open=is_open)  # fmt: skip
