"""Do client and server understand each other? The real client, the real server, the real engine."""

import pytest

from tests.client.conftest import EXTENSION_CATALOG, Bench, Clock
from tests.conftest import Server


@pytest.fixture
def live(bench: Bench, server: Server) -> Bench:
    """The machine of a person whose app sends to the real server."""
    return bench


def test_actions_of_the_client_are_answers_of_the_server(live: Bench, server: Server) -> None:
    telemetry = live.telemetry(endpoint=server.url, write_key=server.write_key)
    logger = telemetry.logger(
        "podman", version="1.29.1", publisher="podman-desktop", catalog=EXTENSION_CATALOG
    )
    telemetry.consent.accept()
    for number in range(7):
        with telemetry.action("thing.done", engine="podman", number=number) as action:
            if number >= 5:
                action.fail("connection refused by the server")
    with logger.action("machine.start", engine="podman"):
        pass
    telemetry.page("/containers")
    assert telemetry.flush(20)
    rows = {row["event"]: row for row in server.api("actions", **{"from": "1970-01-01", "to": "2099-12-31"})}
    assert (rows["thing.done"]["events"], rows["thing.done"]["failures"]) == (7, 2)
    assert rows["thing.done"]["installs"] == 1
    assert rows["thing.done"]["p50_ms"] is not None
    started = [row for name, row in rows.items() if name.endswith("machine.start")]
    assert [row["events"] for row in started] == [1]


def test_the_parts_of_a_rollup_arrive_as_events_of_their_own(live: Bench, server: Server) -> None:
    """The first event of a day by itself; of the rest one part for each outcome and duration."""
    clock = Clock(1_795_000_000.0)
    host = live.on(clock=clock)
    rules = [{"event": "thing.done", "frequency": "dailyPerInstance"}]
    telemetry = live.telemetry(host=host, rules=rules, endpoint=server.url, write_key=server.write_key)
    before = counted(server)
    for number in range(10):
        with telemetry.action("thing.done", engine="podman") as action:
            if number in (3, 4):
                action.fail("connection refused by the server")
    telemetry.close()
    clock.now += 24 * 3600
    again = live.telemetry(
        host=host, rules=rules, endpoint=server.url, write_key=server.write_key, accept=False
    )
    assert live.collector.wait(lambda: again.flush(10) and counted(server)[0] >= before[0] + 3, 20)
    assert counted(server)[1] > before[1]


def counted(server: Server) -> tuple[int, int]:
    """Events and failures of the action, as the server counts them."""
    rows = server.api("actions", **{"from": "1970-01-01", "to": "2099-12-31"})
    found = [row for row in rows if row["event"] == "thing.done"]
    return (found[0]["events"], found[0]["failures"]) if found else (0, 0)


def test_a_deletion_is_confirmed_by_the_server(live: Bench, server: Server) -> None:
    telemetry = live.telemetry(endpoint=server.url, write_key=server.write_key)
    telemetry.log_usage("tick", {"number": 4711})
    assert telemetry.flush(20)
    before = server.stored()
    telemetry.forget()
    assert telemetry.flush(30), str(telemetry.status())
    [receipt] = telemetry.receipts()
    assert receipt.receipt
    assert server.stored() < before
