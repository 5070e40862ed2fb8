"""What do the tests of the catalog share? A catalog that has every type, and both sides' safety."""

from collections.abc import Callable
from datetime import date

import pytest

from aboveboard.catalog import Catalog, Safety, Verdict, check, parse
from aboveboard.privacy import Cleaner, Hasher

TODAY = date(2026, 11, 23)

EVERY_TYPE = """
app = "demo-app"
notice = 1
privacy = "https://example.org/privacy"

[events."thing.done"]
description = "A thing was done, or could not be."
question = "How often does it fail?"
level = "usage"
owner = "the demo team"
issue = "https://example.org/issues/1"
added = 2026-01-31
expires = 2027-01-31
action = true

[events."thing.done".properties]
flag = { type = "bool", description = "A flag." }
count = { type = "integer", description = "A count." }
load = { type = "number", unit = "1", description = "A number." }
wait_ms = { type = "duration", description = "A time." }
tool = { type = "version", description = "A version." }
engine = { type = "enum", values = ["podman", "docker"], description = "A choice." }
items = { type = "bucket", edges = [1, 10, 100], description = "About how many." }
machine = { type = "name", kind = "machine", description = "A name." }
config = { type = "path", description = "A file." }
note = { type = "text", description = "A text." }
fault = { type = "error", description = "An error." }
tags = { type = "list", of = { type = "enum", values = ["new", "old"] }, description = "Some." }
remarks = { type = "map", keys = "text", of = { type = "text" }, description = "Texts by what they are of." }
names = { type = "map", keys = "name", of = { type = "integer" }, description = "Counts by name." }
sizes = { type = "map", keys = ["small", "large"], of = { type = "integer" }, description = "Counts by size." }

[events."thing.done".properties.steps]
type = "list"
description = "Each step."
of.type = "map"

[events."thing.done".properties.steps.of.fields]
id = { type = "enum", values = ["begin", "end"], description = "Which." }
times_ms = { type = "list", of = { type = "duration" }, description = "How long, each time." }

[events."thing.broke"]
description = "A thing broke by itself."
question = "Why do things break?"
level = "error"
owner = "the demo team"
issue = "https://example.org/issues/2"
added = 2026-01-31
expires = 2026-11-24

[events."thing.old"]
description = "A thing that nobody asks for any more."
question = "Is it used?"
level = "usage"
owner = "the demo team"
issue = "https://example.org/issues/3"
added = 2024-01-31
expires = 2026-11-23
"""


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """A catalog with every type."""
    return parse(EVERY_TYPE, "telemetry.toml")


@pytest.fixture(scope="session")
def client_safety(catalog: Catalog) -> Safety:
    """What an app has: names are hashed with the install's key."""
    return Safety(Cleaner(words=catalog.words), Hasher(bytes(range(32))))


@pytest.fixture(scope="session")
def collector_safety(catalog: Catalog) -> Safety:
    """What the collector has: no key."""
    return Safety(Cleaner(words=catalog.words))


@pytest.fixture
def checked(catalog: Catalog, client_safety: Safety) -> Callable[..., Verdict]:
    """Check properties of `thing.done` as the client does."""

    def run(*, event: str = "thing.done", today: date = TODAY, **properties: object) -> Verdict:
        return check(catalog, event, properties, today=today, safety=client_safety)

    return run
