"""What does the address of a ClickHouse server, or of a cluster of them, say?

`clickhouse://user:password@h1:8123,h2:8123/database?cluster=name&…`: the hosts are tried in turn, `cluster` is the
name of the cluster as its servers know it, and the rest are options of the driver or settings of the server.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from aboveboard.errors import StoreError

__all__ = ["SCHEMES", "Address", "parse", "without_password"]

SCHEMES = {"clickhouse": False, "clickhouses": True, "http": False, "https": True}
"""The schemes of a server's address, and whether they stand for TLS."""

_PORT = 8123
_TLS_PORT = 8443


@dataclass(frozen=True)
class Address:
    """Where the servers are; `hosts` are (name, port), `cluster` is empty where there is one server alone."""

    hosts: tuple[tuple[str, int], ...]
    database: str
    cluster: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    secure: bool = False
    options: tuple[tuple[str, str], ...] = ()


def parse(dsn: str) -> Address:
    """Read an address; raises StoreError, without the password, for one that cannot be used."""
    parts = urlsplit(dsn)
    who, _, where = parts.netloc.rpartition("@")
    username, _, password = who.partition(":")
    options = dict(parse_qsl(parts.query))
    secure = SCHEMES[parts.scheme] or options.pop("secure", "").lower() in {"1", "true", "yes", "on"}
    hosts = tuple(_host(dsn, host, secure) for host in where.split(","))
    cluster = options.pop("cluster", "")
    if cluster and not cluster.replace("_", "").replace("-", "").isalnum():
        raise StoreError(
            f"The store {without_password(dsn)!r} names the cluster {cluster!r}. A cluster's name has letters, "
            "digits, underscores and dashes: take the one under `remote_servers` in the servers' configuration."
        )
    return Address(
        hosts=hosts,
        database=unquote(parts.path.strip("/")) or "default",
        cluster=cluster,
        username=unquote(username),
        password=unquote(password),
        secure=secure,
        options=tuple(options.items()),
    )


def without_password(dsn: str) -> str:
    """Return the address as it may stand in a message."""
    who, at, _ = urlsplit(dsn).netloc.rpartition("@")
    _, colon, password = who.partition(":")
    return dsn.replace(f":{password}@", ":…@", 1) if at and colon else dsn


def _host(dsn: str, text: str, secure: bool) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name:
        raise StoreError(
            f"The store {without_password(dsn)!r} names no host where {text!r} stands. "
            "Write clickhouse://user:password@h1:8123,h2:8123/database?cluster=name."
        )
    return name, port or (_TLS_PORT if secure else _PORT)
