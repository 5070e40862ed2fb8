"""What does an app call? This one class; everything behind it is imported when the first one is made."""

from aboveboard.client.boundary import never_raises

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Any

    from aboveboard.catalog import Catalog
    from aboveboard.client.action import Action
    from aboveboard.client.budget import Budget
    from aboveboard.client.declared import Included
    from aboveboard.client.ending import Ending
    from aboveboard.client.engine import Engine
    from aboveboard.client.erasure import Erasure
    from aboveboard.client.host import Host
    from aboveboard.client.journal import Entry
    from aboveboard.client.lifecycle import Provider
    from aboveboard.client.logger import TelemetryLogger
    from aboveboard.client.status import Status


class Consent:
    """The person's consent: what it is, the two answers, and a switch for each extension."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @property
    def state(self) -> str:
        """Return "undecided", "accepted", "declined" or "off" (environment or administrator)."""
        return self._state()

    @property
    def level(self) -> str:
        """Return the highest level of events that may be sent: "off", "crash", "error" or "usage"."""
        return self._level()

    @property
    def ask(self) -> bool:
        """Tell whether the app should ask: never answered, a newer notice, or more in the catalog."""
        return self._ask()

    @never_raises(default=False)
    def accept(self, level: str = "usage") -> bool:
        """Record the person's yes; false where something says off or the settings cannot be written."""
        done: bool = self._engine.consent.accept(level)
        self._engine.look()
        return done

    @never_raises(default=False)
    def decline(self) -> bool:
        """Record the person's no, and take back an earlier yes; false where it could not be written."""
        done = self._engine.consent.decline()
        self._engine.look()
        return done

    @property
    def extensions_off(self) -> "tuple[str, ...]":
        """Return the ids of the extensions that the person switched off; "*" stands for every one."""
        return self._extensions_off()

    @never_raises(default=False)
    def allow_extension(self, extension_id: str) -> bool:
        """Let one extension log again, within what holds for the app; false where it could not be recorded."""
        return self._engine.switch(extension_id, True)

    @never_raises(default=False)
    def refuse_extension(self, extension_id: str) -> bool:
        """Switch one extension off, whatever holds for the app, and drop what waits of it; false where the
        settings cannot be written: it then holds in this process.
        """
        return self._engine.switch(extension_id, False)

    @never_raises()
    def on_did_change(self, listener: "Callable[[], object]") -> "Callable[[], None] | None":
        """Call `listener` after each change of state or level; call the result to end that."""
        return self._engine.listen(listener)

    @never_raises(default="off")
    def _state(self) -> str:
        return self._engine.look().state

    @never_raises(default=())
    def _extensions_off(self) -> "tuple[str, ...]":
        return tuple(sorted(self._engine.look().extensions_off))

    @never_raises(default="off")
    def _level(self) -> str:
        return self._engine.level()

    @never_raises(default=False)
    def _ask(self) -> bool:
        return self._engine.look().ask


class Telemetry:
    """An app's telemetry: silent until the person says yes, and never in the app's way.

    `catalog` is the path of a telemetry.toml or a loaded catalog; without one nothing is collected.
    `preset` is "podman-desktop" or None for the platform's own folders. `rules` is the path of a rules file
    or a list of its entries, `budget` what one extension may log. `detach` lets a process of its own send the
    rest after the app has ended; `exceptions` logs unhandled ones; `lifecycle` logs start and end.
    `development` prints one line to standard error for each name that is not declared. `host` replaces clock,
    folders and environment. No method raises, blocks on the network, or prints anything else.
    """

    def __init__(
        self,
        app: str,
        *,
        version: str = "",
        endpoint: str = "",
        write_key: str = "",
        catalog: "str | Path | Catalog | None" = None,
        preset: str | None = None,
        rules: "str | Path | list[dict[str, Any]] | None" = None,
        budget: "Budget | None" = None,
        detach: bool = True,
        exceptions: bool = True,
        lifecycle: bool = True,
        development: bool = False,
        host: "Host | None" = None,
    ) -> None:
        setup = {
            "app": app,
            "version": version,
            "endpoint": endpoint,
            "write_key": write_key,
            "catalog": catalog,
            "preset": preset,
            "rules": rules,
            "detach": detach,
            "exceptions": exceptions,
            "lifecycle": lifecycle,
            "development": development,
            **({"budget": budget} if budget is not None else {}),
        }
        self._engine = self._assemble(setup, host)
        self._own = self.logger()
        self.consent = Consent(self._engine)
        self._ending = self._begin()

    @never_raises()
    def log_usage(
        self,
        event: str,
        properties: "Mapping[str, Any] | None" = None,
        error: "BaseException | str | None" = None,
    ) -> None:
        """Log that something of the app itself was used; with `error`, that it failed and why."""
        self._own.log_usage(event, properties, error)

    @never_raises()
    def log_error(self, error: "BaseException | str", properties: "Mapping[str, Any] | None" = None) -> None:
        """Log an error of the app itself: an exception, or the name of an event that stands for one."""
        self._own.log_error(error, properties)

    def action(self, event: str, /, **properties: "Any") -> "Action":
        """Return a context manager (and decorator) that logs one event when what it spans has ended."""
        return self._own.action(event, **properties)

    @never_raises()
    def page(self, name: str, properties: "Mapping[str, Any] | None" = None) -> None:
        """Log that a page was opened; the catalog declares it as the event `page` with the property `name`."""
        from aboveboard.client.lifecycle import page

        page(self._engine, name, properties)

    def logger(
        self,
        extension_id: str = "",
        version: str = "",
        publisher: str = "",
        *,
        catalog: "str | Path | Catalog | None" = None,
        sender: "Callable[[str, dict[str, Any]], object] | None" = None,
        modules: "tuple[str, ...]" = (),
    ) -> "TelemetryLogger":
        """Return the logger of an extension, known as `publisher.extension_id`; without an id, the app's own.

        `catalog` declares the extension's events; `sender` also gets each of its events that passed consent
        and cleaning, as a name and a dict of its own; `modules` are its Python modules, whose unhandled
        exceptions are then its own.
        """
        from aboveboard.client.assembly import introduce
        from aboveboard.client.logger import TelemetryLogger

        extension = introduce(self._engine, (extension_id, version, publisher), catalog, sender, modules)
        return TelemetryLogger(self._engine, extension)

    @never_raises()
    def include(self, catalog: "Included") -> None:
        """Declare the events of an integration too, under their own names; those the app declares stay its own.

        `catalog` is a path, a catalog, or a function that returns one when it is first needed.
        """
        self._engine.include(catalog)

    @never_raises()
    def catalog(self) -> "Catalog | None":
        """Return all that may be collected, with extensions and integrations; None where nothing may."""
        return self._engine.declared.catalog()

    @never_raises()
    def sensitive(self, value: str, kind: str = "name") -> None:
        """Learn a value that must never leave, such as the name of the person's machine."""
        self._engine.declared.sensitive(value, kind)

    @never_raises(default=())
    def preview(self) -> "tuple[dict[str, Any], ...]":
        """Return the events that wait for the person's answer, exactly as they would be sent."""
        return self._engine.preview()

    @never_raises()
    def status(self, explain: bool = False) -> "Status | None":
        """Return the state and who decided it, the collector, the paths, the id, and the numbers of events.

        `explain=True` adds every source that was asked and what it said.
        """
        from aboveboard.client.status import describe_status

        return describe_status(self._engine, explain)

    @never_raises(default=())
    def journal(self) -> "Iterable[Entry]":
        """Yield what was sent, what waits, and for each event what was dropped or replaced, and why."""
        from aboveboard.client.journal import read_journal

        return list(read_journal(self._engine.places.spool))

    @never_raises(default=0)
    def export(self, path: "str | Path") -> int:
        """Write the whole journal to a file as JSON Lines; return the number of lines."""
        from pathlib import Path

        from aboveboard.client.journal import export_journal

        return export_journal(self._engine.places.spool, Path(path))

    @never_raises(default=False)
    def flush(self, timeout: float = 2.0) -> bool:
        """Write and send what waits, for at most `timeout` seconds; true if nothing is left to send."""
        return self._engine.flush(timeout)

    @never_raises()
    def forget(self) -> None:
        """Delete everything about this install: journal, id and key here, and all events at the collector.

        The collector's confirmation is kept as a receipt. Consent stays as it is, under a new id.
        """
        self._engine.forget()

    @never_raises(default=())
    def receipts(self) -> "tuple[Erasure, ...]":
        """Return the deletions that were asked for, each with the collector's receipt once it confirmed."""
        from aboveboard.client.erasure import read_erasures

        return read_erasures(self._engine.places.erasures).all

    @never_raises()
    def extensions(self, installed: "Mapping[str, str]") -> None:
        """Log which extensions are installed, as id → version, where the catalog declares `extensions`."""
        from aboveboard.client.lifecycle import extensions

        extensions(self._engine, installed)

    @never_raises()
    def providers(self, *providers: "Provider") -> None:
        """Log what each provider says of itself, where the catalog declares `providers`."""
        from aboveboard.client.lifecycle import providers as log_providers

        log_providers(self._engine, providers)

    @never_raises()
    def watch_loop(self, loop: "Any") -> None:
        """Log exceptions that an asyncio loop reports because nobody caught them."""
        if self._ending is not None:
            self._ending.watch_loop(loop)

    @never_raises()
    def close(self) -> None:
        """Log the shutdown, write what is in memory and stop; what was not sent is left to the next start."""
        if self._ending is not None:
            self._ending.close()

    def __enter__(self) -> "Telemetry":
        """Return this telemetry; the block's end closes it."""
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        traceback: "TracebackType | None",
    ) -> None:
        """Close."""
        self.close()

    @never_raises()
    def _assemble(self, setup: "dict[str, Any]", host: "Host | None") -> "Engine":
        # Where this fails (no home folder, say) every later call meets the boundary and does nothing.
        from aboveboard.client.assembly import assemble

        return assemble(setup, host)

    @never_raises()
    def _begin(self) -> "Ending":
        from aboveboard.client.assembly import begin

        return begin(self._engine)
