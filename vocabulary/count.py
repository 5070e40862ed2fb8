#!/usr/bin/env python3
"""In how many public programs does a word occur? Counts over the texts and binaries of Debian packages.

    count.py FOLDER_OF_DEBS COUNTS.tsv.gz

A word's document frequency is the number of packages that use it, each counted once, in four roles: in lower
case within a sentence, capitalised within a sentence (a sign of a proper name), in capitals, and as a part of
an identifier. Only words and numbers leave this script: no sentence of any package is kept.
"""

import collections
import gzip
import io
import re
import subprocess
import sys
import tarfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROLES = ("prose", "capital", "upper", "part")
PATTERNS = {
    "prose": re.compile(rb"(?<=[a-z,:;] )[a-z]{2,20}(?=[ .,:;!?)\0\n\"'])"),
    "capital": re.compile(rb"(?<=[a-z,] )[A-Z][a-z]{1,20}(?=[ .,:;!?)\0\n\"'])"),
    "upper": re.compile(rb"(?<![A-Za-z])[A-Z]{2,20}(?![A-Za-z])"),
    "part": re.compile(
        rb"(?<=[_.\-/:(a-z\"'])(?:[A-Z][a-z]{2,20}(?=[A-Z_(.:])|(?<![a-z])[a-z]{2,20}(?=[_\-./:()A-Z\"']))"
    ),
}
SKIPPED = re.compile(
    r"/locale/|/i18n/|\.(png|svg|jpg|gif|ttf|woff2?|ico|pem|crt|lang|dic|po|qm)$|/man/[a-z]{2}(_[A-Z]+)?/|"
    r"changelog|copyright|AUTHORS|THANKS|CREDITS|CONTRIBUTORS|NEWS|/zoneinfo/|test",
    re.IGNORECASE,
)
FILE_LIMIT = 80_000_000
PACKAGE_LIMIT = 150_000_000


def texts(package: Path):
    """Every readable file of a package, as bytes, up to a bound."""
    stream = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True).stdout
    total = 0
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        members = archive.getmembers()
    for member in members:
        if not member.isfile() or SKIPPED.search(member.name) or member.size > FILE_LIMIT:
            continue
        data = stream[member.offset_data : member.offset_data + member.size]
        if member.name.endswith(".gz"):
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError):
                continue
        total += len(data)
        yield data
        if total > PACKAGE_LIMIT:
            return


def count(package: Path) -> dict[str, set[str]]:
    """The words of one package by role."""
    found = {role: set() for role in ROLES}
    for data in texts(package):
        for role, pattern in PATTERNS.items():
            found[role].update(word.decode().lower() for word in set(pattern.findall(data)))
    return found


def main() -> None:
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    totals = {role: collections.Counter() for role in ROLES}
    packages = sorted(folder.glob("*.deb"))
    with ProcessPoolExecutor(2) as pool:
        for number, found in enumerate(pool.map(count, packages)):
            for role in ROLES:
                totals[role].update(found[role])
            print(number, packages[number].name, len(found["prose"]), flush=True)
    words = sorted(word for word in set().union(*totals.values()) if max(totals[r][word] for r in ROLES) >= 2)
    with gzip.GzipFile(target, "wb", mtime=0) as out:
        for word in words:
            out.write(("\t".join([word, *(str(totals[role][word]) for role in ROLES)]) + "\n").encode())


if __name__ == "__main__":
    main()
