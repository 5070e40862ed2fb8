"""How is the server started, and what does it tell the person who started it?"""

import logging
import os
from pathlib import Path
from typing import Any

import click

from aboveboard.access import Settings, Token, Tokens, load_settings, new_token
from aboveboard.access.settings import add_source
from aboveboard.access.sources import new_source
from aboveboard.access.tokens import hash_token
from aboveboard.errors import SettingsError

__all__ = ["serve"]

_WELCOME = """
  Aboveboard is collecting on {url}

  Open the dashboard (the link holds a token, keep it to yourself):

      {url}/?token={token}

  Write key of the source "{source}": {key}

  A first event from Python:

      python examples/first_event.py --endpoint {url} --write-key {key}

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
def serve(config: Path | None, **flags: Any) -> None:
    """Start the collector and the dashboard.

    Settings come from the TOML file, overridden by ABOVEBOARD_HOST, _PORT, _DATA, _STORE, _WRITE_KEY and
    _ADMIN_TOKEN, overridden by these flags. Where there is no source yet, a development source is made.
    """
    settings = _with_source(load_settings(flags, config=config), flags, config)
    given = flags["admin_token"] or os.environ.get("ABOVEBOARD_ADMIN_TOKEN")
    token = given or new_token()
    _run(_with_token(settings, token, bool(given)), token)


def _with_source(settings: Settings, flags: dict[str, Any], config: Path | None) -> Settings:
    """A server without a source can take nothing, so the first start makes one for trying things out."""
    if len(settings.sources):
        return settings
    key = flags["write_key"] or os.environ.get("ABOVEBOARD_WRITE_KEY")
    add_source(settings.file, new_source("development", kind="development", policy="cleaned", write_key=key))
    return load_settings(flags, config=config)


def _with_token(settings: Settings, token: str, given: bool) -> Settings:
    """The link that is printed holds a token that lives as long as this process, unless one was given."""
    import msgspec

    if settings.tokens.role(token):
        return settings
    if not settings.loopback and not any(settings.tokens) and not given:
        raise SettingsError(
            f"The server would listen on {settings.host}, which others can reach, and no token is set. "
            "Set ABOVEBOARD_ADMIN_TOKEN, or add a token to the settings file, or listen on 127.0.0.1."
        )
    tokens = Tokens([*settings.tokens, Token(role="admin", sha256=hash_token(token), name="this start")])
    return msgspec.structs.replace(settings, tokens=tokens)


def _run(settings: Settings, token: str) -> None:
    import uvicorn

    from aboveboard.server import application

    source = next(iter(settings.sources))
    # The engine reads a config.xml from the working directory, so the server works in a folder of its own.
    folder = settings.data / "run"
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)

    class _Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                port = self.servers[0].sockets[0].getsockname()[1]
                said = settings.url.replace(":0", f":{port}") if settings.port == 0 else settings.url
                click.echo(
                    _WELCOME.format(
                        url=said,
                        token=token,
                        source=source.name,
                        key=source.write_keys[0],
                        file=settings.file,
                        data=settings.data,
                    )
                )

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    config = uvicorn.Config(
        application(settings),
        host=settings.host,
        port=settings.port,
        # An access log would hold addresses.
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    _Server(config).run()
