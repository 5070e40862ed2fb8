"""What was the server told: by its TOML file, then the environment, then the flags?

The file is `aboveboard.toml` in the data folder (or `--config FILE`). Environment variables override the file
and flags override both.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import tomlkit

from aboveboard.access.alerts import Alert, Smtp, checked
from aboveboard.access.sources import Source, Sources
from aboveboard.access.tokens import Token, Tokens, hash_token
from aboveboard.errors import SettingsError

__all__ = ["FILE_NAME", "Settings", "add_source", "load_settings", "revoke_key"]

FILE_NAME = "aboveboard.toml"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_ENVIRONMENT = {
    "host": "ABOVEBOARD_HOST",
    "port": "ABOVEBOARD_PORT",
    "data": "ABOVEBOARD_DATA",
    "store": "ABOVEBOARD_STORE",
    "write_key": "ABOVEBOARD_WRITE_KEY",
    "admin_token": "ABOVEBOARD_ADMIN_TOKEN",
}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """The TOML file as it is written."""

    host: str = "127.0.0.1"
    port: int = 8710
    store: str = ""
    metrics_port: int = 0
    tls_cert: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    countries: str = ""
    transparency: bool = False
    receipt_key: str = ""
    session_key: str = ""
    small_group: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 5
    public_url: Annotated[str, msgspec.Meta(pattern="^(https?://[^\\s?#]+)?$")] = ""
    smtp: Smtp | None = None
    alerts: dict[str, Alert] = {}
    sources: dict[str, Source] = {}
    tokens: dict[str, Token] = {}


class Settings(msgspec.Struct, frozen=True):
    """Everything that a server is told before it starts; `file` is where the rest of it was read.

    `metrics_port` 0 means no metrics; `tls_cert` and `tls_key` are files, empty for plain HTTP; `behind_proxy`
    says that something in front of the server speaks TLS; `countries` is a database file in which the country of a
    request's address is looked up, empty for never; `transparency` shows the public page of what is collected;
    `receipt_key` and `session_key` are those that several collectors share, empty for keys of this server's own;
    `small_group` is how few installs are not shown to a viewer, in an export or on a public page;
    `public_url` is where people reach the dashboard, for links in alerts.
    """

    file: Path
    data: Path
    host: str
    port: int
    store: str
    sources: Sources
    tokens: Tokens
    metrics_port: int = 0
    tls_cert: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    countries: str = ""
    transparency: bool = False
    receipt_key: str = ""
    session_key: str = ""
    small_group: int = 5
    public_url: str = ""
    smtp: Smtp | None = None
    alerts: tuple[Alert, ...] = ()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in _LOOPBACK

    @property
    def url(self) -> str:
        """The address under which a browser on this machine reaches the server."""
        host = "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104
        scheme = "https" if self.tls_cert else "http"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"


def load_settings(
    flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ, config: Path | None = None
) -> Settings:
    """Read the file, the environment and the flags, in rising order of authority.

    `flags` holds any of host, port, data, store, write_key, admin_token, metrics_port, tls_cert, tls_key and
    behind_proxy; None means not given. A write key from outside the file belongs to the only source in it. A file
    that does not exist is an empty one.
    Raises SettingsError naming the file, variable or flag that is wrong.
    """
    given = {name: environ[variable] for name, variable in _ENVIRONMENT.items() if environ.get(variable)} | {
        name: value for name, value in flags.items() if value is not None
    }
    data = Path(given.get("data", "var")).absolute()
    path = config.absolute() if config else data / FILE_NAME
    if config and not path.exists():
        raise SettingsError(f"There is no settings file {path}. Create it, or leave out --config.")
    file = _read(path)
    sources = [msgspec.structs.replace(source, name=name) for name, source in file.sources.items()]
    tokens = [msgspec.structs.replace(token, name=name) for name, token in file.tokens.items()]
    if given.get("admin_token"):
        tokens.append(Token(role="admin", sha256=hash_token(given["admin_token"]), name="environment"))
    return Settings(
        file=path,
        data=data,
        host=given.get("host", file.host),
        port=_port(given.get("port", file.port)),
        store=given.get("store") or file.store or f"chdb://{data / 'store'}",
        sources=Sources(_with_write_key(sources, given.get("write_key"))),
        tokens=Tokens(tokens),
        metrics_port=_port(given.get("metrics_port", file.metrics_port), "--metrics-port or metrics_port"),
        tls_cert=_file("tls_cert", given, file.tls_cert, path),
        tls_key=_file("tls_key", given, file.tls_key, path),
        behind_proxy=given.get("behind_proxy", file.behind_proxy),
        countries=_file("countries", {}, file.countries, path),
        transparency=file.transparency,
        receipt_key=_key("receipt_key", file.receipt_key, path),
        session_key=_key("session_key", file.session_key, path),
        small_group=file.small_group,
        public_url=file.public_url.rstrip("/"),
        smtp=file.smtp,
        alerts=tuple(checked(name, alert, file.smtp) for name, alert in file.alerts.items()),
    )


def add_source(path: Path, source: Source) -> None:
    """Write one more source into the settings file, keeping its comments and order.

    Raises SettingsError when the file already has a source of that name, or the name is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", source.name):
        raise SettingsError(
            f"{source.name!r} cannot name a source. Take letters, digits, dots, dashes and underscores, 64 at most."
        )
    document = _document(path)
    sources = document.setdefault("sources", tomlkit.table(is_super_table=True))
    if source.name in sources:
        raise SettingsError(f"{path} already has a source {source.name!r}. Choose another name.")
    table = tomlkit.table()
    for field in ("kind", "policy", "write_keys", "install_key"):
        value = getattr(source, field)
        table[field] = list(value) if isinstance(value, tuple) else value
    sources[source.name] = table
    _write(path, document)


def revoke_key(path: Path, write_key: str) -> str:
    """Move a write key to its source's revoked keys and return the source's name.

    Raises SettingsError when no source of the file has that key.
    """
    document = _document(path)
    for name, source in document.get("sources", {}).items():
        if write_key in source.get("write_keys", []):
            source["write_keys"].remove(write_key)
            source.setdefault("revoked_keys", tomlkit.array()).append(write_key)
            _write(path, document)
            return str(name)
    raise SettingsError(f"No source in {path} has this write key. `aboveboard source list` shows them.")


def _document(path: Path) -> tomlkit.TOMLDocument:
    _read(path)  # A file with a mistake is not written to.
    return tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()


def _write(path: Path, document: tomlkit.TOMLDocument) -> None:
    # The file holds the keys of the hashes: nobody but its owner reads it.
    scratch = path.with_suffix(".toml.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(
            os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(tomlkit.dumps(document))
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(path)
    except OSError as error:
        raise SettingsError(
            f"The settings file {path} cannot be written: {error.strerror}. Choose another folder with --data."
        ) from error


def _read(path: Path) -> _File:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except FileNotFoundError:
        return _File()
    except OSError as error:
        message = (
            f"The settings file {path} cannot be read: {error.strerror}. Mend that, or choose another --data."
        )
        raise SettingsError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}. Mend that line.") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"The settings file {path} has a setting that does not fit: {error}.") from error


def _file(name: str, given: Mapping[str, Any], written: str, settings: Path) -> str:
    """A file named by a flag begins where the person stands, one named in the settings beside them."""
    named = Path(given[name]) if given.get(name) else settings.parent / written if written else None
    return str(named.absolute()) if named else ""


def _key(name: str, written: str, settings: Path) -> str:
    if written and not re.fullmatch(r"[0-9a-fA-F]{64}", written):
        raise SettingsError(
            f"{name} in {settings} is not 64 hexadecimal digits. Make one: "
            "python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return written.lower()


def _port(value: Any, where: str = "--port or ABOVEBOARD_PORT") -> int:
    try:
        port = int(value)
    except (TypeError, ValueError):
        port = -1
    if not 0 <= port <= 65535:
        raise SettingsError(
            f"The port {value!r} is not a number from 0 to 65535. Set --port or ABOVEBOARD_PORT."
        )
    return port


def _with_write_key(sources: list[Source], write_key: str | None) -> list[Source]:
    if not sources or not write_key or any(write_key in source.write_keys for source in sources):
        return sources
    if len(sources) > 1:
        raise SettingsError(
            f"A write key was given by flag or environment, and the settings file has {len(sources)} sources: "
            "it is not clear whose it is. Put it into the file."
        )
    only = sources[0]
    return [msgspec.structs.replace(only, write_keys=(write_key, *only.write_keys))]
