"""When is what sent? One process at a time empties the outbox, asking for consent before each request."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aboveboard.client import wire
from aboveboard.client.delivery import KEEP, REFUSED, SENT, SPLIT, Outcome, Reply, backoff, judge
from aboveboard.client.erasure import Erasure, read_erasures, write_erasures
from aboveboard.client.gate import GATE
from aboveboard.client.host import LIBRARY, VERSION, Host
from aboveboard.client.locked import FileLock
from aboveboard.client.outbox import BATCH_EVENTS, Batch, Envelope, keep, next_batch, settle, split
from aboveboard.client.places import Places
from aboveboard.client.policy import RULES_KEY
from aboveboard.client.retention import MOST_BYTES, trim
from aboveboard.client.spool import Spool

if TYPE_CHECKING:
    from aboveboard.client.line import Line

INTERVAL_SECONDS: Final = 10.0
TRIM_SECONDS: Final = 3600.0
# ValueError: an endpoint that cannot be used, or a host name that is none.
PROBLEMS: Final = (OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Target:
    """The collector's URL and the write key of the app's source."""

    endpoint: str
    write_key: str


class Sender:
    """Sends what waits in the spool. `envelope` returns the consent under which the next request goes,
    None where nothing may be sent; `may_erase` tells whether a deletion may be asked for now.
    """

    def __init__(
        self,
        target: Target,
        places: Places,
        host: Host,
        envelope: Callable[[], Envelope | None],
        may_erase: Callable[[], bool],
    ) -> None:
        self._target = target
        self._places = places
        self._host = host
        self._envelope = envelope
        self._may_erase = may_erase
        self._line: Line | None = None
        self._limit = BATCH_EVENTS
        self._lock = FileLock(places.data / "sender.lock")
        self.problem = ""
        self.is_other_sending = False

    def abort(self) -> None:
        """Cut off the upload under way, from any thread."""
        line = self._line
        if line is not None:
            line.abort()

    def leave_to_parent(self) -> None:
        """In the child after a fork: the lock, if it is held, is the parent's."""
        self._lock.release()

    def run(self, *, urgent: bool = False) -> bool:
        """Send all that may be sent; true when nothing is left. `urgent` ignores our own waiting times."""
        self.is_other_sending = not self._lock.acquire()
        if self.is_other_sending:
            return False
        try:
            erased = self._erase()
            if self._envelope() is None:
                return erased
            with GATE:
                spool = Spool(self._places.spool)
                self._tidy(spool)
            try:
                return self._empty(spool, urgent) and erased
            finally:
                with GATE:
                    spool.close()
        finally:
            self._hang_up()
            self._lock.release()

    def _empty(self, spool: Spool, urgent: bool) -> bool:
        # Consent is asked for outside the gate, because following a no takes the gate itself.
        with GATE:
            if self._waits(spool, urgent):
                return False
        while True:
            envelope = self._envelope()
            if envelope is None:
                return False
            now = self._host.clock()
            with GATE:
                batch = next_batch(spool, envelope, now, wire.stamp(now), self._limit)
            if batch is None:
                return True
            result = self._send(batch)
            if self._envelope() is None:
                return False  # taken back meanwhile; the rows are gone or going
            with GATE:
                if not self._settle(spool, batch, result):
                    return False

    def _tidy(self, spool: Spool) -> None:
        """Let go of what is too old, once an hour, and fold the log into the file, so that no writer has to."""
        now = self._host.clock()
        if not 0 <= now - float(spool.get("trimmed", "0")) < TRIM_SECONDS or spool.size() > MOST_BYTES:
            trim(spool, now)
            spool.put("trimmed", str(now))
        spool.fold()

    def _waits(self, spool: Spool, urgent: bool) -> bool:
        now = self._host.clock()
        asked = float(spool.get("retry_after", "0"))
        ours = float(spool.get("not_before", "0"))
        # A clock that jumped back must not silence us for longer than any wait could be.
        waits = [asked] if urgent else [asked, ours]
        return any(now < moment <= now + 24 * 3600 for moment in waits)

    def _send(self, batch: Batch) -> tuple[int, Outcome]:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        try:
            reply = self._post("/v1/batch", headers, batch.body)
        except PROBLEMS as error:
            self.problem = f"{type(error).__name__}: {error}"
            return 0, Outcome(KEEP, answer=self.problem)
        outcome = judge(reply, self._host.clock())
        self.problem = f"the collector answered {reply.status}" if outcome.action == KEEP else ""
        return reply.status, outcome

    def _post(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        line = self._line = self._line or self._open_line()
        key = base64.b64encode(f"{self._target.write_key}:".encode()).decode()
        common = {"Authorization": f"Basic {key}", "User-Agent": f"{LIBRARY}/{VERSION}"}
        return line.post(path, {**common, **headers}, body)

    def _open_line(self) -> "Line":
        # The network's modules are imported when something is really sent.
        with GATE:
            from aboveboard.client.address import find_proxy, parse_endpoint
            from aboveboard.client.line import Line

        endpoint = parse_endpoint(self._target.endpoint)
        return Line(endpoint, find_proxy(endpoint, self._host.environ))

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _settle(self, spool: Spool, batch: Batch, result: tuple[int, Outcome]) -> bool:
        """Write down what came of a batch; true where the next one may follow at once."""
        status, outcome = result
        self._wait_after(spool, outcome)
        if outcome.action == SENT:
            self._take_rules(spool, outcome)
            settle(spool, batch, SENT, status, outcome.answer)
            self._limit = min(BATCH_EVENTS, self._limit * 2)
        elif outcome.action == REFUSED or (outcome.action == SPLIT and len(batch.rows) == 1):
            settle(spool, batch, REFUSED, status, outcome.answer)
        elif outcome.action == SPLIT:
            self._limit = max(1, len(batch.rows) // 2)
            split(spool, batch)
        else:
            keep(spool, batch, status, outcome.answer)
        return outcome.action != KEEP and not outcome.wait

    def _take_rules(self, spool: Spool, outcome: Outcome) -> None:
        """Keep the rules that a collector may send along; they can only reduce."""
        rules = (outcome.content or {}).get("rules")
        if isinstance(rules, list):
            spool.put(RULES_KEY, wire.dump(rules))

    def _wait_after(self, spool: Spool, outcome: Outcome) -> None:
        now = self._host.clock()
        failures = int(spool.get("failures", "0")) + 1 if outcome.action == KEEP else 0
        spool.keep("failures", str(failures))
        spool.keep("not_before", str(now + backoff(failures, self._host.random()) if failures else 0.0))
        spool.keep("retry_after", str(now + outcome.wait if outcome.wait else 0.0))

    def _erase(self) -> bool:
        """Ask the collector for the deletions that it has not confirmed; true when none is left."""
        pending = read_erasures(self._places.erasures).pending
        return all(self._erase_one(erasure) for erasure in pending)

    def _erase_one(self, erasure: Erasure) -> bool:
        if not self._may_erase():
            return False
        request = {
            "writeKey": self._target.write_key,
            "anonymousId": erasure.anonymous_id,
            "deletionId": erasure.deletion_id,
        }
        try:
            reply = self._post("/v1/erase", {"Content-Type": "application/json"}, wire.dump(request).encode())
        except PROBLEMS as error:
            self.problem = f"{type(error).__name__}: {error}"
            return False
        outcome = judge(reply, self._host.clock())
        if outcome.action != SENT or outcome.content is None:
            return False
        receipt: Any = outcome.content.get("receipt", {})
        known = read_erasures(self._places.erasures)
        kept = receipt if isinstance(receipt, dict) else {"receipt": receipt}
        write_erasures(self._places.erasures, known.confirmed(erasure.deletion_id, kept))
        return True
