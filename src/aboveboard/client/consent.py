"""May anything be collected now, up to which level, and who decided that?"""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Final

from aboveboard.client import levels
from aboveboard.client.answer import Answer, Offer, accepting, declining, most_careful, read_answer
from aboveboard.client.environment import Source, environment_sources
from aboveboard.client.files import make_private_folder, replace_file
from aboveboard.client.host import Host
from aboveboard.client.managed import Managed, read_managed
from aboveboard.client.places import Places
from aboveboard.client.settings import BrokenSettings, read_settings, write_settings
from aboveboard.frozen import record

UNDECIDED: Final = "undecided"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
SWITCHED_OFF: Final = "off"
PERSON: Final = "the person's answer"
SETUP: Final = "the app's setup"


@record(frozen=True, slots=True)
class Decision:
    """The outcome: state, level, the name of the source that decided, and what each source said.

    `ask` is true where the person should be asked, for the first time or again.
    """

    state: str
    level: str
    decided_by: str
    ask: bool
    sources: tuple[Source, ...]


def decide(environment: tuple[Source, ...], managed: Managed, answer: Answer, offer: Offer) -> Decision:
    """Weigh all sources: whoever says off wins, then the person's answer lowered to the ceiling."""
    said = (managed.source, *environment, _person(answer, offer))
    forbidding = next((source for source in said if source.says == "off"), None)
    if forbidding is not None:
        return Decision(SWITCHED_OFF, levels.OFF, forbidding.name, False, said)
    if answer.given == "no":
        return Decision(DECLINED, levels.OFF, PERSON, False, said)
    if answer.given == "none" or answer.notice < offer.notice:
        return Decision(UNDECIDED, levels.OFF, PERSON, True, said)
    agreed = levels.lower_of(answer.level, answer.covers)
    level = levels.lower_of(agreed, managed.ceiling)
    grown = not levels.covers(answer.covers, offer.highest) and offer.highest != levels.OFF
    decided_by = managed.source.name if level != agreed else PERSON
    return Decision(ACCEPTED, level, decided_by, grown, said)


def _person(answer: Answer, offer: Offer) -> Source:
    if answer.given == "yes" and answer.notice < offer.notice:
        detail = f"{answer.detail}; the app's notice is now {offer.notice}"
        return Source(PERSON, UNDECIDED, detail)
    says = {"yes": ACCEPTED, "no": DECLINED}.get(answer.given, UNDECIDED)
    return Source(PERSON, says, answer.detail)


class Consent:
    """The person's consent, read from the files each time they change, and written by an answer."""

    def __init__(
        self, app: str, places: Places, host: Host, offer: Callable[[], Offer], unusable: str = ""
    ) -> None:
        """Keep where to look; `unusable` is why the app's own setup says off, where it does."""
        self._places = places
        self._host = host
        self._offer = offer
        # The environment of a process does not change under it, so it is asked once.
        said = environment_sources(host.environ, app, host.uid)
        self._environment = (Source(SETUP, "off", unusable), *said) if unusable else said
        self._lock = RLock()
        self._seen: tuple[object, ...] | None = None
        self._decision: Decision | None = None
        self._is_refused = False
        self.problem = ""

    def decision(self) -> Decision:
        """Return what holds now; costs a few `stat` calls as long as no file changed."""
        with self._lock:
            stamp = self._stamp()
            if self._decision is None or stamp != self._seen:
                self._decision = self._decide()
                self._seen = stamp
            return self._decision

    def accept(self, level: str) -> bool:
        """Record a yes; false where it was not, because something says off or it could not be written."""
        if self.decision().state == SWITCHED_OFF or not levels.is_level(level) or level == levels.OFF:
            return False
        return self._write(lambda: accepting(level, self._offer(), self._host.clock())) and self._withdraw()

    def decline(self) -> bool:
        """Record a no; it is kept even while something says off, so that it outlives that.

        Where the settings cannot be written, a file among our own says no until the next yes, to every process;
        where that cannot be written either, the no holds in this process. The result is false then.
        """
        self._is_refused = True
        if self._write(lambda: declining(self._offer(), self._host.clock())):
            return self._withdraw()
        try:
            make_private_folder(self._places.data)
            replace_file(self._places.declined, f"{self.problem}\n".encode())
            self._is_refused = False  # from here on that file says it, until any process records a yes
        except OSError as error:
            self.problem += f"; nor could {self._places.declined}: {error}"
        self.forget()
        return False

    def _withdraw(self) -> bool:
        """Remove the no that stands beside the settings, now that they hold the answer."""
        try:
            self._places.declined.unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"an earlier no stays: {error}"
            return False
        finally:
            self.forget()
        return True

    def forget(self) -> None:
        """Have the next look read everything again, because the catalog or the answer has changed."""
        with self._lock:
            self._seen = None

    def after_fork(self) -> None:
        """Take a new lock: another thread may have held the old one at the moment of the fork."""
        self._lock = RLock()

    def _write(self, changes: Callable[[], Mapping[str, object]]) -> bool:
        try:
            write_settings(self._places.settings, changes())
        except (BrokenSettings, OSError) as error:
            self.problem = f"the answer could not be written: {error}"
            return False
        else:
            self._is_refused, self.problem = False, ""  # from here on the file says it
            return True
        finally:
            self.forget()

    def _decide(self) -> Decision:
        answer = self._answer()
        # The catalog need not be read to know that nobody has said yes.
        offer = self._offer() if answer.given == "yes" else Offer()
        return decide(self._environment, read_managed(self._places.managed), answer, offer)

    def _answer(self) -> Answer:
        if self._is_refused:
            return Answer("no", levels.OFF, detail=self.problem or "said no in this process")
        if self._places.declined.exists():
            return Answer(
                "no", levels.OFF, detail=f"{self._places.declined} says no, as the settings could not"
            )
        try:
            return read_answer(read_settings(self._places.settings, most_careful))
        except (BrokenSettings, OSError) as error:
            return Answer("none", levels.OFF, detail=f"the settings cannot be read: {error}")

    def _stamp(self) -> tuple[object, ...]:
        ours = (_stamp_of(self._places.settings), _stamp_of(self._places.declined))
        return (*ours, *map(_stamp_of, _managed_files(self._places)))


def _managed_files(places: Places) -> list[Path]:
    return [folder / name for folder in places.managed for name in ("locked.json", "default-settings.json")]


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
