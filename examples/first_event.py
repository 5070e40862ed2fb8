"""Sends a first event: the ten lines that an app needs, with the person's answer given on the command line.

python examples/first_event.py --endpoint http://127.0.0.1:8710 --write-key …
"""

import argparse
import sys
import tempfile
from pathlib import Path

from aboveboard import Host, Telemetry
from aboveboard.catalog import parse

CATALOG = parse(
    """
app = "first-event"
notice = 1
privacy = "https://example.org/privacy"

[events.hello]
description = "The example said hello."
question = "Does a first event arrive?"
level = "usage"
action = true
owner = "docs"
issue = "https://example.org/issues/1"
added = 2026-11-23
expires = 2028-11-01
""",
    "first_event.py",
)


def main() -> int:
    """Say yes for this one run, in a home folder that is thrown away, and send one event."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", default="http://127.0.0.1:8710")
    parser.add_argument("--write-key", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        telemetry = Telemetry(
            "first-event",
            version="1.0",
            endpoint=options.endpoint,
            write_key=options.write_key,
            catalog=CATALOG,
            host=Host(home=Path(home)),
        )
        telemetry.consent.accept()
        with telemetry.action("hello"):
            pass
        reason = problem(telemetry) if not telemetry.flush(timeout=5) else off(telemetry)
        print(f"Consent: {telemetry.consent.state}. {f'Not sent: {reason}' if reason else 'Sent.'}")
        telemetry.close()
    return 1 if reason else 0


def off(telemetry: Telemetry) -> str:
    """Say who switched telemetry off; "" where the person's yes holds."""
    status = telemetry.status()
    if status is None or status.state == "accepted":
        return ""
    return f"telemetry is {status.state}, decided by {status.decided_by}"


def problem(telemetry: Telemetry) -> str:
    """Say why what was logged has not arrived."""
    status = telemetry.status()
    return off(telemetry) or (status.problem if status else "") or "is the collector there?"


if __name__ == "__main__":
    sys.exit(main())
