"""Are the names that others rely on there, and do they cost what they should?"""

import inspect
import subprocess
import sys
from pathlib import Path

import aboveboard
from aboveboard import Telemetry, TelemetryLogger, TrustedValue

DOCUMENT = Path(__file__).parent.parent.parent / "docs/client.md"


def test_the_packages_names_are_these() -> None:
    expected = ["Action", "Budget", "Host", "Provider", "Telemetry", "TelemetryLogger", "TrustedValue"]
    assert aboveboard.__all__ == expected
    assert [getattr(aboveboard, name).__name__ for name in expected] == expected


def test_the_names_that_others_rely_on_have_these_parameters() -> None:
    def names(function: object) -> list[str]:
        return list(inspect.signature(function).parameters)[1:]  # type: ignore[arg-type]

    assert names(Telemetry.__init__)[:6] == ["app", "version", "endpoint", "write_key", "catalog", "preset"]
    assert names(Telemetry.logger)[:3] == ["extension_id", "version", "publisher"]
    assert names(TelemetryLogger.log_usage) == ["event", "properties", "error"]
    assert names(TelemetryLogger.log_error) == ["error", "properties"]
    assert names(Telemetry.sensitive) == ["value", "kind"]
    assert names(Telemetry.flush) == ["timeout"]
    assert names(Telemetry.status) == ["explain"]
    assert TrustedValue("x").value == "x"


def test_every_public_method_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    public = [
        name for owner in (Telemetry, TelemetryLogger) for name in vars(owner) if not name.startswith("_")
    ]
    assert [name for name in public if f"{name}(" not in text and f".{name}`" not in text] == []


def test_importing_does_nothing_and_takes_little() -> None:
    """In CPU time and the least of several turns, as a busy machine only adds; `make bench` has the figure."""

    def least(program: str) -> float:
        end = "\nimport resource\nused = resource.getrusage(resource.RUSAGE_SELF)\nprint(used.ru_utime + used.ru_stime)"
        run = [sys.executable, "-c", program + end]
        return min(
            float(subprocess.run(run, check=True, capture_output=True, text=True).stdout) for _ in range(7)
        )

    assert least("from aboveboard import Telemetry") - least("pass") < 0.05
    watching = (
        "import sys\nseen = []\n"
        "sys.addaudithook(lambda name, args: seen.append((name, args)) if name.startswith('socket') or"
        " (name == 'open' and args[1] not in ('r', 'rb', None)) else None)\n"
        "from aboveboard import Telemetry\nprint(seen)"
    )
    done = subprocess.run([sys.executable, "-B", "-c", watching], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
