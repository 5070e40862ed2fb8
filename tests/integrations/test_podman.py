"""Are the numbers of a real engine sent, in a thread, in time, and only after a yes?"""

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aboveboard.catalog.lint import lint_file
from aboveboard.integrations.podman import (
    CATALOG,
    DOCKER,
    LIBPOD,
    PODMAN,
    ContainerEngine,
    EngineError,
    EngineUnreachable,
    find_engines,
    observe,
    report_providers,
)
from tests.client.conftest import Bench
from tests.e2e.podman import PodmanService, command, write_image


def podman_of(service: PodmanService, *arguments: str) -> str:
    """Run Podman's own command on the service's storage."""
    line = command(service)
    start = line[: line.index("system")]
    return subprocess.run([*start, *arguments], check=True, capture_output=True, text=True).stdout


def import_image(engine: ContainerEngine, tmp_path: Path) -> None:
    with write_image(tmp_path / "layer.tar").open("rb") as tar:
        engine.request(
            "POST", LIBPOD + "/images/import?reference=localhost/secret:v1", tar, "application/x-tar"
        )


def make_container(engine: ContainerEngine, name: str) -> None:
    body = f'{{"image": "localhost/secret:v1", "name": "{name}", "command": ["/bin/x"]}}'
    engine.request("POST", LIBPOD + "/containers/create", body.encode())


def providers_of(bench: Bench) -> list[dict[str, object]]:
    return [event["properties"] for event in bench.collector.named("providers")]


def test_a_real_podman_is_described_in_both_dialects(podman: PodmanService, tmp_path: Path) -> None:
    engine = ContainerEngine(podman.socket)
    version = podman_of(podman, "version", "--format", "{{.Server.Version}}").strip() or "?"
    nothing = {"engine": PODMAN, "version": version, "containers": 0, "images": 0, "pods": 0, "volumes": 0}
    assert engine.describe() == nothing
    import_image(engine, tmp_path)
    make_container(engine, "one")
    make_container(engine, "two")
    engine.request("POST", LIBPOD + "/volumes/create", b'{"Name": "data"}')
    found = engine.describe()
    assert found == nothing | {"containers": 2, "images": 1, "volumes": 1}
    # Podman serves Docker's API as well; of that it is asked in Docker's words.
    del found["pods"]
    assert ContainerEngine(podman.socket, dialect=DOCKER).describe() == found | {"engine": DOCKER}


def test_after_a_yes_counts_and_version_arrive_and_no_name(
    podman: PodmanService, bench: Bench, tmp_path: Path
) -> None:
    engine = ContainerEngine(podman.socket)
    import_image(engine, tmp_path)
    make_container(engine, "phoenix")
    telemetry = bench.telemetry(catalog=None, accept=False)
    report_providers(telemetry, engine)
    telemetry.consent.accept()
    assert bench.collector.wait(lambda: telemetry.flush() and bench.collector.named("providers"))
    (sent,) = providers_of(bench)
    assert sent.pop("version", "").split(".")[0].isdigit()  # type: ignore[attr-defined]
    assert sent == {"engine": PODMAN, "containers": 1, "images": 1, "pods": 0, "volumes": 0}
    raw = b"".join(request.raw for request in bench.collector.requests)
    assert b"phoenix" not in raw
    assert b"secret" not in raw


def test_an_app_without_a_catalog_of_its_own_has_the_integrations(
    podman: PodmanService, bench: Bench
) -> None:
    telemetry = bench.telemetry(catalog=None, accept=False)
    assert "no catalog" in telemetry.status().problem  # type: ignore[union-attr]
    report_providers(telemetry, ContainerEngine(podman.socket))
    assert telemetry.status().problem == ""  # type: ignore[union-attr]
    assert telemetry.consent.accept()
    assert bench.collector.wait(lambda: telemetry.flush() and bench.collector.named("providers"))
    assert {event["event"] for event in bench.collector.events} == {"providers"}


def test_what_the_app_declares_itself_stays_its_own(podman: PodmanService, bench: Bench) -> None:
    telemetry = bench.telemetry(catalog=bench.catalog_with("providers", 'engine = { type = "enum", '
        'values = ["podman"], description = "Which." }'))  # fmt: skip
    report_providers(telemetry, ContainerEngine(podman.socket))
    assert bench.collector.wait(lambda: telemetry.flush() and bench.collector.named("providers"))
    assert providers_of(bench) == [{"engine": "podman"}]


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield listener


def test_before_a_yes_there_is_no_thread_and_no_socket(bench: Bench, tmp_path: Path) -> None:
    with listening(tmp_path / "engine.sock") as door:
        door.settimeout(0.3)
        for answer in ("none", "decline"):
            telemetry = bench.telemetry(accept=False)
            if answer == "decline":
                telemetry.consent.decline()
            before = threading.active_count()
            report_providers(telemetry, ContainerEngine(tmp_path / "engine.sock"))
            assert threading.active_count() == before
            with pytest.raises(TimeoutError):
                door.accept()


def test_the_yes_itself_asks_the_engine_once(podman: PodmanService, bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    report_providers(telemetry, ContainerEngine(podman.socket))
    telemetry.consent.accept()
    assert bench.collector.wait(lambda: telemetry.flush() and bench.collector.named("providers"))
    telemetry.consent.accept(level="error")
    telemetry.consent.accept(level="usage")
    time.sleep(0.3)
    telemetry.flush()
    assert len(bench.collector.named("providers")) == 1


def test_an_engine_that_drips_is_given_up_in_time_and_another_is_still_described(
    podman: PodmanService, bench: Bench, tmp_path: Path
) -> None:
    with listening(tmp_path / "slow.sock") as door:

        def drip() -> None:
            with door.accept()[0] as peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(200):
                    try:
                        peer.sendall(b"X-Slow: 1\r\n")
                    except OSError:
                        return
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        slow = ContainerEngine(tmp_path / "slow.sock", timeout=0.5)
        telemetry = bench.telemetry()
        began = time.monotonic()
        report_providers(telemetry, slow, ContainerEngine(podman.socket))
        assert time.monotonic() - began < 0.3, "the caller does not wait"
        assert bench.collector.wait(lambda: telemetry.flush() and bench.collector.named("providers"))
        assert time.monotonic() - began < 4
        assert len(bench.collector.named("providers")) == 1
        assert telemetry.status().problem == ""  # type: ignore[union-attr]


def test_a_socket_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable) as caught:
        ContainerEngine(tmp_path / "none.sock").describe()
    assert str(caught.value) == (
        f"no container engine answers at {tmp_path}/none.sock (No such file or directory)"
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 21\r\n\r\n" + b'{"message": "broken"}', "broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno!", "is no JSON"),
        (b"SSH-2.0\r\n\r\n", "no container engine answers"),
    ],
)
def test_what_is_no_engine_is_an_error_with_a_sentence(tmp_path: Path, answer: bytes, said: str) -> None:
    with listening(tmp_path / "odd.sock") as door:

        def reply() -> None:
            with door.accept()[0] as peer:
                peer.recv(1000)
                peer.sendall(answer)

        threading.Thread(target=reply, daemon=True).start()
        with pytest.raises(EngineError, match=said):
            ContainerEngine(tmp_path / "odd.sock").describe()


def test_sockets_are_found_where_the_environment_and_the_systems_say(tmp_path: Path) -> None:
    (tmp_path / "run/podman").mkdir(parents=True)
    own, usual = tmp_path / "own.sock", tmp_path / "run/podman/podman.sock"
    with listening(own), listening(usual):
        environ = {"CONTAINER_HOST": f"unix://{own}", "DOCKER_HOST": "tcp://example.org:2375"}
        assert [engine.socket for engine in find_engines(environ, tmp_path)] == [own, usual]
        environ["DOCKER_HOST"] = f"unix://{usual}"
        assert [engine.socket for engine in find_engines(environ, tmp_path)] == [own, usual], "once each"
    assert find_engines({}, tmp_path / "nowhere") == []


class Machine:
    """A provider that does things."""

    size = 3

    def start(self, name: str) -> str:
        if name == "broken":
            raise EngineError("container is broken", 500)
        return f"{name} runs"

    def pull(self, name: str) -> Iterator[int]:
        yield from (10, 100)

    async def stop(self, name: str) -> None:
        await asyncio.sleep(0.02)

    def names(self) -> list[str]:
        return ["a"]


def test_calls_into_a_provider_are_actions_and_arguments_stay(bench: Bench) -> None:
    telemetry = bench.telemetry(catalog=bench.catalog_with_actions("c.start", "c.pull", "c.stop"))
    events = {"start": "c.start", "pull": "c.pull", "stop": "c.stop"}
    machine = observe(Machine(), telemetry, events)
    assert machine.start("phoenix") == "phoenix runs"
    with pytest.raises(EngineError):
        machine.start("broken")
    assert list(machine.pull("phoenix")) == [10, 100]
    asyncio.run(machine.stop("phoenix"))
    assert (machine.size, machine.names()) == (3, ["a"])
    next(iter(machine.pull("phoenix")))  # looked at once, and given up

    assert telemetry.flush()
    sent = [(event["event"], event["properties"]) for event in bench.collector.events]
    assert [(name, said.get("success"), said["outcome"]) for name, said in sent] == [
        ("c.start", True, "success"),
        ("c.start", False, "failure"),
        ("c.pull", True, "success"),
        ("c.stop", True, "success"),
        ("c.pull", None, "cancelled"),
    ]
    assert sent[1][1]["error"]["statusCode"] == 500
    assert sent[3][1]["duration_ms"] >= 20
    assert b"phoenix" not in b"".join(request.raw for request in bench.collector.requests)


def test_the_catalog_of_the_integration_has_no_flaws() -> None:
    from datetime import date

    assert lint_file(CATALOG, date(2026, 11, 25)) == []
