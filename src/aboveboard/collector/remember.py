"""How is an answer not worked out twice, without a stranger's texts filling the memory?"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Remembered"]

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


class Remembered(Generic[Question, Answer]):
    """Answers by their question, all of them forgotten once they weigh more than `most` bytes.

    A cache of so many entries is none in bytes: an entry weighs what a stranger makes it weigh. One thread only.
    """

    def __init__(
        self, work: Callable[[Question], Answer], weigh: Callable[[Question, Answer], int], most: int
    ) -> None:
        self._work = work
        self._weigh = weigh
        self._most = most
        self._weight = 0
        self._known: dict[Question, Answer] = {}

    def __call__(self, question: Question) -> Answer:
        """Return the answer, worked out at the first time of asking."""
        found = self._known.get(question)
        if found is None:
            found = self._work(question)
            self._keep(question, found)
        return found

    def _keep(self, question: Question, answer: Answer) -> None:
        weight = self._weigh(question, answer)
        if weight > self._most // 16:
            return
        self._weight += weight
        if self._weight > self._most:
            self._known.clear()
            self._weight = weight
        self._known[question] = answer
