"""Is an event on disk before its request is answered?"""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Server, start_server, stop_server

pytestmark = pytest.mark.skipif(
    not shutil.which("strace"), reason="strace is not installed (make test installs it)"
)


def traced_requests(server: Server, trace: Path, count: int) -> list[list[str]]:
    """The lines of a system-call trace between each request and its answer."""
    for number in range(count):
        message = {"event": "synced", "messageId": f"m{number}", "writeKey": server.write_key}
        assert server.post("/v1/track", message)[0] == 200
    stop_server(server)
    spans, current = [], None
    for line in trace.read_text(errors="replace").splitlines():
        if "POST /v1/track" in line:
            current = []
        elif current is not None and "HTTP/1.1 200" in line:
            spans.append(current)
            current = None
        elif current is not None:
            current.append(line)
    return spans


def test_file_and_folder_are_synced_between_each_request_and_its_200(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,sync_file_range,recvfrom,read,sendto,write,writev,openat"
    strace = ("strace", "-D", "-f", "-y", "-s", "64", "-e", calls, "-o", str(trace))
    server = start_server(tmp_path / "data", prefix=strace)
    spans = traced_requests(server, trace, count=3)
    assert len(spans) == 3
    for span in spans:
        synced = [found[1] for line in span if (found := re.search(r"f(?:data)?sync\(\d+<([^>]+)>", line))]
        files = [path for path in synced if re.search(r"\.(bin|mrk\w*|txt|cmrk\w*|dat)$", path)]
        folders = [path for path in synced if path not in files]
        assert files, span
        assert folders, span
