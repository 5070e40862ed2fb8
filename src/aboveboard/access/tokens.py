"""Who may read answers: which token has which role?"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator

import msgspec

__all__ = ["Token", "Tokens", "hash_token", "new_token"]


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One token as the settings file keeps it: a role ("viewer" or "admin") and a hash, never the token."""

    role: str
    sha256: str
    name: str = ""


def new_token() -> str:
    """Return a fresh token of 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is kept of a token.

    A plain SHA-256 is enough: a token is 256 random bits, so there is no dictionary to try.
    """
    return hashlib.sha256(token.encode()).hexdigest()


class Tokens:
    """The tokens of a server."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = tuple(tokens)

    def __iter__(self) -> Iterator[Token]:
        return iter(self._tokens)

    def role(self, token: str) -> str | None:
        """Return the role of a token, or None; every comparison takes the same time."""
        found = self.find(token)
        return found.role if found else None

    def find(self, token: str) -> Token | None:
        """Return what is kept of a token, with its name for the audit log, or None; always in the same time."""
        digest, found = hash_token(token), None
        for known in self._tokens:
            if hmac.compare_digest(known.sha256, digest):
                found = known
        return found
