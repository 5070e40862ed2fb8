"""How does the operator copy a running server's store into a file?"""

import os
from pathlib import Path

import click

from aboveboard.cli.remote import Remote, remote_options
from aboveboard.errors import SettingsError
from aboveboard.store.backup import check_file

__all__ = ["backup"]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@remote_options
def backup(remote: Remote, file: Path) -> None:
    """Copy the store of the running server into the new file FILE, which appears once it is whole.

    The settings, receipt.key and audit.jsonl are not in it: keep copies of them in another place than the backup,
    since the settings hold the keys of the hashes.
    """
    if file.exists():
        raise SettingsError(f"{file} exists. Choose another name.")
    scratch = file.with_name(f"{file.name}.part")
    try:
        with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            size = remote.download("backup", out)
            out.flush()
            os.fsync(out.fileno())
        check_file(scratch)
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)
    click.echo(f"{file}  {size:,} bytes")
