"""Which calls are telemetry? The table of APIs, and what speaks for and against a receiver."""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from aboveboard.governance.facts import Site
from aboveboard.governance.linking import Linker
from aboveboard.governance.values import (
    NOTHING,
    UNKNOWN,
    Called,
    Choice,
    ClassRef,
    Const,
    FuncRef,
    Items,
    Member,
    Named,
    Param,
    Record,
    Ref,
    Text,
    Typed,
    Unknown,
    Value,
)

__all__ = ["ANY", "APIS", "Api", "Sent", "api_of", "as_error", "is_api", "is_telemetry"]

ANY: Final = re.compile(r"telemetr|analytics|posthog|segment|rudder", re.IGNORECASE)
_LOGGER: Final = re.compile(r"telemetr|analytics|usage|reporter|logger|^log$", re.IGNORECASE)
_REPORTER: Final = re.compile(r"telemetr|analytics|reporter|client$", re.IGNORECASE)
_MODULES: Final = re.compile(r"telemetr|analytics|posthog|(^|/)@?segment|rudder", re.IGNORECASE)
_HANDS_ON: Final = frozenset({
    "load", "init", "logger", "createLogger", "instance", "getInstance", "get_instance", "get", "bind", "child",
    "create", "build", "start", "withContext", "createTelemetryLogger", "getLogger", "default", "current", "value",
})  # fmt: skip


class Sent(NamedTuple):
    """What a call sends: the value of the event's name, those of its properties, and more of them by name."""

    event: Value
    properties: tuple[Value, ...] = ()
    extra: tuple[tuple[str, Value], ...] = ()


class Api(NamedTuple):
    """One function that sends: how its arguments are read, which receivers it has, and the level it means."""

    read: Callable[[Site], Sent | None]
    receiver: re.Pattern[str] | None
    """What a receiver of which nothing else is known must be called; None: any will do."""
    level: str = ""
    strict: bool = True
    """Whether a receiver that is plainly something else is refused."""


def _at(site: Site, index: int, *names: str) -> Value:
    for name, value in site.named:
        if name in names:
            return value
    return site.args[index] if index < len(site.args) else NOTHING


def _named_event(site: Site) -> Sent | None:
    """`track("event", {…})`, and Segment's `track({event, properties})`."""
    if len(site.args) == 1 and isinstance(site.args[0], Record):
        given = dict(site.args[0].entries)
        name = given.get("event", given.get("name"))
        if name is None or not _may_be_text(name):
            return None
        return Sent(name, (given.get("properties", NOTHING), given.get("measurements", NOTHING)))
    if not site.args or not _may_be_text(site.args[0]):
        return None
    return Sent(site.args[0], (_at(site, 1),))


def _measured(site: Site) -> Sent | None:
    """`sendTelemetryEvent("event", {…}, {…})`: properties, and numbers beside them."""
    if not site.args or not _may_be_text(site.args[0]):
        return None
    return Sent(site.args[0], (_at(site, 1), _at(site, 2)))


def _page(site: Site) -> Sent | None:
    """`page("name", {…})`, Segment's `page("category", "name", {…})` and `page({name, properties})`."""
    first = _at(site, 0)
    if isinstance(first, Record):
        given = dict(first.entries)
        extra = tuple((key, given[key]) for key in ("name", "category") if key in given)
        return Sent(Const("page"), (given.get("properties", NOTHING),), extra)
    if not _may_be_text(first) and first != NOTHING:
        return None
    second = _at(site, 1)
    if isinstance(second, Const | Text) and second != NOTHING:
        return Sent(Const("page"), (_at(site, 2),), (("category", first), ("name", second)))
    return Sent(Const("page"), (second,), (("name", first),) if first != NOTHING else ())


def _error(site: Site) -> Sent | None:
    """`logError(error, {…})`, whose event is `error`, and `logError("event", {…})`."""
    if not site.args and not site.named:
        return None
    first = site.args[0] if site.args else _at(site, 0, "error")
    return Sent(_error_name(first), (_at(site, 1, "properties"),))


def _error_name(value: Value) -> Value:
    match value:
        case Unknown("error") | Called() | Typed() | Named() | Unknown(""):
            return Const("error")
        case Param(_, _, name, otherwise) if otherwise == UNKNOWN and re.search(
            r"err|exc|reason|cause|^e$", name, re.I
        ):
            return Const("error")
        case Param(_, _, _, Unknown("error") | Typed()):
            return Const("error")
        case Choice(options):
            return Choice(tuple(map(_error_name, options)))
        case Member(_, name) if re.search(r"err|exc|reason|cause", name, re.IGNORECASE):
            return Const("error")
    return value


def _usage(site: Site) -> Sent | None:
    """Our own `log_usage("event", {…}, error=…)`."""
    event = _at(site, 0, "event")
    if event == NOTHING or not _may_be_text(event):
        return None
    error = _at(site, 2, "error")
    return Sent(event, (_at(site, 1, "properties"),), (("error", as_error(error)),))


def as_error(value: Value) -> Value:
    """Return a value that is sent as an error, whatever it is; one that is left out is still nothing."""
    return NOTHING if value == NOTHING else Called(Named("Error"), (value,))


def _action(site: Site) -> Sent | None:
    """Our own `action("event", name=value, …)`."""
    if len(site.args) != 1 or not _may_be_text(site.args[0]):
        return None
    return Sent(site.args[0], (), site.named)


def _own_page(site: Site) -> Sent | None:
    """Our own `page("/name", {…})`."""
    name = _at(site, 0, "name")
    return (
        Sent(Const("page"), (_at(site, 1, "properties"),), (("name", name),)) if _may_be_text(name) else None
    )


def _python_capture(site: Site) -> Sent | None:
    """PostHog's `capture("event", properties={…})` and the older `capture(id, "event", {…})`."""
    event, properties = dict(site.named).get("event"), dict(site.named).get("properties", NOTHING)
    if (
        event is None
        and len(site.args) >= 2
        and _may_be_text(site.args[1])
        and not isinstance(site.args[1], Record)
    ):
        return Sent(site.args[1], (_at(site, 2, "properties"),))
    event = event or (site.args[0] if site.args else None)
    return Sent(event, (properties,)) if event is not None and _may_be_text(event) else None


def _python_track(site: Site) -> Sent | None:
    """Segment's `track(user, "event", {…})` and by keywords."""
    event = _at(site, 1, "event")
    return Sent(event, (_at(site, 2, "properties"),)) if event != NOTHING and _may_be_text(event) else None


def _may_be_text(value: Value) -> bool:
    match value:
        case Const(text):
            return isinstance(text, str)
        case Unknown(kind):
            return kind in ("", "string")
        case Record() | Items() | FuncRef():
            return False
        case Choice(options):
            return any(map(_may_be_text, options))
    return True


_VS_CODE = re.compile(r"telemetry|reporter|^log|Service$|analytics", re.IGNORECASE)
_SCRIPT: Final = {
    "logUsage": Api(_named_event, _LOGGER, "usage", strict=False),
    "logError": Api(_error, re.compile(r"telemetr|analytics", re.IGNORECASE), "error"),
    "track": Api(_named_event, ANY),
    "page": Api(_page, ANY),
    "capture": Api(_named_event, ANY),
    "telemetryTrack": Api(_named_event, None),
    "telemetryPage": Api(_page, None),
    "sendTelemetryEvent": Api(_measured, None),
    "sendTelemetryErrorEvent": Api(_measured, None, "error"),
    "sendDangerousTelemetryEvent": Api(_measured, None),
    "sendDangerousTelemetryErrorEvent": Api(_measured, None, "error"),
    "publicLog": Api(_named_event, _VS_CODE),
    "publicLog2": Api(_named_event, _VS_CODE),
    "publicLogError": Api(_named_event, _VS_CODE, "error"),
    "publicLogError2": Api(_named_event, _VS_CODE, "error"),
}
_PYTHON: Final = {
    "log_usage": Api(_usage, _LOGGER, "usage", strict=False),
    "log_error": Api(_error, re.compile(r"telemetr", re.IGNORECASE), "error"),
    "action": Api(_action, re.compile(r"telemetr", re.IGNORECASE), "usage"),
    "page": Api(_own_page, re.compile(r"telemetr", re.IGNORECASE)),
    "track": Api(_python_track, re.compile(r"analytics|segment", re.IGNORECASE)),
    "capture": Api(_python_capture, ANY),
}
APIS: Final = {"script": _SCRIPT, "python": _PYTHON}
"""What is looked for, by language and by the name of the function."""


def api_of(site: Site) -> Api | None:
    """Return the API that a call's name is of."""
    return APIS["python" if site.file.endswith((".py", ".pyi")) else "script"].get(site.name)


def is_api(name: str) -> bool:
    """Tell whether some API has a function of this name."""
    return any(name in apis for apis in APIS.values())


def is_telemetry(site: Site, api: Api, linker: Linker) -> bool:
    """Tell whether a call's receiver is one that sends."""
    receiver = linker.without_params(site.receiver if site.receiver is not None else site.callee)
    if site.receiver is None and isinstance(receiver, Member) and receiver.name == site.name:
        receiver = receiver.of
    said = set(_evidence(receiver, linker, 0))
    if not site.file.endswith(".py") and site.receiver is not None and api.receiver is None:
        return True
    if True in said:
        return True
    callee = linker.without_params(site.callee)
    if isinstance(callee, FuncRef):
        # A function whose source is here: of a telemetry class, or it sends if it calls what sends.
        return ANY.search(linker.function(callee).member_of) is not None
    if False in said and (api.strict or site.receiver is None):
        return False
    if api.receiver is None:
        return True
    spelt = _last_name(site.spelt) if site.receiver is not None and site.spelt else _name(receiver)
    return bool(spelt and api.receiver.search(spelt))


def _last_name(spelt: str) -> str:
    """Return the last name in a receiver as it is written: `this.deps.telemetry!` and `getTelemetry()` alike."""
    bare = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|[!?\s]", "", spelt.replace(" as any", "").strip("()"))
    return re.split(r"\.|#", bare.rstrip(")"))[-1].strip("()")


def _name(value: Value) -> str:
    return str(getattr(value, "name", ""))


def _evidence(value: Value, linker: Linker, depth: int) -> Iterator[bool]:
    """Yield True for what is telemetry, False for what is plainly something else, nothing where one cannot tell."""
    if depth > 6:
        return
    match value:
        case Choice(options):
            for each in options:
                yield from _evidence(each, linker, depth + 1)
        case Ref(_, module, name):
            if _MODULES.search(module) or (name not in ("*", "default") and ANY.search(name)):
                yield True
        case Typed(kind):
            yield from _of_type(kind, linker)
        case Called(callee):
            yield from _of_call(callee, linker, depth)
        case Member(of, name):
            if ANY.search(name):
                yield True
            elif name in _HANDS_ON:
                yield from (each for each in _evidence(of, linker, depth + 1) if each)
        case Named(name):
            if ANY.search(name):
                yield True
        case Record() | Const() | Items() | Text():
            if value != NOTHING:
                yield False
        case FuncRef(_, _, name) | ClassRef(_, _, name):
            yield bool(ANY.search(name))
        case Unknown(kind) if kind not in ("", "object"):
            yield False


def _of_type(kind: Value, linker: Linker) -> Iterator[bool]:
    name = _type_name(kind)
    if (isinstance(kind, Ref) and _MODULES.search(kind.module)) or ANY.search(name):
        yield True
    elif isinstance(kind, ClassRef) and kind.name:
        yield any(ANY.search(_type_name(base)) for base in linker.bases(kind))
    elif name:
        yield False


def _type_name(kind: Value) -> str:
    return kind.name if isinstance(kind, Ref | Named | ClassRef | Member) else ""


def _of_call(callee: Value, linker: Linker, depth: int) -> Iterator[bool]:
    name = _type_name(callee) or _name(callee)
    if ANY.search(name):
        yield True
    elif isinstance(callee, Member) and name in _HANDS_ON:
        yield from (each for each in _evidence(callee.of, linker, depth + 1) if each)
    elif isinstance(callee, Ref) and _MODULES.search(callee.module):
        yield True
    elif isinstance(callee, ClassRef):
        yield from _of_type(callee, linker)
