"""Does telemetry show at the start of the app? With and without it in turn, in the time of its window's thread.

Until the window is painted nothing of telemetry is there, which is looked up and not timed: five turns of the same
start took 346 to 447 ms. From there on, the smallest of several turns counts. What else runs on a machine takes away
caches and the other half of a core, so a turn costs more for it and never less; a median follows the machine. Turns go
on until the bound holds, and 30 ms more of work in each of them never let it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FEWEST_TURNS, MOST_TURNS = 3, 12
MOST_MILLISECONDS = 20.0
# The app speaks with its engine through these, and would without telemetry.
ENGINE = {
    "aboveboard",
    "aboveboard.errors",
    "aboveboard.client",
    "aboveboard.client.boundary",
    "aboveboard.client.levels",
    "aboveboard.integrations",
    "aboveboard.integrations.podman",
}


def start(home: Path, variant: str) -> dict[str, Any]:
    """Return what one start says: the seconds of the window's thread, and what was imported."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "e2e" / "desktop_start.py"), variant],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(ROOT / "examples"),
            "QT_QPA_PLATFORM": "offscreen",
            "CONTAINER_HOST": f"unix://{home}/nobody.sock",
            "DESKTOP_ENDPOINT": "http://127.0.0.1:9",
            "DESKTOP_WRITE_KEY": "key",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def after_painting(found: dict[str, Any]) -> float:
    """Return the milliseconds from the painted window until telemetry, extensions and pages were there."""
    return float(found["settled"] - found["painted"]) * 1000


def test_the_app_starts_as_fast_as_without_telemetry(tmp_path: Path) -> None:
    settings = tmp_path / ".local/share/containers/podman-desktop/configuration/settings.json"
    settings.parent.mkdir(parents=True)
    answer = {"version": 1, "time": "2026-11-25T00:00:00Z", "catalog": "", "covers": "usage"}
    yes = {
        "telemetry.check": True,
        "telemetry.enabled": True,
        "telemetry.level": "usage",
        "telemetry.notice": answer,
    }
    settings.write_text(json.dumps(yes))
    first = start(tmp_path, "with")  # compiles what has to be compiled
    start(tmp_path, "without")
    assert set(first["imported"]) == ENGINE

    with_it = without = float("inf")
    for turn in range(1, MOST_TURNS + 1):
        with_it = min(with_it, after_painting(start(tmp_path, "with")))
        without = min(without, after_painting(start(tmp_path, "without")))
        if turn >= FEWEST_TURNS and with_it - without <= MOST_MILLISECONDS:
            break
    print(f"once the window is painted, telemetry adds {with_it - without:+.1f} ms to {without:.1f} ms")
    assert with_it - without <= MOST_MILLISECONDS
