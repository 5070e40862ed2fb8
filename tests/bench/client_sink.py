"""What takes the events of every client in the benchmark? A server that says yes, and counts what came."""

import asyncio
import gzip
import json
import ssl
import sys
import zlib


def count_events(path: str, encoding: str, body: bytes) -> int:
    """How many events a request of Segment, PostHog, OTLP or Sentry carries."""
    if encoding == "gzip" or body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    elif encoding == "deflate":
        body = zlib.decompress(body)
    if path.endswith("/v1/logs"):
        from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

        request = ExportLogsServiceRequest.FromString(body)
        return sum(len(scope.log_records) for logs in request.resource_logs for scope in logs.scope_logs)
    if path.endswith("/envelope/"):
        return body.count(b'{"type":"event"')
    return len(json.loads(body)["batch"])


class Sink:
    """Counts events; `GET /count` tells the number and begins anew."""

    def __init__(self) -> None:
        self.count = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while line := await reader.readline():
                method, path, _ = line.decode("latin-1").split(" ", 2)
                headers = {}
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.strip().lower()] = value.strip()
                body = await self._body(reader, headers)
                answer = self._answer(method, path.partition("?")[0], headers, body)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "") != "chunked":
            return await reader.readexactly(int(headers.get("content-length", 0)))
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        if method == "GET":
            count, self.count = self.count, 0
            return b"%d" % count
        self.count += count_events(path, headers.get("content-encoding", ""), body)
        return b"" if path.endswith("/v1/logs") else b'{"success": true, "status": 1}'


async def main() -> None:
    """Listen on a free port, say which, and serve until the standard input ends; over TLS with a certificate."""
    secure = None
    if len(sys.argv) > 1:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(sys.argv[1])
    server = await asyncio.start_server(Sink().serve, "127.0.0.1", 0, limit=1 << 24, ssl=secure)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
