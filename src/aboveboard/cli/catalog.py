"""What may be collected, is it declared well, and do code and data keep to it? `aboveboard catalog …`"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from aboveboard.catalog import Catalog, Finding, load, parse
from aboveboard.catalog.reader import Reading, read
from aboveboard.cli.remote import Remote, remote_options
from aboveboard.errors import CatalogError
from aboveboard.governance import changes, observed
from aboveboard.governance.diff import GROWING, Change
from aboveboard.governance.diff import diff as diff_of
from aboveboard.governance.history import at_revision, tracked_catalogs
from aboveboard.governance.review import questionnaire

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


@catalog.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--catalog", "catalogs", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The catalog that the code keeps to (telemetry.toml); may be given again.",
)  # fmt: skip
@click.option("--skip", multiple=True, metavar="PATTERN", help="Leave out files whose path matches.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
)
def check(paths: tuple[Path, ...], catalogs: tuple[Path, ...], skip: tuple[str, ...], form: str) -> None:
    """Hold the code in PATHS (this folder) and the catalog against each other, both ways.

    Says calls that are not declared, declarations that nothing calls, and types and levels that differ. Ends with 1
    where there are findings.
    """
    found = _checked(paths or (Path(),), catalogs, skip)
    click.echo(FORMATS[form](found), nl=False)
    if form in ("text", "github"):
        click.echo(f"{len(found)} finding{'s' * (len(found) != 1)}", err=True)
    sys.exit(1 if found else 0)


def _checked(paths: Sequence[Path], catalogs: Sequence[Path], skip: Sequence[str]) -> list[Finding]:
    try:
        from aboveboard.governance.check import check as check_scan
        from aboveboard.governance.scan import scan
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"Reading source code needs the package {error.name!r}. Install it with: pip install 'aboveboard[scan]'"
        ) from error
    readings = [_reading(path) for path in _given(catalogs)]
    return check_scan(scan(paths, skip=skip), readings)


@catalog.command("diff")
@files_argument
@click.option("--base", metavar="REV", help="Compare with this revision of Git, such as origin/main.")
@click.option("--format", "form", type=click.Choice(list(changes.FORMATS)), default="text", show_default=True)
def diff_(files: tuple[Path, ...], base: str | None, form: str) -> None:
    """Say what a change collects more of, or less of: of two FILES, or of FILES since --base.

    Without FILES, every telemetry.toml of the repository is compared. Ends with 1 where more is collected and no
    issue says where that was agreed: a new event needs an issue, an entry that was there a new one.
    """
    found = _changes(files, base)
    click.echo(changes.FORMATS[form](found), nl=False)
    unreviewed = sum(change.unreviewed for change in found)
    if form in ("text", "github"):
        more = f", {unreviewed} without an issue where it was agreed" if unreviewed else ""
        click.echo(f"{len(found)} change{'s' * (len(found) != 1)}{more}", err=True)
    sys.exit(1 if unreviewed else 0)


@catalog.command()
@files_argument
@click.option("--base", metavar="REV", help="Ask about what changed since this revision of Git.")
@click.option("--event", "events", multiple=True, help="Ask about this event; may be given again.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def review(files: tuple[Path, ...], base: str | None, events: tuple[str, ...], output: Path | None) -> None:
    """Write the questions of a data review for what FILES (telemetry.toml) collect more of since --base.

    Filled where the catalog knows the answer; without --base and --event, for every event.
    """
    texts = []
    for path in _given(files):
        found = _changes((path,), base) if base else []
        grown = [change.event for change in found if change.kind in GROWING]
        read_catalog = load(path)
        asked = dict.fromkeys([*events, *grown]) if base or events else read_catalog.events
        texts.append(questionnaire(read_catalog, asked, found))
    if output is None:
        click.echo("\n".join(texts), nl=False)
    else:
        output.write_text("\n".join(texts), encoding="utf-8")
        click.echo(f"{output} is written", err=True)


@catalog.command()
@files_argument
@click.option("--source", required=True, help="The source whose events are looked at.")
@click.option(
    "--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How far back to look."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
@remote_options
def observe(files: tuple[Path, ...], source: str, days: int, form: str, remote: Remote) -> None:
    """Hold FILES (telemetry.toml) against what the running server really received.

    Names, types and shapes are compared, never values. The first of FILES is the app's catalog, the others are its
    extensions'. Ends with 1 where there are findings.
    """
    paths = _given(files)
    seen = remote.ask("observe", {"source": source, "days": days})["rows"]
    found = observed.compare(_merged(paths), _reading(paths[0]), seen)
    click.echo(FORMATS[form](found), nl=False)
    click.echo(f"{len(found)} finding{'s' * (len(found) != 1)} in {days} days of {source}", err=True)
    sys.exit(1 if found else 0)


def _changes(files: Sequence[Path], base: str | None) -> list[Change]:
    today = datetime.now(UTC).date()
    if base is None:
        if len(files) != 2:
            raise click.UsageError("Name two files, the older first, or say --base REV.")
        return diff_of(load(files[0]), _reading(files[1]), today)
    paths = files or tracked_catalogs(Path(), base)
    if not paths:
        raise click.UsageError("There is no telemetry.toml in this repository: name the files to compare.")
    found = []
    for path in paths:
        before = at_revision(path, base)
        old = parse(before, f"{path} at {base}") if before is not None else None
        found += diff_of(old, _reading(path) if path.exists() else None, today, str(path))
    return found


def _reading(path: Path) -> Reading:
    """Read a catalog with the lines of its entries; raises `CatalogError`."""
    load(path)
    return read(path.read_text(encoding="utf-8"), str(path))


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


def _as_sarif(findings: Sequence[Finding]) -> str:
    from aboveboard.governance.report import as_sarif

    return as_sarif(findings)


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
    "sarif": _as_sarif,
}
