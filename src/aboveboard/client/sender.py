"""When is what sent? One process at a time empties the outbox, asking for consent before each request."""

import base64
from collections.abc import Callable
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aboveboard.client import wire
from aboveboard.client.boundary import attempt
from aboveboard.client.delivery import KEEP, REFUSED, SENT, SPLIT, Outcome, Reply, backoff, judge
from aboveboard.client.erasure import Erasure, read_erasures, write_erasures
from aboveboard.client.files import create_once
from aboveboard.client.gate import GATE
from aboveboard.client.host import LIBRARY, VERSION, Host
from aboveboard.client.journal import Deletion, keep_deletion, read_deletions
from aboveboard.client.locked import FileLock
from aboveboard.client.outbox import BATCH_EVENTS, Batch, Envelope, keep, next_batch, settle, split
from aboveboard.client.places import Places
from aboveboard.client.policy import RULES_KEY
from aboveboard.client.retention import MOST_BYTES, trim
from aboveboard.client.spool import Spool, is_damaged
from aboveboard.client.target import Target
from aboveboard.client.waiting import is_ahead, must_wait

if TYPE_CHECKING:
    from aboveboard.client.line import Line

INTERVAL_SECONDS: Final = 10.0
TRIM_SECONDS: Final = 3600.0
BATCH: Final = "batch"
DELETION: Final = "deletion"
FORGOTTEN: Final = "<forgotten>"
T = TypeVar("T")
# ValueError: an endpoint that cannot be used, or a host name that is none.
PROBLEMS: Final = (OSError, ValueError)


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
        self._problems: dict[str, str] = {}
        self._deletions: dict[str, Deletion] = {}
        self._aborts = 0
        self._has_refused = False
        self.is_other_sending = False

    @property
    def problem(self) -> str:
        """Return what went wrong with batches and with deletions, "" where nothing did."""
        return "; ".join(text for text in self._problems.values() if text)

    def abort(self) -> None:
        """Cut off the upload under way, from any thread."""
        self._aborts += 1  # before the look at the line: `_post` looks in the other order
        line = self._line
        if line is not None:
            line.abort()

    def leave_to_parent(self) -> None:
        """In the child after a fork: the lock, if it is held, is the parent's."""
        self._lock.release()

    def run(self, *, urgent: bool = False) -> bool:
        """Send all that may be sent; true when nothing is left. `urgent` ignores our own waiting times.

        An urgent run is false too where the collector refused events since the one before it.
        """
        self.is_other_sending = not self._lock.acquire()
        if self.is_other_sending:
            return False
        try:
            erased = self._erase(urgent)
            if self._envelope() is None:
                return erased
            with GATE:
                spool = Spool(self._places.spool)
            try:
                with GATE:
                    self._tidy(spool)
                return self._empty(spool, urgent) and erased and not self._were_refused(urgent)
            except DatabaseError as error:
                if not is_damaged(error):
                    raise
                with GATE:
                    spool.discard()
                return False
            finally:
                with GATE:
                    spool.close()
        finally:
            self._hang_up()
            self._lock.release()

    def _empty(self, spool: Spool, urgent: bool) -> bool:
        # Consent is asked for outside the gate, because following a no takes the gate itself.
        with GATE:
            if must_wait(spool, self._host.clock(), urgent=urgent):
                return False
        while True:
            envelope, aborts = self._asked(self._envelope)
            if envelope is None:
                return False
            now = self._host.clock()
            with GATE:
                batch = next_batch(spool, envelope, now, wire.stamp(now), self._limit)
            if batch is None:
                return True
            # Beside the spool, not in it: a file of SQLite that is damaged would forget that a deletion is due.
            create_once(self._places.uploaded, b"")
            result = self._send(batch, aborts)
            if self._envelope() is None:
                return False  # taken back meanwhile; the rows are gone or going
            with GATE:
                if not self._settle(spool, batch, result):
                    return False

    def _asked(self, permission: Callable[[], T]) -> tuple[T, int]:
        """Return a permission, and the number of aborts at its time: a later one takes it back."""
        while True:
            aborts = self._aborts
            answer = permission()
            if aborts == self._aborts:  # else asking itself found a change and followed it
                return answer, aborts

    def _were_refused(self, urgent: bool) -> bool:
        found = self._has_refused
        if urgent:
            self._has_refused = False
        return found

    def _tidy(self, spool: Spool) -> None:
        """Let go of what is too old, once an hour, and fold the log into the file, so that no writer has to."""
        now = self._host.clock()
        if not 0 <= now - float(spool.get("trimmed", "0")) < TRIM_SECONDS or spool.size() > MOST_BYTES:
            trim(spool, now)
            spool.put("trimmed", str(now))
        spool.fold()

    def _send(self, batch: Batch, aborts: int) -> tuple[int, Outcome]:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        try:
            reply = self._post("/v1/batch", headers, batch.body, aborts)
        except PROBLEMS as error:
            self._problems[BATCH] = f"{type(error).__name__}: {error}"
            return 0, Outcome(KEEP, answer=self._problems[BATCH])
        outcome = judge(reply, self._host.clock())
        self._problems[BATCH] = f"the collector answered {reply.status}" if outcome.action == KEEP else ""
        return reply.status, outcome

    def _post(self, path: str, headers: dict[str, str], body: bytes, aborts: int) -> Reply:
        line = self._line = self._line or self._open_line()
        if aborts != self._aborts:
            line.abort()  # the abort came before there was a line
        key = base64.b64encode(f"{self._target.write_key}:".encode()).decode()
        common = {"Authorization": f"Basic {key}", "User-Agent": f"{LIBRARY}/{VERSION}"}
        try:
            return line.post(path, {**common, **headers}, body)
        except PROBLEMS:
            self._hang_up()  # a line that was cut off stays so: the next request opens its own
            raise

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
            self._has_refused = True
        elif outcome.action == SPLIT:
            self._limit = max(1, len(batch.rows) // 2)
            split(spool, batch, status, outcome.answer)
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

    def _erase(self, urgent: bool) -> bool:
        """Ask the collector for the deletions that it has not confirmed; true when none is left."""
        pending = read_erasures(self._places.erasures).pending
        self._problems[DELETION] = ""
        if pending:
            self._deletions = {**attempt(self._noted_deletions, {}), **self._deletions}
        # All are asked for first: one that is refused must not hold up those after it.
        confirmed = [self._erase_one(erasure, urgent) for erasure in pending]
        return all(confirmed)

    def _noted_deletions(self) -> dict[str, Deletion]:
        return read_deletions(self._places.spool)

    def _erase_one(self, erasure: Erasure, urgent: bool) -> bool:
        may, aborts = self._asked(self._may_erase)
        if not may:
            return False
        before = self._deletions.get(erasure.deletion_id, Deletion())
        now = self._host.clock()
        if is_ahead(now, before.retry_after) or (not urgent and is_ahead(now, before.not_before)):
            self._problems[DELETION] = before.problem
            return False
        request = {
            "writeKey": self._target.write_key,
            "anonymousId": erasure.anonymous_id,
            "deletionId": erasure.deletion_id,
        }
        body = wire.dump(request)
        try:
            reply = self._post("/v1/erase", {"Content-Type": "application/json"}, body.encode(), aborts)
        except PROBLEMS as error:
            if aborts != self._aborts:
                return self._erase_one(
                    erasure, urgent
                )  # cut off by ourselves: ask whether it may go, and again
            self._note_deletion(erasure, self._unconfirmed(before, body, 0, f"{error!r}"))
            return False
        outcome = judge(reply, self._host.clock())
        if outcome.action != SENT or outcome.content is None:
            failed = self._unconfirmed(before, body, reply.status, outcome.answer, outcome.wait)
            self._note_deletion(erasure, failed)
            return False
        self._confirm(erasure, request, reply.status, outcome)
        return True

    def _confirm(self, erasure: Erasure, request: dict[str, str], status: int, outcome: Outcome) -> None:
        receipt: Any = (outcome.content or {}).get("receipt", {})
        known = read_erasures(self._places.erasures)
        kept = receipt if isinstance(receipt, dict) else {"receipt": receipt}
        write_erasures(self._places.erasures, known.confirmed(erasure.deletion_id, kept))
        # The id is forgotten as soon as its deletion is confirmed, here too.
        body = wire.dump({**request, "anonymousId": FORGOTTEN})
        self._note_deletion(erasure, Deletion(SENT, self._host.clock(), body, status, outcome.answer))

    def _unconfirmed(
        self, before: Deletion, body: str, status: int, answer: str, wait: float = 0.0
    ) -> Deletion:
        now, failures = self._host.clock(), before.failures + 1
        later = now + backoff(failures, self._host.random())
        return Deletion(KEEP, now, body, status, answer, failures, later, now + wait if wait else 0.0)

    def _note_deletion(self, erasure: Erasure, deletion: Deletion) -> None:
        """Keep what came of asking, in memory, and in the journal where there is one."""
        self._deletions[erasure.deletion_id] = deletion
        self._problems[DELETION] = deletion.problem or self._problems[DELETION]
        attempt(lambda: keep_deletion(self._places.spool, erasure.deletion_id, deletion), None)
