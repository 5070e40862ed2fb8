"""Which numbers say nothing of a person: counts, codes, sizes, durations, versions; the rest folds."""

import re

__all__ = ["CODE", "FIRST", "FOLDED", "HEX", "PUBLIC", "STATUS"]

# Numbered errors of compilers, databases and systems.
CODE = re.compile(
    r"(?:E|W|F|C|R|CS|TS|LNK|MSB|NU|NETSDK|SC|KB|AADSTS|SQL|ERR|HV|DEP|CVE-\d{4}-|ORA-|RFC|ISO|IEEE|ES|P|S|U)-?\d{2,5}"
)

HEX = re.compile(r"0x[0-9a-fA-F]{1,8}")
STATUS = re.compile(r"[1-5]\d\d")  # of HTTP: "cannot fetch token: 400 Bad Request"

_UNIT = (
    r"%|[nuµm]?s|secs?|mins?|m|h|hrs?|d|days?|[KMGTP]i?[Bb]?|[kmg]b?|B|bytes?|bits?|bps|[KMG]bps|x|px|Hz|[kMG]Hz|"
    r"cores?|cpus?|th|st|nd|rd"
)
# A code of Windows or of a signal: 32 bits at most name nothing.
_HEX = r"[-+]?0[xX][0-9a-fA-F]{1,8}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_VERSION = (
    rf"(?!(?:{_OCTET}\.){{3}}{_OCTET}(?![.\d]))v?\d{{1,4}}\.\d{{1,5}}(?:\.\d{{1,6}}){{0,3}}"
    r"(?:[-+~.]?(?:rc|alpha|beta|dev|pre|ce|ee|el|fc|k3s|b|a|p|post)[-.]?\d{0,4}){0,2}"
)
PUBLIC = re.compile(
    rf"[-+~]?\d{{1,5}}(?:[.,]\d{{1,6}})?(?:{_UNIT})?"
    rf"|(?:\d{{1,5}}(?:\.\d{{1,9}})?(?:h|m|s|ms|µs|us|ns)){{1,4}}"
    rf"|{_HEX}"
    rf"|{_VERSION}\+?"
    r"|v\d{1,3}(?:(?:alpha|beta|rc)\d{0,2})?|\d{1,5}[/:x-]\d{1,5}(?::\d{1,5})?"
    r"|429496729\d|3221225\d{3}|3221226\d{3}|214748364\d|-\d{9,10}"
)
FIRST = "+-IWEF"  # what may stand before the first digit of one that folds
FOLDED = (
    (
        "time",
        re.compile(
            r"\d{4}[-/]\d{2}[-/]\d{2}(?:[T_ ]?\d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?"
            r"|\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?|[IWEF]\d{4}|\d{8}T\d{6}Z?"
            r"|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}"
        ),
    ),
    ("ip", re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?")),
    ("number", re.compile(r"[-+]?\d[\d.,_]*|[-+]?0[xX][0-9a-fA-F]+")),
)
