"""Who is looking at the dashboard, and until when?

A session is a signed cookie that holds the hash of the token it was opened with, and a number of its own. It is worth
exactly as much as that token: when the token leaves the settings, the session ends with it. Signing out ends it too,
for every copy of its cookie: the numbers of ended sessions are kept for as long as a cookie could last.
"""

import hmac
import os
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from aboveboard.access.tokens import Token, Tokens, hash_token
from aboveboard.errors import SettingsError

__all__ = [
    "DAYS",
    "ENDED_FILE",
    "KEY_FILE",
    "Ended",
    "close_session",
    "first_time",
    "form_secret",
    "open_session",
    "same_form",
    "session_token",
    "signing_key",
]

DAYS = 14
"""How long a session lasts at the most."""

KEY_FILE = "session.key"
"""The file in the data folder that holds the key under which cookies are signed."""

ENDED_FILE = "sessions.ended"
"""The file in the data folder with the numbers of the sessions that were signed out of."""

_BYTES = 32
_TOKEN, _FORM, _SEEN, _NUMBER = "token", "form", "seen", "number"

Session = MutableMapping[str, Any]


class Ended:
    """The sessions that were signed out of, in a file of a line each: its number, and when (seconds since 1970).

    `tell` gets the same of each that ends here, for the other servers on a store.
    """

    def __init__(self, file: Path, now: Callable[[], float] = time.time) -> None:
        self.tell: Callable[[str, float], None] = lambda number, moment: None
        self._file = file
        self._now = now
        self._numbers: dict[str, float] = {}
        try:
            lines = file.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise SettingsError(f"The ended sessions {file} cannot be read: {error.strerror}.") from error
        for line in lines:
            number, _, moment = line.partition(" ")
            if moment.isdecimal() and float(moment) > now() - DAYS * 86_400:
                self._numbers[number] = float(moment)

    def __contains__(self, number: str) -> bool:
        return number in self._numbers

    def add(self, number: str) -> None:
        """End a session; it is on disk when this returns. Raises OSError where the disk does not take it."""
        self._numbers[number] = moment = self._now()
        with open(
            os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="ascii"
        ) as out:
            out.write(f"{number} {moment:.0f}\n")
            out.flush()
            os.fsync(out.fileno())
        self.tell(number, moment)

    def hear(self, ended: Mapping[str, float]) -> None:
        """Take note of the sessions that ended at other servers."""
        self._numbers = {**self._numbers, **ended}


def signing_key(folder: Path) -> str:
    """Return the key that signs this server's cookies, made at the first call and kept in `folder`.

    64 hexadecimal digits, readable by the owner alone. Raises SettingsError for a file that holds anything else.
    """
    file = folder / KEY_FILE
    try:
        key = file.read_text(encoding="ascii").strip()
        whole = len(bytes.fromhex(key)) == _BYTES
    except FileNotFoundError:
        return _new_key(file)
    except OSError as error:
        raise SettingsError(f"The session key {file} cannot be read: {error.strerror}.") from error
    except ValueError:
        whole = False
    if not whole:
        raise SettingsError(
            f"The session key {file} is damaged. Delete it and start again: a new one is made, and everybody "
            "signs in once more."
        )
    return key


def _new_key(file: Path) -> str:
    key = secrets.token_hex(_BYTES)
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    # Created with its mode, not changed afterwards: there is no moment in which others can read it.
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(key + "\n")
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(file)
    return key


def open_session(session: Session, token: str, tokens: Tokens) -> str | None:
    """Start a session for a token and return its role; for an unknown token nothing changes, and None."""
    role = tokens.role(token)
    if role is not None:
        session.clear()
        session[_TOKEN] = hash_token(token)
        session[_NUMBER] = secrets.token_urlsafe(16)
    return role


def session_token(session: Session, tokens: Tokens, ended: Ended) -> Token | None:
    """Return the token, with role and name, of whoever holds this session, or None where it is no longer valid."""
    digest, number, found = session.get(_TOKEN), session.get(_NUMBER), None
    if isinstance(digest, str) and isinstance(number, str) and number not in ended:
        for known in tokens:
            if hmac.compare_digest(known.sha256.encode(), digest.encode()):
                found = known
    return found


def first_time(session: Session, page: str) -> bool:
    """Whether this session comes to a page for the first time; from now on it does not."""
    seen = session.get(_SEEN)
    known = seen if isinstance(seen, list) else []
    if page in known:
        return False
    session[_SEEN] = [*known, page]
    return True


def close_session(session: Session, ended: Ended) -> None:
    """End a session and every copy of its cookie, which is deleted with the answer."""
    number = session.get(_NUMBER)
    if isinstance(number, str) and number not in ended:
        ended.add(number)
    session.clear()


def form_secret(session: Session) -> str:
    """Return the secret that a form repeats, so that one on another site can neither sign in nor change anything.

    `Origin` and `Sec-Fetch-Site` would do on HTTPS; without it, browsers leave them out.
    """
    if _FORM not in session:
        session[_FORM] = secrets.token_urlsafe(16)
    return str(session[_FORM])


def same_form(session: Session, said: str) -> bool:
    """Whether a form that came back is the one that this session was given."""
    given = session.get(_FORM)
    return isinstance(given, str) and hmac.compare_digest(given.encode(), said.encode())
