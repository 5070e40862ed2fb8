"""Which failures are the same failure, told without keeping their text?"""

import re
from hashlib import blake2b

from aboveboard.privacy.version import CLEANER_VERSION

__all__ = ["fingerprint"]

# A token with a placeholder in it counts as the placeholder alone: "<path>/x.sock" and "<path>" are one mark,
# so what one machine knew and another did not makes no difference.
MARKED = re.compile(r"[^\s<]{0,256}<[a-z]+>\S{0,256}(?:\s+[^\s<]{0,256}<[a-z]+>\S{0,256})*")
# A status (three digits) tells failures apart; a line, a port, a count or a duration does not.
NUMBER = re.compile(r"(?<![0-9A-Za-z])(?![1-5]\d\d(?![0-9A-Za-z.]))\d[\d.]*")


def fingerprint(error_type: str, code: str, cleaned_text: str) -> str:
    """Give 16 hex digits that are equal for equal failures, of a text that `Cleaner.clean` has cleaned.

    The digest is over the error's type, its code, the text with placeholders and counts folded, and the
    cleaner's version: fingerprints of two versions are never compared.
    """
    folded = " ".join(NUMBER.sub("0", MARKED.sub("*", cleaned_text)).split())
    parts = "\0".join((str(CLEANER_VERSION), error_type, code, folded))
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=8, person=b"fingerprint").hexdigest()
