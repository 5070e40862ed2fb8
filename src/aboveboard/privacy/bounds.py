"""What is looked at, and in which form? Bounds before any pattern runs, and the bound of what comes out."""

import re

__all__ = ["CAP", "LIMIT", "bounded", "shortened", "undisguised"]

CAP = 8192  # characters of a text that are looked at
LIMIT = 2048  # characters of a cleaned text

# Escape sequences of terminals (ECMA-48), as bytes and as JSON, C and caret notation spell the escape.
ESCAPE = re.compile(
    r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\^\[)"
    r"(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[()][A-Z0-9])"
    r"|\x9b[0-?]{0,32}[ -/]{0,8}[@-~]"
)
INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
BLANK = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
# Vowel signs and accents that compose with no letter: to `\w` they end a word, and names of their script fall apart.
BESIDE_LETTERS = re.compile(r"[^\w\s\x00-\x7f]")
SPELLED_ESCAPE = re.compile(r"\\u001|\\x1|\\033|\^\[")


def bounded(text: str) -> str:
    """Give the start of a text up to the cap, without the token that the cap would split."""
    if len(text) <= CAP:
        return text
    head = text[: CAP + 1]
    end = max(head.rfind(" "), head.rfind("\n"), head.rfind("\t"))
    return head[:end] if end > 0 else "<text>"


def undisguised(text: str) -> str:
    """Give the text composed, on plain blanks, without escape sequences, invisible signs and loose marks."""
    is_plain = text.isascii() and (text.isprintable() or CONTROL.search(text) is None)
    if is_plain and not (("\\" in text or "^[" in text) and SPELLED_ESCAPE.search(text)):
        return text
    text = ESCAPE.sub("", text)
    text = BLANK.sub(" ", LINE_END.sub("\n", text))
    text = INVISIBLE.sub("", text)
    if text.isascii():
        return text
    from unicodedata import category, normalize

    return BESIDE_LETTERS.sub(
        lambda sign: "" if category(sign[0])[0] == "M" else sign[0], normalize("NFC", text)
    )


def shortened(text: str) -> str:
    """Cut a cleaned text to its limit at the end of a line, or of a word where the first line is too long."""
    if len(text) <= LIMIT:
        return text
    head = text[: LIMIT + 1]
    end = head.rfind("\n")
    if end <= 0:
        end = head.rfind(" ")
    return head[:end].rstrip() if end > 0 else "<text>"
