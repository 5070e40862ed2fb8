"""What can a person do here? One function a command; each is one action event."""

from pathlib import Path
from typing import BinaryIO, Final

import click

from aboveboard.integrations.click import instrument
from podman_cli import __version__
from podman_cli.podman import Podman, default_url, socket_of
from podman_cli.usage import keep_private, make_telemetry

PROGRAM: Final = "podman_cli"


@click.group()
@click.version_option(__version__, prog_name=PROGRAM)
@click.option("--url", envvar="CONTAINER_HOST", default=default_url, help="Podman's socket: unix:///path.")
@click.pass_context
def cli(context: click.Context, url: str) -> None:
    """Work with the containers and images of a Podman."""
    context.obj = Podman(socket_of(url))


@cli.command("list")
@click.pass_obj
def list_(podman: Podman) -> None:
    """Show containers and images, and count what else there is."""
    with make_telemetry().action("list"):
        version = podman.version()
        containers, images = podman.containers(), podman.images()
        counts = {
            "containers": len(containers),
            "images": len(images),
            "pods": podman.count_pods(),
            "volumes": podman.count_volumes(),
        }
    make_telemetry().log_usage("providers", {"version": version, **counts})
    for container in containers:
        click.echo(f"container  {container.name}  {container.state}  {container.image}")
    for image in images:
        click.echo(f"image      {image.name}  {image.size / 1000:.0f} kB")
    click.echo(f"Podman {version}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


@cli.command("import")
@click.argument("tar", type=click.File("rb"))
@click.argument("name")
@click.pass_obj
def import_(podman: Podman, tar: BinaryIO, name: str) -> None:
    """Make the image NAME from the file system in TAR."""
    keep_private("image", name)
    keep_private("file", Path(tar.name).name)
    with make_telemetry().action("image.import"):
        image = podman.import_image(tar, name)
    click.echo(image)


@cli.command()
@click.argument("name")
@click.pass_obj
def pull(podman: Podman, name: str) -> None:
    """Fetch the image NAME from its registry."""
    keep_private("image", name)
    with make_telemetry().action("image.pull"):
        image = podman.pull(name)
    click.echo(image)


@cli.command(context_settings={"allow_interspersed_args": False})
@click.argument("image")
@click.argument("command", nargs=-1, required=True)
@click.option("--name", help="The container's name; without it, Podman thinks of one.")
@click.pass_obj
def create(podman: Podman, image: str, command: tuple[str, ...], name: str | None) -> None:
    """Make a container from IMAGE that will run COMMAND."""
    keep_private("image", image)
    keep_private("container", name)
    with make_telemetry().action("container.create", named=name is not None):
        container = podman.create(image, name, list(command))
    click.echo(container)


@cli.command()
@click.argument("name")
@click.pass_obj
def start(podman: Podman, name: str) -> None:
    """Start the container NAME."""
    keep_private("container", name)
    with make_telemetry().action("container.start"):
        podman.start(name)
    click.echo(name)


@cli.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Remove it even if it runs.")
@click.pass_obj
def remove(podman: Podman, name: str, force: bool) -> None:
    """Remove the container NAME."""
    keep_private("container", name)
    with make_telemetry().action("container.remove", forced=force):
        podman.remove(name, force)
    click.echo(name)


# Asks at the first start, logs each command, and adds the commands of `podman_cli telemetry`.
instrument(cli, make_telemetry)
