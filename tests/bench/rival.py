"""How many events a second does another self-hosted collector take, with its own durable commit, on the same core?

The rival is Bugsink, which takes errors in Sentry's format, on PostgreSQL with its usual settings: one event a request,
stored before the answer. Both run on the core that our server had. It is installed from `rival.txt` into an environment
of its own; where it or PostgreSQL cannot be had, this says so and measures nothing.
"""

import contextlib
import http.client
import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENVIRONMENT = Path(sys.prefix) / "rival"
CONNECTIONS = 8
ONE_CORE = ("taskset", "-c", "0")

_SETTINGS = """
from bugsink.settings.default import *
SECRET_KEY = {secret!r}
ALLOWED_HOSTS = ["*"]
BASE = {folder!r}
DATABASES["default"] = {{
    "ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": {user!r}, "HOST": BASE + "/socket",
}}
DATABASES["snappea"]["NAME"] = BASE + "/snappea.sqlite3"
SNAPPEA = {{"TASK_ALWAYS_EAGER": True, "NUM_WORKERS": 1}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
BUGSINK = {{
    "BASE_URL": "http://127.0.0.1:{port}", "PHONEHOME": False, "INGEST_STORE_BASE_DIR": BASE + "/ingestion",
    "MAX_EVENTS_PER_PROJECT_PER_5_MINUTES": 10**9, "MAX_EVENTS_PER_PROJECT_PER_HOUR": 10**9,
    "MAX_EVENTS_PER_PROJECT_PER_MONTH": 10**9, "MAX_EVENTS_PER_5_MINUTES": 10**9, "MAX_EVENTS_PER_HOUR": 10**9,
    "MAX_EVENTS_PER_MONTH": 10**9,
}}
"""
_PROJECT = """
from projects.models import Project
project = Project.objects.create(name="bench")
print("project", project.id, project.sentry_key.hex)
"""
_STORED = "from events.models import Event; print('stored', Event.objects.count())"


def measure(seconds: float = 5.0) -> dict[str, Any] | None:
    """Print and return what the rival takes, or say why there is none."""
    missing = _missing()
    if missing:
        print(f"no rival: {missing}")
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            with _postgres(folder), _bugsink(folder) as (port, project, key):
                found = _load(port, project, key, seconds)
                stored = int(_said(folder, "stored", _STORED)[0])
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            print(f"no rival: it did not start here: {error}")
            return None
    if stored < found["accepted"]:
        raise AssertionError(f"the rival accepted {found['accepted']} events and has {stored}")
    print(
        f"rival (Bugsink on PostgreSQL, one event a request, {CONNECTIONS} connections)  "
        f"{found['events_per_s']:,.0f} events/s  p50 {found['p50_ms']:.1f} ms  p99 {found['p99_ms']:.1f} ms, "
        f"{stored} stored"
    )
    return found


def _missing() -> str:
    if not shutil.which("initdb") and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return "PostgreSQL is not installed"
    if (ENVIRONMENT / "bin" / "bugsink-manage").exists():
        return ""
    pip = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "-q", "-r", HERE / "rival.txt"]
    try:
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True, timeout=120)
        subprocess.run(pip, check=True, timeout=300, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"Bugsink could not be installed: {error}"
    return ""


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[None]:
    """A database server of its own, reached by a socket in `folder`; it refuses to run as root."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    programs = str(found[-1]) if found else ""
    for part in ("database", "socket"):
        (folder / part).mkdir()
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    if user:
        for part in ("database", "socket"):
            shutil.chown(folder / part, "postgres", "postgres")
    environ = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    make = [*user, "initdb", "-D", folder / "database", "--auth=trust"]
    subprocess.run(make, check=True, env=environ, capture_output=True, timeout=120, cwd="/")
    serve = ["postgres", "-D", folder / "database", "-k", folder / "socket", "-c", "listen_addresses="]
    process = subprocess.Popen(
        [*ONE_CORE, *user, *serve], env=environ, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: (folder / "socket" / ".s.PGSQL.5432").exists(), 30)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextlib.contextmanager
def _bugsink(folder: Path) -> Iterator[tuple[int, str, str]]:
    """The rival's server; yields its port, and the id and key of a project in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    user = "postgres" if os.getuid() == 0 else os.environ.get("USER", "postgres")
    text = _SETTINGS.format(secret=secrets.token_hex(32), folder=str(folder), user=user, port=port)
    (folder / "bugsink_conf.py").write_text(text)
    for database in ("default", "snappea"):
        _manage(folder, "migrate", f"--database={database}")
    project, key = _said(folder, "project", _PROJECT)
    bind = [f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=4", "--log-level=critical"]
    process = subprocess.Popen(
        [*ONE_CORE, ENVIRONMENT / "bin" / "gunicorn", *bind, "bugsink.wsgi"],
        env=_environ(folder), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until(lambda: _answers(port), 60)
        yield port, project, key
    finally:
        process.terminate()
        process.wait(timeout=60)


def _load(port: int, project: str, key: str, seconds: float) -> dict[str, Any]:
    """Keep every connection busy for a while after a warm-up; one event a request, as Sentry's clients send."""
    latencies: list[float] = []
    _busy(port, project, key, 2.0, [])
    started = time.perf_counter()
    _busy(port, project, key, seconds, latencies)
    spent = time.perf_counter() - started
    if not latencies:
        raise RuntimeError("it accepted nothing")
    latencies.sort()
    return {
        "accepted": len(latencies),
        "events_per_s": len(latencies) / spent,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
    }


def _busy(port: int, project: str, key: str, seconds: float, latencies: list[float]) -> None:
    stop = time.perf_counter() + seconds

    def one() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"}
        while time.perf_counter() < stop:
            body, started = _envelope(), time.perf_counter()
            connection.request("POST", f"/api/{project}/envelope/", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200:
                raise AssertionError(said[:300])
            latencies.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _envelope() -> bytes:
    event = uuid.uuid4().hex
    content = {
        "event_id": event, "timestamp": time.time(), "platform": "node", "level": "error", "release": "1.29.1",
        "exception": {"values": [{"type": "Error", "value": f"no container with name {random.randrange(200)}"}]},
        "tags": {"os": "Mac", "arch": "arm64"}, "extra": {"durationMs": random.randrange(100_000)},
    }  # fmt: skip
    lines = ({"event_id": event}, {"type": "event"}, content)
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _environ(folder: Path) -> dict[str, str]:
    return os.environ | {"DJANGO_SETTINGS_MODULE": "bugsink_conf", "PYTHONPATH": str(folder)}


def _manage(folder: Path, *arguments: str) -> str:
    command = [ENVIRONMENT / "bin" / "bugsink-manage", *arguments]
    done = subprocess.run(
        command, env=_environ(folder), cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1:])
    return done.stdout


def _said(folder: Path, word: str, code: str) -> list[str]:
    """What the rival's own shell prints on the line that begins with a word."""
    lines = _manage(folder, "shell", "-c", code).splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(f"{word} "))


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _until(ready: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise RuntimeError(f"not ready after {seconds:.0f} seconds")
        time.sleep(0.2)


if __name__ == "__main__":
    measure()
