"""Who is this install? A random id, and a key for hashes; both are made at the first accepted event."""

from pathlib import Path

from aboveboard.client.files import create_once, replace_file
from aboveboard.client.host import Host, new_id
from aboveboard.client.places import Places

LENGTHS = [8, 4, 4, 4, 12]
HEX_DIGITS = frozenset("0123456789abcdef")
KEY_BYTES = 32


def read_id(places: Places) -> str | None:
    """Return the id that events carry, None where there is none yet.

    The app's own id comes first. A shared one is used only as long as the person never asked for a
    deletion: from then on the app has an id of its own.
    """
    own = _uuid_in(places.own_id)
    if own or places.shared_id is None or places.erasures.exists():
        return own
    return _uuid_in(places.shared_id)


def make_id(places: Places, host: Host) -> str:
    """Return the id, made now if there is none; raise `OSError` where it cannot be kept."""
    found = read_id(places)
    if found:
        return found
    shared = places.shared_id
    path = places.own_id if shared is None or places.erasures.exists() or shared.exists() else shared
    return create_once(path, new_id(host).encode()).decode().strip()


def remove_own_id(places: Places) -> None:
    """Remove the app's own id; a shared one belongs to other tools too and stays."""
    places.own_id.unlink(missing_ok=True)


def make_key(places: Places, fresh: bytes) -> bytes:
    """Return this install's key for hashes, `fresh` if none is kept yet."""
    try:
        found = places.key.read_bytes()
    except FileNotFoundError:
        found = create_once(places.key, fresh)
    if len(found) != KEY_BYTES:
        replace_file(places.key, fresh)
        return fresh
    return found


def _uuid_in(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text.lower() if is_uuid(text.lower()) else None


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID; without a pattern, which would be compiled at each start."""
    parts = text.split("-")
    return [len(part) for part in parts] == LENGTHS and HEX_DIGITS.issuperset("".join(parts))
