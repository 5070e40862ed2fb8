"""Does telemetry show at the start of the app? With and without it in turn, in the time of its window's thread."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = 5
MOST_MILLISECONDS = 20.0


def start(home: Path, variant: str) -> dict[str, float]:
    """Return the milliseconds of the window's thread until it was painted, and until extensions were there too."""
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
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: seconds * 1000 for name, seconds in found.items()}


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
    start(tmp_path, "with")  # compiles what has to be compiled
    start(tmp_path, "without")
    added: dict[str, list[float]] = {"painted": [], "settled": []}
    for _ in range(ROUNDS):
        with_it, without = start(tmp_path, "with"), start(tmp_path, "without")
        for name, values in added.items():
            values.append(with_it[name] - without[name])
    painted, settled = (statistics.median(values) for values in added.values())
    print(f"until the window is painted {painted:+.1f} ms, until extensions are there too {settled:+.1f} ms")
    assert max(painted, settled) <= MOST_MILLISECONDS
