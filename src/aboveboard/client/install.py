"""Who is this install at this moment? The id and the key, read again when a deletion gave them up."""

from pathlib import Path

from aboveboard.client.host import Host
from aboveboard.client.identity import make_id, make_key
from aboveboard.client.places import Places


class Install:
    """The install's id and key, remembered as long as no process of the app gave them up."""

    def __init__(self, places: Places, host: Host) -> None:
        self._places = places
        self._host = host
        self._fresh_key = host.entropy(32)
        self._id = ""
        self._stamp: object = None

    def identity(self) -> str:
        """Return the anonymous id, made now if there is none; raise `OSError`."""
        stamp = (_modified(self._places.erasures), _modified(self._places.own_id))
        if not self._id or stamp != self._stamp:
            self._id = make_id(self._places, self._host)
            self._stamp = (_modified(self._places.erasures), _modified(self._places.own_id))
        return self._id

    def key(self, *, keep: bool) -> bytes:
        """Return the key for hashes; without `keep` (before consent) it stays in memory."""
        try:
            return make_key(self._places, self._fresh_key) if keep else self._fresh_key
        except OSError:
            return self._fresh_key


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
