"""Does telemetry show at the start of the app? With and without it in turn, in the time of its window's thread.

Of each span the smallest of several starts counts. What else runs on the machine takes away caches and the other half
of a core, so it makes a start cost more and never less; the smallest comes close to what the work itself costs, where
a median follows the machine (the same start took 346 to 447 ms in five turns). The two spans are compared apart, because the
first is ten times as long as the second, which is where telemetry comes in. Starts go on until the bound holds, and
30 ms more of work in any of them never let it.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FEWEST_ROUNDS, MOST_ROUNDS = 3, 12
MOST_MILLISECONDS = 20.0


def start(home: Path, variant: str) -> dict[str, float]:
    """Return the milliseconds of the window's thread until it was painted, and from there until extensions were too."""
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
    return {
        "painted": found["painted"] * 1000,
        "settled": (found["settled"] - found["painted"]) * 1000,
    }


def smallest(spans: list[dict[str, float]], name: str) -> float:
    """Return the least that a span took."""
    return min(each[name] for each in spans)


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
    with_it, without = list[dict[str, float]](), list[dict[str, float]]()
    for number in range(1, MOST_ROUNDS + 1):
        with_it.append(start(tmp_path, "with"))
        without.append(start(tmp_path, "without"))
        painted = smallest(with_it, "painted") - smallest(without, "painted")
        settled = painted + smallest(with_it, "settled") - smallest(without, "settled")
        if number >= FEWEST_ROUNDS and max(painted, settled) <= MOST_MILLISECONDS:
            break
    print(f"until the window is painted {painted:+.1f} ms, until extensions are there too {settled:+.1f} ms")
    assert max(painted, settled) <= MOST_MILLISECONDS
