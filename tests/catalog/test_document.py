"""Can the person whose data it is read what is sent, why, for how long, and how to end it?"""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from aboveboard.catalog import Catalog, Safety, check, load, parse
from aboveboard.catalog.declared import NEEDS
from aboveboard.catalog.document import document, sent_as, title
from aboveboard.catalog.model import Property
from aboveboard.catalog.types import TYPES

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "podman_desktop"


def examples(text: str) -> dict[str, object]:
    """The JSON under each event's heading."""
    found = re.findall(r"^### (\S+)$.*?^```json\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return {name: json.loads(body) for name, body in found}


def test_each_event_says_what_why_and_how_long(catalog: Catalog) -> None:
    text = document(catalog)
    for event in catalog.events.values():
        section = text.split(f"\n### {event.name}\n")[1].split("\n### ")[0]
        assert event.description in section
        assert f"*Why:* {event.question}" in section
        assert f"until {event.expires}" in section
        assert event.owner in section
        assert f"]({event.issue})" in section
        for name, prop in event.properties.items():
            assert f"`{name}`" in section
            assert prop.description in section


def test_each_example_is_what_would_be_sent(catalog: Catalog, collector_safety: Safety) -> None:
    shown = examples(document(catalog))
    assert set(shown) == set(catalog.events)
    for name, properties in shown.items():
        assert isinstance(properties, dict)
        verdict = check(catalog, name, properties, today=date.min, safety=collector_safety)
        assert verdict.properties == properties
        assert set(properties) >= set(catalog.events[name].properties)
    assert not re.search(r"\bann\b|/home", json.dumps(shown))


def test_a_given_example_is_shown_as_it_would_be_sent() -> None:
    text = """
app = "demo"
[events.a]
level = "usage"
[events.a.properties]
count = { type = "integer", example = 4711 }
file = { type = "path", example = "/home/zbigniew/x.json" }
"""
    assert examples(document(parse(text, "t"))) == {"a": {"count": 4711, "file": "<path>.json"}}


def test_it_says_how_to_see_stop_and_delete(catalog: Catalog) -> None:
    text = document(catalog)
    for said in (
        "**See it.**",
        "**Stop it.**",
        "**Delete it.**",
        "DO_NOT_TRACK=1",
        "DEMO_APP_DISABLE_TELEMETRY=1",
    ):
        assert said in text
    assert catalog.privacy in text
    assert catalog.digest in text
    assert "not anonymous" in text


def test_links_lead_to_headings(catalog: Catalog) -> None:
    text = document(catalog)
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r"\]\(#([^)]+)\)", text)
    assert len(links) == len(catalog.events)
    assert set(links) <= headings


def test_only_the_levels_in_use_are_offered(catalog: Catalog) -> None:
    assert re.findall(r"^\| (off|crash|error|usage) \|", document(catalog), re.MULTILINE) == [
        "off",
        "error",
        "usage",
    ]


def test_extensions_have_their_own_part(catalog: Catalog) -> None:
    extension = parse('extension = "acme.kind"\n[events.made]\nlevel = "usage"\n', "x")
    text = document(catalog.with_extension("acme.kind", extension))
    own, others = text.split("\n## Events of the extension acme.kind\n")
    assert "\n### thing.done\n" in own
    assert "\n### acme.kind.made\n" in others


def test_every_type_is_said_in_words() -> None:
    for name in TYPES:
        inner = Property("x", "bool") if name == "list" else None
        said = sent_as(Property("x", name, values=("a", "b"), edges=(1, 2), of=inner))
        assert len(said) > 4
    assert set(NEEDS) == set(TYPES)


def test_an_app_s_id_becomes_its_name() -> None:
    assert title("podman-desktop") == "Podman Desktop"


@pytest.mark.parametrize("name", ["USAGE_DATA.md"])
def test_the_example_s_document_is_up_to_date(name: str) -> None:
    merged = load(EXAMPLE / "telemetry.toml")
    for path in sorted(EXAMPLE.glob("extensions/*/telemetry.toml")):
        merged = merged.with_extension(path.parent.name, load(path))

    def prose(text: str) -> str:
        """Everything but the examples, whose texts change with each better cleaner."""
        return re.sub(r"^```json\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)

    written = (EXAMPLE / name).read_text(encoding="utf-8")
    hint = "write it again: aboveboard catalog document telemetry.toml extensions/*/telemetry.toml -o USAGE_DATA.md"
    assert prose(written) == prose(document(merged)), hint
