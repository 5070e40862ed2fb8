"""How does a call reach one of several servers when some of them are away?

A client of the driver speaks to one host. This one has the same methods and goes on to the next host where one cannot
be reached, or cannot do its part at the moment. A call may thus be made twice: what the collector inserts has an
identity, and every statement that changes a table may be repeated, so that twice is once to the reader.
"""

import logging
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from aboveboard.errors import StoreError
from aboveboard.store.address import Address
from aboveboard.store.cluster import render
from aboveboard.store.reasons import first_line

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Failover", "cluster_of"]

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_CONNECT_SECONDS = 2
_INSERT_SECONDS = 10
_QUERY_SECONDS = 300

# What another server may do although this one cannot now, by the engine's numbers.
_ELSEWHERE = {
    3,  # UNEXPECTED_END_OF_FILE
    32,  # ATTEMPT_TO_READ_AFTER_EOF
    198,  # DNS_ERROR
    202,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209,  # SOCKET_TIMEOUT
    210,  # NETWORK_ERROR
    225,  # NO_ZOOKEEPER
    236,  # ABORTED: it is shutting down
    241,  # MEMORY_LIMIT_EXCEEDED
    242,  # TABLE_IS_READ_ONLY: it has lost its Keeper
    243,  # NOT_ENOUGH_SPACE
    252,  # TOO_MANY_PARTS
    279,  # ALL_CONNECTION_TRIES_FAILED
    285,  # TOO_FEW_LIVE_REPLICAS
    286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    319,  # UNKNOWN_STATUS_OF_INSERT
    394,  # QUERY_WAS_CANCELLED
    439,  # CANNOT_SCHEDULE_TASK
    745,  # SERVER_OVERLOADED
    999,  # KEEPER_EXCEPTION
}

_OF_A_CLUSTER = {
    # The answer of an insert means that the shards have it, not that the first server wants to send it to them.
    "insert_distributed_sync": 1,
    # A subquery that stands inside another is asked of all shards, and its answer given to each: right for every
    # question, also where rows of several installs are compared.
    "distributed_product_mode": "global",
    # What cannot be had of every shard is an error and no smaller number.
    "skip_unavailable_shards": 0,
    # Longer, and a server that is away holds up a migration for as long, which then fails as it must.
    "distributed_ddl_task_timeout": 120,
}


class Failover:
    """A client of several servers; each serves one thread at a time, as those of the driver do.

    `chance` chooses the host that is taken first, so that many collectors spread over all.
    """

    def __init__(self, address: Address, chance: random.Random | None = None) -> None:
        self.cluster = address.cluster
        self._address = address
        self._clients: dict[tuple[int, bool], Client] = {}
        self._at = (chance or random.Random()).randrange(len(address.hosts))  # noqa: S311  (no secret)

    def query(self, *args: Any, **options: Any) -> Any:
        """Ask for rows, as the driver does."""
        return self._ask(lambda client: client.query(*args, **options))

    def query_np(self, *args: Any, **options: Any) -> Any:
        """Ask for rows as an array of numpy, as the driver does."""
        return self._ask(lambda client: client.query_np(*args, **options))

    def raw_query(self, *args: Any, **options: Any) -> Any:
        """Ask for an answer in the bytes of a format, as the driver does."""
        return self._ask(lambda client: client.raw_query(*args, **options))

    def raw_stream(self, *args: Any, **options: Any) -> Any:
        """Ask for a long answer in the bytes of a format; what breaks off half-way is not begun again."""
        return self._ask(lambda client: client.raw_stream(*args, **options))

    def command(self, cmd: str, *args: Any, **options: Any) -> Any:
        """Run a statement; in a cluster, one that changes tables becomes what all of its servers need."""
        done = None
        for statement in render(cmd, self.cluster, self._address.database):
            done = self._ask(partial(_command, statement, args, options))
        return done

    def insert(self, *args: Any, **options: Any) -> Any:
        """Insert rows, as the driver does; they are on the disks of their shards when this returns."""
        options["settings"] = _once(options.get("settings"))
        return self._ask(lambda client: client.insert(*args, **options), inserting=True)

    def raw_insert(self, *args: Any, **options: Any) -> Any:
        """Insert a block of bytes in a format, as the driver does; it may be large, and nobody waits for it."""
        options["settings"] = _once(options.get("settings"))
        return self._ask(lambda client: client.raw_insert(*args, **options))

    def each(self) -> "Iterator[tuple[str, Client]]":
        """Return each host of the address with a client of its own; raises StoreError where one is away."""
        for number, (host, port) in enumerate(self._address.hosts):
            try:
                yield f"{host}:{port}", self._client(number, inserting=False)
            except _errors() as error:
                raise StoreError(
                    f"The server {host}:{port} cannot be asked: {_line(error)} Start it, or take it out of the "
                    "store's address."
                ) from error

    def close(self) -> None:
        """Close every connection."""
        while self._clients:
            _, client = self._clients.popitem()
            with suppress(*_errors()):
                client.close()

    def _ask(self, call: Callable[["Client"], Answer], *, inserting: bool = False) -> Answer:
        count = len(self._address.hosts)
        for attempt in range(count):
            number = self._at % count
            try:
                return call(self._client(number, inserting))
            except _errors() as error:
                if not _elsewhere(error) or attempt == count - 1:
                    raise
                _log.warning(
                    "The server %s:%d is passed over: %s", *self._address.hosts[number], _line(error)
                )
                self._forget(number)
                self._at = number + 1
        raise AssertionError("an address has a host")

    def _client(self, number: int, inserting: bool) -> "Client":
        key = number, inserting
        if key not in self._clients:
            self._clients[key] = self._open(number, _INSERT_SECONDS if inserting else _QUERY_SECONDS)
        return self._clients[key]

    def _open(self, number: int, seconds: int) -> "Client":
        import clickhouse_connect

        address = self._address
        host, port = address.hosts[number]
        options: dict[str, Any] = {
            "connect_timeout": _CONNECT_SECONDS,
            "send_receive_timeout": seconds,
            # A session would be one more thing that a server forgets when it is started again.
            "autogenerate_session_id": False,
            **dict(address.options),
        }
        return clickhouse_connect.get_client(
            host=host,
            port=port,
            interface="https" if address.secure else "http",
            username=address.username,
            password=address.password,
            database=address.database,
            settings=dict(_OF_A_CLUSTER) if address.cluster else {},
            generic_args=options,
        )

    def _forget(self, number: int) -> None:
        for inserting in (False, True):
            client = self._clients.pop((number, inserting), None)
            if client is not None:
                with suppress(*_errors()):
                    client.close()


def _command(statement: str, args: Any, options: Any, client: "Client") -> Any:
    return client.command(statement, *args, **options)


def cluster_of(client: "Client") -> str:
    """Return the name of the cluster that a client speaks to; empty for an embedded store or a single server."""
    return client.cluster if isinstance(client, Failover) else ""


def _once(settings: dict[str, Any] | None) -> dict[str, Any]:
    """The same insert through another host is told by this token, where a table has no identity of its own."""
    return {**(settings or {}), "insert_deduplication_token": uuid.uuid4().hex}


def _errors() -> tuple[type[Exception], ...]:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    return ClickHouseError, OSError


def _elsewhere(error: Exception) -> bool:
    """Whether another host may do what this one did not: it was not reached, or says that it cannot now."""
    from clickhouse_connect.driver.exceptions import OperationalError

    code = getattr(error, "code", None)
    if code is None:
        return isinstance(error, (OperationalError, OSError))
    return code in _ELSEWHERE


def _line(error: Exception) -> str:
    """Say why in a line: a failed connection's own words, without the address that was asked."""
    reason = getattr(error.__cause__, "reason", error.__cause__) if error.__cause__ else error
    return first_line(reason)
