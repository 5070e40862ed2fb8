"""What did the person ask to be deleted, and did the collector confirm? One small file of its own.

It is apart from the spool, so that a start while declined can look without opening a database. Its
presence also says that a shared id was given up: from then on the app uses an id of its own.
"""

from pathlib import Path
from typing import Any

from aboveboard.client.files import replace_file
from aboveboard.frozen import record, replace


@record(frozen=True, slots=True)
class Erasure:
    """One deletion: asked for at `asked` (seconds), and confirmed once there is a receipt.

    The anonymous id is forgotten as soon as it is confirmed.
    """

    deletion_id: str
    anonymous_id: str
    asked: float
    receipt: dict[str, Any] | None = None


@record(frozen=True, slots=True)
class Erasures:
    """All deletions, and whether the last answer of the person took back a yes."""

    revoked: bool = False
    revoked_at: float = 0.0
    all: tuple[Erasure, ...] = ()

    @property
    def pending(self) -> tuple[Erasure, ...]:
        """Return what the collector has not confirmed."""
        return tuple(erasure for erasure in self.all if erasure.receipt is None)

    def confirmed(self, deletion_id: str, receipt: dict[str, Any]) -> "Erasures":
        """Return these with one receipt, and without the id that it was about."""
        done = tuple(
            replace(erasure, anonymous_id="", receipt=receipt)
            if erasure.deletion_id == deletion_id
            else erasure
            for erasure in self.all
        )
        return replace(self, all=done)


def read_erasures(path: Path) -> Erasures:
    """Return what the file says, nothing where it is missing or broken."""
    import json

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        erasures = tuple(Erasure(**entry) for entry in found["erasures"])
        return Erasures(bool(found["revoked"]), float(found["revoked_at"]), erasures)
    except (OSError, ValueError, KeyError, TypeError):
        return Erasures()


def write_erasures(path: Path, erasures: Erasures) -> None:
    """Put the file in place in one step; raise `OSError`."""
    import json
    from dataclasses import asdict

    content = {
        "revoked": erasures.revoked,
        "revoked_at": erasures.revoked_at,
        "erasures": [asdict(erasure) for erasure in erasures.all],
    }
    replace_file(path, json.dumps(content, indent=1).encode())
