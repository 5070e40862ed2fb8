"""What does a value become once all files are known?

`Linker` follows imports, members, calls and types through the files of a project. It asks for a file's exports when
something needs them, and stops at what is installed elsewhere, at parameters, and after enough steps.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Final

from aboveboard.governance.facts import ClassFacts, FunctionFacts, Module
from aboveboard.governance.project import Project
from aboveboard.governance.texts import TEXT_METHODS, of_method
from aboveboard.governance.values import (
    UNKNOWN,
    Called,
    Choice,
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
    inside,
    mapped,
)

__all__ = ["Linker", "substituted"]

_STEPS: Final = 4_000
_DEEP: Final = 40
_TIMES: Final = 4
_MOST: Final = 24


class Linker:
    """Knows the modules of a project, and what values become through them."""

    def __init__(self, project: Project, exports_of: Callable[[str], Module]) -> None:
        self._project = project
        self._read = exports_of
        self._exports: dict[str, Module] = {}
        self._functions: dict[tuple[str, str], FunctionFacts] = {}
        self._classes: dict[tuple[str, str], ClassFacts] = {}
        self._left = 0

    def learn(self, module: Module) -> None:
        """Add what one file says of functions and classes."""
        self._functions |= {(module.file, key): facts for key, facts in module.functions.items()}
        self._classes |= {(module.file, key): facts for key, facts in module.classes.items()}

    def exports(self, file: str) -> Mapping[str, Value]:
        """Return what a file gives to others, by name."""
        return self._module(file).exports

    def function(self, ref: FuncRef) -> FunctionFacts:
        """Return what is known of a function."""
        return self._functions.get((ref.file, ref.id), FunctionFacts(ref.name))

    def resolved(self, value: Value) -> Value:
        """Return `value` with all that other files say of it; parameters stay."""
        self._left = _STEPS
        return self._resolve(value, 0)

    def without_params(self, value: Value) -> Value:
        """Return `value` where each parameter is what its type or default says of it."""
        known = self.resolved(value)
        for _ in range(_TIMES):  # what a member turns out to be may be a parameter again
            if not any(isinstance(each, Param) for each in inside(known)):
                break
            known = self.resolved(_otherwise(known, 0))
        return known

    def _module(self, file: str) -> Module:
        if file not in self._exports:
            self._exports[file] = Module(file)
            found = self._read(file)
            self.learn(found)
            self._exports[file] = found
        return self._exports[file]

    def _resolve(self, value: Value, depth: int) -> Value:
        self._left -= 1
        if self._left < 0 or depth > _DEEP:
            return UNKNOWN

        def inner(each: Value) -> Value:
            return self._resolve(each, depth + 1)

        match value:
            case Ref():
                return self._imported(value, depth)
            case Member(of, name):
                return self._part(inner(of), name, depth)
            case Called(callee, args, named, line):
                return self._given(Called(inner(callee), args, named, line), depth)
            case Text(parts):
                return _text([inner(part) for part in parts])
            case Typed(kind):
                known = inner(kind)
                return known if isinstance(known, Const | Choice | Unknown | Typed) else Typed(known)
            case Keyed(key, given):
                return _keyed(inner(key), inner(given))
            case Record() | Items() | Choice():
                return mapped(value, inner)
        return value

    def _imported(self, ref: Ref, depth: int) -> Value:
        target = self._project.find(ref.file, ref.module)
        if target is None or ref.name == "*":
            return ref if target is not None or ref.name == "*" else self._submodule(ref) or ref
        return self._exported(target, ref.name, depth, frozenset()) or self._submodule(ref) or ref

    def _submodule(self, ref: Ref) -> Value | None:
        """`from package import module`, in Python."""
        if not ref.file.endswith(".py") or ref.name in ("*", "default"):
            return None
        joined = f"{ref.module}{'' if ref.module.endswith('.') else '.'}{ref.name}"
        return Ref(ref.file, joined, "*") if self._project.find(ref.file, joined) else None

    def _exported(self, file: str, name: str, depth: int, seen: frozenset[str]) -> Value | None:
        module = self._module(file)
        if name in module.exports:
            return self._resolve(module.exports[name], depth + 1)
        if name == "default" and not file.endswith((".svelte", ".py")):
            return None
        for star in module.stars:
            target = self._project.find(file, star)
            if target is not None and target not in seen and len(seen) < _MOST:
                found = self._exported(target, name, depth + 1, seen | {file})
                if found is not None:
                    return found
        return None

    def _part(self, of: Value, name: str, depth: int) -> Value:
        match of:
            case Record():
                return self._field(of, name, depth)
            case Items(items):
                if name.isdigit():
                    return items[int(name)] if int(name) < len(items) else UNKNOWN
                return (
                    choice([self._resolve(each, depth + 1) for each in items])
                    if name == "?"
                    else Member(of, name)
                )
            case Choice(options):
                return choice([self._part(option, name, depth + 1) for option in options])
            case ClassRef() | Typed(ClassRef()):
                ref = of if isinstance(of, ClassRef) else of.type
                assert isinstance(ref, ClassRef)  # noqa: S101 - said by the pattern
                found = self._member_of(ref, name, depth, frozenset())
                return found if found is not None else Member(of, name)
            case Ref(_, _, "*") | Ref(_, _, "default"):
                target = self._project.find(of.file, of.module)
                found = self._exported(target, name, depth, frozenset()) if target is not None else None
                return found or self._submodule(Ref(of.file, of.module, name)) or Member(of, name)
            case Const() if name in ("value", "name"):
                return of  # a member of an enum
        return Member(of, name)

    def _field(self, record: Record, name: str, depth: int) -> Value:
        found: list[Value] = []
        for key, value in record.entries:
            if key == name or (name == "?" and key):
                found.append(self._resolve(value, depth + 1))
            elif key == "":
                spread = self._part(self._resolve(value, depth + 1), name, depth + 1)
                found += [] if isinstance(spread, Member | Unknown) else [spread]
        return choice(found) if found else Member(record, name)

    def _member_of(self, ref: ClassRef, name: str, depth: int, seen: frozenset[ClassRef]) -> Value | None:
        facts = self._classes.get((ref.file, ref.id))
        if facts is None:
            return None
        if name in facts.members:
            return self._resolve(facts.members[name], depth + 1)
        if name == "?":
            return choice([self._resolve(each, depth + 1) for each in facts.members.values()])
        for base in facts.bases:
            above = self._resolve(base, depth + 1)
            if isinstance(above, ClassRef) and above not in seen:
                found = self._member_of(above, name, depth + 1, seen | {ref})
                if found is not None:
                    return found
        return None

    def bases(self, ref: ClassRef, seen: frozenset[ClassRef] = frozenset()) -> Iterator[Value]:
        """Yield what a class inherits from, however far."""
        facts = self._classes.get((ref.file, ref.id))
        for base in facts.bases if facts is not None and ref not in seen else ():
            above = self.resolved(base)
            yield above
            if isinstance(above, ClassRef):
                yield from self.bases(above, seen | {ref})

    def _given(self, called: Called, depth: int) -> Value:
        match called.callee:
            case Member(of, name) if name in TEXT_METHODS:
                args = tuple(self._resolve(each, depth + 1) for each in called.args)
                text = of_method(of, name, args)
                if text is not None:
                    return self._resolve(text, depth + 1)
            case FuncRef(_, _, "action"):
                return called  # which action it is, its call tells
            case FuncRef() as ref:
                result = self.function(ref).result
                if result is not None and result != UNKNOWN and depth < _DEEP // 2:
                    known = substituted(result, ref, self.arguments(ref, called.args, called.named))
                    return self._resolve(_otherwise(known, 0, ref), depth + 1)
            case ClassRef():
                return Typed(called.callee)
            case Member(Named("Object"), "values") if called.args:
                of = self._resolve(called.args[0], depth + 1)
                return Items((self._part(of, "?", depth + 1),))
            case Choice(options):
                return choice(
                    [
                        self._given(Called(each, called.args, called.named, called.line), depth + 1)
                        for each in options
                    ]
                )
        return called

    def arguments(
        self,
        ref: FuncRef,
        args: tuple[Value, ...],
        named: tuple[tuple[str, Value], ...],
        spread: bool = False,
    ) -> Mapping[int, Value]:
        """Return what each parameter of a function is given, by its place; `spread`: some cannot be counted."""
        params = self.function(ref).params
        first = 1 if params[:1] in (("self",), ("cls",)) else 0
        given = {first + at: value for at, value in enumerate(args)}
        if spread:
            given |= dict.fromkeys(range(first + len(args), len(params)), UNKNOWN)
        return given | {params.index(name): value for name, value in named if name in params}


def substituted(value: Value, ref: FuncRef, given: Mapping[int, Value], depth: int = 0) -> Value:
    """Return `value` where the parameters of a function are what a call gives them."""
    if depth > _DEEP:
        return UNKNOWN
    if isinstance(value, Param) and value.function == ref:
        return given.get(value.index, value.default)
    return mapped(value, lambda each: substituted(each, ref, given, depth + 1))


def _otherwise(value: Value, depth: int, ref: FuncRef | None = None) -> Value:
    if depth > _DEEP:
        return UNKNOWN
    if isinstance(value, Param) and (ref is None or value.function == ref):
        return _otherwise(value.otherwise, depth + 1, ref)
    return mapped(value, lambda each: _otherwise(each, depth + 1, ref))


def _keyed(key: Value, value: Value) -> Value:
    options = key.options if isinstance(key, Choice) else (key,)
    return Record(
        tuple((_written(each.value) if isinstance(each, Const) else "?", value) for each in options)
    )


def _text(parts: list[Value]) -> Value:
    """Return the text that parts make, each way where a part is one of several."""
    options = [list(part.options) if isinstance(part, Choice) else [part] for part in parts]
    ways = 1
    for each in options:
        ways *= len(each)
    if ways > _MOST:
        hole: Value = Unknown("string")
        options = [each if len(each) == 1 else [hole] for each in options]
    return choice([_joined(way) for way in product(*options)])


def _joined(parts: "tuple[Value, ...]") -> Value:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Text) else (part,))]
    if all(isinstance(part, Const) for part in flat):
        return Const("".join(_written(part.value) for part in flat if isinstance(part, Const)))
    return Text(tuple(flat))


def _written(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false"}.get(value, "null") if value is not None else "null"
    return str(value)
