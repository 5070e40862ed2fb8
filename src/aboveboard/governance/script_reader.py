"""Which calls of a script could be telemetry, and what does the file give to others?"""

from collections.abc import Iterator

from tree_sitter import Node

from aboveboard.governance.facts import Module, Site, ignored_lines
from aboveboard.governance.script_syntax import Syntax, parse, text_of
from aboveboard.governance.script_values import TRUSTED, ScriptValues, string_of
from aboveboard.governance.values import Member, Ref, Value

__all__ = ["read", "read_exports"]

_INDIRECT = ("call", "apply")


def read(file: str, source: bytes, names: frozenset[str]) -> Module:
    """Return the calls in a file whose name is one of `names`, under whatever name they go there."""
    syntax = parse(file, source)
    module = Module(file, ignored=ignored_lines(source))
    values = ScriptValues(syntax, module)
    wanted = names | frozenset(_aliases(syntax, file, names))
    for call in syntax.calls():
        site = _site(values, call, wanted)
        if site is not None:
            module.sites.append(site)
    if syntax.root.has_error:
        module.broken = "some of its syntax could not be read"
    return module


def read_exports(file: str, source: bytes) -> Module:
    """Return what a file gives to others."""
    syntax = parse(file, source)
    module = Module(file)
    values = ScriptValues(syntax, module)
    for statement in syntax.captured("export"):
        _export(values, module, statement)
    for left in syntax.captured("assign"):
        _common(values, module, left)
    if file.endswith(".svelte"):
        for place in syntax.captured("named"):
            module.exports.setdefault(text_of(place), values.meanings.name(place))
    return module


def _aliases(syntax: Syntax, file: str, names: frozenset[str]) -> Iterator[str]:
    """Yield other names that the names go under here: `import { track as t }`, `const t = telemetry.track`."""
    for statement in syntax.captured("import"):
        source = string_of(statement.child_by_field_name("source") or statement)
        for clause in statement.named_children:
            for child in clause.named_children if clause.type == "import_clause" else ():
                if child.type == "identifier" and f"default:{_stem(source, file)}" in names:
                    yield text_of(child)
                for each in child.named_children if child.type == "named_imports" else ():
                    alias = each.child_by_field_name("alias")
                    if alias is not None and text_of(each.child_by_field_name("name")) in names:
                        yield text_of(alias)
    for variable in syntax.captured("var"):
        name, value = variable.child_by_field_name("name"), variable.child_by_field_name("value")
        if name is None or value is None:
            continue
        if name.type == "identifier" and _last_name(value) in names:
            yield text_of(name)
        for pair in name.named_children if name.type == "object_pattern" else ():
            if pair.type == "pair_pattern" and text_of(pair.child_by_field_name("key")) in names:
                yield text_of(pair.named_children[-1])


def _stem(source: str, file: str) -> str:
    last = source.rstrip("/").rpartition("/")[2]
    return last.partition(".")[0] or file


def _last_name(node: Node) -> str:
    """Return the name of what is called or taken, without `.bind(…)` around it."""
    while node.type in ("parenthesized_expression", "non_null_expression", "await_expression", "as_expression",
                        "instantiation_expression"):  # fmt: skip
        node = node.named_children[0]
    if node.type == "call_expression":
        callee = node.child_by_field_name("function")
        if callee is not None and text_of(callee.child_by_field_name("property")) == "bind":
            return _last_name(callee.child_by_field_name("object") or callee)
        return ""
    if node.type == "member_expression":
        return text_of(node.child_by_field_name("property")).lstrip("#")
    if node.type == "subscript_expression":
        index = node.child_by_field_name("index")
        return string_of(index) if index is not None and index.type == "string" else ""
    return text_of(node) if node.type == "identifier" else ""


def _site(values: ScriptValues, call: Node, names: frozenset[str]) -> Site | None:
    """Return a call or `new` whose name is wanted."""
    if call.type == "new_expression":
        constructor = call.child_by_field_name("constructor")
        name = text_of(constructor).rpartition(".")[2]
        return _made(values, call, constructor, name) if name.endswith(TRUSTED) else None
    callee = _unwrapped(call.child_by_field_name("function"))
    if callee is None:
        return None
    name, arguments = _last_name(callee), call.child_by_field_name("arguments")
    indirect = name in _INDIRECT and callee.type == "member_expression"
    if indirect:
        callee = _unwrapped(callee.child_by_field_name("object")) or callee
        how, name = name, _last_name(callee)
    if name not in names or arguments is None:
        return None
    args, is_open = values.arguments(arguments)
    if indirect:
        args = args[1:] if how == "call" else _applied(args)
    return _made(values, call, callee, name, args, is_open)


def _applied(args: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(getattr(args[1], "items", ())) if len(args) > 1 else ()


def _unwrapped(node: Node | None) -> Node | None:
    while node is not None and node.type in ("parenthesized_expression", "non_null_expression", "await_expression",
                                             "instantiation_expression", "as_expression"):  # fmt: skip
        node = node.named_children[0] if node.named_children else None
    return node


def _made(values: ScriptValues, call: Node, callee: Node | None, name: str,
          args: tuple[Value, ...] | None = None, is_open: bool = False) -> Site:  # fmt: skip
    if args is None:
        args, is_open = values.arguments(call.child_by_field_name("arguments"))
    value = values.value(callee)
    receiver = callee.child_by_field_name("object") if callee is not None else None
    known = values.value(receiver) if receiver is not None else None
    if receiver is None and isinstance(value, Member):
        known, name = value.of, value.name
    elif receiver is None and isinstance(value, Ref) and value.name not in ("*", "default"):
        name = value.name
    line, column = _where(call, callee)
    spelt = text_of(receiver)
    return Site(values.syntax.file, line + 1, column + 1, name, known, value, args,
                made=call.type == "new_expression", spelt=spelt, open=is_open)  # fmt: skip


def _where(call: Node, callee: Node | None) -> tuple[int, int]:
    """Return where the called name stands: in a chain over several lines, that is where people look for it."""
    named = callee.child_by_field_name("property") if callee is not None else None
    return (call if named is None else named).start_point.row, call.start_point.column


def _export(values: ScriptValues, module: Module, statement: Node) -> None:
    source = statement.child_by_field_name("source")
    origin = string_of(source) if source is not None else ""
    declaration = statement.child_by_field_name("declaration")
    default = any(child.type == "default" for child in statement.children)
    if default:
        module.exports["default"] = _default(values, statement, declaration)
        return
    if declaration is not None:
        module.exports.update(values.definitions.declared(declaration))
    for child in statement.children:
        if child.type == "export_clause":
            for each in child.named_children:
                name = each.child_by_field_name("name")
                if name is not None:
                    alias = text_of(each.child_by_field_name("alias") or name)
                    known = Ref(module.file, origin, text_of(name)) if origin else values.meanings.name(name)
                    module.exports[alias] = known
        elif child.type == "namespace_export" and origin:
            module.exports[text_of(child.named_children[-1])] = Ref(module.file, origin, "*")
        elif child.type == "*" and origin:
            module.stars.append(origin)


def _default(values: ScriptValues, statement: Node, declaration: Node | None) -> Value:
    named = declaration.child_by_field_name("name") if declaration is not None else None
    if named is not None:
        return values.meanings.name(named)
    return values.value(declaration or statement.child_by_field_name("value"))


def _common(values: ScriptValues, module: Module, left: Node) -> None:
    """Note what `module.exports = …` and `exports.name = …` give."""
    text = text_of(left)
    right = left.parent.child_by_field_name("right") if left.parent is not None else None
    if text == "module.exports" and right is not None:
        whole = values.value(right)
        module.exports.setdefault("default", whole)
        for name, value in getattr(whole, "entries", ()):
            module.exports.setdefault(name, value)
    elif text.startswith(("exports.", "module.exports.")):
        module.exports.setdefault(text.rpartition(".")[2], values.value(right))
