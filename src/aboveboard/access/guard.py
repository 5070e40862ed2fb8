"""Has somebody guessed at tokens too often to be let try again?

Clients are told apart by a hash of their address under a key that is drawn anew by each process and kept nowhere: the
address itself is not remembered, and what is cannot be turned back into one.
"""

import hashlib
import ipaddress
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable

__all__ = ["LOCKED_SECONDS", "MOST_CLIENTS", "TRIES", "WITHIN_SECONDS", "Guard", "from_elsewhere"]

TRIES = 10
"""So many wrong tokens of one client lock it out …"""
WITHIN_SECONDS = 300.0
"""… where they come within this time …"""
LOCKED_SECONDS = 900.0
"""… for this long after the last of them."""
MOST_CLIENTS = 10_000
"""Of more clients than this at the same time, those whose last guess is longest ago are forgotten."""


class Guard:
    """Counts the wrong tokens of each client; `clock` counts seconds and never goes back."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, key: bytes | None = None, most: int = MOST_CLIENTS
    ) -> None:
        self._clock = clock
        self._key = key or secrets.token_bytes(32)
        self._most = most
        # In the order of the last wrong token of each, so that what may be forgotten stands first.
        self._tries: OrderedDict[bytes, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def locked(self, address: str) -> float:
        """Return for how many seconds no token is looked at from there, right or wrong; 0 where one is."""
        tries = self._tries.get(self._client(address))
        if tries is None or not _too_many(tries):
            return 0.0
        return max(0.0, tries[-1] + LOCKED_SECONDS - self._clock())

    def wrong(self, address: str) -> bool:
        """Count one wrong token, and return whether the client is locked out by it."""
        now, client = self._clock(), self._client(address)
        self._forget(now)
        tries = self._tries.setdefault(client, deque(maxlen=TRIES))
        tries.append(now)
        self._tries.move_to_end(client)
        if len(self._tries) > self._most:
            self._tries.popitem(last=False)
        return _too_many(tries)

    def _forget(self, now: float) -> None:
        while self._tries:
            client, tries = next(iter(self._tries.items()))
            if now - tries[-1] < LOCKED_SECONDS:
                return
            del self._tries[client]

    def _client(self, address: str) -> bytes:
        return hashlib.blake2b(_network(address).encode(), key=self._key, digest_size=16).digest()


def from_elsewhere(fetch_site: str) -> bool:
    """Whether a browser says (`Sec-Fetch-Site`) that another site's page made this request.

    A token in such an address is not looked at and so not counted: a page full of wrong links would lock out whoever
    reads it, and whoever guesses gains nothing by saying so.
    """
    return fetch_site not in ("", "none", "same-origin")


def _too_many(tries: deque[float]) -> bool:
    return len(tries) == TRIES and tries[-1] - tries[0] <= WITHIN_SECONDS


def _network(address: str) -> str:
    """One household or machine has a /64 of IPv6, and could guess from each address of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
