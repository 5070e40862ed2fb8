"""What have the texts of equal failures in common, whatever one machine knew or counted?"""

import re

__all__ = ["folded", "shared"]

# A token with a placeholder in it counts as the placeholder alone: "<path>/x.sock" and "<path>" are one mark,
# so what one machine knew and another did not makes no difference.
MARKED = re.compile(r"[^\s<]{0,256}<[a-z]+>\S{0,256}(?:\s+[^\s<]{0,256}<[a-z]+>\S{0,256})*")
# A status (three digits) tells failures apart; a line, a port, a count or a duration does not.
NUMBER = re.compile(r"(?<![0-9A-Za-z])(?![1-5]\d\d(?![0-9A-Za-z.]))\d[\d.]*")


def folded(cleaned_text: str) -> str:
    """Return a cleaned text with one `*` for placeholders and what stands at them, and 0 for each count."""
    return " ".join(NUMBER.sub("0", MARKED.sub("*", cleaned_text)).split())


def shared(cleaned_text: str) -> str:
    """Return what all texts that fold alike have in common, to be read: `*` stands where they may differ."""
    return NUMBER.sub("*", folded(cleaned_text))
