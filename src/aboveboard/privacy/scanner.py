"""How is a text walked: line by line, quote by quote, token by token?"""

import re
from collections.abc import Iterator

from aboveboard.privacy import secrets
from aboveboard.privacy.bounds import LIMIT
from aboveboard.privacy.escapes import has_escape_signs, without_outer_escapes
from aboveboard.privacy.known import Known
from aboveboard.privacy.notes import PLACEHOLDER, Notes
from aboveboard.privacy.people import People, may_name
from aboveboard.privacy.phrases import Phrases
from aboveboard.privacy.places import Places
from aboveboard.privacy.slots import effect_of_key
from aboveboard.privacy.tokens import RUN, Judge
from aboveboard.privacy.vocabulary import ANY, COMMON, PLACE, SECRET, Vocabulary

__all__ = ["Passed", "Scanner"]

DEEPEST = 4
LONGEST_PASSED, LONGEST_RUN = 64, 256


class State:
    """How strict the next token is judged; and the states after tokens, and runs of them, that passed here before."""

    __slots__ = ("after", "after_run", "allowed")

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self.after: dict[str, State] = {"": self}
        self.after_run: dict[str, State] = {}  # programs say the same words between names

    def remember(self, token: str, then: "State", most: int) -> None:
        """Let a token pass by one look-up from now on."""
        if len(self.after) >= most:
            self.after.clear()
            self.after[""] = self
        self.after[token] = then

    def remember_run(self, run: str, then: "State", most: int) -> None:
        """Let a run of tokens pass by one look-up."""
        if len(self.after_run) >= most:
            self.after_run.clear()
        self.after_run[run] = then


class Passed(dict[tuple[int, int], State]):
    """Tokens that passed as they stand, by strictness there and in prose, each with the state it leads to.

    It counts for one set of known values, is bounded, and holds nothing that was replaced.
    """

    def __missing__(self, where: tuple[int, int]) -> State:
        return self.setdefault(where, State(where[0]))


QUOTED = re.compile(
    r"\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|'(?<![\w>]')([^']*(?:(?<=[\w>])'(?=[\w<])[^']*)*)'(?![\w<])|`([^`]*)`|[“„]([^“”„]*)[“”]|«([^«»]*)»|‘([^‘’]*)’"
)
QUOTES = re.compile("[\"'`“„«‘]")
OTHER_QUOTES = re.compile("['`“„«‘]")
SPACED_WINDOWS = re.compile(
    r"(?<!\w)(?:[A-Za-z]:|\\)\\{1,4}(?:[^\\/:*?\"'<>|\n]{0,80}[^\\/:*?\"'<>|\s]\\{1,4})*"
    r"(?:[^\s\\:*?\"'<>|,;.]*(?: [A-Z0-9(][^\s\\/:*?\"'<>|.]{0,30}){1,2}\.[A-Za-z]{1,5}\b|[^\s\\:*?\"'<>|,;]*)"
)
# What has no folder with a blank matches too, up to its blank: nothing is looked at twice.
SPACED_UNIX = re.compile(r"[/~](?<![\w/].)[^\s:\"'<>|]*+(?:(?: [^\s:\"'<>|/]++){1,3}/[^\s:\"'<>|,;]*+)?")
SPACED_ROOTS = ("/Users/", "/home/", "/Volumes/", "/mnt/", "/media/", "~/", ":/")
PATH_START = re.compile(r"(?:[A-Za-z]:)?[\\/]|~/|\.{1,2}/|file:/")
ALONE = re.compile(r": [A-Z]?[a-z]{2,}+(?=[,\"'`]|[.;]?$)")
PARTS = re.compile("[ /]")
HAS_FLAG = re.compile(r" --?\w")
FILE_AFTER_BLANK = re.compile(r" .*\.[A-Za-z]{1,5}$")


def _quoted_spans(line: str) -> Iterator[re.Match[str]]:
    """Find what stands in quotes; skipping to the next quote sign is much cheaper than trying each kind everywhere."""
    at, signs = 0, QUOTES
    while sign := signs.search(line, at):
        found = QUOTED.match(line, sign.start())
        at = sign.end() if found is None else found.end()
        if found is not None:
            yield found
        elif sign[0] == '"':
            signs = OTHER_QUOTES  # where one double quote finds no end, no later one does


def _is_json_key(line: str, start: int) -> bool:
    """Say whether what stands in double quotes before a colon, from `start` on, is the key of a JSON object."""
    return start == 0 or line[max(0, start - 4) : start].rstrip()[-1:] in ("{", ",")


def _may_have_spaced_path(line: str) -> bool:
    """Say whether a folder's name with a blank can stand in a line: most paths have none before their next slash."""
    if "\\" not in line:
        blank = line.find(" ", line.find("/"))
        if blank < 0 or line.find("/", blank) < 0:
            return False
    return any(map(line.__contains__, SPACED_ROOTS))


class Scanner:
    """Cleans texts with one vocabulary and the values known at its making; keeps nothing of them."""

    def __init__(self, vocabulary: Vocabulary, known: Known, notes: Notes, passed: Passed) -> None:
        self._vocabulary = vocabulary
        self._passed = passed
        self._most_passed = vocabulary.memo_limit // 4  # in each of the few tables
        self._known_words, self._known_in_places = known.words, known.in_places
        self._phrases = known.phrases
        self._notes = notes
        self._places = Places(vocabulary, known)
        self._judge = Judge(vocabulary, known, notes)
        self._people = People(self._passes_in_places, lambda: notes.replace("name", "place"))

    def text(self, text: str, limit: int) -> str:
        """Clean line by line until `limit` characters have come out."""
        if "-----BEGIN" in text:
            text = secrets.KEY_BLOCK.sub(lambda _: self._notes.replace("key", "secret"), text)
        phrases = self._phrases
        if phrases is not None and not has_escape_signs(text) and not phrases.may_stand_in(text):
            phrases = None
        cleaned = self._lines(text, limit, phrases) if "\n" in text else self._line(text, ANY, 0, phrases)
        if phrases is None:
            return cleaned
        hidden = phrases.hidden(cleaned, self._known_name)  # within identifiers that are public
        return cleaned if hidden == cleaned else self._lines(hidden, limit, phrases)

    def _lines(self, text: str, limit: int, phrases: Phrases | None) -> str:
        done: list[str] = []
        length = 0
        for line in text.split("\n"):
            done.append(self._line(line, ANY, 0, phrases))
            length += len(done[-1]) + 1
            if length > limit:
                break
        return "\n".join(done)

    def _line(self, line: str, base: int, depth: int, phrases: Phrases | None = None) -> str:
        """Clean one line, or what stands in quotes: spans with blanks first, then quotes, then tokens."""
        if "\\" in line:
            line = without_outer_escapes(line)
        if depth == 0:
            line = self._whole(line, phrases)
        if "\\" in line:
            line = SPACED_WINDOWS.sub(self._spaced_path, line)
        if "/" in line and _may_have_spaced_path(line):
            line = SPACED_UNIX.sub(self._spaced_path, line)
        has_quotes = "'" in line or '"' in line or "`" in line or not line.isascii()
        line = self._quotes(line, base, depth) if has_quotes else self._tokens(line, base, base)[0]
        if depth == 0 and ": " in line and ALONE.search(line) is not None:
            return ALONE.sub(self._alone, line)
        return line

    def _whole(self, line: str, phrases: Phrases | None) -> str:
        """What stands in a line whatever its quotes: long numbers, words spelled out, values of several words."""
        spans, is_spelled = secrets.spans_and_spelled(line)
        if is_spelled:
            line = secrets.SPELLED.sub(lambda _: self._notes.replace("data", "secret"), line)
        for kind, pattern in spans:
            if pattern.search(line):
                line = pattern.sub(self._notes.replace(kind, "secret"), line)
        if phrases is not None:
            line = phrases.joined(line, self._known_name)
        return self._people.hidden(line) if may_name(line.lower()) else line

    def _alone(self, found: re.Match[str]) -> str:
        """A word that is all that is said after a colon: "exceeded quota: umbrella", as often a name as a word."""
        word = found[0][2:]
        return (
            found[0] if self._judge.passes(word, PLACE) else ": " + self._notes.replace("word", "vocabulary")
        )

    def _passes_in_places(self, word: str) -> bool:
        return self._judge.passes(word, PLACE)

    def _known_name(self) -> str:
        return self._notes.replace("name", "known")

    def _spaced_path(self, found: re.Match[str]) -> str:
        """A path whose folders have blanks; the match as it is where the blank ends the path."""
        token = found[0]
        if " " not in token or PLACEHOLDER.search(token):
            return token
        after = token.split(" ", 1)[1]
        if "\\" in token:
            if "\\" not in after and not FILE_AFTER_BLANK.search(token):
                return token
        elif not token.startswith(SPACED_ROOTS) or self._is_prose(after):
            return token  # "/home/x input/output error"
        path = self._places.path(token)
        return token if path is None else self._notes.place("path", path)

    def _is_prose(self, text: str) -> bool:
        """Say whether a slash stands between two public words of prose."""
        return all(
            word.islower() and word.isalpha() and self._judge.passes(word, PLACE)
            for word in PARTS.split(text)[:2]
        )

    def _quotes(self, line: str, base: int, depth: int) -> str:
        done: list[str] = []
        at, allowed, size, is_status = 0, base, 0, False
        for found in _quoted_spans(line):
            group = found.lastindex
            if group is None:
                continue
            start, end = found.span(group)
            content = found[group]
            if at < found.start():
                part, allowed = self._tokens(line[at : found.start()], allowed, base)
                done.append(part)
            at = found.end()
            is_key = group == 1 and line[at : at + 1] == ":" and _is_json_key(line, found.start())
            text = self._quoted(content, allowed, is_key or is_status, depth + 1)
            done += [line[found.start() : start], text, line[end:at]]
            allowed = effect_of_key(content) if is_key else base
            is_status = is_key and allowed == PLACE
            size += len(text) + 2
            if size > LIMIT:  # more than is sent has come out
                return "".join(done)
        if at < len(line):
            done.append(self._tokens(line[at:], allowed, base)[0])
        return "".join(done)

    def _quoted(self, content: str, allowed: int, is_loose: bool, depth: int) -> str:
        """What stands in quotes is a name unless it is public, a path, or prose; `is_loose` for keys and states."""
        if not content.strip() or (content[0] == "<" and PLACEHOLDER.fullmatch(content)):
            return content
        if depth > DEEPEST:
            return self._notes.replace("data", "bounds")
        tokens = content.split(" ")
        if len(tokens) == 1 and '"' not in content:
            return self._token(content, PLACE if is_loose else min(COMMON, allowed))
        if PATH_START.match(content) and not HAS_FLAG.search(content):
            path = self._places.path(content)
            return content if path is None else self._notes.place("path", path)
        if allowed == SECRET:
            return self._notes.replace("secret", "secret")
        common = sum(self._judge.passes(token, COMMON) for token in tokens)
        if all(token[:1] == "-" for token in tokens):
            return self._line(content, PLACE, depth)  # flags of a command
        if len(tokens) == 2 and common == 0:
            return self._pair(content, tokens, depth)
        return self._line(content, ANY if 2 * common >= len(tokens) else PLACE, depth)

    def _pair(self, content: str, tokens: list[str], depth: int) -> str:
        """Two words in quotes, neither a common one: prose in lower case, or else somebody's name."""
        if all(self._judge.passes(token, PLACE) for token in tokens) and not tokens[1].istitle():
            return content
        cleaned = self._line(content, COMMON, depth)
        is_word = cleaned.partition(" ")[0] in RUN or not PLACEHOLDER.search(cleaned)
        return self._notes.replace("name", "place") if is_word else cleaned

    def _tokens(self, segment: str, allowed: int, base: int) -> tuple[str, int]:
        """Clean what stands between blanks; what passed before costs one look-up, everything else is judged."""
        state = first = self._passed[allowed, base]
        then = first.after_run.get(segment)
        if then is not None:
            return segment, then.allowed
        tokens = segment.split(" ")
        after = state.after
        done: list[str] = []  # what was written so far, where anything was replaced
        start = size = 0  # from where on tokens stand as they were; the length of what was judged
        for at, token in enumerate(tokens):
            then = after.get(token)
            if then is None:
                text, effect = self._judged(token, state.allowed, base)
                then = self._passed[effect, base]
                size += len(text)
                if text != token:
                    done += tokens[start:at]
                    start = at + 1
                    if done and done[-1] in RUN and text[:6] in RUN:
                        done[-1] = text  # as `append_joined` does, without the call
                    else:
                        done.append(text)
                elif len(token) <= LONGEST_PASSED:
                    state.remember(token, then, self._most_passed)
                if size > LIMIT:  # more than is sent has come out
                    return " ".join(done + tokens[start : at + 1]), effect
            if then is not state:
                state = then
                after = state.after
        if done:
            return " ".join(done + tokens[start:]), state.allowed
        if len(segment) <= LONGEST_RUN:
            first.remember_run(segment, state, self._most_passed)
        return segment, state.allowed

    def _token(self, token: str, allowed: int) -> str:
        """Clean a single token, which stands alone in quotes."""
        state = self._passed[allowed, allowed]
        if token in state.after:
            return token
        text, effect = self._judged(token, allowed, allowed)
        if text == token and len(token) <= LONGEST_PASSED:
            state.remember(token, self._passed[effect, allowed], self._most_passed)
        return text

    def _judged(self, token: str, allowed: int, base: int) -> tuple[str, int]:
        """Give what may be sent for a token, and the strictness for the next one."""
        entry = self._vocabulary.memo.get(token)
        known = self._known_words if allowed > PLACE else self._known_in_places
        if entry is not None and entry[0] <= allowed and known.isdisjoint(entry[2]):
            effect = entry[1]
            return token, effect if effect < base else base
        text, effect = self._judge.judge(token, allowed, base)
        return text, effect if effect < base else base
