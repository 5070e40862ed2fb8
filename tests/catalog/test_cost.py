"""Does the catalog cost an app next to nothing?"""

import subprocess
import sys
import timeit
from pathlib import Path

from aboveboard.catalog import Catalog, Safety, check
from tests.catalog.conftest import TODAY

ROOT = Path(__file__).parents[2]
HEAVY = (
    "tomllib",
    "dataclasses",
    "typing",
    "re",
    "json",
    "datetime",
    "hashlib",
    "enum",
    "inspect",
    "pathlib",
)


def run(code: str) -> str:
    """What a bare interpreter prints."""
    command = [sys.executable, "-S", "-c", code]
    ran = subprocess.run(command, cwd=ROOT / "src", capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_importing_it_loads_nothing_heavy() -> None:
    """What is loaded is what costs: `dataclasses` alone takes longer than the client's whole allowance."""
    loaded = f"print(*[name for name in {HEAVY!r} if name in sys.modules and name not in before])"
    assert run(f"import sys; before = set(sys.modules); import aboveboard.catalog; {loaded}") == ""


def test_checking_reads_no_toml() -> None:
    """The collector and the client read catalogs; a verdict needs only what was read."""
    assert run("import sys, aboveboard.catalog.checker; print('tomllib' in sys.modules)") == "False"


def test_an_event_of_five_plain_properties_costs_microseconds(
    catalog: Catalog, client_safety: Safety
) -> None:
    """Measured 3.5 µs where this was written; the bound leaves room for slower and busier machines."""
    given = {"engine": "podman", "count": 3, "flag": True, "success": True, "duration_ms": 12.5}
    check(catalog, "thing.done", given, today=TODAY, safety=client_safety)
    times = timeit.repeat(
        lambda: check(catalog, "thing.done", given, today=TODAY, safety=client_safety), number=2000, repeat=7
    )
    assert min(times) / 2000 < 40e-6
