"""Runs the measurements and writes them down: `make bench`.

python -m tests.bench                        all of them, into bench/report.md
python -m tests.bench collector privacy      some of them, printed alone
python -m tests.bench --base REV [NAME …]    base and head in turn, and what got slower by more than a fifth
"""

import argparse
import sys
from pathlib import Path

from tests.bench import compare, report

HERE = Path(__file__).parent


def main() -> int:
    """Measure what the command line names; returns 1 where something got slower than in the base."""
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--base", help="the revision to compare with")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"there is no measurement {sorted(unknown)[0]!r}: take {', '.join(names)}")
    if options.base:
        return compare.main(options.base, options.names or list(compare.QUICK))
    if options.names:
        report.measure(options.names)
        return 0
    report.write(names, report.ROOT / "bench" / "report.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
