"""What is this client doing, and who decided that? One answer for a person who asks."""

from dataclasses import dataclass

from aboveboard.client.address import BadEndpoint, parse_endpoint
from aboveboard.client.answer import EVERY
from aboveboard.client.boundary import TROUBLES, attempt
from aboveboard.client.engine import Engine
from aboveboard.client.environment import Source
from aboveboard.client.identity import read_id
from aboveboard.client.journal import dropped_counts, refusals, spool_numbers


@dataclass(frozen=True, slots=True)
class Status:
    """The state and its cause, where things are kept, and how much there is of them.

    `waiting`, `sent` and `refused` (by the collector) count events, `dropped` says what was not sent
    and why; `has_collector` is false where the endpoint cannot be used, `extensions_off` names
    the extensions that the person switched off ("*" for every one). `sources` is filled by
    `status(explain=True)`; `problem` is empty where all is well.
    """

    state: str
    level: str
    decided_by: str
    ask: bool
    notice: int
    privacy: str
    host: str
    settings: str
    anonymous_id: str | None
    waiting: int
    sent: int
    dropped: dict[str, int]
    problem: str
    sources: tuple[Source, ...] = ()
    refused: int = 0
    has_collector: bool = False
    extensions_off: tuple[str, ...] = ()

    def allows(self, extension: str) -> bool:
        """Tell whether an extension may log, as far as its own switch goes."""
        return not {extension, EVERY} & set(self.extensions_off)

    def __str__(self) -> str:
        lines = [
            f"telemetry: {self.state} (level {self.level}), decided by {self.decided_by}",
            f"collector: {self.host}",
            f"settings:  {self.settings}",
            f"id:        {self.anonymous_id or 'none'}",
            f"events:    {self.waiting} waiting, {self.sent} sent",
        ]
        lines += [f"off:       extensions {', '.join(self.extensions_off)}"] if self.extensions_off else []
        lines += [f"refused:   {self.refused} (by the collector)"] if self.refused else []
        lines += [f"not sent:  {number} ({reason})" for reason, number in self.dropped.items()]
        lines += [f"problem:   {self.problem}"] if self.problem else []
        lines += [f"source:    {source.name}: {source.says} ({source.detail})" for source in self.sources]
        return "\n".join(lines)


def describe_status(engine: Engine, explain: bool) -> Status:
    """Return the status of an engine now; reads files and writes none."""
    decision = engine.look()
    offer = engine.declared.offer()
    waiting, sent = attempt(lambda: spool_numbers(engine.places.spool), (0, 0))
    host, has_collector = _host(engine.setup.endpoint)
    refused, why = attempt(lambda: refusals(engine.places.spool), (0, ""))
    return Status(
        state=decision.state,
        level=decision.level,
        decided_by=decision.decided_by,
        ask=decision.ask,
        notice=offer.notice,
        privacy=offer.privacy,
        host=host,
        settings=str(engine.places.settings),
        anonymous_id=read_id(engine.places),
        waiting=waiting + len(engine.undecided.events()),
        sent=sent,
        dropped=attempt(lambda: dropped_counts(engine.places.spool), {}),
        problem=_problem(engine, why),
        sources=decision.sources if explain else (),
        refused=refused,
        has_collector=has_collector,
        extensions_off=tuple(sorted(decision.extensions_off)),
    )


def _host(url: str) -> tuple[str, bool]:
    """Return where events go, or why they cannot, and whether they can."""
    try:
        endpoint = parse_endpoint(url)
    except BadEndpoint as error:
        return str(error), False
    return f"{endpoint.host}:{endpoint.port}", True


def _problem(engine: Engine, refusal: str) -> str:
    caught = TROUBLES.since(engine.troubles_before)
    said = (engine.declared.problem, engine.parts.sender.problem, refusal, *engine.rule_problems, caught)
    return "; ".join(text for text in said if text)
