"""Who is this install at this moment? The id and the key, read again when a deletion gave them up."""

from aboveboard.client.host import Host
from aboveboard.client.places import Places


class Install:
    """The install's id and key, remembered as long as no process of the app gave them up."""

    def __init__(self, places: Places, host: Host) -> None:
        self._places = places
        self._host = host
        self._fresh_key = host.entropy(32)
        self._id = ""
        self._stamp = self._look()

    def was_given_up(self) -> bool:
        """Tell whether a deletion was asked for since the last time: then id and key are made anew."""
        stamp = self._look()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self._id = ""
        self._fresh_key = self._host.entropy(32)
        return True

    def identity(self) -> str:
        """Return the anonymous id, made now if there is none; raise `OSError`."""
        if not self._id:
            from aboveboard.client.identity import make_id  # nobody has an id before a yes

            self._id = make_id(self._places, self._host)
        return self._id

    def key(self, *, keep: bool) -> bytes:
        """Return the key for hashes; without `keep` (before consent) it stays in memory."""
        if not keep:
            return self._fresh_key
        from aboveboard.client.identity import make_key

        try:
            return make_key(self._places, self._fresh_key)
        except OSError:
            return self._fresh_key

    def _look(self) -> int:
        try:
            return self._places.erasures.stat().st_mtime_ns
        except OSError:
            return 0
