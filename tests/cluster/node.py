"""One server of a cluster for tests: ClickHouse's HTTP interface over one chDB engine in a process of its own.

    python -m tests.cluster.node NUMBER FOLDER PORT,PORT,PORT,PORT

The ports are those of all nodes, two replicas a shard: 0 and 1 are the first shard. FOLDER is shared. What real servers
do by Keeper and by replication is done here by files in it: statements for all are a list that each node works through,
and a block that a replica could not be given waits for it in a queue. What a `Distributed` table does is done here
over HTTP: rows are split by the table's own sharding key, which the engine evaluates, and a question reads the other
shards through the engine's `url()`. What is not here: quorum, and a server that is there but late.
"""

import faulthandler
import json
import os
import queue
import re
import signal
import sys
import threading
import time
import urllib.parse
import uuid
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chdb
from clickhouse_connect.driver._backend.chdb_backend import CHDB_TRANSPORT_SETTINGS

from aboveboard.store.written import KEPT_SECONDS
from tests.cluster import wire
from tests.cluster.plain import distributed, plain

REPLICAS = 2
CONFIG = """
<clickhouse><tcp_port>9000</tcp_port><remote_servers><two>
  <shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>
</two></remote_servers></clickhouse>
"""
INTERNAL = "X-Of-A-Node"
_NOT_THE_ENGINES = CHDB_TRANSPORT_SETTINGS | {"query", "default_format", "insert_deduplication_token"}
_INSERT = re.compile(
    rb"\s*INSERT INTO\s+`?(\w+)`?\s*(\([^)]*\))?\s*(?:SETTINGS\s+.*?)?\s*FORMAT\s+(\w+)[ \t\f]*\r?\n?",
    re.IGNORECASE | re.DOTALL,
)
_INSERT_SELECT = re.compile(
    r"\s*INSERT INTO\s+(\w+)\s*(\([^)]*\))?\s*((?:SELECT|WITH)\b.*)", re.IGNORECASE | re.DOTALL
)
_READ = re.compile(r"\b(FROM|JOIN)\s+(\w+)(\s+FINAL\b)?(?!\s*\()", re.IGNORECASE)
_PARTS = re.compile(r"clusterAllReplicas\('\w+', system\.parts\)")
_PART_COLUMNS = "database String, table String, name String, active UInt8, rows UInt64"


class EngineError(Exception):
    """What the engine, or the cluster in its place, refuses; the text has the number as the engine writes it."""


class Engine:
    """A few handles on the one engine of this process."""

    def __init__(self, folder: Path) -> None:
        self._idle: queue.LifoQueue[tuple[Any, set[str]]] = queue.LifoQueue()
        for _ in range(4):
            handle = chdb.connect(str(folder))
            for setting in ("http_make_head_request = 0", "http_max_tries = 2", "max_threads = 1"):
                handle.query(f"SET {setting}")
            self._idle.put((handle, set()))

    @contextmanager
    def _handle(self, settings: dict[str, str]) -> Any:
        handle, changed = self._idle.get()
        try:
            for name in changed - settings.keys():
                handle.query(f"SET {name} = DEFAULT")
            changed.clear()
            for name, value in settings.items():
                handle.query(f"SET {name} = '{value}'")
                changed.add(name)
            yield handle
        finally:
            self._idle.put((handle, changed))

    def run(self, sql: str, fmt: str = "TabSeparated", params: Any = None, settings: Any = None) -> bytes:
        """Run one statement and return what it says."""
        with self._handle(settings or {}) as handle:
            try:
                return bytes(handle.query(sql, fmt, params=params or {}).bytes() or b"")
            except Exception as error:
                raise EngineError(str(error)) from error


class Node:
    """What one server knows: its engine, the others, and which tables are distributed by which key."""

    def __init__(self, number: int, folder: Path, ports: list[int]) -> None:
        self.number, self.folder, self.ports = number, folder, ports
        self.shards = len(ports) // REPLICAS
        self.own = folder / f"node{number}"
        self.queue = folder / "queue" / str(number)
        for each in (self.own, self.queue):
            each.mkdir(parents=True, exist_ok=True)
        (self.own / "config.xml").write_text(CONFIG)
        os.chdir(self.own)
        self.engine = Engine(self.own / "store")
        self.keys: dict[str, tuple[str, str]] = {}
        self.columns: dict[str, str] = {}
        self.done = 0
        self.lock = threading.Lock()
        self.catch_up()

    # What Keeper does.

    def statements(self) -> list[str]:
        file = self.folder / "statements"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def catch_up(self) -> None:
        """Run the statements for all that this node has not run, and take the blocks that wait for it."""
        with self.lock:
            position = self.own / "position"
            ran = int(position.read_text()) if position.exists() else 0
            for number, statement in enumerate(self.statements()):
                found = distributed(statement)
                if found:
                    self.keys[found[0]] = found[1:]
                    self.columns.clear()
                if number >= ran:
                    self._run_for_all(plain(statement))
                    position.write_text(str(number + 1))
            for block in sorted(self.queue.glob("*.native")):
                head, _, rows = block.read_bytes().partition(b"\n")
                self.block(*json.loads(head), rows)
                block.unlink()

    def _run_for_all(self, sql: str) -> None:
        self.engine.run(sql)
        if mutated := re.match(r"ALTER TABLE (\w+) DELETE", sql):
            # The engine's own cleaning of old parts takes its time here.
            self.engine.run(f"ALTER TABLE {mutated[1]} MODIFY SETTING old_parts_lifetime = 0")
            self.engine.run(f"ALTER TABLE {mutated[1]} DROP PARTITION ID 'none'")
            self.engine.run(f"ALTER TABLE {mutated[1]} MODIFY SETTING old_parts_lifetime = {KEPT_SECONDS}")

    def for_all(self, statement: str) -> None:
        """Put a statement on the list, and wait until every node has run it."""
        file = self.folder / "statements"
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, json.dumps(statement).encode() + b"\n")
        os.fsync(descriptor)
        os.close(descriptor)
        self.catch_up()
        away = []
        for port in self.ports:
            try:
                wire.post(port, "/catch_up", b"")
            except OSError:
                away.append(port)
        if away:
            raise EngineError(
                f"Code: 159. DB::Exception: Distributed DDL task is not finished on {away}. (TIMEOUT_EXCEEDED)"
            )

    # What a Distributed table does.

    def insert(self, table: str, columns: str, fmt: str, data: bytes) -> None:
        """Give each shard its rows; every shard has them on a disk when this returns."""
        block = self.own / f"{uuid.uuid4().hex}.block"
        block.write_bytes(data)
        try:
            if table not in self.keys:
                self._load(table, columns, block, fmt)
                return
            local, key = self.keys[table]
            names = columns.strip("()`").replace("`", "").replace(" ", "").split(",") if columns else []
            structure = self._structure(local, names)
            for shard in range(self.shards):
                sql = (
                    f"SELECT * FROM file('{block}', {fmt}, $${structure}$$) WHERE {key} % {self.shards} = {shard} "
                    "FORMAT Native"
                )
                rows = self.engine.run(sql, "Native")
                if rows:
                    self._give(shard, local, ",".join(names), rows)
        finally:
            block.unlink(missing_ok=True)

    def _give(self, shard: int, local: str, columns: str, rows: bytes) -> None:
        taken, missing = 0, []
        for replica in range(shard * REPLICAS, (shard + 1) * REPLICAS):
            try:
                wire.post(self.ports[replica], f"/block?table={local}&columns={columns}", rows)
                taken += 1
            except OSError:
                missing.append(replica)
        if not taken:
            raise EngineError(f"Code: 279. DB::NetException: All connection tries failed for shard {shard}.")
        for replica in missing:
            folder = self.folder / "queue" / str(replica)
            name = f"{time.time_ns()}-{uuid.uuid4().hex}.native"
            scratch = folder / f"{name}.new"
            scratch.write_bytes(json.dumps([local, columns]).encode() + b"\n" + rows)
            scratch.rename(folder / name)

    def block(self, table: str, columns: str, rows: bytes) -> None:
        """Take rows for this node's own table."""
        file = self.own / f"{uuid.uuid4().hex}.block"
        file.write_bytes(rows)
        try:
            self._load(table, columns, file)
        finally:
            file.unlink()

    def _load(self, table: str, columns: str, block: Path, fmt: str = "Native") -> None:
        columns = columns.strip("()")
        into = f"{table} ({columns})" if columns else table
        settings = "max_partitions_per_insert_block = 0"
        self.engine.run(f"INSERT INTO {into} FROM INFILE '{block}' SETTINGS {settings} FORMAT {fmt}")

    def _structure(self, table: str, names: list[str] | None = None) -> str:
        if table not in self.columns:
            described = self.engine.run(f"DESCRIBE TABLE {table} FORMAT JSONEachRow")
            found = [json.loads(line) for line in described.splitlines()]
            self.columns[table] = json.dumps({column["name"]: column["type"] for column in found})
        types = json.loads(self.columns[table])
        return ", ".join(f"{name} {types[name]}" for name in names or types)

    def reading(self, sql: str) -> str:
        """Write a question so that it reads the tables of all shards."""

        def of_all(found: re.Match[str]) -> str:
            table = found[2]
            if table not in self.keys:
                return found[0]
            local = self.keys[table][0]
            read = f"SELECT * FROM {local}{found[3] or ''}"
            others = [self._others(shard, read, self._structure(local)) for shard in range(self.shards)]
            return f"{found[1]} ({' UNION ALL '.join([read, *filter(None, others)])}) AS {table}"

        def of_parts(_: re.Match[str]) -> str:
            read = "SELECT database, table, name, active, rows FROM system.parts"
            asked = [
                _url(port, read, _PART_COLUMNS) for port in self.ports if port != self.ports[self.number]
            ]
            return f"({' UNION ALL '.join([read, *asked])})"

        return _READ.sub(of_all, _PARTS.sub(of_parts, sql))

    def _others(self, shard: int, read: str, structure: str) -> str:
        if shard == self.number // REPLICAS:
            return ""
        for port in self.ports[shard * REPLICAS : (shard + 1) * REPLICAS]:
            if wire.alive(port):
                return _url(port, read, structure)
        raise EngineError(f"Code: 279. DB::NetException: All connection tries failed for shard {shard}.")

    def answer(self, sql: str, data: bytes, params: dict[str, str], *, internal: bool) -> bytes:
        """Do what a client asks, and return its answer."""
        given = {name[6:]: value for name, value in params.items() if name.startswith("param_")}
        settings = {
            name: value
            for name, value in params.items()
            if name not in _NOT_THE_ENGINES and not name.startswith("param_")
        }
        fmt = params.get("default_format", "TabSeparated")
        if internal:
            return self.engine.run(sql, fmt, given, settings)
        inserted = _INSERT.match(sql.encode())
        if inserted:
            rows = sql.encode()[inserted.end() :] + data
            columns = (inserted[2] or b"").decode()
            self.insert(inserted[1].decode(), columns, inserted[3].decode(), rows)
            return b""
        selected = _INSERT_SELECT.match(sql)
        if selected and selected[1] in self.keys:
            rows = self.engine.run(f"{self.reading(selected[3])} FORMAT Native", "Native", given, settings)
            if rows:
                self.insert(selected[1], selected[2] or "", "Native", rows)
            return b""
        if " ON CLUSTER " in sql[:200]:
            self.for_all(sql)
            return b""
        return self.engine.run(self.reading(sql), fmt, given, settings)


def _url(port: int, read: str, structure: str) -> str:
    address = f"http://127.0.0.1:{port}/internal?query={urllib.parse.quote(read + ' FORMAT Native')}"
    return f"SELECT * FROM url('{address}', 'Native', $${structure}$$)"


class Handler(BaseHTTPRequestHandler):
    """HTTP as ClickHouse speaks it: the statement in the address or the body, its answer, errors with their number."""

    protocol_version = "HTTP/1.1"
    node: Node

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        params = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        body = wire.body(self)
        with suppress(BrokenPipeError):
            try:
                answered = self._answered(parts.path, params, body)
            except EngineError as error:
                self._error(str(error))
            else:
                self._send(200, answered)

    def _answered(self, path: str, params: dict[str, str], body: bytes) -> bytes:
        if path == "/ping":
            return b"Ok.\n"
        if path == "/catch_up":
            self.node.catch_up()
            return b""
        if path == "/block":
            self.node.block(params["table"], params["columns"], body)
            return b""
        if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            params |= wire.form(self.headers["Content-Type"], body)
            body = b""
        statement = params.pop("query", "")
        if not statement:
            inserted = _INSERT.match(body)
            end = inserted.end() if inserted else len(body)
            statement, body = body[:end].decode(), body[end:]
        return self.node.answer(statement, body, params, internal=path == "/internal")

    def _error(self, text: str) -> None:
        code = re.search(r"Code: (\d+)", text)
        self._send(500, text.encode(), {"X-ClickHouse-Exception-Code": code[1] if code else "1002"})

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(content)),
            "X-ClickHouse-Summary": '{"read_rows":"0"}',
            "X-ClickHouse-Timezone": "UTC",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """A thread a connection, which may come back at once after a kill."""

    daemon_threads = True
    request_queue_size = 128


def main(number: int, folder: Path, ports: list[int]) -> None:
    """Serve until killed."""
    faulthandler.register(signal.SIGUSR1)
    Handler.node = Node(number, folder, ports)

    def take_what_waits() -> None:
        while True:
            time.sleep(0.3)
            if any(Handler.node.queue.glob("*.native")):
                Handler.node.catch_up()

    threading.Thread(target=take_what_waits, daemon=True).start()
    server = Server(("127.0.0.1", ports[number]), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).absolute(), [int(port) for port in sys.argv[3].split(",")])
