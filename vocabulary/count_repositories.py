#!/usr/bin/env python3
"""In how many public repositories does a word occur? Counts over the sources of programs, from their git folders.

    count_repositories.py COUNTS.tsv.gz LIST.txt GIT_FOLDER…

Counts as `count.py` does, a repository once; what is vendored, generated, tested or translated is left out. LIST gets
the name and commit of each. Only words and numbers leave this script.
"""

import collections
import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from count import PATTERNS, ROLES

SOURCES = re.compile(
    r"\.(?:go|js|mjs|ts|tsx|py|rs|java|kt|cs|c|h|cc|cpp|hpp|rb|sh|ps1|swift|resx|md|rst|adoc)$"
)
SKIPPED = re.compile(
    r"(?:^|/)(?:vendor|node_modules|third_party|testdata|tests?|e2e|fixtures|locale|locales|po|i18n|translations)/|"
    r"_test\.|\.test\.|\.spec\.|\.pb\.go$|\.min\.js$|changelog|release|authors|contributors|maintainers|owners|"
    r"security|governance|adopters|code.of.conduct",
    re.IGNORECASE,
)
FILE_LIMIT = 2_000_000
REPOSITORY_LIMIT = 120_000_000
LEAST = 2


def files(git: list[str]) -> Iterator[bytes]:
    """The sources at a repository's head; what a snapshot lists and does not hold is passed over."""
    listed = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True).stdout
    rows = (row.partition("\t") for row in listed.decode("utf-8", "replace").split("\0") if row)
    blobs = [about.split()[2] for about, _, name in rows if SOURCES.search(name) and not SKIPPED.search(name)]
    with subprocess.Popen(
        [*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        for blob in blobs:
            reader.stdin.write(f"{blob}\n".encode())
            reader.stdin.flush()
            _, kind, *size = reader.stdout.readline().split()
            if kind == b"blob":
                yield reader.stdout.read(int(size[0]) + 1)
        reader.stdin.close()


def count(folder: Path) -> tuple[str, dict[str, set[str]]]:
    """The commit of one repository, and its words by role."""
    git = ["git", f"--git-dir={folder}"]
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    found: dict[str, set[str]] = {role: set() for role in ROLES}
    total = 0
    for data in files(git):
        total += len(data)
        if len(data) > FILE_LIMIT or total > REPOSITORY_LIMIT:
            continue
        for role, pattern in PATTERNS.items():
            found[role].update(word.decode().lower() for word in set(pattern.findall(data)))
    return commit, found


def main() -> None:
    target, listing, *folders = map(Path, sys.argv[1:])
    totals: dict[str, collections.Counter[str]] = {role: collections.Counter() for role in ROLES}
    rows = []
    with ProcessPoolExecutor(2) as pool:
        for folder, (commit, found) in zip(folders, pool.map(count, folders), strict=True):
            rows.append(f"{folder.parent.name.replace('+', '/')} {commit}\n")
            for role in ROLES:
                totals[role].update(found[role])
            print(rows[-1].strip(), len(found["prose"]), flush=True)
    listing.write_text("".join(sorted(rows)))
    words = sorted(
        word for word in set().union(*totals.values()) if max(totals[r][word] for r in ROLES) >= LEAST
    )
    with gzip.GzipFile(target, "wb", mtime=0) as out:
        for word in words:
            out.write(("\t".join([word, *(str(totals[role][word]) for role in ROLES)]) + "\n").encode())


if __name__ == "__main__":
    main()
