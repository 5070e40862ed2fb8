#!/usr/bin/env python3
"""Which words may pass the last gate? Builds `privacy/vocabulary.bin` from counts, lists and names.

    build.py COUNTS.tsv.gz SCOWL_FOLDER NAMES_FOLDER TARGET

Four tiers, each a line of blank-separated words, compressed together:

  0  passes wherever it stands: constants of public programs, and the commonest words of technical prose
  1  passes also where a name could stand (after "container", within an identifier)
  2  passes in prose
  3  passes in prose in lower case only: a technical word that is also a given or family name
"""

import builtins
import errno
import gzip
import http
import re
import string
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).parent
COMMON, TECHNICAL, PLAIN, RARE = 100, 20, 8, 4
NAME_TOO = 30
FIRST_NAME_RANK, FAMILY_NAME_RANK = 1200, 1500
# English marks verbs, adverbs and abstractions by their endings, and hardly any name carries one.
NO_NAME = re.compile(r".{3,}(?:ed|ing|ly|able|ible|tion|sion|ment|ness|ity|ive|ize|ise|izes|ises|ous|ally|less|ful|ary)$")


def counts(path: Path) -> dict[str, tuple[int, ...]]:
    """Document frequencies by word: in prose, capitalised, in capitals, within identifiers."""
    rows = (line.rstrip("\n").split("\t") for line in gzip.open(path, "rt"))
    return {word: tuple(map(int, numbers)) for word, *numbers in rows}


def english(folder: Path) -> set[str]:
    """SCOWL's words up to level 60, in lower case, American and British."""
    found: set[str] = set()
    for kind in ("english", "american", "british"):
        for size in (10, 20, 35, 40, 50, 55, 60):
            path = folder / f"{kind}-words.{size}"
            found.update(path.read_text("latin-1").split() if path.exists() else ())
    return {word for word in found if re.fullmatch("[a-z]+", word)}


def names(folder: Path) -> set[str]:
    """The commoner given and family names of the US census of 1990."""
    limits = {"dist.male.first": FIRST_NAME_RANK, "dist.female.first": FIRST_NAME_RANK, "dist.all.last": FAMILY_NAME_RANK}
    rows = ((line.split(), limit) for file, limit in limits.items() for line in (folder / file).open())
    return {fields[0].lower() for fields, limit in rows if int(fields[3]) <= limit}


def listed(name: str) -> set[str]:
    """The words of one of the lists beside this script."""
    lines = (HERE / name).read_text().splitlines()
    return {word.lower() for line in lines if not line.startswith("#") for word in line.split()}


def constants() -> set[str]:
    """Names of errors, statuses and exceptions that Python itself knows, whole and in parts."""
    found = {name.lower() for name in errno.errorcode.values()}
    found.update(word.lower() for status in http.HTTPStatus for word in re.findall("[A-Za-z]+", status.phrase))
    for name in dir(builtins):
        found.update(word.lower() for word in re.findall("[A-Z][a-z]+|[a-z]{3,}", name))
    return found


def tier(word: str, count: tuple[int, ...], dictionary: set[str], people: set[str]) -> int | None:
    """The tier of a counted word, or None where it may not pass."""
    prose, _, upper, part = count
    if word in people and prose < COMMON:
        return 3 if prose >= NAME_TOO else None
    if prose >= COMMON:
        return 0
    if prose >= TECHNICAL:
        return 1
    known = word in dictionary
    if known and prose >= PLAIN and NO_NAME.match(word):
        return 1
    if prose >= PLAIN if known else prose >= RARE and part >= RARE and part + prose >= 2 * PLAIN:
        return 2
    return 2 if known and prose >= 2 and NO_NAME.match(word) else None


def main() -> None:
    source, scowl, people_folder, target = map(Path, sys.argv[1:])
    dictionary, people = english(scowl), names(people_folder)
    tiers: dict[str, int] = {}
    for word, count in counts(source).items():
        found = tier(word, count, dictionary, people)
        if found is not None and (len(word) > 2 or found <= 1):
            tiers[word] = found
    for word in listed("technical.txt"):
        tiers[word] = min(1, tiers.get(word, 1))
    for word in constants() | listed("public.txt") | set(string.ascii_lowercase):
        tiers[word] = 0
    for word in listed("never.txt"):
        tiers.pop(word, None)
    lines = [" ".join(sorted(word for word, one in tiers.items() if one == level)) for level in range(4)]
    target.write_bytes(zlib.compress("\n".join(lines).encode(), 9))
    print([len(line.split()) for line in lines], target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
