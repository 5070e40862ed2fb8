"""Small apps that the tests start as processes of their own: `python -m tests.client.apps <name> <json>`."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
CATALOG = Path(__file__).with_name("telemetry.toml")
EXTENSION_CATALOG = Path(__file__).with_name("extension.toml")


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person's session, with a home of its own and nothing that says off."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(home), "LANG": "en_GB.UTF-8", "PYTHONPATH": str(ROOT), **more}


def command(name: str, **options: Any) -> list[str]:
    """The command line that starts one of the apps below."""
    return [sys.executable, "-m", "tests.client.apps", name, json.dumps(options)]


def make(options: dict[str, Any]) -> Any:
    """Telemetry as the tests of whole processes use it."""
    from aboveboard import Telemetry

    return Telemetry(
        "demo-app",
        version="1.2.3",
        endpoint=options["endpoint"],
        write_key="wk-test",
        catalog=CATALOG,
        preset="podman-desktop",
        detach=options.get("detach", False),
        lifecycle=options.get("lifecycle", False),
    )


def say(text: object) -> None:
    """Tell the test something, at once."""
    print(text, flush=True)


def use(options: dict[str, Any]) -> None:
    """Log a few things, flush, and end; `answer` is given first."""
    telemetry = make(options)
    if options.get("answer") == "accept":
        telemetry.consent.accept()
    if options.get("answer") == "decline":
        telemetry.consent.decline()
    say(telemetry.consent.state)
    logger = telemetry.logger()
    for number in range(options.get("events", 5)):
        logger.log_usage("tick", {"number": number})
    with logger.action("thing.done", engine="podman"):
        pass
    telemetry.page("/containers")
    telemetry.preview()
    telemetry.status(explain=True)
    list(telemetry.journal())
    if options.get("flush", True):
        telemetry.flush(2)


def tick(options: dict[str, Any]) -> None:
    """Log one number after the other until killed; say each number with its time once it is logged."""
    telemetry = make(options)
    number = options["first"]
    while True:
        telemetry.log_usage("tick", {"number": number})
        os.write(1, f"{number} {time.time()}\n".encode())
        number += 1
        time.sleep(options.get("pause", 0.004))


def wait(options: dict[str, Any]) -> None:
    """Log now and then until the consent is gone; say when that was seen."""
    telemetry = make(options)
    say(telemetry.consent.state)
    number = options.get("first", 0)
    while telemetry._engine._decision.state == "accepted":
        telemetry.log_usage("tick", {"number": number})
        number += 1
        time.sleep(0.01)
    say(time.time())
    sys.stdin.readline()


def extension(options: dict[str, Any]) -> None:
    """Look, as an extension does before it logs, until its own switch is off; say when that was seen."""
    telemetry = make(options)
    logger = telemetry.logger("podman", "1.29.1", "podman-desktop", catalog=EXTENSION_CATALOG)
    say(logger.is_usage_enabled)
    while logger.is_usage_enabled:
        time.sleep(0.01)
    say(time.time())
    sys.stdin.readline()


def leave(options: dict[str, Any]) -> None:
    """Log and end; say how long the end took, measured from the last line of the app."""
    import atexit

    from aboveboard import Telemetry  # noqa: F401

    began = [0.0]
    # Registered first, so it runs last.
    atexit.register(lambda: say(time.perf_counter() - began[0]))
    telemetry = make(options)
    for number in range(options.get("events", 20)):
        telemetry.log_usage("tick", {"number": number})
    time.sleep(options.get("linger", 0.3))
    telemetry.log_usage("tick", {"number": 999})
    began[0] = time.perf_counter()


def turn_off(options: dict[str, Any]) -> None:
    """Say yes, have one event sent, say no, and end at once, so that the detached process has to pass it on."""
    telemetry = make({**options, "detach": True})
    telemetry.consent.accept()
    telemetry.log_usage("tick", {"number": options["number"]})
    if not telemetry.flush(10):
        raise SystemExit("the event was not sent")
    telemetry.consent.decline()


if __name__ == "__main__":
    globals()[sys.argv[1]](json.loads(sys.argv[2]))
