"""What can a person do here? One function a command; each is one action event."""

from pathlib import Path
from typing import BinaryIO, Final

import click

from podman_cli import __version__
from podman_cli.app import App, default_url, socket_of, with_app
from podman_cli.podman import Podman
from podman_cli.telemetry_commands import telemetry_group
from podman_cli.usage import make_telemetry

PROGRAM: Final = "podman_cli"


@click.group()
@click.version_option(__version__, prog_name=PROGRAM)
@click.option("--url", envvar="CONTAINER_HOST", default=default_url, help="Podman's socket: unix:///path.")
@click.option("--endpoint", envvar="PODMAN_CLI_ENDPOINT", help="The collector of usage data.")
@click.option("--write-key", envvar="PODMAN_CLI_WRITE_KEY", help="The collector's key for this app.")
@click.pass_context
def cli(context: click.Context, url: str, endpoint: str | None, write_key: str | None) -> None:
    """Work with the containers and images of a Podman."""
    if bool(endpoint) != bool(write_key):
        raise click.UsageError("--endpoint and --write-key go together: give both, or none to send nothing")
    podman = Podman(socket_of(url))
    telemetry = make_telemetry(endpoint or "", write_key or "")
    context.call_on_close(telemetry.close)
    context.obj = App(podman, telemetry, telemetry.logger(), asks=bool(endpoint))


cli.add_command(telemetry_group)


@cli.command("list")
@with_app
def list_(app: App) -> None:
    """Show containers and images, and count what else there is."""
    with app.logger.action("list"):
        version = app.podman.version()
        containers, images = app.podman.containers(), app.podman.images()
        counts = {
            "containers": len(containers),
            "images": len(images),
            "pods": app.podman.count_pods(),
            "volumes": app.podman.count_volumes(),
        }
    app.logger.log_usage("providers", {"version": version, **counts})
    for container in containers:
        click.echo(f"container  {container.name}  {container.state}  {container.image}")
    for image in images:
        click.echo(f"image      {image.name}  {image.size / 1000:.0f} kB")
    click.echo(f"Podman {version}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


@cli.command("import")
@click.argument("tar", type=click.File("rb"))
@click.argument("name")
@with_app
def import_(app: App, tar: BinaryIO, name: str) -> None:
    """Make the image NAME from the file system in TAR."""
    app.keep_private("image", name)
    app.keep_private("file", Path(tar.name).name)
    with app.logger.action("image.import"):
        image = app.podman.import_image(tar, name)
    click.echo(image)


@cli.command()
@click.argument("name")
@with_app
def pull(app: App, name: str) -> None:
    """Fetch the image NAME from its registry."""
    app.keep_private("image", name)
    with app.logger.action("image.pull"):
        image = app.podman.pull(name)
    click.echo(image)


@cli.command(context_settings={"allow_interspersed_args": False})
@click.argument("image")
@click.argument("command", nargs=-1, required=True)
@click.option("--name", help="The container's name; without it, Podman thinks of one.")
@with_app
def create(app: App, image: str, command: tuple[str, ...], name: str | None) -> None:
    """Make a container from IMAGE that will run COMMAND."""
    app.keep_private("image", image)
    app.keep_private("container", name)
    with app.logger.action("container.create", named=name is not None):
        container = app.podman.create(image, name, list(command))
    click.echo(container)


@cli.command()
@click.argument("name")
@with_app
def start(app: App, name: str) -> None:
    """Start the container NAME."""
    app.keep_private("container", name)
    with app.logger.action("container.start"):
        app.podman.start(name)
    click.echo(name)


@cli.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Remove it even if it runs.")
@with_app
def remove(app: App, name: str, force: bool) -> None:
    """Remove the container NAME."""
    app.keep_private("container", name)
    with app.logger.action("container.remove", forced=force):
        app.podman.remove(name, force)
    click.echo(name)
