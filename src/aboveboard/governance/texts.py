"""Which text do the methods of texts and lists give back?"""

from aboveboard.governance.values import UNKNOWN, Const, Items, Text, Value

__all__ = ["TEXT_METHODS", "filled", "of_method"]

_SHORT = {"toLowerCase": "l", "lower": "l", "toUpperCase": "u", "upper": "u", "trim": "s", "strip": "s"}
TEXT_METHODS = frozenset({"concat", "join", "format", "toString", "valueOf", *_SHORT})
"""The methods that `of_method` knows."""


def of_method(of: Value, name: str, args: tuple[Value, ...]) -> Value | None:
    """Return what a method of a text or of a list of texts gives back; None for any other."""
    match of, name:
        case ((Const(str()) | Text()), "concat"):
            return Text((of, *args))
        case Items(items), "join":
            return _joined(args[0] if args else Const(","), items)
        case Const(str()), "join" if len(args) == 1 and isinstance(args[0], Items):
            return _joined(of, args[0].items)
        case Const(str() as text), "format":
            return filled(text, args, "{}")
        case Const(str() as text), ("toLowerCase" | "lower" | "toUpperCase" | "upper" | "trim" | "strip"):
            return Const({"l": text.lower, "u": text.upper, "s": text.strip}[_SHORT[name]]())
        case Const(plain), ("toString" | "valueOf"):
            return Const(plain)
    return None


def _joined(between: Value, items: tuple[Value, ...]) -> Value:
    return Text(tuple(part for item in items for part in (between, item))[1:])


def filled(pattern: str, args: "tuple[Value, ...]", hole: str) -> Value:
    """Return a text whose holes are filled, in their order."""
    pieces = pattern.replace("%d", "%s").split(hole)
    parts: list[Value] = [Const(pieces[0])]
    for at, piece in enumerate(pieces[1:]):
        parts += [args[at] if at < len(args) else UNKNOWN, Const(piece)]
    if len(pieces) == 1 and ("{" in pattern or "%" in pattern):
        return Text((UNKNOWN,))
    return Text(tuple(parts))
