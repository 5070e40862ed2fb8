"""What does an event say about success, duration and error, in whichever words its client uses?

Podman Desktop's events name the duration `duration` or `durationMs` (milliseconds) or `durationSeconds`, the
success `success` or `successful`, and mark a failure by the mere presence of `error`.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["DURATIONS", "OUTCOMES", "Outcome", "outcome"]

OUTCOMES = ("success", "failure", "cancelled", "timeout", "skipped")

DURATIONS = {"duration_ms": 1.0, "durationMs": 1.0, "duration": 1.0, "durationSeconds": 1000.0}
"""Names of durations, with what makes milliseconds of each."""

_SUCCESSES = ("success", "successful")
_ERRORS = ("error", "sourceError", "errorMessage")
_TEXTS = ("message", "reason", "stderr", "json.message")


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """How an action went; `name` is one of OUTCOMES, durations are milliseconds."""

    failed: bool
    name: str
    duration_ms: float | None = None
    error_type: str = ""
    error_code: str = ""
    status_code: int | None = None
    exit_code: int | None = None
    error_text: str = ""


def outcome(event: str, properties: Mapping[str, Any]) -> Outcome:
    """Read how an event went from its cleaned properties."""
    error = next((properties[key] for key in _ERRORS if properties.get(key) not in (None, "", {}, [])), None)
    said = next((properties[key] for key in _SUCCESSES if isinstance(properties.get(key), bool)), None)
    name = properties.get("outcome")
    if name not in OUTCOMES[2:]:
        failed = said is False or error is not None or event.endswith(".error") or name == "failure"
        name = "failure" if failed else "success"
    failed = name in ("failure", "timeout")
    details = _error(error) if failed else {}
    return Outcome(failed=failed, name=name, duration_ms=_duration(properties), **details)


def _duration(properties: Mapping[str, Any]) -> float | None:
    for key, factor in DURATIONS.items():
        if key in properties:
            value = properties[key]
            if type(value) in (int, float) and 0 <= value < 1e12:
                return float(value * factor)
    return None


def _error(error: Any) -> dict[str, Any]:
    if isinstance(error, list | tuple):
        error = next(iter(error), None)
    if isinstance(error, str):
        return {"error_text": error}
    if not isinstance(error, Mapping):
        return {}
    return {
        "error_type": _token(error.get("type")) or _token(error.get("name")),
        "error_code": _token(error.get("code")),
        "status_code": _integer(error.get("statusCode")),
        "exit_code": _integer(error.get("exitCode")),
        "error_text": next((text for key in _TEXTS if (text := _at(error, key))), ""),
    }


def _at(error: Mapping[str, Any], path: str) -> str:
    value: Any = error
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _token(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.:-]{0,99}", value) else ""


def _integer(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return value if fits else None
