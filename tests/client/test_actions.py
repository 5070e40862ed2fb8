"""Does an action say the truth about what it spans: sync, async, nested, as a decorator, cancelled, skipped?"""

import asyncio
from typing import Any

import pytest

from tests.client.conftest import Bench


def properties(bench: Bench) -> list[dict[str, Any]]:
    """What the actions said, without their durations."""
    assert bench.made[-1].flush(5)
    found = [dict(event["properties"]) for event in bench.collector.named("thing.done")]
    assert all(one.pop("duration_ms") >= 0 for one in found)
    return found


SUCCESS = {"success": True, "outcome": "success"}


def test_a_decorated_function_is_one_action_a_call(bench: Bench) -> None:
    telemetry = bench.telemetry()

    @telemetry.action("thing.done", engine="podman")
    def double(number: int) -> int:
        """Return twice the number."""
        return number * 2

    assert (double(2), double(3)) == (4, 6)
    assert (double.__name__, double.__doc__) == ("double", "Return twice the number.")
    assert properties(bench) == [{"engine": "podman", **SUCCESS}] * 2


def test_a_decorated_coroutine_is_measured_until_it_is_done(bench: Bench) -> None:
    telemetry = bench.telemetry()

    @telemetry.action("thing.done")
    async def work(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    async def both() -> list[str]:
        return await asyncio.gather(work(0.05), work(0.1))

    assert asyncio.run(both()) == ["done", "done"]
    assert telemetry.flush(5)
    durations = sorted(event["properties"]["duration_ms"] for event in bench.collector.events)
    assert durations[0] >= 49
    assert durations[1] >= 99


def test_nested_actions_each_say_their_own(bench: Bench) -> None:
    telemetry = bench.telemetry()

    def fail() -> None:
        with telemetry.action("thing.done", count=2):
            raise ValueError("inner")

    with telemetry.action("thing.done", count=1), pytest.raises(ValueError, match="inner"):
        fail()
    inner, outer = properties(bench)
    assert (inner["count"], inner["success"]) == (2, False)
    assert outer == {"count": 1, **SUCCESS}


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_a_cancel_is_neither_success_nor_failure(bench: Bench, kind: type[BaseException]) -> None:
    telemetry = bench.telemetry()
    with pytest.raises(kind), telemetry.action("thing.done", count=1):
        raise kind
    assert properties(bench) == [{"count": 1, "outcome": "cancelled"}]


def test_a_cancelled_task_is_cancelled(bench: Bench) -> None:
    telemetry = bench.telemetry()

    async def main() -> None:
        async def work() -> None:
            async with telemetry.action("thing.done"):
                await asyncio.sleep(10)

        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert properties(bench) == [{"outcome": "cancelled"}]


def test_set_skip_and_fail(bench: Bench) -> None:
    telemetry = bench.telemetry()
    with telemetry.action("thing.done", count=1) as action:
        action.set(count=2, engine="podman")
    with telemetry.action("thing.done") as skipped:
        skipped.skip()
    with telemetry.action("thing.done") as failed:
        failed.fail("connection refused")
    first, second = properties(bench)
    assert first == {"count": 2, "engine": "podman", **SUCCESS}
    assert second["success"] is False
    assert second["outcome"] == "failure"
    assert second["error"]["message"] == "connection refused"


def test_the_exception_goes_on_its_way_unchanged(bench: Bench) -> None:
    telemetry = bench.telemetry()
    error = ValueError("x")
    with pytest.raises(ValueError, match="x") as caught, telemetry.action("thing.done"):
        raise error
    assert caught.value is error


def test_codes_of_an_error_arrive(bench: Bench) -> None:
    class Refused(Exception):
        status_code = 409
        exit_code = 125

    telemetry = bench.telemetry()
    with pytest.raises(Refused), telemetry.action("thing.done"):
        raise Refused("container is running")
    [event] = properties(bench)
    assert event["error"]["statusCode"] == 409
    assert event["error"]["exitCode"] == 125
