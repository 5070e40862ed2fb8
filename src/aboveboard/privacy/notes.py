"""What was replaced, and by which step? Placeholders are constants of their kind; the notes keep nothing else."""

import re

__all__ = ["KINDS", "PLACEHOLDER", "Notes"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS = _words(
    """card data email host id image ip jwt key mac name number path phone query secret text time url user uuid word"""
)
PLACEHOLDER = re.compile(f"<(?:{'|'.join(sorted(KINDS))})>")


class Notes:
    """Collects the replacements of one text; without a list it only gives the placeholders."""

    __slots__ = ("_made",)

    def __init__(self, made: list[tuple[str, str, str]] | None = None) -> None:
        self._made = made

    def replace(self, kind: str, step: str) -> str:
        """Give the placeholder of a kind, and note that it was used."""
        placeholder = f"<{kind}>"
        if self._made is not None:
            self._made.append((kind, placeholder, step))
        return placeholder

    def place(self, kind: str, text: str) -> str:
        """Note a placeholder that stands within `text`, and give the text."""
        if self._made is not None:
            self._made.append((kind, f"<{kind}>", "place"))
        return text

    def place_known(self, kind: str) -> str:
        """Give the placeholder for a known value; its registered kind shows in the notes alone, so that texts group."""
        if self._made is not None:
            self._made.append((kind, "<name>", "known"))
        return "<name>"
