"""How would this text leave the machine? `aboveboard clean` prints lines or JSON events as they would be sent."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from aboveboard.catalog import Catalog, Safety, Verdict, check, clean_all, clean_name, load
from aboveboard.errors import AboveboardError
from aboveboard.privacy import Cleaner, Replacement
from aboveboard.privacy.machine import machine_values

# What tells a JSON event from a plain object, in Segment's format and in the client's.
EVENT, PROPERTIES = "event", "properties"


@click.command()
@click.option("--json", "is_json", is_flag=True, help="Read one JSON event, or JSON object, a line.")
@click.option("--explain", is_flag=True, help="Say below each line what was replaced or dropped, and why.")
@click.option(
    "--known", "known", multiple=True, metavar="VALUE", help="A name that must not leave; repeatable."
)
@click.option(
    "--catalog",
    "catalog_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --json: send only what this telemetry.toml declares.",
)
@click.argument("source", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def clean(
    source: TextIO, is_json: bool, explain: bool, known: tuple[str, ...], catalog_file: Path | None
) -> None:
    """Read lines and print them as they would be sent from this machine."""
    catalog = load(catalog_file) if catalog_file else None
    cleaner = Cleaner([*machine_values(), *known], words=catalog.words if catalog else ())
    for number, line in enumerate(source, 1):
        text = line.rstrip("\r\n")
        if is_json:
            printed, reasons = _event(_parsed(text, number), cleaner, catalog)
        else:
            cleaned = cleaner.explain(text)
            printed, reasons = cleaned.text, [_reason(one) for one in cleaned.replacements]
        click.echo(printed)
        for reason in reasons if explain else ():
            click.echo(f"    {reason}")


def _parsed(text: str, number: int) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AboveboardError(f"Line {number} is not JSON ({error}). Give one JSON object a line.") from error
    if not isinstance(value, dict):
        raise AboveboardError(f"Line {number} is JSON, but no object. Give one JSON object a line.")
    return value


def _event(value: dict[str, object], cleaner: Cleaner, catalog: Catalog | None) -> tuple[str, list[str]]:
    """One event as it would be sent, and the reasons; only its name and properties are looked at."""
    safety = Safety(cleaner)
    name, properties = value.get(EVENT), value.get(PROPERTIES, {})
    if not isinstance(name, str) or not isinstance(properties, dict):
        verdict = clean_all(value, safety=safety)
        return _json(verdict.properties), _reasons(verdict)
    if catalog is None:
        verdict = clean_all(properties, safety=safety)
        sent = clean_name(name, cleaner)
    else:
        verdict = check(catalog, name, properties, today=datetime.now(UTC).date(), safety=safety)
        if verdict.event is None:
            return "null", _reasons(verdict)
        sent = verdict.event
    return _json({EVENT: sent, PROPERTIES: verdict.properties}), _reasons(verdict)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _reasons(verdict: Verdict) -> list[str]:
    dropped = (f"{drop.path or 'event'}: dropped, {drop.reason}" for drop in verdict.drops)
    replaced: Iterable[str] = (f"{path}: {_reason(one)}" for path, one in verdict.replacements)
    return [*dropped, *replaced]


def _reason(one: Replacement) -> str:
    return f"{one.placeholder}  {one.kind}, by the step: {one.step}"
