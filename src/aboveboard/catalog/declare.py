"""What would declare this?"""

from aboveboard.catalog.model import (
    EXPIRED_EVENT,
    UNDECLARED_EVENT,
    UNDECLARED_PROPERTY,
    UNLISTED_VALUE,
    Catalog,
    Drop,
)


def how_to_declare(catalog: Catalog, event: str, drop: Drop) -> str:
    """Return one line for a developer: what was not sent, why, and what to run or to change.

    It holds the names that the app's code uses, never a value.
    """
    file = catalog.source or "telemetry.toml"
    said = f"telemetry: {event}" + (f": {drop.path}" if drop.path and drop.path != event else "")
    remedies = {
        UNDECLARED_EVENT: f"`aboveboard catalog declare {file} {event}` declares it",
        UNDECLARED_PROPERTY: f"`aboveboard catalog declare {file} {event} {drop.path}` declares it",
        UNLISTED_VALUE: f"add the value to the `values` of {drop.path} in {file}",
        EXPIRED_EVENT: f"renew `expires` of {event} in {file}, with a reason in its issue",
    }
    remedy = remedies.get(drop.reason, f"correct the value, or the type of {drop.path or event} in {file}")
    return f"{said} is not sent ({drop.reason}); {remedy}"
