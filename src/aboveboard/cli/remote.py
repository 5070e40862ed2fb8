"""How does a command ask the running server, which alone has the store open?"""

import functools
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import click

from aboveboard.access import load_settings
from aboveboard.errors import SettingsError

__all__ = ["Remote", "remote_options"]

_SECONDS = 300.0
_OPTIONS = (
    click.option("--url", envvar="ABOVEBOARD_URL", help="The server's address (from its settings)."),
    click.option(
        "--token",
        envvar="ABOVEBOARD_ADMIN_TOKEN",
        help="A token of the role admin; better in the environment.",
    ),
    click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var)."),
    click.option("--config", type=click.Path(path_type=Path), help="The settings file."),
)


class Remote:
    """The admin API of one server; every failure is an AboveboardError or a ClickException in plain words."""

    def __init__(self, url: str, token: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"The server's address {url!r} does not begin with http:// or https://.")
        self.url = url.rstrip("/")
        self._token = token

    def ask(self, path: str, body: Any = None) -> Any:
        """Return the JSON of `GET /admin/v1/<path>`, or of a POST where there is a body."""
        with self._open(path, None if body is None else json.dumps(body).encode()) as answer:
            return json.load(answer)

    def download(self, path: str, into: BinaryIO) -> int:
        """Write the answer of `POST /admin/v1/<path>` into a file and return its size, which is whole."""
        with self._open(path, b"") as answer:
            size = 0
            while block := answer.read(1 << 20):
                into.write(block)
                size += len(block)
            wanted = int(answer.headers.get("Content-Length", size))
        if size != wanted:
            raise click.ClickException(f"{self.url} sent {size} of {wanted} bytes and stopped. Try again.")
        return size

    def _open(self, path: str, data: bytes | None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            f"{self.url}/admin/v1/{path}", data=data, headers={"Authorization": f"Bearer {self._token}"}
        )
        try:
            return urllib.request.urlopen(request, timeout=_SECONDS)  # noqa: S310
        except urllib.error.HTTPError as error:
            raise click.ClickException(_said(error)) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise click.ClickException(
                f"There is no server at {self.url}: {reason}. Start it with `aboveboard serve`, or name it by --url."
            ) from error


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answered {error.code}. Is there an Aboveboard server at this address?"


def remote_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --url, --token, --data and --config to a command, which gets them as one Remote named `remote`."""

    @functools.wraps(command)
    def with_remote(
        url: str | None, token: str | None, data: str | None, config: Path | None, **rest: Any
    ) -> Any:
        address = url or load_settings({"data": data}, config=config).url
        if not token:
            raise SettingsError(
                "The server wants a token of the role admin. Set ABOVEBOARD_ADMIN_TOKEN or --token."
            )
        return command(remote=Remote(address, token), **rest)

    made: Callable[..., Any] = with_remote
    for option in reversed(_OPTIONS):
        made = option(made)
    return made
