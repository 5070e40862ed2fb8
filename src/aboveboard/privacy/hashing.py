"""How does a name become a hash that only its own install can make again?"""

__all__ = ["Hasher", "is_hashed"]

KEY_BYTES = 32
PERSON_BYTES = 16
DIGEST_BYTES = 8
MARK = "h:"
HEX_DIGITS = frozenset("0123456789abcdef")


class Hasher:
    """Hashes names with a random key of the install, so that no dictionary can undo them elsewhere.

    `key` is 32 random bytes that live beside the spool, are never sent, and go with `forget`.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(
                f"The key of a Hasher is {KEY_BYTES} random bytes, not {len(key)}: use os.urandom."
            )
        self._key = bytes(key)

    def hash(self, value: str, purpose: str) -> str:
        """Give "h:" and 16 hex digits: 64 bits of keyed BLAKE2b (RFC 7693), different for each `purpose`.

        The purpose is BLAKE2b's personalisation; one longer than its 16 bytes is digested to fit.
        """
        from aboveboard.privacy.blake import blake2b

        person = purpose.encode("utf-8", "surrogatepass")
        if len(person) > PERSON_BYTES:
            person = blake2b(person, digest_size=PERSON_BYTES).digest()
        data = value.encode("utf-8", "surrogatepass")
        return MARK + blake2b(data, digest_size=DIGEST_BYTES, key=self._key, person=person).hexdigest()

    def __repr__(self) -> str:
        return "Hasher(key=…)"


def is_hashed(text: str) -> bool:
    """Say whether a text has the form that `Hasher.hash` gives."""
    return (
        len(text) == len(MARK) + 2 * DIGEST_BYTES
        and text.startswith(MARK)
        and HEX_DIGITS.issuperset(text[2:])
    )
