#!/usr/bin/env python3
"""In how many Debian source packages' names and one-line descriptions does a word occur?

    apt-cache dumpavail | count_descriptions.py COUNTS.tsv.gz

Written in the form of `count.py`: descriptions count as prose, names of packages as identifiers.
"""

import collections
import gzip
import re
import sys

LOWER = re.compile(r"(?<![A-Za-z])[a-z]{3,20}(?![A-Za-z])")
CAPITAL = re.compile(r"(?<![A-Za-z])[A-Z][a-z]{2,20}(?![A-Za-z])")
UPPER = re.compile(r"(?<![A-Za-z])[A-Z]{2,20}(?![A-Za-z])")


def main() -> None:
    found: dict[str, list[set[str]]] = collections.defaultdict(lambda: [set(), set(), set(), set()])
    package = source = ""
    for line in sys.stdin:
        key, _, value = line.partition(": ")
        if key == "Package":
            package = source = value.strip()
        elif key == "Source":
            source = value.split()[0]
        elif key.startswith("Description") and not key.endswith("md5"):
            texts = found[source]
            for role, pattern in enumerate((LOWER, CAPITAL, UPPER)):
                texts[role].update(word.lower() for word in pattern.findall(value))
            texts[3].update(LOWER.findall(package))
    totals = [
        collections.Counter(word for texts in found.values() for word in texts[role]) for role in range(4)
    ]
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as out:
        for word in sorted(set().union(*totals)):
            numbers = [total[word] for total in totals]
            if max(numbers) >= 2:
                out.write(("\t".join([word, *map(str, numbers)]) + "\n").encode())


if __name__ == "__main__":
    main()
