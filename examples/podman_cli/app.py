"""What does every command need? A Podman, a logger, and the person's answer about usage data."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

import click

from aboveboard import Telemetry, TelemetryLogger
from podman_cli.podman import Podman
from podman_cli.usage import ask_at_first_start

P = ParamSpec("P")
SCHEME: Final = "unix://"


@dataclass(frozen=True, slots=True)
class App:
    """What the commands work with; `asks` is false where there is no collector to ask for."""

    podman: Podman
    telemetry: Telemetry
    logger: TelemetryLogger
    asks: bool

    def keep_private(self, kind: str, name: str | None) -> None:
        """Never let `name` leave in a text, such as an error of Podman that repeats it."""
        if name:
            self.telemetry.sensitive(name, kind)


def with_app(command: Callable[Concatenate[App, P], None]) -> Callable[P, None]:
    """Hand the app to a command, after the question that is asked at the first start."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        app = click.get_current_context().ensure_object(App)
        if app.asks:
            ask_at_first_start(app.telemetry)
        command(app, *args, **kwargs)

    return run


def default_url() -> str:
    """Return where Podman listens for this user: systemd's socket for a person, another one for root."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return f"{SCHEME}{'/run' if os.getuid() == 0 else runtime}/podman/podman.sock"


def socket_of(url: str) -> Path:
    """Return the path in a socket's URL; refuse what is not a Unix socket."""
    if not url.startswith(SCHEME):
        raise click.UsageError(f"--url: {url!r} is not a Unix socket; write unix:///path/to/podman.sock")
    return Path(url.removeprefix(SCHEME))
