"""Where do names stand within a token? Paths, URLs, hosts, images: what is kept of each, what replaces the rest."""

import re

from aboveboard.privacy.constants import (
    EXTENSIONS,
    FILES,
    HOSTS,
    MANUALS,
    REGISTRIES,
    RESOURCES,
    ROOTS,
    SCHEMES,
    SYSTEM,
)
from aboveboard.privacy.known import Known
from aboveboard.privacy.vocabulary import COMMON, PIECE, PLACE, Vocabulary

__all__ = ["Places"]

MOST_DIGITS = 6
DIGIT = re.compile(r"\d")
NAME_PART = re.compile(r"[-_.:@+*{}$ ]")
POSITION = re.compile(r"(?:[:(,]\d{1,6}){1,2}\)?$")
NUMERIC = re.compile(r"v?\d{1,5}(?:\.\d{1,5}){0,3}")
ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
DRIVE = re.compile(r"[A-Za-z]:")
HOST = re.compile(r"\[?([^\]/]*?)\]?(:\d{1,5})?")
TAG = re.compile(r"[:@]")
LETTER = re.compile(r"[^\W\d_]+")


class Places:
    """Reduces structured tokens to placeholders; answers None where the token is public as it stands."""

    def __init__(self, vocabulary: Vocabulary, known: Known) -> None:
        self._vocabulary = vocabulary
        self._known = known

    def is_public(self, name: str) -> bool:
        """Say whether each word of a name is a constant of public programs, and none is known to be a name here."""
        if NUMERIC.fullmatch(name):
            return not ADDRESS.fullmatch(name)
        lowered = name.lower()
        if lowered in self._known.common or lowered in self._known.words:
            return False
        if self._vocabulary.tiers.get(lowered) == COMMON:
            return True
        if not name.isascii() or name.count(":") > 1 or len(DIGIT.findall(name)) > MOST_DIGITS:
            return False
        return all(self._is_public_part(part) for part in NAME_PART.split(name) if part)

    def _is_public_part(self, part: str) -> bool:
        lowered = part.lower()
        if lowered in self._known.common or lowered in self._known.words:
            return False
        if part.isdigit():
            return len(part) < 5
        if self._vocabulary.tiers.get(lowered) == COMMON or NUMERIC.fullmatch(part):
            return True
        pieces = PIECE.findall(part)
        return "".join(pieces) == part and all(
            self._vocabulary.tiers.get(piece.lower()) == COMMON and piece.lower() not in self._known.words
            for piece in pieces
        )

    def _is_technical(self, name: str) -> bool:
        """Say whether a name below a system's own folders is made of technical words."""
        if name.istitle() or not name.isascii():
            return False
        tier = self._vocabulary.tier
        parts = [part for part in NAME_PART.split(name.lower()) if part]
        return self._known.in_places.isdisjoint(parts) and all(tier(part) <= PLACE for part in parts)

    def path(self, token: str) -> str | None:
        """A path by its last part, if that is a file of everybody's, or else by its extension."""
        position = POSITION.search(token) if token[-1:] == ")" or token[-1:].isdigit() else None
        where = position[0] if position else ""
        body = token[: len(token) - len(where)]
        parts = [part for part in body.replace("\\", "/").split("/") if part]
        if self._is_public_path(body, parts):
            return None
        return "<path>" + self._ending(parts) + where

    def _is_public_path(self, body: str, parts: list[str]) -> bool:
        if not body.startswith("/") or body.startswith("//") or "\\" in body:
            return not parts
        if not parts:
            return True
        first = parts[0].lower()
        if first in ROOTS or first.startswith(("v1", "v2", "v3", "v4", "v5", "api", "libpod")):
            loose = first in SYSTEM
            return all(self.is_public(part) or (loose and self._is_technical(part)) for part in parts)
        return False

    def _ending(self, parts: list[str]) -> str:
        last = parts[-1].lower() if len(parts) > 1 else ""
        if last in FILES and last not in self._known.words:
            return "/" + parts[-1]
        extension = last.rpartition(".")[2] if "." in last else ""
        return "." + extension if extension in EXTENSIONS else ""

    def url(self, scheme: str, rest: str) -> str | None:
        """A URL by its scheme, its host if that is everybody's, its port, and the public start of its path."""
        if scheme.lower() not in SCHEMES:
            return "<url>"
        if scheme.lower() == "docker":
            image = self.image(rest)
            return None if image is None else f"{scheme}://{image}"
        if scheme.lower() in (
            "unix",
            "npipe",
            "file",
            "dir",
            "fd",
            "oci",
            "oci-archive",
            "docker-archive",
            "sqlite",
        ):
            path = self.path(rest if rest.startswith(("/", "~", ".")) else "/" + rest)
            return None if path is None else f"{scheme}://{path}"
        authority, slash, path = rest.partition("/")
        host = self.host(authority)
        tail, changed = self._url_path(path, authority.lower() in MANUALS)
        if host is None and not changed:
            return None
        return f"{scheme}://{authority if host is None else host}{slash}{tail}"

    def _url_path(self, path: str, is_manual: bool) -> tuple[str, bool]:
        path, mark, _ = path.partition("?")
        path, hash_sign, fragment = (path, "", "") if mark else path.partition("#")
        kept: list[str] = []
        for part in path.split("/"):
            if part and not self.is_public(part) and not (is_manual and self._is_technical(part)):
                return "/".join([*kept, "<path>"]), True
            kept.append(part)
        is_kept = not fragment or self.is_public(fragment)
        end = "?<query>" if mark else hash_sign + fragment if is_kept else ""
        return "/".join(kept) + end, bool(mark) or not is_kept

    def host(self, authority: str) -> str | None:
        """A host with its port; what stands before an `@` goes with it."""
        user, at, rest = authority.rpartition("@")
        found = HOST.fullmatch(rest)
        if found is None:
            return "<host>"
        name, port = found[1], found[2] or ""
        public = name.lower() in HOSTS or name.lower() in MANUALS or name.lower() in REGISTRIES or not name
        if public and name.lower() not in self._known.words:
            return f"<user>@{rest}" if at and user != "git" else None
        return "<host>" + port

    def login(self, user: str, host: str, repository: str | None) -> str:
        """A login at a host, and the repository of a git remote."""
        place = self.host(host)
        text = f"{'git' if user == 'git' else '<user>'}@{host if place is None else place}"
        if not repository:
            return text
        return f"{text}:<path>{'.git' if repository.endswith('.git') else ''}"

    def image(self, token: str) -> str | None:
        """An image reference, kept whole only where registry, repository and tag are everybody's."""
        parts = token.split("/")
        first = parts[0].lower()
        start = 1 if first.partition(":")[0] in REGISTRIES else 0
        if all(self.is_public(part) for part in parts[start:]):
            return None
        if ADDRESS.match(parts[-1]) and len(parts) == 2:
            return f"<host>/<ip>{POSITION.search(token)[0] if POSITION.search(token) else ''}"  # type: ignore[index]
        if len(parts) == 2 and first in RESOURCES and first not in self._known.in_places:
            return f"{parts[0]}/<name>"
        last = TAG.split(parts[-1])[0].rpartition(".")
        if start == 0 and last[2].lower() in EXTENSIONS and last[0]:
            return self.path("./" + token)
        return f"{parts[0]}/<image>" if start else "<image>"
