"""How does somebody see the dashboard full, with failures whose causes are known?"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np

from aboveboard.access import Settings, Source, load_settings
from aboveboard.simulation import Event, Plan, Population, events, plant, populate

__all__ = ["simulate"]

_EVENT = "startContainer"
_PATIENCE = 2.0


@click.command()
@click.option("--installs", type=click.IntRange(1), default=500, show_default=True, help="How many installs.")
@click.option(
    "--days",
    type=click.IntRange(1, 360),
    default=28,
    show_default=True,
    help="How many days, up to yesterday.",
)
@click.option("--seed", type=click.IntRange(0), help="The same seed makes the same population (drawn anew).")
@click.option(
    "--causes", type=click.IntRange(0, 3), default=2, show_default=True, help="How many causes to plant."
)
@click.option("--endpoint", help="The server's address (as in its settings).")
@click.option("--write-key", help="The source's write key (as in the settings).")
@click.option("--source", help="The source, where there are several.")
@click.option("--direct", is_flag=True, help="Write into the store itself; the server must be stopped.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var).")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
def simulate(installs: int, days: int, seed: int | None, causes: int, **where: Any) -> None:
    """Send what a believable population would, with failures whose planted causes are printed.

    Installs come and go, update days after each release, rest at weekends, and have extensions and providers. The
    events go over HTTP to a running server, or with --direct into the store of one that is stopped.
    """
    seed = int(np.random.default_rng().integers(1, 1_000_000)) if seed is None else seed
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=days)
    population = _population(Plan(installs, days, seed, weekday=start.weekday()), causes)
    click.echo(f"Seed {seed}: {installs:,} installs, {days} days, versions {', '.join(population.releases)}.")
    for cause in population.plan.causes:
        click.echo(f"Planted: {cause}")
    feed = _direct if where["direct"] else _over_http
    taken, sent = feed(population, start, **where)
    click.echo(f"{taken:,} of {sent:,} events were taken.")
    if taken < sent:
        click.echo(
            "The others were not: a source takes no event older than its window_days (30), and one of policy "
            "`declared` none that its catalogs do not declare."
        )


def _population(plan: Plan, causes: int) -> Population:
    population = populate(plan)
    planted = plant(population, _EVENT, causes, np.random.default_rng([plan.seed, 4]), risks=(3, 10))
    return replace(population, plan=replace(plan, causes=planted))


def _over_http(
    population: Population,
    start: datetime,
    endpoint: str | None,
    write_key: str | None,
    source: str | None,
    data: str | None,
    config: Path | None,
    **_: Any,
) -> tuple[int, int]:
    from aboveboard.simulation.feed import over_http

    if not endpoint or not write_key:
        settings = load_settings({"data": data}, config=config)
        endpoint = endpoint or settings.url
        write_key = write_key or _source(settings, source).write_keys[0]
    url, key = endpoint, write_key

    def send(day: list[Event]) -> int:
        try:
            return over_http(day, url, key, datetime.now(UTC))
        except OSError as error:
            raise click.ClickException(
                f"No server answers at {url} ({error}). Start it with `aboveboard serve`, or give --endpoint, or "
                "write into its store with --direct."
            ) from error

    return _fed(population, start, send)


def _direct(
    population: Population,
    start: datetime,
    source: str | None,
    data: str | None,
    config: Path | None,
    **_: Any,
) -> tuple[int, int]:
    from aboveboard.collector.admit import Admission
    from aboveboard.simulation.feed import store
    from aboveboard.store import connect, migrate

    settings = load_settings({"data": data}, config=config)
    key = _source(settings, source).write_keys[0]
    client = connect(settings.store)
    migrate(client)
    admission = Admission(settings.sources, settings.file.parent)
    fed = _fed(population, start, lambda day: store(day, client, admission, key))
    client.close()
    return fed


def _source(settings: Settings, name: str | None) -> Source:
    known = {each.name: each for each in settings.sources}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        names = ", ".join(known) or "none yet: start the server once, or use `aboveboard source add NAME`"
        raise click.UsageError(f"Say which source with --source. There are: {names}.")
    return known[name]


def _fed(population: Population, start: datetime, feed: Callable[[list[Event]], int]) -> tuple[int, int]:
    """Hand on a day at a time, with a bar where it takes long; return how many events were taken and sent."""
    taken = sent = 0
    began = time.monotonic()
    with click.progressbar(length=population.plan.days, label="Days", hidden=True) as bar:
        for day in events(population, start):
            taken += feed(day)
            sent += len(day)
            bar.hidden = bar.hidden and time.monotonic() - began < _PATIENCE
            bar.update(1)
    return taken, sent
