"""Is one token public, and if not, what stands in its place? Its shape decides who answers."""

import re

from aboveboard.privacy import numbers, secrets
from aboveboard.privacy.constants import EXTENSIONS, FILES, HOSTS, MEDIA_TYPE, MODULES, RESIDUE, TOP_LEVELS
from aboveboard.privacy.escapes import WINDOWS_START, decoded, has_escape_signs, has_escapes
from aboveboard.privacy.identifiers import NAME_PART, Identifiers
from aboveboard.privacy.known import Known
from aboveboard.privacy.notes import PLACEHOLDER, Notes
from aboveboard.privacy.places import Places
from aboveboard.privacy.slots import SCHEMES, effect_of, effect_of_flag, effect_of_key, is_secret_key
from aboveboard.privacy.vocabulary import ANY, COMMON, PLACE, SECRET, Entry, Vocabulary

__all__ = ["RUN", "Judge", "append_joined"]

RUN = frozenset(("<name>", "<word>"))
STRUCTURE = re.compile(r"[\\\"'`%&]")  # what would read differently when cleaned again
BRACKETS = frozenset("()[]{}")
LONG, LONGEST = 16, 1024
DEEPEST = 4
LEADING, TRAILING = "<([{,;:=>\"'`*•|", ")]}>,;:!?.\"'`*…|"
EDGES = LEADING + TRAILING
SHORT = 4  # a token of so few signs is looked at for letters first
DIGIT = re.compile(r"\d")
LASTING = re.compile(
    r"[\w.,:;!?()\[\]{}'=+-]{1,40}", re.ASCII
)  # what may be remembered: no path, no address, no login
DELIMITERS = re.compile(r"([()\[\]{},;|<>=&\"'`?\\]+|->|:(?=[^\d/\\])|(?<=[^\d]):)")
LETTERS = re.compile(r"[^\W\d_]+")
PART = re.compile(r"[a-z]+|\d+")
UNFIT = re.compile(r"\d{6}|[^\x20-\x7e]|(?:\d+\.){3}\d")
DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\|%\w+%|.*\\\\?[^nrtux\"'/\\]", re.DOTALL)

# Tried in this order; the name is that of the method which answers.
SHAPES = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("drive", r"(?:[A-Za-z]:[\\/]|\\|%\w+%\\).*|[^\s\\]*\\.*"),
            ("rooted", r"(?:~[\w.-]*|\.{1,2}|\$\w+|\$\{\w+\})?/.*"),
            ("url", r"(?P<scheme>[A-Za-z][A-Za-z0-9+-]{1,24})://(?P<rest>.+)"),
            ("email", r"[^\s@/:=,]+@[^\s@/:=,]+\.[^\s@/:=,]{2,}"),
            ("login", r"(?P<user>[\w.+-]+)@(?P<at>[\w.-]+)(?::(?P<repository>[^\s:]+))?"),
            ("flag", r"(?P<dashes>--?)(?P<option>[A-Za-z][\w-]*)(?:=(?P<argument>.*))?"),
            ("pair", r"(?P<key>[A-Za-z_][\w.-]*)=(?P<value>.+)"),
            (
                "ipv6",
                r"(?=[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:)[0-9a-fA-F:.]+(?:%\w+)?\]?(?:/\d{1,3})?(?P<port>:\d{1,5})?",
            ),
            (
                "runtime",
                r"node:[\w./-]+(?::\d+){0,2}|(?:java\.\w+/)?(?:javax?|jdk|sun|kotlinx?|scala)(?:\.[\w$<>]+){2,}",
            ),
            ("slashed", r"[\w.:@+-]+(?:/[\w.:@+$-]+)+"),
            ("socket", r"(?P<server>[\w.-]+):\d{2,5}"),
            ("dotted", r"[\w$-]+(?:\.[\w$<>*-]+)+(?::\d{1,6}){0,2}"),
        )
    ),
    re.DOTALL,
)

IPV6_SHORT = re.compile(
    r"(?P<before>[\[({\"'`=]*)(?P<address>[0-9a-fA-F:]*::[0-9a-fA-F:.]*)(?:%\w+)?(?P<after>(?:\]:\d{1,5})?[\])}\"'`,.;]*)"
)

Verdict = tuple[str, int]  # the text to send, and the strictness for the next token


def append_joined(done: list[str], text: str) -> None:
    """Append a cleaned token; a first and a family name in a row are one placeholder."""
    if done and text[:6] in RUN and done[-1] in RUN:
        done[-1] = text
    else:
        done.append(text)


class Judge:
    """Judges tokens by their shape, then by the vocabulary; `base` is the strictness of ordinary prose there."""

    def __init__(self, vocabulary: Vocabulary, known: Known, notes: Notes) -> None:
        self._vocabulary = vocabulary
        self._known_words, self._known_in_places = known.words, known.in_places
        self._kind_of = known.kind
        self._phrases = known.phrases
        self._places = Places(vocabulary, known)
        identifiers = Identifiers(vocabulary, known)
        self._compound, self._part = identifiers.compound, identifiers.part
        self._is_constant, self._is_of_program = identifiers.is_constant, identifiers.is_of_program
        self._notes = notes

    def passes(self, token: str, allowed: int) -> bool:
        """Say whether a plain word, with punctuation around it, may pass at a strictness."""
        entry = self._vocabulary.memo.get(token) or self._vocabulary.study(token)
        return entry is not None and entry[0] <= allowed and not self._knows(entry[2], allowed)

    def _knows(self, words: tuple[str, ...], allowed: int) -> bool:
        """Say whether one of the words is known to be a name; common words are so only where names stand."""
        return not (self._known_words if allowed > PLACE else self._known_in_places).isdisjoint(words)

    def judge(self, token: str, allowed: int, base: int, depth: int = 0) -> Verdict:
        """Give what may be sent for a token without blanks."""
        if len(token) > LONGEST or depth > DEEPEST:
            return self._notes.replace("data", "bounds"), base
        if len(token) < SHORT and not token.strip(EDGES):
            return token, allowed
        if allowed == COMMON and "()" in token:
            allowed = PLACE  # nobody's name is called
        entry = self._vocabulary.study(token)
        if entry is not None and allowed != SECRET:
            if entry[0] <= allowed and not self._knows(entry[2], allowed):
                return token, entry[1]
            if allowed < ANY and (
                self._is_constant(token.strip(EDGES))
                or (
                    allowed == COMMON
                    and entry[0] <= PLACE
                    and self._is_of_program(token.strip(EDGES), entry[2])
                )
            ):
                return token, base
            return self._refused(token, entry, allowed), base
        if "<" in token and PLACEHOLDER.search(token):
            return self._residue(token), base
        if "::" in token and IPV6_SHORT.fullmatch(token) and token.strip(EDGES):
            return self._short_ipv6(token), base
        body = token.lstrip(LEADING)
        core = body.rstrip(TRAILING)
        if not core:
            return token, allowed
        if core[0] == "." and token[: len(token) - len(body)][-1:] == "*":  # "*.example.com"
            core, body = core[1:], body[1:]
        lead, tail = token[: len(token) - len(body)], body[len(core) :]
        if not core:
            return token, allowed
        strictness = allowed
        if lead and lead[-1] in BRACKETS and tail[:1] in BRACKETS and tail:
            strictness = min(allowed, PLACE)  # alone in brackets: a detail, or a name
        text, effect = self._core(core, tail, strictness, base, depth)
        if text == core:
            if allowed >= PLACE and base == ANY and LASTING.fullmatch(token):
                words = tuple(PART.findall(core.lower()))
                # After a sign alone it stays as strict as it was, whatever that was.
                if words or allowed == ANY:
                    self._vocabulary.remember(token, (allowed, effect, words))
            return token, effect
        return lead + text + tail, effect

    def _short_ipv6(self, token: str) -> str:
        """An address whose zeros are left out, which is no punctuation at its edges."""
        address = IPV6_SHORT.fullmatch(token)
        if address is None or address["address"] in HOSTS:
            return token
        return address["before"] + self._notes.replace("ip", "secret") + address["after"]

    def _refused(self, token: str, entry: Entry, allowed: int) -> str:
        """The placeholder for a plain word, in the punctuation around it."""
        body = token.lstrip(LEADING)
        core = body.rstrip(TRAILING)
        return token[: len(token) - len(body)] + self._hidden(core, entry[0], allowed) + body[len(core) :]

    def _hidden(self, core: str, level: int, allowed: int) -> str:
        folded = core.casefold()
        is_word = core.isalpha() and core.isascii()
        words: tuple[str, ...] = (folded,) if is_word else (*LETTERS.findall(folded), folded)
        if self._knows(words, allowed):
            return self._notes.place_known(self._kind_of(words))
        if len(core) >= LONG and secrets.TOKENS.fullmatch(core):
            return self._notes.replace("secret", "secret")
        if level <= ANY or allowed < ANY:
            return self._notes.place("name", "<name>")
        return self._notes.replace("word", "vocabulary")

    def _residue(self, token: str) -> str:
        """Let our own output through again: placeholders, and beside them nothing but public parts."""
        rest = PLACEHOLDER.sub(" ", token)
        parts = [part for part in NAME_PART.split(rest) if part]
        if UNFIT.search(rest) or not all(map(self._may_stand_beside, parts)):
            return self._notes.replace("text", "place")
        return token

    def _may_stand_beside(self, part: str) -> bool:
        if part.lower() in self._known_words:
            return False
        is_one = (
            part.islower() or part.isupper() or part.istitle()
        )  # "GTKCoUEq" is no compound but a password
        return (
            part.lower() in RESIDUE
            or numbers.PUBLIC.fullmatch(part) is not None
            or self._part(part) <= (ANY if is_one else PLACE)
        )

    def _core(self, core: str, tail: str, allowed: int, base: int, depth: int) -> Verdict:
        if allowed == SECRET:
            if core.lower() in SCHEMES:
                return core, SECRET
            if numbers.STATUS.fullmatch(core):
                return core, base
            if not self.passes(core, PLACE if core.islower() else COMMON):
                return self._notes.replace("secret", "secret"), base
            allowed = PLACE
        if core.isalpha():
            return self._word(core, tail, allowed, base)
        if core[0] == "/":
            if not has_escape_signs(core):
                return self._placed("path", core, self._places.path(core), base)
        else:
            numeric = self._numeric(core, allowed)
            if numeric is not None:
                return numeric, base
            if core[0] != "-" and core.replace("-", "_").isidentifier():  # no sign of a structure
                return self._word(core, tail, allowed, base)
        if WINDOWS_START.match(core):  # before escapes are undone: "\\\\box\\temp" has none
            return self._placed("path", core, self._places.path(core), base)
        if has_escapes(core):
            text = decoded(core)
            if text != core:
                return self._decoded(core, text, allowed, base, depth), base
        shape = SHAPES.fullmatch(core)
        if shape is not None and shape.lastgroup is not None:
            verdict: Verdict | None = getattr(self, "_" + shape.lastgroup)(shape, core, allowed, base, depth)
            if verdict is not None:
                return verdict
        parts = [part for part in DELIMITERS.split(core) if part]
        return (
            self._delimited(parts, allowed, base, depth)
            if len(parts) > 1
            else self._word(core, tail, allowed, base)
        )

    def _numeric(self, core: str, allowed: int) -> str | None:
        """A number, an address or a secret made of digits; None where the token is something else."""
        if core[0] in "0123456789+-~v" and numbers.PUBLIC.fullmatch(core):
            return core
        if DIGIT.search(core) is None:
            return None
        if allowed > COMMON and numbers.CODE.fullmatch(core):
            return core
        found = secrets.TOKENS.fullmatch(core)
        if found is not None and found.lastgroup is not None:
            return self._notes.replace(found.lastgroup.rstrip("0123456789"), "secret")
        if not core[0].isdigit() and core[0] not in numbers.FIRST:
            return None
        for kind, pattern in numbers.FOLDED:
            if pattern.fullmatch(core):
                host, colon, port = core.partition(":")
                if kind == "ip":
                    return core if host in HOSTS else self._notes.replace(kind, "secret") + colon + port
                return self._notes.replace(kind, "secret")
        return None

    def _decoded(self, core: str, text: str, allowed: int, base: int, depth: int) -> str:
        """Judge what a token says once decoded; the token itself stays only if all of that is public."""
        if self._phrases is not None and self._phrases.spans(text):
            return self._notes.place_known("name")
        done: list[str] = []
        for part in text.split(" "):
            verdict, allowed = (
                self.judge(part, min(allowed, base), base, depth + 1) if part else ("", allowed)
            )
            append_joined(done, verdict)
        cleaned = " ".join(done)
        if cleaned == text and "\\" not in core and text.isascii():
            return core
        return self._notes.replace("text", "place") if STRUCTURE.search(cleaned) else cleaned

    # Shapes: one method each; None hands the token on to its parts.

    def _placed(self, kind: str, core: str, text: str | None, base: int) -> Verdict:
        return (core, base) if text is None else (self._notes.place(kind, text), base)

    def _drive(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        return self._placed("path", core, self._places.path(core), base) if DRIVE.match(core) else None

    def _rooted(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        return self._placed("path", core, self._places.path(core), base)

    def _url(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        return self._placed("url", core, self._places.url(shape["scheme"], shape["rest"]), base)

    def _email(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        return self._notes.replace("email", "secret"), base

    def _login(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        return self._placed(
            "url", core, self._places.login(shape["user"], shape["at"], shape["repository"]), base
        )

    def _flag(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        option, argument = shape["option"], shape["argument"]
        if len(option) > 1 and self._compound(option) > ANY:
            return None
        effect = effect_of_flag(option)
        if not argument:
            return core, effect
        return f"{shape['dashes']}{option}={self._value(argument, effect, base, depth)}", base

    def _pair(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        key, value = shape["key"], shape["value"]
        if self._compound(key) > max(allowed, PLACE) or (
            "," in value and "=" in value and not is_secret_key(key)
        ):
            return None
        return f"{key}={self._value(value, effect_of_key(key), base, depth)}", base

    def _value(self, value: str, effect: int, base: int, depth: int) -> str:
        if effect == SECRET:
            return value if PLACEHOLDER.fullmatch(value) else self._notes.replace("secret", "secret")
        return self.judge(value, effect, base, depth + 1)[0]

    def _ipv6(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        colons = core.count(":")
        if colons < 2 or ("::" not in core and (colons < 5 or core.isdigit())):
            return None
        if core in HOSTS:
            return core, base
        bracket = "]" if "]" in core else ""
        return self._notes.replace("ip", "secret") + bracket + (shape["port"] or "" if bracket else ""), base

    def _runtime(
        self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int
    ) -> Verdict | None:
        return (core, base) if self._known_words.isdisjoint(LETTERS.findall(core.lower())) else None

    def _slashed(
        self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int
    ) -> Verdict | None:
        if self._is_choice(core.split("/")) or (MEDIA_TYPE.match(core) and self._compound(core) <= PLACE):
            return core, base
        return self._placed("image", core, self._places.image(core), base)

    def _is_choice(self, parts: list[str]) -> bool:
        """Say whether words stand beside a slash as in "input/output", and none of them names an image."""
        if any(part != part.lower() for part in parts):  # no image has capitals in its name
            most = ANY if len(parts) > 2 else PLACE
            if all(numbers.HEX.fullmatch(part) or self._compound(part) <= most for part in parts):
                return True
        return (
            len(parts) <= 3
            and all(part.isalpha() and self.passes(part, PLACE) for part in parts)
            and any(self.passes(part, COMMON) for part in parts)
        )

    def _socket(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        server = shape["server"]
        extension = server.rpartition(".")[2].lower()
        if "." in server and extension in EXTENSIONS:
            if self._compound(server) <= PLACE:
                return core, base
            return self._placed("path", core, f"<path>.{extension}{core[len(server) :]}", base)
        if "." not in server and self._places.is_public(server):
            return core, base
        return self._placed("host", core, self._places.host(core), base)

    def _dotted(self, shape: re.Match[str], core: str, allowed: int, base: int, depth: int) -> Verdict | None:
        name, colon, position = core.partition(":")
        parts = name.split(".")
        if name.lower() in FILES and self._known_words.isdisjoint((*parts, name.lower())):
            return core, base
        if self._places.is_public(name) or (name.lower() in HOSTS and self._known_words.isdisjoint(parts)):
            return core, base
        level = self._compound(name)
        if (level <= PLACE and allowed > COMMON) or (level <= ANY and parts[0].lower() in MODULES):
            return core, base
        if parts[-1].lower() in EXTENSIONS and len(parts) == 2:
            return self._placed("path", core, f"<path>.{parts[-1].lower()}{colon}{position}", base)
        kind = (
            "host"
            if parts[-1].lower() in TOP_LEVELS or (len(parts[-1]) == 2 and parts[-1].isalpha())
            else "name"
        )
        return self._placed(kind, core, f"<{kind}>{colon}{position}", base)

    # Words, alone and between delimiters.

    def _word(self, core: str, tail: str, allowed: int, base: int) -> Verdict:
        """The last gate: one word or compound, by the vocabulary and by what this machine knows."""
        is_word = core.isalpha()
        if not is_word and LETTERS.search(core) is None and core.isascii() and DIGIT.search(core) is None:
            return core, allowed
        if self._is_constant(core) or (core[0] == "." and EXTENSIONS.issuperset(core[1:].split("."))):
            return core, base
        level = self._compound(core)
        if level <= (allowed if is_word or core.isupper() else min(allowed, PLACE)) and not self._knows(
            (core.lower(),), allowed
        ):
            return core, effect_of(core.lower(), tail[:1]) if is_word else base
        return self._hidden(core, level, allowed), base

    def _delimited(self, parts: list[str], allowed: int, base: int, depth: int) -> Verdict:
        """Judge the parts between delimiters; a key before `=` or `:` sets the strictness of its value."""
        done: list[str] = []
        for part in parts:
            if not DELIMITERS.fullmatch(part):
                text, allowed = self.judge(part, allowed, base, depth + 1)
                done.append(text)
                continue
            key = done[-1] if done else ""
            if part in ("=", ":") and key.replace("_", "").isalpha():
                allowed = min(allowed, effect_of_key(key) if part == "=" else effect_of(key.lower(), ":"))
            elif part == ",":
                allowed = base
            done.append(part)
        return "".join(done), base
