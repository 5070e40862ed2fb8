"""What does an exception say? Its message, type and codes, as plain values, without keeping it."""

from functools import partial
from typing import Any, Final

from aboveboard.client.boundary import attempt_foreign

MESSAGE: Final = 8_192
CAUSES: Final = 2
# Names under which libraries keep a code: ours first, then requests, httpx, aiohttp, subprocess, OSError.
CODES: Final = {
    "statusCode": ("statusCode", "status_code", "status"),
    "exitCode": ("exitCode", "exit_code", "returncode"),
    "code": ("code",),
    "errno": ("errno",),
}


def describe(error: object, causes: int = CAUSES) -> dict[str, Any]:
    """Return `{message, type, statusCode, exitCode, …}` of an exception; a text is its own message."""
    if not isinstance(error, BaseException):
        return {"message": _text(error)}
    found: dict[str, Any] = {"message": _message(error), "type": type(error).__name__}
    for name, attributes in CODES.items():
        value = _code(error, attributes)
        if value is not None:
            found[name] = value
    cause = attempt_foreign(partial(_cause, error), None)
    if cause is not None and causes > 0:
        found["cause"] = describe(cause, causes - 1)
    return found


def _cause(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _text(value: object) -> str:
    if isinstance(value, str):
        return str.__str__(value)[:MESSAGE]
    return f"<{type(value).__name__}>"


def _message(error: BaseException) -> str:
    # `str` runs the app's own code, which may be broken: then the type has to do.
    return attempt_foreign(lambda: str.__str__(str(error))[:MESSAGE], "<no message>")


def _code(error: BaseException, attributes: tuple[str, ...]) -> int | str | None:
    for attribute in attributes:
        value = attempt_foreign(partial(getattr, error, attribute, None), None)
        if type(value) is int and not -(1 << 40) < value < 1 << 40:
            continue
        if type(value) is int or (type(value) is str and 0 < len(value) <= 64):
            return value
    return None
