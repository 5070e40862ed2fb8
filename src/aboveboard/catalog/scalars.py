"""What does each type of a single value let through?

Each function makes the check of one property. `path` is how its drops and replacements call it.
"""

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

from aboveboard.catalog.model import JSON, OUT_OF_RANGE, UNLISTED_VALUE, WRONG_TYPE, Property
from aboveboard.catalog.walk import MAX_INTEGER, Dropped, Walk, plain, readable
from aboveboard.privacy import Replacement, is_hashed

Check: TypeAlias = "Callable[[object, Walk], JSON | Dropped]"

NUMBER_BYTES = 26
MAX_NUMBER = 1e18
MAX_SUFFIX_DIGITS = 8
NAME = "<name>"
PATH = "<path>"

# Texts, that `re` compiles when the first value comes and remembers: most runs have no such value.
_VERSION = r"(?s)[vV]?(\d{1,8}(?:\.\d{1,8}){0,5})(?:[-+~._ ]?(.{1,64}))?"
_RELEASE = (
    r"(?i)(?:(?:a|b|c|rc|alpha|beta|dev|post|pre|preview|next|nightly|canary|snapshot|final|ga|lts|patch|sp|hotfix|"
    r"r|rev|p|build|el|fc|ubuntu|debian|deb|bpo|alpine|windows|linux|darwin|macos|microsoft|standard|generic|"
    r"wsl|rt|amd|arm|x|aarch|esr|insiders|ce|ee|community|desktop)?\d{0,6}(?:[-+~._]|$)){1,8}"
)
_SUFFIX = r"\.[A-Za-z0-9]{1,12}(?:\.(?:gz|xz|bz2|zst|tmpl))?\Z"
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


def bool_check(prop: Property, path: str) -> Check:
    """Let true and false through; 1 and "true" are neither."""

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        if value is True or value is False:
            return value
        return walk.drop(path, WRONG_TYPE)

    return check


def integer_check(prop: Property, path: str) -> Check:
    """Let whole numbers through that every JSON reader keeps exactly."""

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


def number_check(prop: Property, path: str) -> Check:
    """Let finite numbers through; a length of time is not negative."""
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


def enum_check(prop: Property, path: str) -> Check:
    """Let through what is listed, letter by letter."""
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


def bucket_check(prop: Property, path: str) -> Check:
    """Let through only the name of the bucket a number falls in."""
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


def version_check(prop: Property, path: str) -> Check:
    """Let through the numbers of a version, and behind them only words that releases have."""

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        found = (
            re.fullmatch(_VERSION, text) if text is not None and len(text) <= 128 and text.isascii() else None
        )
        if found is None:
            return walk.drop(path, WRONG_TYPE)
        suffix = found[2]
        if suffix is None or (
            re.fullmatch(_RELEASE, suffix) and sum(map(str.isdigit, suffix)) <= MAX_SUFFIX_DIGITS
        ):
            return found[0]
        walk.note(path, (_CUT,))
        return found[1]

    return check


def name_check(prop: Property, path: str) -> Check:
    """Let a hash through, and turn a name into one, or into a placeholder where there is no key."""
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


def path_check(prop: Property, path: str) -> Check:
    """Let through only that there is a path, and which kind of file it is of."""

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
    found = re.search(_SUFFIX, text[-32:])
    if found is None:
        return ""
    suffix = found[0].lower()
    return suffix if suffix.rpartition(".")[2] in _EXTENSIONS and suffix.split(".")[1] in _EXTENSIONS else ""


def text_check(prop: Property, path: str) -> Check:
    """Let through what the cleaner leaves of a text."""

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = _text_of(value)
        return walk.drop(path, WRONG_TYPE) if text is None else walk.text(text, path)

    return check
