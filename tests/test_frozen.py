"""Is a record what a frozen dataclass with slots is, and a Named what a NamedTuple is, to whoever uses it?"""

import copy
import dataclasses
import pickle
import subprocess
import sys
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.frozen import Named, field, record, replace


@record(frozen=True, slots=True)
class Point:
    """Where something is."""

    x: int
    y: int = 2
    tags: dict[str, int] = field(default_factory=dict)

    @property
    def sum(self) -> int:
        """Both together."""
        return self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    """The same, as Python makes it."""

    x: int
    y: int = 2
    tags: dict[str, int] = dataclasses.field(default_factory=dict)


@record(frozen=True)
class Tagged:
    """One with a field that does not count."""

    name: str
    found: list[str] = field(default_factory=list, repr=False, compare=False)


@given(st.integers(), st.integers(), st.dictionaries(st.text(), st.integers()))
def test_every_value_looks_and_compares_as_in_a_dataclass(x: int, y: int, tags: dict[str, int]) -> None:
    """By position and by name, as text, in comparisons, and to `dataclasses`."""
    ours, twin = Point(x, y, tags=tags), Twin(x, y, tags=tags)
    assert repr(ours) == repr(twin).replace("Twin", "Point")
    assert dataclasses.asdict(ours) == dataclasses.asdict(twin)
    assert ours == Point(x, y, tags) == pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours)
    others: list[object] = [Point(x + 1, y, tags), twin]
    assert ours not in others
    assert replace(ours, x=x + 1) == dataclasses.replace(ours, x=x + 1) == Point(x + 1, y, tags)
    assert hash(Tagged(str(x))) == hash(Tagged(str(x), ["else"]))


def test_defaults_are_made_for_each_object() -> None:
    """A dict that is shared between objects would be everybody's."""
    assert Point(1) == Point(1, 2, {})
    assert Point(1).tags is not Point(1).tags
    assert (Tagged("a"), repr(Tagged("a", ["b"]))) == (Tagged("a", ["b"]), "Tagged(name='a')")
    assert (Point(1).sum, Point.__doc__, Point.__slots__) == (
        3,
        "Where something is.",
        ("x", "y", "tags"),
    )


def test_nothing_can_be_changed() -> None:
    """Neither set, nor deleted, nor added."""
    for change in ("p.x = 2", "del p.x", "p.z = 2"):
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot be changed; make another"):
            exec(change, {"p": Point(1)})


@pytest.mark.parametrize("call", ["Point()", "Point(1, x=1)", "Point(1, 2, {}, 4)", "Point(1, z=3)"])
def test_wrong_arguments_are_refused(call: str) -> None:
    """With the names that there are."""
    with pytest.raises(TypeError, match="Point takes x, y, tags, each once"):
        eval(call, {"Point": Point})


def test_dataclasses_know_it_and_are_not_imported_for_it() -> None:
    """The names and defaults of the fields are there when somebody asks; a start asks for none."""
    assert [each.name for each in dataclasses.fields(Point)] == [
        each.name for each in dataclasses.fields(Twin)
    ]
    assert dataclasses.is_dataclass(Point)
    code = "import sys, aboveboard.client.engine; print('dataclasses' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-S", "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        ).stdout.strip()
        == "False"
    )


class Place(Named):
    """Where something stands."""

    file: str
    line: int
    column: int = 1


class Spot(NamedTuple):
    """The same, as Python makes it."""

    file: str
    line: int
    column: int = 1


@given(st.text(), st.integers(), st.integers())
def test_every_named_tuple_is_as_python_makes_it(file: str, line: int, column: int) -> None:
    """By position, by name and with defaults; as a tuple, as text, copied and taken apart."""
    ours, twin = Place(file, line, column), Spot(file, line, column)
    assert ours == twin == (file, line, column) == Place(line=line, column=column, file=file)
    assert (Place(file, line), Place(file, line=line)) == (Spot(file, line), Spot(file, line))
    assert repr(ours) == repr(twin).replace("Spot", "Place")
    assert hash(ours) == hash(twin)
    assert pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours) == ours
    assert ours._replace(line=line + 1) == twin._replace(line=line + 1)
    assert (ours.file, ours.line, ours.column) == (file, line, column)
    match ours:
        case Place(first, second, third):
            assert (first, second, third) == twin
    with pytest.raises(AttributeError):
        ours.line = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    "call", ["Place()", "Place('a')", "Place('a', 1, 2, 3)", "Place('a', 1, file='b')", "Place('a', 1, x=2)"]
)
def test_wrong_arguments_of_a_named_tuple_are_refused(call: str) -> None:
    """With the names that there are."""
    with pytest.raises(TypeError, match="Place takes file, line, column, each once"):
        eval(call, {"Place": Place})
