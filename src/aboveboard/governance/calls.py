"""Which events does a project send? From the calls of its files to names and properties."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from aboveboard.governance.facts import Module, Site
from aboveboard.governance.libraries import ANY, Sent, api_of, is_api, is_telemetry
from aboveboard.governance.linking import Linker, substituted
from aboveboard.governance.project import shared
from aboveboard.governance.properties import Found, properties_of
from aboveboard.governance.values import (
    NOTHING,
    Called,
    Choice,
    Const,
    FuncRef,
    Items,
    Member,
    Named,
    Param,
    Record,
    Text,
    Unknown,
    Value,
    pruned,
)

__all__ = ["HOLE", "TRUSTED", "Call", "Finder", "Trusted"]

HOLE: Final = "{}"
"""What stands in a template's name for a part that is made while running."""

TRUSTED: Final = "TrustedValue"
_SPECIFIC: Final = re.compile(r"telemetr|usage|analytics|track|posthog|event", re.IGNORECASE)
_ROUNDS: Final = 6
_MOST_SENT: Final = 40
"""From so many places may one function send; more are a dispatcher, which nobody can follow."""


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One event that a place in the source sends.

    `event` is its name, a template with `{}` for what is made while running, or None where nothing is known of it;
    `open` says that there may be more properties than `properties`.
    """

    file: str
    line: int
    column: int
    api: str
    event: str | None
    level: str
    properties: tuple[Found, ...] = ()
    open: bool = False

    @property
    def sort(self) -> str:
        """Return "constant", "template" or "unknown"."""
        if self.event is None:
            return "unknown"
        return "template" if HOLE in self.event else "constant"


@dataclass(frozen=True, slots=True, order=True)
class Trusted:
    """A value that is vouched for although it is no constant."""

    file: str
    line: int
    column: int
    what: str


class _Wrapper(NamedTuple):
    """A function that sends what it is given: the API it uses in the end, and what it sends."""

    function: FuncRef
    api: str
    level: str
    sent: Sent
    site: Site


class Finder:
    """Collects the calls of all files; `wanted` grows by the wrappers that are found."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._direct: dict[tuple[str, int, int], tuple[Site, str, str, Sent]] = {}
        self._wrappers: dict[FuncRef, dict[tuple[str, int, int, Value], _Wrapper]] = {}
        self._through: dict[tuple[str, int, int], list[tuple[Site, str, str, Sent]]] = {}
        self._sites: dict[tuple[str, int, int], Site] = {}
        self._called: Counter[str] = Counter()
        self._used: set[FuncRef] = set()

    def add(self, modules: Iterable[Module]) -> None:
        """Take the sites of some files; those that send are found, those that wait for a wrapper are kept."""
        for module in modules:
            self._linker.learn(module)
            for site in module.sites:
                if site.line in module.ignored or site.line - 1 in module.ignored:
                    continue
                self._sites[site.file, site.line, site.column] = site

    def settle(self) -> set[str]:
        """Find out what sends; return the names of wrappers that were not looked for so far."""
        before = set(self._wrappers)
        candidates = [
            (key, site) for key, site in self._sites.items() if key not in self._direct and not site.made
        ]
        for key, site in candidates:
            self._try(key, site, loggers=frozenset())
        # What `logUsage` is called on is a telemetry logger, and so is its `logError`.
        loggers = frozenset(
            site.receiver
            for site, api, _, _ in self._direct.values()
            if api in ("logUsage", "log_usage")
            and not isinstance(site.receiver, Unknown | Const | Named | None)
        )
        for key, site in candidates:
            if site.name in ("logError", "log_error") and site.receiver in loggers:
                self._try(key, site, loggers)
        for _ in range(_ROUNDS):
            count = len(self._wrappers)
            self._follow()
            if len(self._wrappers) == count:
                break
        return {name for ref in self._wrappers.keys() - before for name in self._names_of(ref)}

    def _try(self, key: tuple[str, int, int], site: Site, loggers: frozenset[Value | None]) -> None:
        api = api_of(site)
        if api is None or (site.receiver not in loggers and not is_telemetry(site, api, self._linker)):
            return
        sent = api.read(self._linked(site)) if key not in self._direct else None
        if sent is not None:
            self._direct[key] = (site, site.name, api.level, sent)
            self._called[site.name] += 1
            self._note_wrapper(site, site.name, api.level, sent)

    def calls(self) -> list[Call]:
        """Return every event that is sent, ordered by its place."""
        found: set[Call] = set()
        sets = self._settings()
        for key, (site, api, level, sent) in self._direct.items():
            if not self._is_inside_wrapper(sent, site):
                found.update(self._events(site, api, level, sent, sets.get(key, ())))
        for each in self._through.values():
            for site, api, level, sent in each:
                if not self._is_inside_wrapper(sent, site):
                    found.update(self._events(site, api, level, sent, ()))
        return sorted(found, key=lambda call: (call.file, call.line, call.column, call.event or "", call.api))

    def trusted(self) -> list[Trusted]:
        """Return where something is vouched for that is no constant."""
        found = []
        for site in self._sites.values():
            if not site.name.endswith(TRUSTED) or not (site.made or site.file.endswith(".py")):
                continue
            value = self._linker.resolved(site.args[0]) if site.args else Unknown()
            if site.open or not _is_constant(value):
                found.append(Trusted(site.file, site.line, site.column, site.name))
        return sorted(found)

    def _linked(self, site: Site) -> Site:
        """Return a site whose first arguments are known as far as all files tell."""
        from dataclasses import replace

        args = tuple(self._linker.resolved(arg) for arg in site.args)
        named = tuple((name, self._linker.resolved(value)) for name, value in site.named)
        return replace(site, args=args, named=named)

    def _note_wrapper(self, site: Site, api: str, level: str, sent: Sent) -> None:
        """Remember the functions by whose parameters a call names its event."""
        event = self._linker.resolved(sent.event)
        for param in set(_naming(event)):
            known = self._wrappers.setdefault(param.function, {})
            key = (site.file, site.line, site.column, event)
            if len(known) < _MOST_SENT:
                properties = tuple(map(pruned, sent.properties))
                known.setdefault(
                    key, _Wrapper(param.function, api, level, Sent(event, properties, sent.extra), site)
                )

    def _follow(self) -> None:
        """Find calls of the wrappers known so far."""
        by_name: dict[str, list[_Wrapper]] = {}
        for ref, wrappers in self._wrappers.items():
            for name in self._names_of(ref):
                by_name.setdefault(name.partition(":")[0] if ":" in name else name, []).extend(
                    wrappers.values()
                )
        for key, site in list(self._sites.items()):
            if key in self._direct or key in self._through:
                continue
            callee = self._linker.without_params(site.callee)
            meant = {callee, *(callee.options if isinstance(callee, Choice) else ())}
            matched = [
                wrapper
                for ref in meant
                if isinstance(ref, FuncRef)
                for wrapper in self._wrappers.get(ref, {}).values()
            ]
            if not matched and not any(isinstance(each, FuncRef) for each in meant):
                matched = self._by_name(site, by_name)
            if matched:
                self._through[key] = [self._handed(site, wrapper) for wrapper in dict.fromkeys(matched)]
                for through in self._through[key]:
                    self._note_wrapper(*through)

    def _by_name(self, site: Site, by_name: dict[str, list[_Wrapper]]) -> list[_Wrapper]:
        """A method of something unknown is a wrapper's where its name is specific: the closest one's."""
        named = [
            wrapper
            for wrapper in by_name.get(site.name, ())
            if self._linker.function(wrapper.function).member_of
        ]
        if site.receiver is None or api_of(site) is not None or not named or not _SPECIFIC.search(site.name):
            return []
        if isinstance(self._linker.without_params(site.receiver), Record | Const | Items | Text):
            return []
        closest = max(
            named, key=lambda wrapper: (shared(wrapper.function.file, site.file), wrapper.function.file)
        )
        return [wrapper for wrapper in named if wrapper.function == closest.function]

    def _handed(self, site: Site, wrapper: _Wrapper) -> tuple[Site, str, str, Sent]:
        """Return what a wrapper sends for one call of it."""
        self._used.add(wrapper.function)
        given = self._linker.arguments(wrapper.function, site.args, site.named, site.open)

        def put(value: Value) -> Value:
            return self._linker.resolved(substituted(value, wrapper.function, given))

        event = put(self._linker.resolved(wrapper.sent.event))
        properties = tuple(put(self._linker.resolved(each)) for each in wrapper.sent.properties)
        if isinstance(event, Record):  # `capture({event, properties})`, through a function that passes it on
            whole = dict(event.entries)
            event, properties = (
                whole.get("event", whole.get("name", Unknown())),
                (whole.get("properties", NOTHING),),
            )
        extra = tuple((name, put(value)) for name, value in wrapper.sent.extra)
        return site, wrapper.api, wrapper.level, Sent(event, properties, extra)

    def _names_of(self, ref: FuncRef) -> set[str]:
        """Return the names under which a function is called, "default:file" for a default export."""
        names = {ref.name} if ref.name not in ("", "default") else set()
        stem = PurePosixPath(ref.file).name.partition(".")[0]
        if not ref.file.endswith(".py"):
            for name, value in self._linker.exports(ref.file).items():
                if self._linker.resolved(value) == ref:
                    names.add(f"default:{stem}" if name == "default" else name)
        return names

    def _is_inside_wrapper(self, sent: Sent, site: Site) -> bool:
        """A call whose event is its function's own parameter is told by the function's callers, if any."""
        params = list(_naming(self._linker.resolved(sent.event)))
        return any(
            self._implements(param.function)
            or param.function in self._used
            or self._called[param.function.name] > (param.function.name == site.name)
            for param in params
        )

    def _implements(self, ref: FuncRef) -> bool:
        """A method of a telemetry class that is called as the API is: it sends what it is given."""
        return is_api(ref.name) and ANY.search(self._linker.function(ref).member_of) is not None

    def _settings(self) -> dict[tuple[str, int, int], tuple[tuple[str, Value], ...]]:
        """Return what is added to actions later: `action.set(count=3)`."""
        made: dict[tuple[int, tuple[Value, ...]], list[tuple[str, int, int]]] = {}
        for key, (site, api, _, _) in self._direct.items():
            if api == "action":
                made.setdefault((site.line, site.args), []).append(key)
        found: dict[tuple[str, int, int], tuple[tuple[str, Value], ...]] = {}
        for site in self._sites.values():
            if site.name != "set" or site.receiver is None or not made:
                continue
            receiver = self._linker.resolved(site.receiver)
            options = receiver.options if isinstance(receiver, Choice) else (receiver,)
            keys = [
                key
                for each in options
                if isinstance(each, Called)
                for key in made.get((each.line, each.args), ())
            ]
            # Of several in one file, it is the one that was made last.
            above = [key for key in keys if key[0] == site.file and key[1] <= site.line]
            for key in [max(above)] if above else [key for key in keys if key[0] != site.file]:
                found[key] = (*found.get(key, ()), *site.named)
        return found

    def _events(
        self, site: Site, api: str, level: str, sent: Sent, more: tuple[tuple[str, Value], ...]
    ) -> Iterator[Call]:
        properties, is_open = properties_of(self._linker, sent.properties, (*sent.extra, *more))
        names = list(dict.fromkeys(_names(self._linker.without_params(sent.event))))
        for name in names:
            yield Call(site.file, site.line, site.column, api, name, level, properties, is_open or site.open)


def _naming(event: Value) -> Iterator[Param]:
    """Yield the parameters that a name is made of, but not those that something unknown makes a name of."""
    match event:
        case Param():
            yield event
        case Member(of, _):
            yield from _naming(of)
        case Text(parts) | Choice(parts):
            for part in parts:
                yield from _naming(part)
        case Record(entries):  # a parameter to which parts were added
            for name, part in entries:
                if name == "":
                    yield from _naming(part)


def _names(event: Value) -> Iterator[str | None]:
    match event:
        case Const(str() as text):
            yield text
        case Choice(options):
            for each in options:
                if each != Const(None):
                    yield from _names(each)
        case Text(parts):
            text = "".join(str(part.value) if isinstance(part, Const) else HOLE for part in parts)
            text = text.replace(HOLE + HOLE, HOLE)
            yield text if text.strip(HOLE) else None
        case _:
            yield None


def _is_constant(value: Value) -> bool:
    match value:
        case Const():
            return True
        case Choice(parts) | Text(parts):
            return all(map(_is_constant, parts))
    entries = getattr(value, "entries", None) or [("", item) for item in getattr(value, "items", ())]
    return bool(entries) and all(name != "?" and _is_constant(inner) for name, inner in entries)
