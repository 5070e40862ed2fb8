"""Where does a project send telemetry, and what? `aboveboard scan PATH…`"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from aboveboard.catalog import load
from aboveboard.governance.project import READ
from aboveboard.governance.report import FORMATS, propose
from aboveboard.governance.scan import scan as scan_paths

__all__ = ["scan"]


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True)
@click.option(
    "--propose", "proposing", is_flag=True, help="Print entries of telemetry.toml for what is sent."
)
@click.option(
    "--catalog", "catalogs", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Propose only what this catalog does not declare.",
)  # fmt: skip
@click.option("--skip", multiple=True, metavar="PATTERN", help="Leave out files whose path matches.")
@click.option("--tests", is_flag=True, help="Read tests too.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many processes read; by default one a core.")
def scan(
    paths: tuple[Path, ...],
    form: str,
    proposing: bool,
    catalogs: tuple[Path, ...],
    skip: tuple[str, ...],
    tests: bool,
    jobs: int | None,
) -> None:
    """Find every telemetry call in PATHS (this folder): Python, TypeScript, JavaScript and Svelte.

    Names are followed through constants, wrappers and imports among PATHS; nothing of the code is run. Ends with 1
    where a TrustedValue vouches for anything but a constant.
    """
    for path in paths:
        if path.is_file() and path.suffix not in READ:
            raise click.UsageError(
                f"{path} is no source file that can be read; name a folder, or a file that ends in {', '.join(READ)}."
            )
    found = scan_paths(paths or (Path(),), skip=skip, tests=tests, jobs=jobs)
    if proposing:
        known = {name for path in catalogs for name in load(path).events}
        click.echo(propose(found, known, datetime.now(UTC).date()), nl=False)
    else:
        click.echo(FORMATS[form](found), nl=False)
    for file, why in found.broken:
        click.echo(f"{file}: {why}", err=True)
    events = len({call.event for call in found.calls})
    click.echo(
        f"{len(found.calls)} calls of {events} events in {found.files} files, {found.seconds:.1f} s", err=True
    )
    sys.exit(1 if found.trusted else 0)
