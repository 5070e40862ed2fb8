"""Runs the measurements and writes them down: `make bench`.

python -m tests.bench                        all of them, into bench/report.md
python -m tests.bench collector privacy      some of them, printed alone
python -m tests.bench --write collector      some of them, into the report beside what was measured before of the others
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
    parser.add_argument("--write", action="store_true", help="put what is named into the report")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"there is no measurement {sorted(unknown)[0]!r}: take {', '.join(names)}")
    if options.base:
        return compare.main(options.base, options.names or list(compare.QUICK))
    if options.names and not options.write:
        for name in options.names:
            report.measure(name)
        return 0
    report.write(options.names or names, report.ROOT / "bench" / "report.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
