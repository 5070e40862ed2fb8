"""How is a text walked: line by line, quote by quote, token by token, and who judges each token?"""

import html
import re
from urllib.parse import unquote

from aboveboard.privacy import numbers, secrets
from aboveboard.privacy.constants import EXTENSIONS, HOSTS, MODULES, RESIDUE
from aboveboard.privacy.known import Known
from aboveboard.privacy.places import Places
from aboveboard.privacy.slots import effect_of, effect_of_flag, effect_of_key, is_secret_key
from aboveboard.privacy.vocabulary import ANY, COMMON, PIECE, PLACE, SECRET, Vocabulary

__all__ = ["KINDS", "Scanner"]

KINDS = frozenset(
    "card data email host id image ip jwt key mac name number path phone query secret text time url user uuid word".split()
)
PLACEHOLDER = re.compile(f"<(?:{'|'.join(sorted(KINDS))})>")
RUN = frozenset(("<name>", "<word>"))

QUOTED = re.compile(r"(?<![\w\\])(\\{0,3})([\"'`])(.*?)(?<!\\)\1\2(?!\w)|[“«„](.*?)[”»“]|‘(.*?)’")
QUOTES = re.compile(r"[\"'`“«„‘]")
SPACED_WINDOWS = re.compile(
    r"(?<!\w)(?:[A-Za-z]:|\\)\\{1,4}(?:[^\\/:*?\"'<>|\n]{0,80}[^\\/:*?\"'<>|\s]\\{1,4})*"
    r"(?:[^\s\\:*?\"'<>|,;.]*(?: [A-Z0-9(][^\s\\/:*?\"'<>|.]{0,30}){1,2}\.[A-Za-z]{1,5}\b|[^\s\\:*?\"'<>|,;]*)"
)
SPACED_UNIX = re.compile(r"(?<![\w/])(?:/Users|/home|/Volumes|/mnt|/media|[A-Za-z]:|~)/[^\s:\"'<>|]*(?: [^\s:\"'<>|/]+){1,3}/[^\s:\"'<>|,;]*")
EDGES = re.compile(r"^([(\[{,;:=>\"'`*•-]*)(.*?)([)\]}>,;:!?.\"'`*…]*)$", re.DOTALL)
ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&(?:#\d+|#x[0-9A-Fa-f]+|[a-z]{2,6});|\\[/\"nrt]")
UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
DELIMITERS = re.compile(r"([()\[\]{},;|<>=&\"'`*!?\\]+|->|:(?=[^\d/\\])|(?<=[^\d]):)")
TOKEN_LIMIT = 1024

SHAPES = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in (
    ("drive", r"(?:[A-Za-z]:[\\/]|\\\\|%\w+%\\|\\).*|[^\s\\]*\\\\?[^nrtux\"'/\\].*"),
    ("pathlike", r"(?:~[\w.-]*|\.{1,2}|\$\w+|\$\{\w+\})?/.*"),
    ("url", r"(?P<scheme>[A-Za-z][A-Za-z0-9+-]{1,24})://(?P<rest>.+)"),
    ("email", r"[^\s@/:=,]+@[^\s@/:=,]+\.[^\s@/:=,]{2,}"),
    ("git", r"(?P<login>[\w.+-]+)@(?P<at>[\w.-]+)(?::(?P<repo>[^\s:]+))?"),
    ("flag", r"(?P<dashes>--?)(?P<option>[A-Za-z][\w-]*)(?:=(?P<argument>.*))?"),
    ("pair", r"(?P<name>[A-Za-z_][\w.-]*)=(?P<value>.+)"),
    ("ipv6", r"(?=[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:)[0-9a-fA-F:.]+(?:%\w+)?\]?(?:/\d{1,3})?(?P<port>:\d{1,5})?"),
    ("runtime", r"node:[\w./-]+(?::\d+){0,2}|(?:java\.\w+/)?(?:javax?|jdk|sun|kotlinx?|scala)(?:\.[\w$<>]+){2,}"),
    ("slashed", r"[\w.:@+-]+(?:/[\w.:@+$-]+)+"),
    ("socket", r"(?P<server>[\w.-]+):\d{2,5}"),
    ("dotted", r"[\w$-]+(?:\.[\w$<>*-]+)+(?::\d{1,6}){0,2}"),
)), re.DOTALL)


class Scanner:
    """Cleans one text; holds nothing but the references that each step needs."""

    def __init__(self, vocabulary: Vocabulary, known: Known, made: list[tuple[str, str, str]] | None) -> None:
        self._vocabulary = vocabulary
        self._known = known
        self._places = Places(vocabulary, known)
        self._made = made
        self._words = known.words

    def text(self, text: str, limit: int) -> str:
        """Clean all lines of a text until `limit` characters have come out."""
        if "-----BEGIN" in text:
            text = secrets.KEY_BLOCK.sub(lambda _: self._replace("key", "secret"), text)
        if "\n" not in text:
            return self._line(text, ANY)
        done: list[str] = []
        length = 0
        for line in text.split("\n"):
            done.append(self._line(line, ANY))
            length += len(done[-1]) + 1
            if length > limit:
                break
        return "\n".join(done)

    def _replace(self, kind: str, step: str) -> str:
        placeholder = f"<{kind}>"
        if self._made is not None:
            self._made.append((kind, placeholder, step))
        return placeholder

    # Lines: spans with blanks first, then what stands in quotes, then tokens.

    def _line(self, line: str, base: int) -> str:
        for kind, pattern in secrets.SPANS:
            line = pattern.sub(lambda _, kind=kind: self._replace(kind, "secret"), line)  # type: ignore[misc]
        if self._known.phrases is not None:
            line = self._phrases(line)
        if "\\" in line or "/" in line:
            line = self._spaced(line)
        if QUOTES.search(line):
            return self._quotes(line, base)
        return self._tokens(line, base, base)[0]

    def _phrases(self, line: str) -> str:
        assert self._known.phrases is not None
        lowered = line.casefold()
        if len(lowered) != len(line):
            return line
        done, at = [], 0
        for found in self._known.phrases.finditer(lowered):
            done += [line[at : found.start()], self._replace("name", "known")]
            at = found.end()
        return "".join([*done, line[at:]]) if done else line

    def _spaced(self, line: str) -> str:
        """Replace the paths whose folders have blanks in them."""
        if "\\" in line:
            line = SPACED_WINDOWS.sub(self._spaced_path, line)
        if "/" in line:
            line = SPACED_UNIX.sub(self._spaced_path, line)
        return line

    def _spaced_path(self, found: re.Match[str]) -> str:
        token = found[0]
        if " " not in token or PLACEHOLDER.search(token):
            return token
        if "\\" not in token:  # "/home/x input/output error": the blank ends the path
            words = re.split(r"[ /]", token.split(" ", 1)[1])
            if all(self._vocabulary.tiers.get(word, 9) <= PLACE for word in words[:2]):
                return token
        if "\\" in token and "\\" not in token.partition(" ")[2] and not re.search(r" .*\.[A-Za-z]{1,5}$", token):
            token, blank, rest = token.partition(" ")
            return token + blank + rest
        path = self._places.path(token)
        if path is None:
            return token
        self._note("path", "place")
        return path

    def _note(self, kind: str, step: str) -> None:
        if self._made is not None:
            self._made.append((kind, f"<{kind}>", step))

    def _quotes(self, line: str, base: int) -> str:
        done: list[str] = []
        at, allowed = 0, base
        for found in QUOTED.finditer(line):
            if found.start() > at:
                part, allowed = self._tokens(line[at : found.start()], allowed, base)
                done.append(part)
            group = found.lastindex if found[2] is None else 3
            assert group is not None
            start, end = found.span(group)
            content = found[group]
            is_key = line[found.end() : found.end() + 1] == ":" and found[2] == '"'
            done += [line[found.start() : start], self._quoted(content, allowed, is_key), line[end : found.end()]]
            allowed = effect_of_key(content) if is_key and line[found.end() + 1 : found.end() + 2].strip() != "" else base
            if is_key:
                allowed = effect_of_key(content)
            at = found.end()
        if at < len(line):
            done.append(self._tokens(line[at:], allowed, base)[0])
        return "".join(done)

    def _quoted(self, content: str, allowed: int, is_key: bool) -> str:
        if not content.strip() or PLACEHOLDER.fullmatch(content):
            return content
        strictness = PLACE if is_key else min(COMMON, allowed)
        chunks = content.split(" ")
        if len(chunks) == 1:
            return self._tokens(content, strictness, strictness)[0]
        if re.match(r"(?:[A-Za-z]:)?[\\/]|~/|\.{1,2}/|file:/", content) and not re.match(r".* --?\w", content):
            path = self._places.path(content)
            if path is not None:
                self._note("path", "place")
            return content if path is None else path
        if allowed == SECRET:
            return self._replace("secret", "secret")
        if len(chunks) == 2 and not all(self._passes(chunk, COMMON) for chunk in chunks):
            cleaned = self._line(content, COMMON)
            return cleaned if PLACEHOLDER.search(cleaned) and not cleaned.startswith(("<name>", "<word>")) else self._replace("name", "place")
        common = sum(self._passes(chunk, COMMON) for chunk in chunks)
        return self._line(content, ANY if 2 * common >= len(chunks) else PLACE)

    def _passes(self, chunk: str, allowed: int) -> bool:
        entry = self._vocabulary.memo.get(chunk) or self._vocabulary.study(chunk)
        return entry is not None and entry[0] <= allowed and self._words.isdisjoint(entry[2])

    # Tokens: the memo lets public words through at once, everything else is judged.

    def _tokens(self, segment: str, allowed: int, base: int) -> tuple[str, int]:
        done: list[str] = []
        memo, words = self._vocabulary.memo, self._words
        for chunk in segment.split(" "):
            entry = memo.get(chunk)
            if entry is not None and entry[0] <= allowed and words.isdisjoint(entry[2]):
                done.append(chunk)
                allowed = entry[1] if entry[1] < base else base
                continue
            if not chunk:
                done.append(chunk)
                continue
            text, effect = self._judge(chunk, allowed, base)
            allowed = effect if effect < base else base
            if done and text[:6] in RUN and done[-1] in RUN:
                done[-1] = text
            else:
                done.append(text)
        return " ".join(done), allowed

    def _judge(self, chunk: str, allowed: int, base: int) -> tuple[str, int]:
        entry = self._vocabulary.study(chunk)
        if entry is not None and entry[0] <= allowed and self._words.isdisjoint(entry[2]):
            return chunk, entry[1]
        if len(chunk) > TOKEN_LIMIT:
            return self._replace("data", "bounds"), base
        if "<" in chunk and PLACEHOLDER.search(chunk):
            return self._residue(chunk), base
        edges = EDGES.match(chunk)
        assert edges is not None
        lead, core, tail = edges.groups()
        if not core:
            return chunk, allowed
        text, effect = self._core(core, tail, allowed, base)
        return lead + text + tail, effect

    def _residue(self, chunk: str) -> str:
        """Let our own output through again: placeholders, and beside them nothing but public parts."""
        rest = PLACEHOLDER.sub(" ", chunk)
        for word in re.findall(r"[^\W\d_]+", rest):
            lowered = word.lower()
            if lowered in self._words or not (lowered in RESIDUE or self._vocabulary.tier(word) <= ANY
                                              or self._vocabulary.tier_of_all(PIECE.findall(word)) <= PLACE):
                return self._replace("text", "place")
        if re.search(r"\d{6}|[^\x20-\x7e]|(?:\d+\.){3}\d", rest):
            return self._replace("text", "place")
        return chunk

    def _core(self, core: str, tail: str, allowed: int, base: int) -> tuple[str, int]:
        if allowed == SECRET:
            if core.isalpha() and core.lower() in ("basic", "bearer"):
                return core, SECRET
            if not (core.islower() and self._passes(core, COMMON)):
                return self._replace("secret", "secret"), base
        if core[0].isdigit() or core[0] in "+-~v":
            number = self._number(core)
            if number is not None:
                return number, base
        if numbers.CODE.fullmatch(core) and allowed > COMMON:
            return core, base
        found = secrets.TOKENS.fullmatch(core)
        if found is not None and found.lastgroup is not None:
            return self._replace(found.lastgroup.rstrip("0123456789"), "secret"), base
        if ESCAPED.search(core):
            return self._escaped(core, allowed, base)
        shape = SHAPES.fullmatch(core)
        if shape is not None:
            handled = self._shaped(shape, core, allowed, base)
            if handled is not None:
                return handled
        return self._plain(core, tail, allowed, base)

    def _number(self, core: str) -> str | None:
        if numbers.PUBLIC.fullmatch(core):
            return core
        for kind, pattern in numbers.FOLDED:
            if pattern.fullmatch(core):
                if kind == "ip" and core.partition(":")[0] in HOSTS:
                    return core
                port = ":" + core.partition(":")[2] if kind == "ip" and ":" in core else ""
                return self._replace(kind, "secret") + port
        return None

    def _escaped(self, core: str, allowed: int, base: int) -> tuple[str, int]:
        decoded = core
        for _ in range(3):
            before = decoded
            decoded = html.unescape(unquote(decoded)).replace("\\/", "/").replace("\\\\", "\\")
            decoded = UNICODE_ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), decoded)
            if decoded == before:
                break
        if not re.match(r"[A-Za-z]:\\|\\\\", core):
            decoded = re.sub(r"\\[nrt\"]", " ", decoded)
        if decoded == core:
            return self._shaped_or_plain(core, allowed, base)
        decoded = re.sub(r"[\s\x00-\x1f]+", " ", decoded).strip()
        if re.match(r"\w+://|(?:[A-Za-z]:)?[\\/]|~/", decoded):
            decoded = decoded.replace(" ", "_")
        cleaned = self._line(decoded, min(allowed, base)) if decoded else ""
        return (core if cleaned == decoded and decoded.isascii() and "\\" not in core and " " not in decoded else cleaned), base

    def _shaped_or_plain(self, core: str, allowed: int, base: int) -> tuple[str, int]:
        shape = SHAPES.fullmatch(core)
        handled = self._shaped(shape, core, allowed, base) if shape is not None else None
        return handled if handled is not None else self._plain(core, "", allowed, base)

    # Shapes: one method each; None hands the token on.

    def _shaped(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        kind = shape.lastgroup
        name = next(name for name in _ORDER if shape[name] is not None)
        method = getattr(self, "_as_" + name)
        result: tuple[str, int] | None = method(shape, core, allowed, base)
        return result

    def _placed(self, kind: str, core: str, text: str | None, base: int) -> tuple[str, int]:
        if text is None:
            return core, base
        self._note(kind, "place")
        return text, base

    def _as_drive(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        if not re.match(r"[A-Za-z]:[\\/]|\\\\|%\w+%", core) and not re.search(r"\\\\?[^nrtux\"'/\\]", core):
            return None
        return self._placed("path", core, self._places.path(core), base)

    def _as_pathlike(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        return self._placed("path", core, self._places.path(core), base)

    def _as_url(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        return self._placed("url", core, self._places.url(shape["scheme"], shape["rest"]), base)

    def _as_email(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        return self._replace("email", "secret"), base

    def _as_git(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        host = self._places.host(shape["at"])
        user = "git" if shape["login"] == "git" else "<user>"
        text = f"{user}@{shape['at'] if host is None else host}"
        if shape["repo"]:
            extension = ".git" if shape["repo"].endswith(".git") else ""
            text += f":<path>{extension}"
        return self._placed("url", core, text, base)

    def _as_flag(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        option, argument = shape["option"], shape["argument"]
        if len(option) > 1 and self._compound(option) > PLACE:
            return None
        effect = effect_of_flag(option)
        if argument is None:
            return core, effect
        text = self._value(argument, effect, base) if argument else ""
        return f"{shape['dashes']}{option}={text}", base

    def _as_pair(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        name, value = shape["name"], shape["value"]
        if "," in value and "=" in value and not is_secret_key(name):
            return None
        if self._compound(name) > ANY:
            return None
        return f"{name}={self._value(value, effect_of_key(name), base)}", base

    def _value(self, value: str, effect: int, base: int) -> str:
        if effect == SECRET:
            return value if PLACEHOLDER.fullmatch(value) else self._replace("secret", "secret")
        return self._judge(value, effect, base)[0]

    def _as_ipv6(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        if core.count(":") < 2 or (not re.search("[a-fA-F]", core) and "::" not in core and core.count(":") < 5):
            return None
        if core in ("::", "::1"):
            return core, base
        port = shape["port"] if "]" in core and shape["port"] else ""
        return self._replace("ip", "secret") + ("]" if "]" in core else "") + port, base

    def _as_runtime(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        words = re.findall(r"[a-z0-9]+", core.lower())
        return (core, base) if self._words.isdisjoint(words) else None

    def _as_slashed(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        if self._is_pair_of_words(core):
            return core, base
        return self._placed("image", core, self._places.image(core), base)

    def _is_pair_of_words(self, core: str) -> bool:
        parts = core.split("/")
        if not core.islower() and all(self._compound(part) <= PLACE for part in parts):
            return True  # no image has capitals in its name
        return len(parts) <= 3 and all(part.isalpha() and self._passes(part, PLACE) for part in parts) and any(
            self._passes(part, COMMON) for part in parts)

    def _as_socket(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        server = shape["server"]
        extension = server.rpartition(".")[2].lower()
        if "." in server and extension in EXTENSIONS:
            return self._file(server, core[len(server):], base)
        if "." not in server and self._places.is_public(server):
            return core, base
        return self._placed("host", core, self._places.host(core), base)

    def _file(self, name: str, where: str, base: int) -> tuple[str, int]:
        if self._compound(name) <= PLACE or name.lower() in RESIDUE:
            return name + where, base
        return self._placed("path", name, "<path>." + name.rpartition(".")[2].lower() + where, base)

    def _as_dotted(self, shape: re.Match[str], core: str, allowed: int, base: int) -> tuple[str, int] | None:
        name, colon, where = core.partition(":")
        parts = name.split(".")
        if self._places.is_public(name) or (name.lower() in HOSTS and name.lower() not in self._words):
            return core, base
        level = self._compound(name)
        if parts[0].lower() in MODULES and level <= ANY:
            return core, base
        if level <= PLACE and allowed > COMMON:
            return core, base
        if parts[-1].lower() in EXTENSIONS and len(parts) == 2:
            return self._placed("path", core, "<path>." + parts[-1].lower() + colon + where, base)
        kind = "host" if re.fullmatch(r"[a-zA-Z]{2,12}|xn--\w+", parts[-1]) and core.islower() else "name"
        return self._placed(kind, core, f"<{kind}>" + colon + where, base)

    # Words, alone and in compounds.

    def _compound(self, core: str) -> int:
        """The tier of an identifier of any spelling; mixed letters and digits only where listed."""
        worst = 0
        for part in re.split(r"[^A-Za-z0-9]+", core):
            if not part or part.isdigit() and len(part) < 6:
                continue
            if part.lower() in self._words:
                return 9
            tier = self._vocabulary.tier(part)
            if tier > ANY:
                pieces = PIECE.findall(part)
                if "".join(pieces) != part or not self._words.isdisjoint(piece.lower() for piece in pieces):
                    return 9
                tier = self._vocabulary.tier_of_all(pieces)
            worst = max(worst, tier)
        return worst if core.isascii() else 9

    def _plain(self, core: str, tail: str, allowed: int, base: int) -> tuple[str, int]:
        parts = [part for part in DELIMITERS.split(core) if part]
        if len(parts) > 1:
            return self._delimited(parts, allowed, base)
        if not re.search(r"\w", core):
            if core.isascii() or re.fullmatch(r"[^\w]+", core):
                return core, allowed
        level = self._compound(core)
        is_word = core.isalpha()
        if level <= allowed and (is_word or level <= PLACE):
            return core, effect_of(core.lower(), tail[:1]) if is_word else base
        pieces = tuple(piece.lower() for piece in re.findall(r"[^\W\d_]+", core)) + (core.lower(),)
        if not self._words.isdisjoint(pieces):
            return self._replace("name", "known"), base
        if level <= ANY or allowed < ANY:
            return self._replace("name", "place"), base
        return self._replace("word", "vocabulary"), base

    def _delimited(self, parts: list[str], allowed: int, base: int) -> tuple[str, int]:
        done: list[str] = []
        for part in parts:
            if DELIMITERS.fullmatch(part):
                done.append(part)
                if part in ("=", ":") and len(done) > 1 and done[-2].replace("_", "").isalpha():
                    allowed = min(allowed, effect_of_key(done[-2])) if part == "=" else min(allowed, effect_of(done[-2].lower(), ":"))
                elif part == ",":
                    allowed = base
                continue
            text, allowed = self._judge(part, allowed, base)
            done.append(text)
        return "".join(done), base


_ORDER = ("drive", "pathlike", "url", "email", "git", "flag", "pair", "ipv6", "runtime", "slashed", "socket", "dotted")
