"""Does the index find each key on the line where it really stands?"""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.catalog.lines import index, nearest

TRICKY = '''\
title = "a [table] = # no comment"
[one]      # [not]
a = """
[two]
b = 1
"""
"c.d" = 'x = "'
list = [
  "]", # ]
  { e = 1 },
]
last = 1
[one."two.three"]
f.g = 2
multi = \'\'\'
last = 2 """ \'\'\'
h = "\\"[i]"
[[array]]
j = """quotes \\""" inside"""
k = 1
'''


def test_strings_brackets_and_comments_are_no_keys() -> None:
    assert tomllib.loads(TRICKY)
    assert index(TRICKY) == {
        ("title",): 1,
        ("one",): 2,
        ("one", "a"): 3,
        ("one", "c.d"): 7,
        ("one", "list"): 8,
        ("one", "last"): 12,
        ("one", "two.three"): 13,
        ("one", "two.three", "f"): 14,
        ("one", "two.three", "f", "g"): 14,
        ("one", "two.three", "multi"): 15,
        ("one", "two.three", "h"): 17,
        ("array",): 18,
        ("array", "j"): 19,
        ("array", "k"): 20,
    }


def test_a_table_s_own_header_is_better_than_being_named_on_the_way() -> None:
    assert index("[a.b.c]\nd = 1\n[a.b]\n[x]\n") == {
        ("a",): 1,
        ("a", "b"): 3,
        ("a", "b", "c"): 1,
        ("a", "b", "c", "d"): 2,
        ("x",): 4,
    }


def test_the_closest_line_is_given_for_what_has_none() -> None:
    lines = index(TRICKY)
    assert nearest(lines, ("one", "list", "0", "e")) == 8
    assert nearest(lines, ("one", "nothing")) == 2
    assert nearest(lines, ("nothing",)) == 1


keys = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=6).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)
scalars = st.sampled_from(
    [
        "1",
        "true",
        '"#[x]"',
        "'[y] = 1'",
        '"""\n[z]\n"""',
        "'''\na = 1\n'''",
        "[\n1, # ]\n]",
        '{ p = "}" }',
        '"\\"["',
    ]
)


@given(st.dictionaries(keys, st.dictionaries(keys, scalars, max_size=4), max_size=4))
def test_every_table_and_key_of_any_text_is_found(tables: dict[str, dict[str, str]]) -> None:
    text, expected, line = "", {}, 1
    for table, members in tables.items():
        name = json.loads(table)
        text += f"[{table}]\n"
        expected[(name,)] = line
        line += 1
        for key, value in members.items():
            text += f"{key} = {value}\n"
            expected[(name, json.loads(key))] = line
            line += 1 + value.count("\n")
    parsed: dict[str, Any] = tomllib.loads(text)
    assert set(parsed) == {json.loads(table) for table in tables}
    assert index(text) == expected
