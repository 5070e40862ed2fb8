"""Is everything that is wrong with a catalog said at once, with the line where it stands?"""

import re
from pathlib import Path

import pytest

from aboveboard.catalog import Catalog, CatalogError, load, parse
from tests.catalog.conftest import EVERY_TYPE

HEAD = 'app = "demo"\n[events.a]\nlevel = "usage"\n'
PROPERTIES = HEAD + "[events.a.properties]\n"

WRONG_FORMS: list[tuple[str, int, str]] = [
    ("app = demo", 1, "toml"),
    ('app = "demo"\n[events.a\n', 2, "toml"),
    ("notice = 1", 1, "missing-key"),
    ('app = "demo"\nextension = "a.b"', 2, "bad-value"),
    ('app = "demo"\nnotice = 0', 2, "bad-value"),
    ('app = "demo"\nnotice = true', 2, "bad-value"),
    ("app = 3", 1, "bad-value"),
    ('app = "demo"\nevents = 3', 2, "bad-value"),
    ('app = "demo"\n# comment\nevnets = {}', 3, "unknown-key"),
    ('app = "demo"\n[events.a]\nowner = "x"', 2, "missing-key"),
    ('app = "demo"\n[events.a]\nlevel = "off"', 3, "bad-value"),
    (HEAD + 'expires = "2027-01-01"', 4, "bad-value"),
    (HEAD + "expires = 2027-01-01T10:00:00Z", 4, "bad-value"),
    (HEAD + 'action = "yes"', 4, "bad-value"),
    (HEAD + 'qestion = "why?"', 4, "unknown-key"),
    (HEAD + "[events.a.exempt]\nno-owner = ''", 5, "bad-value"),
    (PROPERTIES + "p = 3", 5, "bad-value"),
    (PROPERTIES + 'p = { description = "no type" }', 5, "missing-key"),
    (PROPERTIES + 'q = { type = "bool" }\np = { type = "string" }', 6, "unknown-type"),
    (PROPERTIES + 'p = { type = "bool", values = ["a"] }', 5, "unknown-key"),
    (PROPERTIES + 'p = { type = "enum" }', 5, "missing-key"),
    (PROPERTIES + 'p = { type = "enum", values = ["a", 3] }', 5, "bad-value"),
    (PROPERTIES + 'p = { type = "enum", values = ["a", "a"] }', 5, "bad-value"),
    (PROPERTIES + 'p = { type = "enum", values = ["a\\nb"] }', 5, "bad-value"),
    (PROPERTIES + 'p = { type = "bucket", edges = [10, 1] }', 5, "bucket-edges"),
    (PROPERTIES + 'p = { type = "bucket", edges = [1, inf] }', 5, "bad-value"),
    (PROPERTIES + 'p = { type = "bucket" }', 5, "bucket-edges"),
    (PROPERTIES + 'p = { type = "name", kind = "two words" }', 5, "bad-value"),
    (PROPERTIES + 'p = { type = "list" }', 5, "missing-key"),
    (PROPERTIES + 'p = { type = "map" }', 5, "missing-key"),
    (PROPERTIES + 'p = { type = "map", of = { type = "bool" }, keys = "path" }', 5, "bad-value"),
    (
        PROPERTIES
        + "p.of.of.of.of.type = 'bool'\np.type = 'list'\np.of.type = 'list'\np.of.of.type = 'list'\n"
        "p.of.of.of.type = 'list'\n",
        5,
        "too-deep",
    ),
]


@pytest.mark.parametrize(("text", "line", "rule"), WRONG_FORMS)
def test_a_wrong_form_is_refused_with_its_line(text: str, line: int, rule: str) -> None:
    with pytest.raises(CatalogError) as raised:
        parse(text, "some/telemetry.toml")
    findings = str(raised.value).splitlines()[1:]
    assert any(
        found.startswith(f"some/telemetry.toml:{line}: ") and f"[{rule}]; " in found for found in findings
    )


def test_an_event_that_could_not_be_sent_whole_is_refused() -> None:
    """Each value has its place in the 32 KB from the start, so the longest must fit there together."""
    wide = "".join(f'p{n} = {{ type = "enum", values = ["{"ж" * 100}"] }}\n' for n in range(26))
    assert len(parse(PROPERTIES + wide, "t").events["a"].properties) == 26
    with pytest.raises(CatalogError, match="16384 bytes"):
        parse(PROPERTIES + wide + wide.replace("p", "q").replace("tyqe", "type"), "t")


def test_all_findings_come_at_once() -> None:
    text = PROPERTIES + 'p = { type = "enum" }\nq = { type = "who" }\n[events.b]\nlevel = 3\ntypo = 1\n'
    with pytest.raises(CatalogError) as raised:
        parse(text, "t.toml")
    lines = re.findall(r"t\.toml:(\d+): ", str(raised.value))
    assert lines == ["5", "6", "8", "9"]
    assert "4 findings" in str(raised.value)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot be read"):
        load(tmp_path / "telemetry.toml")
    (tmp_path / "telemetry.toml").write_bytes(b"app = '\xff'")
    with pytest.raises(CatalogError, match="UTF-8"):
        load(str(tmp_path / "telemetry.toml"))


def test_what_a_catalog_says_is_there_to_read(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.toml"
    path.write_text(EVERY_TYPE, encoding="utf-8")
    catalog = load(path)
    assert (catalog.app, catalog.notice, catalog.privacy) == ("demo-app", 1, "https://example.org/privacy")
    event = catalog.events["thing.done"]
    assert event.name == "thing.done"
    assert event.question == "How often does it fail?"
    assert (event.level, event.owner, event.action) == ("usage", "the demo team", True)
    assert (str(event.added), str(event.expires)) == ("2026-01-31", "2027-01-31")
    assert event.properties["engine"].values == ("podman", "docker")


class TestDigest:
    def test_comments_order_and_layout_do_not_change_it(self, catalog: Catalog) -> None:
        head, *events = EVERY_TYPE.split("[events.")
        parts = {part[: part.index("]")]: part for part in events}
        shuffled = head + "".join(f"# why\n[events.{parts[name]}" for name in reversed(parts))
        other = parse(
            shuffled.replace('["podman", "docker"]', '[\n  "docker",  # two\n  "podman",\n]'),
            "elsewhere.toml",
        )
        assert other.digest == catalog.digest
        assert re.fullmatch("[0-9a-f]{16}", catalog.digest)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("notice = 1", "notice = 2"),
            ('"docker"', '"lima"'),
            ('type = "path"', 'type = "text"'),
            ("expires = 2027-01-31", "expires = 2027-02-01"),
            ("How often does it fail?", "How often is it used?"),
            ("action = true", "action = false"),
            ("edges = [1, 10, 100]", "edges = [1, 10, 50]"),
            ('kind = "machine"', 'kind = "host"'),
        ],
    )
    def test_what_it_says_changes_it(self, catalog: Catalog, before: str, after: str) -> None:
        assert before in EVERY_TYPE
        assert parse(EVERY_TYPE.replace(before, after, 1), "t").digest != catalog.digest


class TestExtensions:
    EXTENSION = 'extension = "acme.kind"\n[events."cluster.create"]\nlevel = "usage"\n[events.error]\nlevel = "error"\n'

    def test_its_events_carry_its_id(self, catalog: Catalog) -> None:
        merged = catalog.with_extension("acme.kind", parse(self.EXTENSION, "x"))
        assert set(merged.events) - set(catalog.events) == {"acme.kind.cluster.create", "acme.kind.error"}
        assert merged.events["acme.kind.error"].name == "acme.kind.error"
        assert set(catalog.events) <= set(merged.events)
        assert merged.digest != catalog.digest

    def test_the_order_of_merging_does_not_matter(self, catalog: Catalog) -> None:
        one, two = parse(self.EXTENSION, "x"), parse('extension = "b.c"\n[events.d]\nlevel = "usage"\n', "y")
        there = catalog.with_extension("acme.kind", one).with_extension("b.c", two)
        back = catalog.with_extension("b.c", two).with_extension("acme.kind", one)
        assert there.digest == back.digest

    def test_an_update_replaces_what_it_declared_before(self, catalog: Catalog) -> None:
        newer = parse('extension = "acme.kind"\n[events.other]\nlevel = "usage"\n', "x")
        longer = parse('extension = "acme.kind.plus"\n[events.kept]\nlevel = "usage"\n', "x")
        merged = catalog.with_extension("acme.kind", parse(self.EXTENSION, "x"))
        merged = merged.with_extension("acme.kind.plus", longer).with_extension("acme.kind", newer)
        assert set(merged.events) - set(catalog.events) == {"acme.kind.other", "acme.kind.plus.kept"}

    def test_it_cannot_take_over_an_event_of_the_app(self) -> None:
        app = parse('app = "demo"\n[events."acme.kind.error"]\nlevel = "error"\n', "app.toml")
        with pytest.raises(CatalogError, match=r"acme\.kind\.error"):
            app.with_extension("acme.kind", parse(self.EXTENSION, "x.toml"))
        with pytest.raises(CatalogError):
            app.with_extension("", parse(self.EXTENSION, "x.toml"))


def test_words_are_those_of_the_catalog(catalog: Catalog) -> None:
    assert {
        "demo",
        "app",
        "thing",
        "done",
        "podman",
        "docker",
        "machine",
        "times",
        "begin",
        "small",
    } <= catalog.words
    assert "team" not in catalog.words
    split = parse('app = "d"\n[events.kubernetesHTTPSync]\nlevel = "usage"\n', "t").words
    assert split == {"kubernetes", "http", "sync"}
