"""What does each type let through?

`TYPES` is the table: for each type, a function that makes the check of one property and the most bytes that
one value can take as JSON (0 where the check takes its own from the walk). A check is called with the value
and the walk, and answers a new value or `DROPPED`. Each lets its own output through unchanged, because the
collector checks again what the client has checked.
"""

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from aboveboard.catalog.errors_type import error_check
from aboveboard.catalog.model import (
    JSON,
    OUT_OF_RANGE,
    TOO_LARGE,
    UNDECLARED_PROPERTY,
    UNLISTED_VALUE,
    WRONG_TYPE,
    Property,
)
from aboveboard.catalog.walk import (
    DROPPED,
    MAX_INTEGER,
    MAX_ITEMS,
    Dropped,
    Walk,
    items,
    json_size,
    named,
    plain,
    readable,
)
from aboveboard.privacy import Replacement, is_hashed

Check: TypeAlias = "Callable[[object, Walk], JSON | Dropped]"

NUMBER_BYTES = 26
MAX_NUMBER = 1e18
MAX_SUFFIX_DIGITS = 8
NAME = "<name>"
PATH = "<path>"

_VERSION = re.compile(r"[vV]?(\d{1,8}(?:\.\d{1,8}){0,5})(?:[-+~._ ]?(.{1,64}))?", re.DOTALL)
_RELEASE = re.compile(
    r"(?:(?:a|b|c|rc|alpha|beta|dev|post|pre|preview|next|nightly|canary|snapshot|final|ga|lts|patch|sp|hotfix|"
    r"r|rev|p|build|el|fc|ubuntu|debian|deb|bpo|alpine|windows|linux|darwin|macos|microsoft|standard|generic|"
    r"wsl|rt|amd|arm|x|aarch|esr|insiders|ce|ee|community|desktop)?\d{0,6}(?:[-+~._]|$)){1,8}",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}(?:\.(?:gz|xz|bz2|zst|tmpl))?\Z")
_FILE_SUFFIXES = """
7z aab apk app appimage bash bat bin bmp box bz2 c cer cfg cjs class cmd cnf conf container
containerfile cpp crt cs css csv db deb dll dmg dockerfile docx dylib ejs env exe flatpak gguf gif
go gz h hcl hpp htm html ico image img ini ipynb iso jar java jpeg jpg js json jsonc json5 jsx key
kt kube kubeconfig less lock log lua m4 md mjs mod mov mp3 mp4 msi msix network oci odt ova ovf
pdf pem php pid pkg pl plist png pod podman properties proto ps1 pub py pyc qcow2 raw rb rpm rs
rst scss service sh snap so sock socket sql sqlite sqlite3 sum svelte svg swift tar target tf tgz
timer tmp tmpl toml ts tsx ttf txt vbox vdi vhd vhdx vmdk volume vue war wasm wav webp whl woff
woff2 xlsx xml xz yaml yml zip zsh zst
"""
_EXTENSIONS = frozenset(_FILE_SUFFIXES.split())
_PURE_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
_HASHED = Replacement(kind="name", placeholder="<hash>", step="declared type name")
_NAMED = Replacement(kind="name", placeholder=NAME, step="declared type name")
_REDUCED = Replacement(kind="path", placeholder=PATH, step="declared type path")
_CUT = Replacement(kind="suffix", placeholder="", step="declared type version")


class Kind(NamedTuple):
    """One row of the table of types."""

    make: "Callable[[Property, str], Check]"
    size: "Callable[[Property], int]"


def compile_check(prop: Property, path: str) -> Check:
    """Return the check of one property; `path` is how its drops and replacements call it."""
    return TYPES[prop.type].make(prop, path)


def fixed_size(prop: Property) -> int:
    """Return the most bytes a value takes that does not take its own from the walk."""
    return TYPES[prop.type].size(prop)


def _bool(prop: Property, path: str) -> Check:
    def check(value: object, walk: Walk) -> "JSON | Dropped":
        if value is True or value is False:
            return value
        return walk.drop(path, WRONG_TYPE)

    return check


def _integer(prop: Property, path: str) -> Check:
    def check(value: object, walk: Walk) -> "JSON | Dropped":
        number = value if type(value) is int else plain(value)
        if type(number) is float and number.is_integer() and abs(number) <= MAX_INTEGER:
            number = int(number)
        if type(number) is not int:
            return walk.drop(path, WRONG_TYPE)
        return number if -MAX_INTEGER <= number <= MAX_INTEGER else walk.drop(path, OUT_OF_RANGE)

    return check


def number_of(value: object) -> "int | float | None":
    """Return the number that `value` is, or None; true and false are none."""
    number = plain(value)
    return number if type(number) is int or type(number) is float else None


def _number(prop: Property, path: str) -> Check:
    low = 0 if prop.type == "duration" else -MAX_NUMBER

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        kind = type(value)
        number = value if kind is float or kind is int else plain(value)
        if type(number) is not float and type(number) is not int:
            return walk.drop(path, WRONG_TYPE)
        if low <= number <= MAX_NUMBER:  # false for a NaN
            return number
        return walk.drop(path, OUT_OF_RANGE)

    return check


def _text_of(value: object) -> "str | None":
    text = value if type(value) is str else plain(value)
    return text if type(text) is str else None


def _enum(prop: Property, path: str) -> Check:
    values = {value: value for value in prop.values}

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        if text is None:
            return walk.drop(path, WRONG_TYPE)
        listed = values.get(text)
        return walk.drop(path, UNLISTED_VALUE) if listed is None else listed

    return check


def bucket_labels(edges: tuple[float, ...]) -> list[str]:
    """Return the names of the buckets between rising edges, from below the first to the last and above.

    >>> bucket_labels((1, 10))
    ['<1', '1..<10', '>=10']
    """
    marks = [f"{edge:g}" for edge in edges]
    between = [f"{low}..<{high}" for low, high in pairwise(marks)]
    return [f"<{marks[0]}", *between, f">={marks[-1]}"]


def _bucket(prop: Property, path: str) -> Check:
    edges, labels = prop.edges, bucket_labels(prop.edges)
    known = {label: label for label in labels}

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        number = number_of(value)
        if number is not None and number == number:
            return labels[sum(1 for edge in edges if number >= edge)]
        text = _text_of(value)
        if text is None:
            return walk.drop(path, WRONG_TYPE)
        label = known.get(text)
        return walk.drop(path, UNLISTED_VALUE) if label is None else label

    return check


def _version(prop: Property, path: str) -> Check:
    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        found = _VERSION.fullmatch(text) if text is not None and len(text) <= 128 and text.isascii() else None
        if found is None:
            return walk.drop(path, WRONG_TYPE)
        suffix = found[2]
        if suffix is None or (
            _RELEASE.fullmatch(suffix) and sum(map(str.isdigit, suffix)) <= MAX_SUFFIX_DIGITS
        ):
            return found[0]
        walk.note(path, (_CUT,))
        return found[1]

    return check


def _name(prop: Property, path: str) -> Check:
    kind = prop.kind

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        if text is None:
            return walk.drop(path, WRONG_TYPE)
        if not text or text == NAME or is_hashed(text):
            return text
        hasher = walk.safety.hasher
        if hasher is None:
            walk.note(path, (_NAMED,))
            return NAME
        walk.note(path, (_HASHED,))
        return hasher.hash(readable(text), kind)

    return check


def _path(prop: Property, path: str) -> Check:
    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        if text is None:
            text = _text_of_path(value)
        if text is None:
            return walk.drop(path, WRONG_TYPE)
        if not text:
            return text
        reduced = PATH + _extension(text)
        if reduced != text:
            walk.note(path, (_REDUCED,))
        return reduced

    return check


def _text_of_path(value: object) -> "str | None":
    pathlib = sys.modules.get("pathlib")  # where nobody imported it, nobody made a path
    if pathlib is None:
        return None
    kind = type(value)
    return str(value) if any(kind is getattr(pathlib, name) for name in _PURE_PATHS) else None


def _extension(text: str) -> str:
    found = _SUFFIX.search(text[-32:])
    if found is None:
        return ""
    suffix = found[0].lower()
    return suffix if suffix.rpartition(".")[2] in _EXTENSIONS and suffix.split(".")[1] in _EXTENSIONS else ""


def _text(prop: Property, path: str) -> Check:
    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        return walk.drop(path, WRONG_TYPE) if text is None else walk.text(text, path)

    return check


def _error(prop: Property, path: str) -> Check:
    return error_check(path)


def _list(prop: Property, path: str) -> Check:
    assert prop.of is not None  # noqa: S101 - the reader refuses a list without `of`
    inner, size = compile_check(prop.of, path + "[]"), fixed_size(prop.of) + 2

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        values = items(value, MAX_ITEMS + 1)
        if values is None:
            return walk.drop(path, WRONG_TYPE)
        if len(values) > MAX_ITEMS:
            walk.drop(path, TOO_LARGE)
        return fill_list(values[:MAX_ITEMS], inner, size, path, walk)

    return check


def fill_list(
    values: "list[object] | tuple[object, ...]", inner: Check, size: int, path: str, walk: Walk
) -> "JSON | Dropped":
    """Return the items that pass `inner`, as far as there is room for them."""
    if not walk.charge(2):
        return walk.drop(path, TOO_LARGE)
    kept: list[JSON] = []
    for item in values:
        if not walk.charge(size):
            walk.drop(path, TOO_LARGE)
            break
        safe = inner(item, walk)
        if safe is not DROPPED:
            kept.append(safe)
    return kept


def _map(prop: Property, path: str) -> Check:
    return _open_map(prop, path) if prop.of is not None else _record(prop, path)


def _record(prop: Property, path: str) -> Check:
    inner = {
        name: (compile_check(member, f"{path}.{name}"), fixed_size(member) + json_size(name) + 4)
        for name, member in prop.fields.items()
    }

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        if not issubclass(type(value), dict):
            return walk.drop(path, WRONG_TYPE)
        kept: dict[str, JSON] = {}
        for key, item in named(walk, value, path):
            member = inner.get(key)
            if member is None:
                walk.drop(path + ".*", UNDECLARED_PROPERTY)
            if member is None or item is None:
                continue
            if not walk.charge(member[1]):
                walk.drop(path, TOO_LARGE)
                break
            safe = member[0](item, walk)
            if safe is not DROPPED:
                kept[key] = safe
        return kept if walk.charge(2) else walk.drop(path, TOO_LARGE)

    return check


def _open_map(prop: Property, path: str) -> Check:
    assert prop.of is not None  # noqa: S101 - `_map` asks first
    inside = path + ".*"
    inner, size = compile_check(prop.of, inside), fixed_size(prop.of) + 4
    key_of = compile_check(key_property(prop), inside)

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        if not issubclass(type(value), dict):
            return walk.drop(path, WRONG_TYPE)
        kept: dict[str, JSON] = {}
        for key, item in named(walk, value, path):
            name = key_of(key[:256], walk)
            if not isinstance(name, str):
                continue
            if not walk.charge(size + json_size(name)):
                walk.drop(path, TOO_LARGE)
                break
            safe = inner(item, walk)
            if safe is not DROPPED:
                kept[name] = safe
        return kept if walk.charge(2) else walk.drop(path, TOO_LARGE)

    return check


def key_property(prop: Property) -> Property:
    """Return how the keys of an open map are treated: as an enum, a name or a text."""
    if isinstance(prop.keys, str):
        return Property(prop.name, prop.keys, kind=prop.kind)
    return Property(prop.name, "enum", values=prop.keys)


def _widest(texts: "list[str] | tuple[str, ...]") -> int:
    return max(map(json_size, texts), default=2)


TYPES: dict[str, Kind] = {
    "bool": Kind(_bool, lambda prop: 5),
    "integer": Kind(_integer, lambda prop: NUMBER_BYTES),
    "number": Kind(_number, lambda prop: NUMBER_BYTES),
    "duration": Kind(_number, lambda prop: NUMBER_BYTES),
    "version": Kind(_version, lambda prop: 130),
    "enum": Kind(_enum, lambda prop: _widest(prop.values)),
    "bucket": Kind(_bucket, lambda prop: _widest(bucket_labels(prop.edges))),
    "name": Kind(_name, lambda prop: 32),
    "path": Kind(_path, lambda prop: 48),
    "text": Kind(_text, lambda prop: 0),
    "error": Kind(_error, lambda prop: 0),
    "list": Kind(_list, lambda prop: 0),
    "map": Kind(_map, lambda prop: 0),
}

__all__ = [
    "DROPPED",
    "TYPES",
    "Check",
    "Kind",
    "bucket_labels",
    "compile_check",
    "fixed_size",
    "key_property",
]
