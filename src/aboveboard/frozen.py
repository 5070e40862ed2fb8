"""How is data held that never changes? As a frozen `dataclass`, whose methods are not compiled at each start.

`dataclasses` writes the methods of a class as text and compiles them, anew in every process: that was a third of
what telemetry added to a run of a command-line tool. Here they are the same few functions for every class. To
mypy a `record` is a dataclass, and to the functions of `dataclasses` it is one as well. A `Named` is to mypy a
`NamedTuple`, whose `__new__` is compiled at each start too: as fast to make, where it is made by position.
"""

from collections import _tuplegetter  # type: ignore[attr-defined]  # what a NamedTuple reads its items with

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as record
    from dataclasses import field, replace
    from typing import Any
    from typing import NamedTuple as Named

__all__ = ["Named", "field", "record", "replace"]

UNSEEN = ("__dict__", "__weakref__")


class Field:
    """A default that is made anew for each object, or a field that is left out of `repr` and comparison."""

    __slots__ = ("default_factory", "shown")

    def __init__(self, default_factory: "Callable[[], Any]", shown: bool) -> None:
        self.default_factory = default_factory
        self.shown = shown


def _field(*, default_factory: "Callable[[], Any]", repr: bool = True, compare: bool = True) -> Field:  # noqa: A002
    return Field(default_factory, repr and compare)


def _record(*, frozen: bool, slots: bool = False) -> "Callable[[type], type]":
    assert frozen  # noqa: S101 - what may change is a plain class
    return lambda cls: _made_again(cls, slots)


def _made_again(cls: type, slots: bool) -> type:
    """Return the class with its methods, made a second time, as slots must be there when a class is made."""
    names = tuple(cls.__annotations__)
    members = {name: value for name, value in vars(cls).items() if name not in UNSEEN}
    defaults = {name: members[name] for name in names if name in members}
    if slots:
        members = {name: value for name, value in members.items() if name not in defaults}
        members["__slots__"] = names
    return type(cls)(cls.__name__, cls.__bases__, {**_methods(cls.__qualname__, names, defaults), **members})


def _methods(cls: str, names: tuple[str, ...], defaults: "dict[str, Any]") -> "dict[str, Any]":
    shown = tuple(name for name in names if getattr(defaults.get(name), "shown", True))

    def __repr__(self: object) -> str:  # noqa: N807 - these become the class's
        told = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
        return f"{cls}({told})"

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        return _values(self, shown) == _values(other, shown) if type(self) is type(other) else NotImplemented

    return {
        "__init__": _init(cls, names, defaults),
        "__match_args__": names,
        "__dataclass_fields__": _Fields(defaults),
        "__repr__": __repr__,
        "__eq__": __eq__,
        "__hash__": lambda self: hash(_values(self, shown)),
        "__reduce__": lambda self: (type(self), _values(self, names)),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }


def _init(cls: str, names: tuple[str, ...], defaults: "dict[str, Any]") -> "Callable[..., None]":
    fixed = {name: value for name, value in defaults.items() if not isinstance(value, Field)}
    made = {name: value.default_factory for name, value in defaults.items() if isinstance(value, Field)}
    put = object.__setattr__

    def __init__(self: object, /, *given: "Any", **named: "Any") -> None:  # noqa: N807 - it becomes the class's
        values = {**fixed, **dict(zip(names, given, strict=False)), **named}
        for name, make in made.items():
            if name not in values:
                values[name] = make()
        if (
            len(given) > len(names)
            or len(values) != len(names)
            or not named.keys().isdisjoint(names[: len(given)])
        ):
            raise TypeError(
                f"{cls} takes {', '.join(names)}, each once; given were {len(given)} and {list(named)}"
            )
        for name in names:
            put(self, name, values[name])

    return __init__


def _values(item: object, names: tuple[str, ...]) -> tuple[object, ...]:
    return tuple([getattr(item, name) for name in names])


def _refuse(self: object, name: str, *value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(
        f"{type(self).__qualname__}.{name} cannot be changed; make another with replace()"
    )


class _Fields:
    """What `dataclasses` knows of a class, made when one of its functions asks."""

    def __init__(self, defaults: "dict[str, Any]") -> None:
        self._defaults = defaults

    def __get__(self, item: object, cls: type) -> "dict[str, Any]":
        import dataclasses

        told = {
            name: dataclasses.field(
                default_factory=value.default_factory, repr=value.shown, compare=value.shown
            )
            if isinstance(value, Field)
            else value
            for name, value in self._defaults.items()
        }
        twin = type(cls.__name__, (), {"__annotations__": cls.__annotations__, **told})
        found: dict[str, Any] = vars(dataclasses.dataclass(frozen=True)(twin))["__dataclass_fields__"]
        type.__setattr__(cls, "__dataclass_fields__", found)
        return found


def _replace(item: "Any", /, **changes: "Any") -> "Any":
    return type(item)(**{name: getattr(item, name) for name in item.__match_args__} | changes)


class _NamedType(type):
    """Makes a tuple whose items have names, from the annotations and defaults of a class."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: "dict[str, Any]") -> "_NamedType":
        names = tuple(space.get("__annotations__", ()))
        defaults = tuple([space.pop(each) for each in names if each in space])
        space.update({each: _tuplegetter(number, "") for number, each in enumerate(names)})
        space.update({"__slots__": (), "__match_args__": names, "_fields": names})
        if names:
            space["__new__"] = _new(names, defaults)
        return super().__new__(cls, name, bases, space)


def _new(names: tuple[str, ...], defaults: tuple[object, ...]) -> "Callable[..., Any]":
    number, needed = len(names), len(names) - len(defaults)
    fixed = dict(zip(names[needed:], defaults, strict=True))
    make = tuple.__new__

    def __new__(cls: type, /, *given: "Any", **named: "Any") -> "Any":  # noqa: N807 - it becomes the class's
        if named or len(given) != number:
            values = {**fixed, **dict(zip(names, given, strict=False)), **named}
            twice = named.keys() & set(names[: len(given)])
            if len(given) > number or len(values) != number or twice:
                raise TypeError(
                    f"{cls.__qualname__} takes {', '.join(names)}, each once; given were {len(given)} and {list(named)}"
                )
            given = tuple([values[name] for name in names])
        return make(cls, given)

    return __new__


class _Named(tuple, metaclass=_NamedType):  # type: ignore[type-arg]
    """A tuple whose items have names."""

    if TYPE_CHECKING:
        __match_args__: tuple[str, ...]

    def __repr__(self) -> str:
        told = ", ".join([f"{name}={value!r}" for name, value in zip(self.__match_args__, self, strict=True)])
        return f"{type(self).__qualname__}({told})"

    def __getnewargs__(self) -> "tuple[Any, ...]":
        return tuple(self)

    def _replace(self, **changes: "Any") -> "Any":
        return type(self)(**dict(zip(self.__match_args__, self, strict=True)) | changes)


if not TYPE_CHECKING:
    Named = _Named
    field, record, replace = _field, _record, _replace
