"""Which names does a Python file bind, where, and to what?"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["Binding", "Function", "Scope", "Scopes"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True)
class Binding:
    """One place that gives a name a value; `target` is the name's place in a pattern such as `a, b = …`.

    `kind` is "is" (the value itself), "item" (an item of it), "definition", "import", "parameter", "rest", "error" or
    "type".
    """

    kind: str
    node: ast.AST
    target: ast.expr | None = None
    annotation: ast.expr | None = None


@dataclass(slots=True)
class Scope:
    """A module, class or function with the names bound in it, and what is given to parts of them."""

    node: ast.AST
    parent: "Scope | None"
    names: dict[str, list[Binding]] = field(default_factory=dict)
    parts: dict[str, list[tuple[ast.expr | None, ast.expr]]] = field(default_factory=dict)
    """`name["key"] = value` as (key, value); `name.update(value)` as (None, value)."""
    outer: set[str] = field(default_factory=set)
    """Names that `global` or `nonlocal` says belong further out."""


class Scopes(ast.NodeVisitor):
    """Walks a module once; notes bindings by scope, every call with its scope, and what `self` is given."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None)
        self.calls: list[tuple[ast.Call, Scope]] = []
        self.of: dict[ast.AST, Scope] = {tree: self.module}
        self.self_parts: dict[ast.AST, list[tuple[str, ast.expr | None, ast.expr | None, Scope]]] = {}
        self.lambdas: dict[ast.AST, str] = {}
        self._now = self.module
        for statement in tree.body:
            self.visit(statement)

    def around(self, scope: Scope | None, kind: type | tuple[type, ...]) -> Scope | None:
        """Return the innermost scope of a kind around `scope`, itself included."""
        while scope is not None and not isinstance(scope.node, kind):
            scope = scope.parent
        return scope

    def _bind(self, name: str, binding: Binding) -> None:
        self._now.names.setdefault(name, []).append(binding)

    def _target(
        self, target: ast.expr, kind: str, value: ast.AST, annotation: ast.expr | None = None
    ) -> None:
        """Note what an assignment gives to each name of its left side."""
        match target:
            case ast.Name(name):
                self._bind(name, Binding(kind, value, None, annotation))
            case ast.Subscript(ast.Name(name), key) if isinstance(value, ast.expr) and kind == "is":
                self._now.parts.setdefault(name, []).append((key, value))
            case ast.Attribute(ast.Name("self" | "cls"), name):
                holder = self.around(self._now, ast.ClassDef)
                if holder is not None:
                    given = value if isinstance(value, ast.expr) and kind == "is" else None
                    parts = self.self_parts.setdefault(holder.node, [])
                    parts.append((name, given, annotation, self._now))
            case ast.Tuple(elements) | ast.List(elements):
                for element in elements:
                    if isinstance(element, ast.Name):
                        self._bind(element.id, Binding(kind, value, element))

    def visit_Assign(self, node: ast.Assign) -> None:
        """Note `a = b = value`."""
        for target in node.targets:
            if isinstance(node.value, ast.Lambda) and isinstance(target, ast.Name):
                self.lambdas[node.value] = target.id
            parallel = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            if parallel and len(target.elts) == len(node.value.elts):  # type: ignore[attr-defined]
                for part, value in zip(target.elts, node.value.elts, strict=True):  # type: ignore[attr-defined]
                    self._target(part, "is", value)
            else:
                self._target(target, "is", node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Note `a: type = value`."""
        if node.value is not None:
            self._target(node.target, "is", node.value, node.annotation)
            self.visit(node.value)
        else:
            self._target(node.target, "type", node.annotation, node.annotation)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Note `a |= {…}` as an update, and other ones as a change to something unknown."""
        if isinstance(node.target, ast.Name):
            if isinstance(node.op, ast.BitOr):
                self._now.parts.setdefault(node.target.id, []).append((None, node.value))
            else:
                self._bind(node.target.id, Binding("is", ast.BinOp(ast.Name(""), node.op, node.value)))
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Note `(a := value)`."""
        self._target(node.target, "is", node.value)
        self.generic_visit(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """Note `for a in values`."""
        self._target(node.target, "item", node.iter)
        self.generic_visit(node)

    visit_AsyncFor = visit_For  # noqa: N815 - the visitor's names

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """Note `with value as a`."""
        for item in node.items:
            if item.optional_vars is not None:
                self._target(item.optional_vars, "is", item.context_expr)
        self.generic_visit(node)

    visit_AsyncWith = visit_With  # noqa: N815 - the visitor's names

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Note `except Error as a`."""
        if node.name:
            self._bind(node.name, Binding("error", node))
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Note `import a.b as c`."""
        for each in node.names:
            self._bind(each.asname or each.name.partition(".")[0], Binding("import", each))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note `from a import b as c`."""
        for each in node.names:
            self._bind(each.asname or each.name, Binding("import", node, ast.Name(each.name)))

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        """Note names that belong further out."""
        self._now.outer.update(node.names)

    visit_Nonlocal = visit_Global  # noqa: N815 - the visitor's names

    def visit_Call(self, node: ast.Call) -> None:
        """Note a call, and what `name.update(…)` adds."""
        self.calls.append((node, self._now))
        match node.func:
            case ast.Attribute(ast.Name(name), "update"):
                given = [
                    *node.args,
                    *(ast.Dict([None], [each.value]) for each in node.keywords if each.arg is None),
                ]
                named = [each for each in node.keywords if each.arg is not None]
                pairs: list[tuple[ast.expr | None, ast.expr]] = [(None, each) for each in given]
                pairs += [(ast.Constant(each.arg), each.value) for each in named]
                self._now.parts.setdefault(name, []).extend(pairs)
            case ast.Attribute(ast.Name(name), "setdefault") if len(node.args) == 2:
                self._now.parts.setdefault(name, []).append((node.args[0], node.args[1]))
        self.generic_visit(node)

    def _function(self, node: Function) -> None:
        if not isinstance(node, ast.Lambda):
            self._bind(node.name, Binding("definition", node))
            for decorator in node.decorator_list:
                self.visit(decorator)
        for default in [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]:
            self.visit(default)
        self._inside(node, node.body if isinstance(node.body, list) else [node.body])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Note a function and go into it."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Note a function and go into it."""
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Go into a lambda."""
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Note a class and go into it."""
        self._bind(node.name, Binding("definition", node))
        for each in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            self.visit(each)
        self._inside(node, node.body)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(node, [*node.generators, *results])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension  # noqa: N815

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """Note `for a in values` inside brackets."""
        self._target(node.target, "item", node.iter)
        self.generic_visit(node)

    def _inside(self, node: ast.AST, body: "list[ast.AST] | list[ast.stmt] | list[ast.expr]") -> None:
        outer, self._now = self._now, Scope(node, self._now)
        self.of[node] = self._now
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for param in parameters(node):
                self._bind(param.arg, Binding("parameter", node, ast.Name(param.arg), param.annotation))
            for rest in (node.args.vararg, node.args.kwarg):
                if rest is not None:
                    self._bind(rest.arg, Binding("rest", node))
        for each in body:
            self.visit(each)
        self._now = outer


def parameters(node: Function) -> Iterator[ast.arg]:
    """Yield the parameters of a function that take one value each, in their order."""
    yield from (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
