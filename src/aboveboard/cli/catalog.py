"""What may be collected, and is it declared well? `aboveboard catalog lint | document | declare`"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from aboveboard.catalog import Catalog, Finding, load
from aboveboard.errors import CatalogError

DEFAULT_FILE = "telemetry.toml"
SIMPLE_TYPES = ("bool", "integer", "number", "duration", "version", "name", "path", "text", "error")

files_argument = click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def catalog() -> None:
    """Check and document what may be collected."""


@catalog.command()
@files_argument
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
def lint(files: tuple[Path, ...], form: str) -> None:
    """Say all that is missing, unwise or unsafe in FILES (telemetry.toml).

    Each finding names its file, line and rule, and what puts it right. Ends with 1 where there are findings.
    """
    from aboveboard.catalog.lint import lint_file

    today = datetime.now(UTC).date()
    findings = [finding for path in _given(files) for finding in lint_file(path, today)]
    click.echo(FORMATS[form](findings), nl=False)
    if form != "json":
        click.echo(f"{len(findings)} finding{'s' * (len(findings) != 1)}", err=True)
    sys.exit(1 if findings else 0)


@catalog.command()
@files_argument
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def document(files: tuple[Path, ...], output: Path | None) -> None:
    """Write for the app's users what is collected, why, and for how long.

    The first of FILES is the app's catalog, the others are its extensions'.
    """
    from aboveboard.catalog.document import document as text_of

    text = text_of(_merged(_given(files)))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output} is written", err=True)


@catalog.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("event")
@click.argument("name", metavar="[PROPERTY]", required=False)
@click.option("--type", "kind", type=click.Choice(SIMPLE_TYPES), default="text", show_default=True)
def declare(file: Path, event: str, name: str | None, kind: str) -> None:
    """Add an EVENT, and a PROPERTY of it, to FILE, with the blanks that `catalog lint` then asks for."""
    from aboveboard.catalog.declare import add
    from aboveboard.catalog.lint import lint_file

    today = datetime.now(UTC).date()
    file.write_text(
        add(file.read_text(encoding="utf-8"), str(file), event, name, kind, today), encoding="utf-8"
    )
    click.echo(
        _as_text([finding for finding in lint_file(file, today) if f" {event}" in str(finding)]), nl=False
    )
    click.echo(f"{file} declares {event}{f' with {name}' if name else ''}; fill in what is blank", err=True)


def _given(files: Sequence[Path]) -> Sequence[Path]:
    """Return the files that were named, or the one that a project has by custom."""
    if files:
        return files
    if not Path(DEFAULT_FILE).is_file():
        raise click.UsageError(f"There is no {DEFAULT_FILE} in this folder: name the file to read.")
    return (Path(DEFAULT_FILE),)


def _merged(files: Sequence[Path]) -> Catalog:
    merged = load(files[0])
    for path in files[1:]:
        extension = load(path)
        if not extension.is_extension:
            raise CatalogError(
                f'{path}: only the first catalog is of an app; say `extension = "…"` in this one'
            )
        merged = merged.with_extension(extension.app, extension)
    return merged


def _as_text(findings: Sequence[Finding]) -> str:
    return "".join(f"{finding}\n" for finding in findings)


def _as_json(findings: Sequence[Finding]) -> str:
    keys = ("file", "line", "rule", "message", "remedy")
    return json.dumps([{key: getattr(finding, key) for key in keys} for finding in findings], indent=2) + "\n"


def _as_github(findings: Sequence[Finding]) -> str:
    """Workflow commands, which GitHub shows beside the line they name."""
    return "".join(
        f"::error file={_escaped(finding.file, ':,')},line={finding.line},title={_escaped(finding.rule, ':,')}"
        f"::{_escaped(f'{finding.message}; {finding.remedy}')}\n"
        for finding in findings
    )


def _escaped(text: str, more: str = "") -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
}
