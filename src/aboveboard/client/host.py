"""What does this machine look like to us? Everything outside the program comes in through here."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aboveboard.frozen import field, record

LIBRARY = "aboveboard-python"
VERSION = "0.1.0"
# RFC 9562, 4.1: the first two bits of this digit are 10.
VARIANT = {digit: "89ab"[number % 4] for number, digit in enumerate("0123456789abcdef")}


def _environ() -> Mapping[str, str]:
    return os.environ


def _random() -> float:
    # The module `random` costs milliseconds and half a megabyte; this is called once a failure.
    return int.from_bytes(os.urandom(6), "big") / 2**48


def _uid() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None


@record(frozen=True, slots=True)
class Host:
    """The clock, the folders, the environment and the chance of one machine, all replaceable.

    `root` is where administrators' folders begin, `monotonic` is in seconds, `random` returns a
    number in [0, 1) and `entropy(n)` n bytes that nobody can guess.
    """

    environ: Mapping[str, str] = field(default_factory=_environ)
    home: Path = field(default_factory=Path.home)
    platform: str = sys.platform
    root: Path = Path("/")
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = _random
    entropy: Callable[[int], bytes] = os.urandom
    uid: int | None = field(default_factory=_uid)


def new_id(host: Host) -> str:
    """Return a random UUID (version 4) as text; `uuid` is not imported, it costs milliseconds."""
    text = host.entropy(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{VARIANT[text[16]]}{text[17:20]}-{text[20:]}"
