"""How do values become safe to send: cleaned text, keyed hashes, fingerprints.

Importing this package loads no patterns and no vocabulary; both come with the first text that is cleaned.
"""

from aboveboard.privacy.cleaner import Cleaner
from aboveboard.privacy.hashing import Hasher, is_hashed
from aboveboard.privacy.version import CLEANER_VERSION

__all__ = ["CLEANER_VERSION", "Cleaned", "Cleaner", "Hasher", "Replacement", "fingerprint", "is_hashed"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.privacy.fingerprint import fingerprint
    from aboveboard.privacy.result import Cleaned, Replacement

_LATER = {"Cleaned": "result", "Replacement": "result", "fingerprint": "fingerprint"}


def __getattr__(name: str) -> object:
    """Load the names that an app at rest does not need; `dataclasses` alone costs it 10 ms."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"aboveboard.privacy.{_LATER[name]}"), name)
    globals()[name] = found
    return found
