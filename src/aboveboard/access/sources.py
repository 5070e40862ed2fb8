"""Which apps may send, with which write key, and what is kept of it?"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from aboveboard.errors import RequestRefused
from aboveboard.store.message_ids import stored_id
from aboveboard.store.retention import DEFAULT_DAYS

__all__ = ["Source", "Sources", "new_source"]

Days = Annotated[int, msgspec.Meta(ge=1)]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One app that sends events.

    `kind` is "production" or "development" (left out of every answer unless asked for); `policy` is "declared"
    (undeclared parts are dropped) or "cleaned" (kept after cleaning); `catalogs` are files, relative to the
    settings file, one for each released version with the newest last; `extensions` are theirs by extension id;
    `install_key` is the key of the hash that stands for an anonymous id; events older than `window_days` go to the
    quarantine; `retention` is how many days events stay, one number or one for each level
    (`{crash = 90, error = 90, usage = 400}`); `repository` is the address where issues about the app are opened.
    """

    write_keys: tuple[str, ...]
    install_key: str
    name: str = ""
    kind: str = "production"
    policy: str = "declared"
    catalogs: tuple[str, ...] = ()
    extensions: dict[str, str] = {}
    revoked_keys: tuple[str, ...] = ()
    window_days: int = 30
    repository: Annotated[str, msgspec.Meta(pattern="^(https?://[^\\s?#]+)?$")] = ""
    retention: Days | dict[str, Days] = DEFAULT_DAYS

    @property
    def development(self) -> bool:
        """Whether the source is for trying things out: exact numbers, live page, no small-group rules."""
        return self.kind == "development"

    def kept_days(self) -> dict[str, int]:
        """Return for how many days the events of each level stay; those of the level "" are all others."""
        if isinstance(self.retention, int):
            return {"": self.retention}
        return {"": DEFAULT_DAYS} | self.retention

    def install(self, anonymous_id: str) -> str:
        """Return what is stored in place of an anonymous id: a hash under the source's own key.

        16 hexadecimal digits of BLAKE2b; empty for an event without an id, which is never an install.
        """
        if not anonymous_id:
            return ""
        key = bytes.fromhex(self.install_key)
        digest = hashlib.blake2b(anonymous_id.encode(), key=key, digest_size=8, person=b"install")
        return digest.hexdigest()

    def message(self, message_id: str) -> str:
        """Return what is stored in place of a message id, the same for each retry: see store/message_ids.py."""
        return stored_id(message_id, self.install_key)


def new_source(name: str, *, kind: str, policy: str, write_key: str | None = None) -> Source:
    """Make a source with a fresh write key and a fresh install key."""
    return Source(
        name=name,
        kind=kind,
        policy=policy,
        write_keys=(write_key or secrets.token_urlsafe(24),),
        install_key=secrets.token_hex(32),
    )


class Sources:
    """All sources of a server, found by name or by write key."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_name = {source.name: source for source in sources}
        self._by_key = {key: source for source in self for key in source.write_keys}
        self._revoked = {key: source for source in self for key in source.revoked_keys}

    def __iter__(self) -> Iterator[Source]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def get(self, name: str) -> Source | None:
        """Return the source of that name, or None."""
        return self._by_name.get(name)

    def admit(self, write_key: str) -> Source:
        """Return the source that a write key belongs to.

        Raises RequestRefused with status 400, not 401: older Segment clients retry everything else.
        """
        source = self._by_key.get(write_key)
        if source is not None:
            return source
        if not write_key:
            message = "The request carries no write key. Send it as `writeKey` in the body or as Basic user."
            raise RequestRefused(400, "no write key", message)
        if write_key in self._revoked:
            name = self._revoked[write_key].name
            message = f"This write key of the source {name!r} was revoked. Use one that `aboveboard source list` shows."
            raise RequestRefused(400, "revoked write key", message)
        message = "No source has this write key. `aboveboard source list` shows the keys in use."
        raise RequestRefused(400, "unknown write key", message)

    def answering(self) -> list[str]:
        """Return the names that an answer covers where none is asked for: production, else development."""
        production = [source.name for source in self if not source.development]
        return production or [source.name for source in self]
