"""Does a name survive when somebody hides it: encoded twice, spelled out, glued, quoted, or in a stack trace?"""

import base64
import html
import json
import re
import unicodedata
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.privacy import Cleaner
from aboveboard.privacy.vocabulary import COMMON, shipped

PUBLIC = shipped()
names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=12).filter(
    lambda word: PUBLIC.tier(word) > COMMON
)
TEMPLATES = (
    "cannot open {}",
    "container {} failed",
    'error in "{}" today',
    "open /home/{}/data.txt: permission denied",
    "C:\\Users\\{}\\x.log is locked",
    "\\\\?\\C:\\Users\\{}\\x",
    "\\\\?\\UNC\\{}\\share",
    "%USERPROFILE%\\{}\\x",
    "$HOME/{}/x",
    "https://{}.example.com/v2/ failed",
    "http://{}:pw@localhost/",
    "http://localhost/?u={}",
    "https://localhost/#{}",
    "git@github.com:{}/x.git",
    "--name={}",
    '{{"user":"{}"}}',
    "bash: {}: command not found",
    "the request failed: {}",
    "    at {} (/x/y.js:3:1)",
    "\tat com.{}.Main.run(Main.java:3)",
    "main.{}(0x1)",
    'File "/x/{}.py", line 3, in run',
    "thread '{}' panicked at",
    "   at {}.Program.Main() in C:\\a\\b.cs:line 3",
    "[{}]",
)


def _percent(word: str) -> str:
    return "".join(f"%{byte:02X}" for byte in word.encode())


DISGUISES = {
    "percent twice": lambda word: quote(_percent(word)),
    "percent three times": lambda word: quote(quote(_percent(word))),
    "JSON twice": lambda word: "".join(f"\\\\u{ord(sign):04x}" for sign in word),
    "entities twice": lambda word: "".join(f"&amp;#{ord(sign)};" for sign in word),
    "octal": lambda word: "".join(f"\\{ord(sign):03o}" for sign in word),
    "quoted-printable": lambda word: "".join(f"={ord(sign):02X}" for sign in word),
    "base64": lambda word: base64.b64encode(word.encode()).decode(),
    "hex": lambda word: word.encode().hex(),
    "hex bytes": lambda word: word.encode().hex(" "),
    "byte list": lambda word: str(list(word.encode())),
    "C bytes": lambda word: ", ".join(f"0x{byte:02x}" for byte in word.encode()),
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "underscored": "_".join,
    "right to left": lambda word: f"\u202e{word}\u202c",
    "joined by nothing": "\u200d".join,
    "struck through": lambda word: "".join(sign + "\u0336" for sign in word),
    "homoglyphs": lambda word: word.replace("a", "\u0430").replace("o", "\u043e").replace("e", "\u0435"),
    "full width": lambda word: "".join(chr(ord(sign) + 0xFEE0) for sign in word),
    "mathematical": lambda word: "".join(chr(0x1D41A + ord(sign) - 97) for sign in word),
    "circled": lambda word: "".join(chr(0x24D0 + ord(sign) - 97) for sign in word),
    "coloured within": lambda word: word[:3] + "\x1b[0m" + word[3:],
    "camel case": lambda word: f"get{word.capitalize()}Service",
    "snake case": lambda word: f"svc_{word}_main",
    "short name": lambda word: f"{word[:6].upper()}~1",
    "punycode": lambda word: f"xn--{word}-9va",
    "JSON in JSON": lambda word: json.dumps(json.dumps({"user": word})),
    "quotes in quotes": lambda word: f"\"'{word}'\"",
    "beside a placeholder": lambda word: f"<name>{word}",
    "within a placeholder": lambda word: f"<{word} <name>",
    "variable": lambda word: f"${{{word}}}",
    "tag": lambda word: f'<user name="{word}"/>',
    "possessive": lambda word: f"{word}'s",
    "shouted": str.upper,
}
SETTINGS = settings(max_examples=60)


def readings(text: str) -> str:
    """What somebody who undoes all of the above could read."""
    found = [text]
    for _ in range(3):
        last = html.unescape(unquote(found[-1])).replace("\\\\", "\\")
        for form, base in ((r"\\u([0-9a-f]{4})", 16), (r"\\([0-7]{3})", 8), (r"=([0-9A-F]{2})", 16)):
            last = re.sub(form, lambda one, base=base: chr(int(one[1], base)), last)  # type: ignore[misc]
        found.append(last)
    for one in list(found):
        plain = "".join(
            sign for sign in unicodedata.normalize("NFKD", one) if unicodedata.category(sign)[0] not in "MC"
        )
        plain = plain.translate(str.maketrans("\u0430\u043e\u0435", "aoe"))
        found += [plain, re.sub(r"[\s._-]", "", plain)]
        for run in re.findall(r"(?:(?:0x)?[0-9a-fA-F]{2}[ ,]{0,2}){5,}", one):
            digits = re.sub("0x|[^0-9a-fA-F]", "", run)
            found.append(bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1"))
        for run in re.findall(r"\d{2,3}(?:, \d{2,3}){4,}", one):
            found.append(bytes(int(number) % 256 for number in run.split(", ")).decode("latin-1"))
        for run in re.findall(r"[A-Za-z0-9+/]{8,}", one):
            found.append(base64.b64decode(run[: len(run) // 4 * 4]).decode("latin-1"))
    return "\0".join(found).casefold()


@pytest.mark.parametrize("disguise", DISGUISES)
@SETTINGS
@given(word=names, template=st.sampled_from(TEMPLATES))
def test_a_registered_name_does_not_survive_in_disguise(disguise: str, word: str, template: str) -> None:
    hidden = DISGUISES[disguise](word)
    searched = word[:6] + "~1" if disguise == "short name" else word
    cleaned = Cleaner([word]).clean(template.format(hidden))
    assert searched not in readings(cleaned) or searched in readings(template.format(""))


@pytest.mark.parametrize("known", [["Мария"], ["माया शर्मा"], ["Jürgen"], ["สุดา"]])
def test_values_are_known_in_any_composition(known: list[str]) -> None:
    for form in ("NFC", "NFD"):
        for value in ("NFC", "NFD"):
            cleaner = Cleaner([unicodedata.normalize(value, one) for one in known])
            text = f"hello {unicodedata.normalize(form, known[0])} in /home/x y"
            assert cleaner.clean(text).startswith("hello <name> in")


def test_a_password_beside_a_known_user_is_no_compound() -> None:
    cleaner = Cleaner(["vera_d"])
    assert "GTKCoUEqYP" not in cleaner.clean("podman push x --creds vera_d:5GTKCoUEqYP5 failed")
    assert "GTKCoUEqYP" not in cleaner.clean("login vera_d:GTKCoUEqYP failed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cannot open C:\\Users\\John Smith\\kind.yaml: denied", "cannot open <path>.yaml: denied"),
        ("stat /home/мария/app: denied", "stat <path>: denied"),
        ("exceeded quota: umbrella, requested: 2Gi", "exceeded quota: <name>, requested: 2Gi"),
        ("bash: meridian: command not found", "bash: <word>: command not found"),
        ("certificate is valid for *.tanaka.com", "certificate is valid for *.<host>"),
        ("https://localhost/#tanaka/x", "https://localhost/"),
        ("calling the ListObjectsV2 operation", "calling the ListObjectsV2 operation"),
        ("Wsl/Service/CreateVm/HCS/0x80370106 failed", "Wsl/Service/CreateVm/HCS/0x80370106 failed"),
        ("Wsl/192.31.196.7/Foo failed", "<image> failed"),
        ("got application/vnd.oci.image.manifest.v1+json", "got application/vnd.oci.image.manifest.v1+json"),
        ("denied: image/phoenix", "denied: image/<name>"),
        (
            "requires `pyproject.toml`, `setup.cfg` or `.tar.gz`",
            "requires `pyproject.toml`, `setup.cfg` or `.tar.gz`",
        ),
        ("wrote '.phoenix'", "wrote '<name>'"),
        ("non-existent cross-device link", "non-existent cross-device link"),
        ("self-harbor is not valid", "<word> is not valid"),
        ("after 30 ms: Couldn't connect", "after 30 ms: Couldn't connect"),
        ("asked Ms. Flower twice", "asked Ms. <name> twice"),
        ("cannot fetch token: 400 Bad Request", "cannot fetch token: 400 Bad Request"),
        ("bad token: 84913377", "bad token: <secret>"),
        ("the 'defaultMaxListeners' argument", "the 'defaultMaxListeners' argument"),
        ("the 'phoenixMaxListeners' argument", "the '<name>' argument"),
        ("upgrade to v0.13+", "upgrade to v0.13+"),
        ("use `--rm --global`", "use `--rm --global`"),
        ("unknown flag --my-phoenix", "unknown flag <word>"),
        ("owner: m.a.x, m-a-x", "owner: <data>, <data>"),
        ("m a x", "<data>"),
        (
            "e.g. x, i.e. a container of the U.S. at 5 p.m. a day",
            "e.g. x, i.e. a container of the U.S. at 5 p.m. a day",
        ),
        ("etcdserver: request timed out", "etcdserver: request timed out"),
        ("expected my-anchor", "expected <word>"),
        (
            "see https://docs.docker.com/engine/security/rootless/",
            "see https://docs.docker.com/engine/security/rootless/",
        ),
    ],
)
def test_what_stays_and_what_goes(text: str, expected: str) -> None:
    assert Cleaner().clean(text) == expected
