"""What proves to a person, and later to us, that something was erased?

A receipt is signed with HMAC-SHA256 under a key that only this server has: the server can tell its own receipts from
others', and nobody can make one.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from aboveboard.errors import SettingsError

__all__ = ["KEY_FILE", "Receipt", "genuine", "read_receipt", "receipt_key", "sign"]

KEY_FILE = "receipt.key"
"""The file in the data folder that holds the key, as 64 hexadecimal digits."""

_BYTES = 32


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was erased: `id` is the deletion's, `install` the keyed hash, `counts` the rows of each table."""

    id: str
    source: str
    install: str
    time: str
    counts: dict[str, int]
    signature: str = ""


def sign(
    deletion: str, source: str, install: str, moment: int, counts: Mapping[str, int], key: bytes
) -> Receipt:
    """Make a receipt; `moment` is in milliseconds since 1970."""
    time = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    receipt = Receipt(deletion, source, install, time, dict(counts))
    return msgspec.structs.replace(receipt, signature=_signature(receipt, key))


def genuine(receipt: Receipt, key: bytes) -> bool:
    """Whether a receipt was made with this key and says what it said then."""
    return hmac.compare_digest(receipt.signature.encode(), _signature(receipt, key).encode())


def read_receipt(text: str | bytes) -> Receipt:
    """Read a receipt from JSON, also from the whole answer that brought it; raises SettingsError for else."""
    try:
        content = msgspec.json.decode(text)
        found = content.get("receipt", content) if isinstance(content, dict) else content
        return msgspec.convert(found, Receipt)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"This is no receipt: {error}. Give the JSON that the erasure answered."
        ) from error


def receipt_key(folder: Path) -> bytes:
    """Return the key of this server's receipts, made at the first call, readable by its owner alone.

    Raises SettingsError for a file that holds anything else.
    """
    file = folder / KEY_FILE
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return _new_key(file)
    except OSError as error:
        raise SettingsError(f"The key of the receipts {file} cannot be read: {error.strerror}.") from error
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise SettingsError(
            f"The key of the receipts {file} is damaged. Put back a copy; without it the receipts given so far "
            "cannot be told from forged ones. If there is none, delete the file: a new key is made."
        )
    return key


def _new_key(file: Path) -> bytes:
    key = secrets.token_bytes(_BYTES)
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(key.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(file)
    return key


def _signature(receipt: Receipt, key: bytes) -> str:
    bare = msgspec.structs.replace(receipt, signature="")
    return hmac.new(key, msgspec.json.encode(bare, order="sorted"), hashlib.sha256).hexdigest()
