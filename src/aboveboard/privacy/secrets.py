"""Which tokens and spans are secrets or numbers of a person, a card or a machine by their shape alone?"""

import re

__all__ = ["KEY_BLOCK", "SPANS", "SPELLED", "TOKENS", "spans_and_spelled"]

# A whole key; one whose end is missing goes to the end of the text.
KEY_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]{1,40}-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\Z)", re.DOTALL)

# What every span of digits and bytes below contains; most lines have none, and are searched once.
GROUPED_DIGITS = re.compile(r"\d[\da-fA-F]?[ ,.)/-]{1,2}\(?\d[\dxXa-fA-F]")
# Most lines are told apart by the kinds of their signs, at a fifth of the cost of those patterns: a digit is 0 there, a
# letter a, and what may separate them a blank.
KINDS = bytes.maketrans(
    b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz,./)(_-",
    b"0" * 9 + b"a" * (26 + 25) + b" " * 7,
)
LEAST_DIGITS = 9
GROUPED_KINDS = re.compile(rb"0a? {1,3}0")
BYTES_KINDS = re.compile(rb"0[0a]? {1,2}[0a]{2,5} {1,2}[0a]{2,5}(?![0a])")
SPELLED_KINDS = re.compile(rb" a (?<=[^a0]a a )a(?![a0])")  # asked of what follows a sign of another kind
# Spans that contain blanks, found before a line is split into tokens. What may not stand before one is asked after its
# first sign: the search then skips to such signs.
Spans = tuple[tuple[str, re.Pattern[str]], ...]
PHONE = ("phone", re.compile(r"[+0](?<![\w.].)(?:(?<=\+)|0)\d{1,3}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}(?!\w)"))
SPANS: Spans = (
    ("card", re.compile(r"\d(?<![\w.-].)\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}(?![\w-])")),
    PHONE,
    ("phone", re.compile(r"[(\d](?<![\w.].)(?:(?<=\()\d)?\d{2,4}\)?[ .-]{1,2}\d{3,4}[ .-]\d{4}(?![\w.])")),
    ("number", re.compile(r"\d(?<![\w.-].)\d{2}-\d{2}-\d{4}(?![\w-])")),
)

# A word letter by letter ("m a r i a", "m.a.r.i.a") or byte by byte ("[109, 97, 114, 105]", "6d 61 72 69", "=6D=61"),
# which no look-up of words finds.
_SEPARATE = r"(?<!\w)[^\W\d_](?:([ ._-])[^\W\d_](?:\1[^\W\d_])+)(?!\w)"
_BYTE = r"(?:0[xX])?[0-9a-fA-F]{2,3}"
# What such words contain:
LETTER_BY_LETTER = re.compile(_SEPARATE)
BYTE_BY_BYTE = re.compile(
    rf"\d[\da-fA-F]?(?:, ?| ){_BYTE}(?:, ?| ){_BYTE}\b|=[0-9A-Fa-f]{{2}}=[0-9A-Fa-f]{{2}}="
)


def spans_and_spelled(line: str) -> tuple[Spans, bool]:
    """Give the spans that a line may have, and say whether it may have a word letter by letter or byte by byte."""
    if not line.isascii():
        is_grouped = GROUPED_DIGITS.search(line) is not None
        is_spelled = (is_grouped or line.count("=") > 2) and BYTE_BY_BYTE.search(line) is not None
        return SPANS if is_grouped else (), is_spelled or LETTER_BY_LETTER.search(line) is not None
    kinds = b"." + line.encode().translate(KINDS)
    spans: Spans = ()
    if GROUPED_KINDS.search(kinds) and GROUPED_DIGITS.search(line):
        spans = _spans(line, kinds)
        if BYTES_KINDS.search(kinds) and BYTE_BY_BYTE.search(line):
            return spans, True
    if line.count("=") > 2 and BYTE_BY_BYTE.search(line):
        return spans, True
    return spans, SPELLED_KINDS.search(kinds) is not None and LETTER_BY_LETTER.search(line) is not None


def _spans(line: str, kinds: bytes) -> Spans:
    """Give the spans for which a line has the digits: all but one kind of phone number have nine, four in a row."""
    if kinds.count(b"0") >= LEAST_DIGITS and b"0000" in kinds:
        return SPANS
    return (PHONE,) if "+" in line or "0" in line else ()


SPELLED = re.compile(
    rf"{_SEPARATE}|(?:=[0-9A-Fa-f]{{2}}){{4,}}|(?<![\w.:/]){_BYTE}(?:(?:, ?| ){_BYTE}){{3,}}(?![\w.])"
)

_TOKENS = (
    ("jwt", r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}"),
    (
        "secret",
        r"(?:gh[oprsu]|github_pat|glpat|gloas|gldt|glrt|xox[abeoprs]|xapp|npm|pypi|hf|dop_v1|doo_v1|shpat|shpss|sk|pk|rk|whsec|"
        r"sntrys|dckr_pat|dckr_oat|atlasv1|hvs|hvb|ATATT|ATCTT|AGE-SECRET-KEY|tskey|eyJr|lin_api|phc|phx|rnd|sq0\w{3}|ya29|"
        r"SG|key|AccountKey|sha256~|bearer|basic)[-_.~=][\w.~+/=-]{10,}",
    ),
    (
        "secret",
        r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA|AGPA|ANPA)[A-Z0-9]{12,}|AIza[\w-]{20,}|[0-9]{6,}:AA[\w-]{20,}",
    ),
    ("mac", r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}"),
    ("uuid", r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?"),
    ("id", r"(?:sha256:|sha512:|sha1:)?(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{7,}(?:\.{3})?"),
    ("id", r"h1:[\w+/]{16,}={0,2}|sha(?:1|256|384|512)-[\w+/]{16,}={0,2}"),  # of go.sum and package-lock.json
    ("id", r"S-1-\d+(?:-\d+)+"),
    ("card", r"\d{13,19}"),
)
TOKENS = re.compile(
    "|".join(f"(?P<{kind}{number}>{pattern})" for number, (kind, pattern) in enumerate(_TOKENS))
)
