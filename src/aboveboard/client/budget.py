"""How much may one extension log? So many events a minute and a day; the rest is counted."""

from typing import Final

from aboveboard.frozen import record

MINUTE_SECONDS: Final = 60.0


@record(frozen=True, slots=True)
class Budget:
    """The most events that one extension may log in a minute (each process) and a day (each install)."""

    minute: int = 1_200
    day: int = 20_000


class Meter:
    """What one extension has used in this process, and what went over since the last report."""

    __slots__ = ("began", "budget", "over", "used")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.began = 0.0
        self.used = 0
        self.over = 0

    def allows(self, now: float, today: int) -> bool:
        """Take one event; `today` is how many of this day the install has sent already."""
        if not 0 <= now - self.began < MINUTE_SECONDS:
            self.began, self.used = now, 0
        if self.used >= self.budget.minute or today >= self.budget.day:
            self.over += 1
            return False
        self.used += 1
        return True

    def report(self) -> int:
        """Return how many went over, and begin to count anew."""
        over, self.over = self.over, 0
        return over
