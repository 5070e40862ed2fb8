"""Are the design's numbers reached that are no speeds: what cleaning leaves, how fast a no is heard, what kills lose?

The cleaner's numbers are taken on the half of the shapes that nobody looks at while tuning. `make soak` kills the
collector two hundred times; here it is a few dozen.
"""

import random
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from aboveboard import Host, Telemetry
from tests.bench.figures import Figure
from tests.client.apps import CATALOG, ROOT, command, environment
from tests.client.collector import Collector
from tests.collector.test_crash import Aftermath, kill_while_sending
from tests.privacy.scoring import score
from tests.privacy.test_scores import STYLES, records

KILLS = 25
OTHERS = 2
TIMES = 5
MOST_LEFT = {"invented": 0.2, "people": 0.2, "words": 0.5}
LEAST_KEPT = 97.0


def cleaning() -> dict[str, dict[str, float]]:
    """Percent of the secrets that are left and of the useful parts that stay, by the style of the names."""
    found = {style: score(records(style, "held", bare=False)) for style in STYLES}
    return {style: {"leak": one.leak, "keep": one.keep, "wiped": one.wiped} for style, one in found.items()}


def revocation(folder: Path) -> float:
    """Seconds until the last of three processes has stopped after one of them said no; the median of some times."""
    return median(_revoked(folder / f"home{number}") for number in range(TIMES))


def _revoked(home: Path) -> float:
    home.mkdir()
    collector = Collector().start()
    host = Host(environ={"LANG": "en_GB.UTF-8"}, home=home, platform="linux", root=home / "root", uid=1000)
    with closing(
        Telemetry(
            "demo-app", version="1.2.3", endpoint=collector.url, write_key="wk-test", catalog=CATALOG,
            preset="podman-desktop", host=host, detach=False, lifecycle=False,
        )
    ) as mine:  # fmt: skip
        mine.consent.accept()
        others = [
            subprocess.Popen(
                command("wait", endpoint=collector.url, first=1000 * number), env=environment(home), cwd=ROOT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for number in range(1, OTHERS + 1)
        ]  # fmt: skip
        assert [other.stdout.readline().strip() for other in others if other.stdout] == ["accepted"] * OTHERS
        time.sleep(0.3)
        declined = time.time()
        mine.consent.decline()
        seen = [float(other.stdout.readline()) for other in others if other.stdout]
        for other in others:
            other.communicate("end\n")
    collector.stop()
    return max(seen) - declined


def main() -> dict[str, Any]:
    """Print all three; returns them."""
    found: dict[str, Any] = {"cleaning": cleaning()}
    for style, shares in found["cleaning"].items():
        print(
            f"cleaning, names {style}: "
            + ", ".join(f"{name} {share:.2f} %" for name, share in shares.items())
        )
    with tempfile.TemporaryDirectory() as folder:
        found["revocation"] = revocation(Path(folder))
        print(f"a no is heard by {OTHERS} other processes within {found['revocation'] * 1000:.0f} ms")
        found["faults"] = kill_while_sending(Path(folder) / "data", KILLS, random.randrange(2**32))
    return found


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return them as the design counts them."""
    made = []
    for style, shares in found["cleaning"].items():
        made.append(
            Figure(
                f"privacy: secrets left, names {style}, shapes kept aside",
                shares["leak"],
                "%",
                MOST_LEFT[style],
            )
        )
    for style, shares in found["cleaning"].items():
        made.append(
            Figure(
                f"privacy: useful parts kept, names {style}, shapes kept aside",
                shares["keep"],
                "%",
                LEAST_KEPT,
                at_most=False,
            )
        )
        made.append(
            Figure(f"privacy: messages wiped, names {style}, shapes kept aside", shares["wiped"], "%")
        )
    left: Aftermath = found["faults"]
    return [
        *made,
        Figure("client: a no is heard in every process", found["revocation"], "s", 1),
        Figure(f"faults: accepted events lost in {KILLS} kills", left.missing, "events", 0),
        Figure(f"faults: accepted events doubled in {KILLS} kills", left.doubled, "events", 0),
        Figure(f"faults: accepted events in {KILLS} kills", left.accepted, "events", at_most=False),
    ]
