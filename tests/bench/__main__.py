"""Runs the measurements one after the other: `make bench`, or `python -m tests.bench collector` for one of them."""

import importlib
import platform
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Print each measurement under its name, with the machine and the interpreter first."""
    names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    print(f"{platform.platform()}, {platform.machine()}, CPython {platform.python_version()}")
    for name in names:
        print(f"\n## {name}\n", flush=True)
        importlib.import_module(f"tests.bench.bench_{name}").main()


if __name__ == "__main__":
    main()
