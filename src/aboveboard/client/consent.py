"""May anything be collected now, up to which level, and who decided that?"""

import os
from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from typing import Final

from aboveboard.client import levels
from aboveboard.client.answer import (
    EVERY,
    Answer,
    Offer,
    accepting,
    declining,
    most_careful,
    read_answer,
    switching,
)
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
    extensions_off: frozenset[str] = frozenset()

    def allows(self, extension: str) -> bool:
        """Tell whether an extension may log, as far as its own switch goes; the app itself has the id ""."""
        off = self.extensions_off
        return not off or not extension or not (extension in off or EVERY in off)

    @property
    def is_off(self) -> Callable[[str], bool] | None:
        """Return a function that tells whether an extension is off, None where none is."""
        return (lambda extension: not self.allows(extension)) if self.extensions_off else None


def decide(environment: tuple[Source, ...], managed: Managed, answer: Answer, offer: Offer) -> Decision:
    """Weigh all sources: whoever says off wins, then the person's answer lowered to the ceiling."""
    said = (managed.source, *environment, _person(answer, offer))
    forbidding = next((source for source in said if source.says == "off"), None)
    off = answer.extensions_off
    if forbidding is not None:
        return Decision(SWITCHED_OFF, levels.OFF, forbidding.name, False, said, off)
    if answer.given == "no":
        return Decision(DECLINED, levels.OFF, PERSON, False, said, off)
    if answer.given == "none" or answer.notice < offer.notice:
        return Decision(UNDECIDED, levels.OFF, PERSON, True, said, off)
    agreed = levels.lower_of(answer.level, answer.covers)
    level = levels.lower_of(agreed, managed.ceiling)
    grown = not levels.covers(answer.covers, offer.highest) and offer.highest != levels.OFF
    decided_by = managed.source.name if level != agreed else PERSON
    return Decision(ACCEPTED, level, decided_by, grown, said, off)


def differ(before: Decision, after: Decision) -> bool:
    """Tell whether something else holds now than before; why it does may change without that."""
    return (
        before.state != after.state
        or before.level != after.level
        or (before.extensions_off != after.extensions_off)
    )


def is_lowered(before: Decision, after: Decision) -> bool:
    """Tell whether less may be sent than before, though something still may."""
    if before.state != ACCEPTED or after.state != ACCEPTED:
        return False
    is_lower = levels.lower_of(before.level, after.level) != before.level
    return is_lower or not after.extensions_off <= before.extensions_off


def _person(answer: Answer, offer: Offer) -> Source:
    if answer.given == "yes" and answer.notice < offer.notice:
        detail = f"{answer.detail}; the app's notice is now {offer.notice}"
        return Source(PERSON, UNDECIDED, detail)
    says = {"yes": ACCEPTED, "no": DECLINED}.get(answer.given, UNDECIDED)
    return Source(PERSON, says, answer.detail)


class Consent:
    """The person's consent, read from the files each time they change, and written by an answer."""

    def __init__(
        self, app: str, places: Places, host: Host, offer: Callable[..., Offer], unusable: str = ""
    ) -> None:
        """Keep where to look; `unusable` is why the app's own setup says off, where it does.

        `offer` returns what the app asks for, and with `digest=False` leaves out what only an answer records.
        """
        self._places = places
        self._files = _answer_files(places)
        self._host = host
        self._offer = offer
        # The environment of a process does not change under it, so it is asked once.
        said = environment_sources(host.environ, app, host.uid)
        self._environment = (Source(SETUP, "off", unusable), *said) if unusable else said
        self._lock = RLock()
        self._seen: tuple[object, ...] | None = None
        self._decision: Decision | None = None
        self._is_refused = False
        self._refused_extensions: frozenset[str] = frozenset()
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
        yes = accepting(level, self._offer(), self._host.clock())
        if not self._write(lambda settings: yes):
            return False
        self._is_refused = False  # from here on the file says it
        return self._withdraw()

    def decline(self) -> bool:
        """Record a no; it is kept even while something says off, so that it outlives that.

        Where the settings cannot be written, a file among our own says no until the next yes, to every process;
        where that cannot be written either, the no holds in this process. The result is false then.
        """
        self._is_refused = True
        no = declining(self._offer(), self._host.clock())
        if self._write(lambda settings: no):
            self._is_refused = False
            return self._withdraw()
        try:
            make_private_folder(self._places.data)
            replace_file(self._places.declined, f"{self.problem}\n".encode())
            self._is_refused = False  # from here on that file says it, until any process records a yes
        except OSError as error:
            self.problem += f"; nor could {self._places.declined}: {error}"
        self.forget()
        return False

    def switch(self, extension: str, on: bool, known: Iterable[str]) -> bool:
        """Record that an extension may log, or may not; false where it could not be written.

        Like a no, switching off is kept while something says off, and holds here where it cannot be written.
        """
        if not extension or (on and self.decision().state == SWITCHED_OFF):
            return False
        others = self._refused_extensions - {extension}
        self._refused_extensions = others if on else others | {extension}
        done = self._write(lambda settings: switching(settings, extension, on, known))
        if done:
            self._refused_extensions = others
            self.forget()
        return done

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

    def _write(self, change: Callable[[Mapping[str, object]], Mapping[str, object]]) -> bool:
        try:
            write_settings(self._places.settings, change, most_careful)
        except (BrokenSettings, OSError) as error:
            self.problem = f"the answer could not be written: {error}"
            return False
        else:
            self.problem = ""
            return True
        finally:
            self.forget()

    def _decide(self) -> Decision:
        answer = self._answer()
        # The catalog need not be read to know that nobody has said yes.
        offer = self._offer(digest=False) if answer.given == "yes" else Offer()
        return decide(self._environment, read_managed(self._places.managed), answer, offer)

    def _answer(self) -> Answer:
        try:
            found = read_answer(read_settings(self._places.settings, most_careful))
        except (BrokenSettings, OSError) as error:
            found = Answer("none", levels.OFF, detail=f"the settings cannot be read: {error}")
        off = found.extensions_off | self._refused_extensions
        if self._is_refused:
            return Answer("no", levels.OFF, detail=self.problem or "said no in this process")
        if self._places.declined.exists():
            why = f"{self._places.declined} says no, as the settings could not"
            return Answer("no", levels.OFF, detail=why)
        return Answer(found.given, found.level, found.notice, found.covers, found.detail, off)

    def _stamp(self) -> tuple[object, ...]:
        return tuple([_stamp_of(path) for path in self._files])


def _answer_files(places: Places) -> tuple[str, ...]:
    """Return every file that the answer may stand in, as texts: each call of the app may look at them."""
    managed = [
        folder / name for folder in places.managed for name in ("locked.json", "default-settings.json")
    ]
    return tuple(map(str, (places.settings, places.declined, *managed)))


def _stamp_of(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
