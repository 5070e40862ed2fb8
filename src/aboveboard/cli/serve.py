"""How is the server started, and what does it tell the person who started it?"""

import contextlib
import os
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from aboveboard.access import Settings, Token, Tokens, load_settings, new_token
from aboveboard.access.settings import add_source
from aboveboard.access.sources import new_source
from aboveboard.access.tokens import hash_token
from aboveboard.cli.logs import LOGGING
from aboveboard.errors import SettingsError

__all__ = ["serve"]

_STARTED_IN = Path.cwd()

_WELCOME = """
  Aboveboard is collecting on {url}

  Open the dashboard (the link holds a token, keep it to yourself):

      {url}/?token={token}

  Write key of the source "{source}": {key}

  A first event from Python:

      {python} examples/first_event.py --endpoint {url} --write-key {key}

  A first event from Node (npm install @segment/analytics-node):

      node -e 'const {{Analytics}} = require("@segment/analytics-node");
      const analytics = new Analytics({{writeKey: "{key}", host: "{url}"}});
      analytics.track({{anonymousId: crypto.randomUUID(), event: "hello", properties: {{durationMs: 12}}}});
      analytics.closeAndFlush()'

  Settings: {file}    Data: {data}    Stop with Ctrl+C
"""


@click.command()
@click.option("--host", help="The address to listen on (127.0.0.1).")
@click.option("--port", type=int, help="The port to listen on (8710).")
@click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var).")
@click.option(
    "--store", help="The database: chdb:///folder or clickhouse://user:password@host:8123/database."
)
@click.option("--write-key", help="One more write key of the only source.")
@click.option("--admin-token", help="A token that may see everything.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The settings file (aboveboard.toml in the data folder).",
)
@click.option("--metrics-port", type=int, help="Answer Prometheus at /metrics on this port (off).")
@click.option("--tls-cert", type=click.Path(), help="The certificate chain, for HTTPS.")
@click.option("--tls-key", type=click.Path(), help="The certificate's key.")
@click.option(
    "--behind-proxy", is_flag=True, default=None, help="Something in front of the server speaks TLS."
)
def serve(config: Path | None, **flags: Any) -> None:
    """Start the collector and the dashboard.

    Settings come from the TOML file, overridden by ABOVEBOARD_HOST, _PORT, _DATA, _STORE, _WRITE_KEY and
    _ADMIN_TOKEN, overridden by these flags. Where there is no source yet, a development source is made.
    """
    settings = _with_source(load_settings(flags, config=config), flags, config)
    given = flags["admin_token"] or os.environ.get("ABOVEBOARD_ADMIN_TOKEN")
    token = given or new_token()
    where, flags["data"] = settings.file, str(settings.data)

    def reread() -> Settings:
        return _with_token(load_settings(flags, config=where), token)

    _run(reread(), reread, token)


def _with_source(settings: Settings, flags: dict[str, Any], config: Path | None) -> Settings:
    """A server without a source can take nothing, so the first start makes one for trying things out."""
    if len(settings.sources):
        return settings
    key = flags["write_key"] or os.environ.get("ABOVEBOARD_WRITE_KEY")
    add_source(settings.file, new_source("development", kind="development", policy="cleaned", write_key=key))
    return load_settings(flags, config=config)


def _with_token(settings: Settings, token: str) -> Settings:
    """The link that is printed holds a token that lives as long as this process, unless one was given."""
    if not settings.loopback:
        _check_exposed(settings)
    if settings.tokens.role(token):
        return settings
    tokens = Tokens([*settings.tokens, Token(role="admin", sha256=hash_token(token), name="this start")])
    return msgspec.structs.replace(settings, tokens=tokens)


def _check_exposed(settings: Settings) -> None:
    """What others can reach needs a token that somebody chose, and TLS."""
    if not any(settings.tokens):
        raise SettingsError(
            f"The server would listen on {settings.host}, which others can reach, and no token is set. "
            "Set ABOVEBOARD_ADMIN_TOKEN, or add a token to the settings file, or listen on 127.0.0.1."
        )
    if not settings.tls_cert and not settings.behind_proxy:
        raise SettingsError(
            f"The server would listen on {settings.host}, which others can reach, without TLS. Give it --tls-cert "
            "and --tls-key, or say --behind-proxy where something in front of it speaks TLS."
        )


def _run(settings: Settings, reread: Callable[[], Settings], token: str) -> None:
    from aboveboard.collector.memory import keep_at_hand

    keep_at_hand()

    import uvicorn

    from aboveboard.collector.limits import MAX_CONNECTIONS, GuardedProtocol
    from aboveboard.collector.pauses import fewer_pauses
    from aboveboard.server import application

    # The engine reads a config.xml from the working directory, so the server works in a folder of its own.
    folder = settings.data / "run"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
    except OSError as error:
        message = (
            f"The data folder {settings.data} cannot be used: {error.strerror}. Choose another with --data."
        )
        raise SettingsError(message) from error
    _check_tls(settings)
    listening = _listen(settings)

    class Server(uvicorn.Server):
        """uvicorn, saying where it is once it really listens."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                click.echo(_welcome(settings, listening.getsockname()[1], token))

    config = uvicorn.Config(
        application(settings, reread),
        host=settings.host,
        port=settings.port,
        http=GuardedProtocol,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=20,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        # An access log would hold addresses.
        access_log=False,
        log_config=LOGGING,
        server_header=False,
        proxy_headers=False,
    )
    fewer_pauses()
    # uvicorn hands the signal on once it has stopped; for the person at the keyboard that is a normal end.
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=[listening])


def _check_tls(settings: Settings) -> None:
    """A certificate that cannot be used is said before anything starts."""
    if not settings.tls_cert and not settings.tls_key:
        return
    if not settings.tls_cert or not settings.tls_key:
        raise SettingsError("TLS needs both a certificate and its key: --tls-cert and --tls-key.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        raise SettingsError(
            f"The certificate {settings.tls_cert} with the key {settings.tls_key} cannot be used: "
            f"{error.strerror or error}. Both are PEM files, and the key is the certificate's."
        ) from error


def _listen(settings: Settings) -> socket.socket:
    """Take the port before the store is opened, so that a port in use is one clear sentence."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise SettingsError(
            f"The server cannot listen on {settings.host}, port {settings.port}: {error.strerror}. "
            "Choose another with --port or --host, or stop what is there."
        ) from error
    return listening


def _python() -> str:
    """The interpreter that has this package, as short as the folder it was started from allows."""
    here, python = _STARTED_IN, Path(sys.executable)
    return str(python.relative_to(here)) if python.is_relative_to(here) else str(python)


def _welcome(settings: Settings, port: int, token: str) -> str:
    source = next(iter(settings.sources))
    settings = msgspec.structs.replace(settings, port=port)
    return _WELCOME.format(
        python=_python(),
        url=settings.url,
        token=token,
        source=source.name,
        key=source.write_keys[0],
        file=settings.file,
        data=settings.data,
    )
