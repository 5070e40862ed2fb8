"""Which failures are the same failure, told without keeping their text?"""

from hashlib import blake2b

from aboveboard.privacy.folding import folded
from aboveboard.privacy.version import CLEANER_VERSION

__all__ = ["fingerprint"]


def fingerprint(error_type: str, code: str, cleaned_text: str) -> str:
    """Give 16 hex digits that are equal for equal failures, of a text that `Cleaner.clean` has cleaned.

    The digest is over the error's type, its code, the text with placeholders and counts folded, and the
    cleaner's version: fingerprints of two versions are never compared.
    """
    parts = "\0".join((str(CLEANER_VERSION), error_type, code, folded(cleaned_text)))
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=8, person=b"fingerprint").hexdigest()
