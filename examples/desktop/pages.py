"""What can be done with containers, images, pods and volumes? One function a page, each action with its event."""

from collections.abc import Callable
from pathlib import Path

from desktop.engine import Engine
from desktop.forms import Field, Form
from desktop.resources import Kind, ResourcePage
from desktop.shell import Shell

DELETE = "Del"


def containers_page(shell: Shell) -> ResourcePage:
    """Return the page of containers: create, start, stop, remove."""
    engine = shell.engine
    empty = "There are no containers. Pull or build an image first, then create one from it."
    page = ResourcePage(
        shell, Kind("Containers", ("Name", "Image", "State"), engine.containers, "containers", empty)
    )
    page.on_page("Create", "add", lambda: create_form(page, ""))
    page.on_row("Start", "start", "container.start", engine.start)
    page.on_row("Stop", "stop", "container.stop", engine.stop)
    page.on_row("Remove", "remove", "container.remove", _remover(engine, "containers"), DELETE)
    return page


def images_page(shell: Shell) -> ResourcePage:
    """Return the page of images: pull, build, import, run, remove."""
    engine = shell.engine
    empty = "There are no images. Pull one from a registry, build one from a folder, or import a tar."
    page = ResourcePage(shell, Kind("Images", ("Name", "Id", "Size"), engine.images, "images", empty))
    page.on_page("Pull", "pull", lambda: _pull_form(page))
    page.on_page("Build", "build", lambda: _build_form(page))
    page.on_page("Import", "import", lambda: _import_form(page))
    page.on_row_untracked("Create container", "containers", lambda image: create_form(page, image))
    page.on_row("Remove", "remove", "image.remove", _remover(engine, "images"), DELETE)
    return page


def pods_page(shell: Shell) -> ResourcePage:
    """Return the page of pods: create, remove."""
    empty = "There are no pods. A pod is a group of containers that share a network."
    page = ResourcePage(
        shell, Kind("Pods", ("Name", "State", "Containers"), shell.engine.pods, "pods", empty)
    )

    def create(name: str) -> None:
        shell.keep_private("pod", name)
        shell.run("pod.create", f"Create pod {name}", lambda tell: shell.engine.create_pod(name))

    fields = (Field("Name", "my-pod"),)
    page.on_page("Create", "add", lambda: Form(page, "Create a pod", "Create", fields, create))
    page.on_row("Remove", "remove", "pod.remove", _remover(shell.engine, "pods"), DELETE)
    return page


def volumes_page(shell: Shell) -> ResourcePage:
    """Return the page of volumes: create, remove."""
    empty = "There are no volumes. A volume keeps data when its container is removed."
    kind = Kind("Volumes", ("Name", "Driver", "Created"), shell.engine.volumes, "volumes", empty)
    page = ResourcePage(shell, kind)

    def create(name: str) -> None:
        shell.keep_private("volume", name)
        shell.run("volume.create", f"Create volume {name}", lambda tell: shell.engine.create_volume(name))

    fields = (Field("Name", "my-data"),)
    page.on_page("Create", "add", lambda: Form(page, "Create a volume", "Create", fields, create))
    page.on_row("Remove", "remove", "volume.remove", _remover(shell.engine, "volumes"), DELETE)
    return page


def create_form(page: ResourcePage, image: str) -> None:
    """Ask for what a container is made of, and make it."""
    shell = page.shell

    def create(image: str, name: str, command: str) -> None:
        shell.keep_private("image", image)
        shell.keep_private("container", name)
        shell.run(
            "container.create",
            f"Create a container from {image}",
            lambda tell: shell.engine.create(image, name, command),
            named=bool(name),
        )

    fields = (
        Field("Image", "docker.io/library/alpine:latest", image),
        Field("Name", "chosen by Podman", is_required=False),
        Field("Command", "the image's own", is_required=False),
    )
    Form(page, "Create a container", "Create", fields, create)


def _pull_form(page: ResourcePage) -> None:
    shell = page.shell

    def pull(reference: str) -> None:
        shell.keep_private("image", reference)
        shell.run("image.pull", f"Pull {reference}", lambda tell: shell.engine.pull(reference, tell))

    Form(page, "Pull an image", "Pull", (Field("Image", "docker.io/library/alpine:latest"),), pull)


def _build_form(page: ResourcePage) -> None:
    shell = page.shell

    def build(folder: str, name: str) -> None:
        shell.keep_private("image", name)
        shell.run("image.build", f"Build {name}", lambda tell: shell.engine.build(Path(folder), name, tell))

    fields = (
        Field("Folder", "with a Containerfile", pick="folder"),
        Field("Name", "localhost/my-image:latest"),
    )
    Form(page, "Build an image", "Build", fields, build)


def _import_form(page: ResourcePage) -> None:
    shell = page.shell

    def bring(tar: str, name: str) -> None:
        shell.keep_private("image", name)
        shell.keep_private("file", Path(tar).name)
        shell.run(
            "image.import",
            f"Import {Path(tar).name}",
            lambda tell: shell.engine.import_image(Path(tar), name, tell),
        )

    fields = (Field("Tar", "a file system in a tar", pick="file"), Field("Name", "localhost/my-image:latest"))
    Form(page, "Import an image", "Import", fields, bring)


def _remover(engine: Engine, kind: str) -> Callable[[str], None]:
    return lambda name: engine.remove(kind, name)
