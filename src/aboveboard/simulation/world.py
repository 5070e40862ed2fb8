"""What is there to choose from: systems, versions, extensions, providers, actions, pages?

Names are those that Podman Desktop sends; shares and rates are made up.
"""

from typing import NamedTuple

__all__ = [
    "ACTIONS",
    "COUNTRIES",
    "EXTENSIONS",
    "PAGES",
    "PROVIDERS",
    "REASONS",
    "SYSTEMS",
    "Action",
    "Choice",
    "System",
]


class Choice(NamedTuple):
    """One thing with how many of a hundred installs have it, and its versions, newest last."""

    name: str
    share: float
    versions: tuple[str, ...]


class System(NamedTuple):
    """One operating system: its share, versions, distributions and the share of arm64."""

    name: str
    share: float
    versions: tuple[str, ...]
    distributions: tuple[str, ...]
    arm64: float


class Action(NamedTuple):
    """One action: how often it is done on a day in use, how often it fails, how long it takes (milliseconds)."""

    name: str
    daily: float
    failing: float
    typical_ms: float


SYSTEMS = (
    System("Linux", 0.42, ("6.8.0", "6.11.4", "6.17.1"), ("fedora", "ubuntu", "debian", "rhel"), 0.06),
    System("Windows", 0.33, ("10.0.19045", "10.0.22631", "10.0.26100"), ("",), 0.08),
    System("Darwin", 0.25, ("23.6.0", "24.3.0", "25.0.0"), ("",), 0.75),
)
COUNTRIES = ("US", "DE", "IN", "CN", "FR", "GB", "BR", "JP", "CA", "ES", "IT", "PL", "NL", "CZ", "IL")
EXTENSIONS = (
    Choice("podman-desktop.podman", 0.95, ("1.27.0", "1.28.2", "1.29.1")),
    Choice("podman-desktop.compose", 0.60, ("1.27.0", "1.28.2", "1.29.1")),
    Choice("podman-desktop.kind", 0.30, ("0.29.0", "0.30.0")),
    Choice("podman-desktop.minikube", 0.12, ("0.9.0", "0.10.0")),
    Choice("redhat.bootc", 0.10, ("1.11.0", "1.12.1")),
    Choice("redhat.ai-lab", 0.18, ("1.8.0", "1.9.0")),
    Choice("redhat.openshift-local", 0.06, ("2.1.0",)),
)
PROVIDERS = (
    Choice("podman", 0.92, ("5.2.5", "5.4.2", "5.6.0")),
    Choice("docker", 0.22, ("27.5.1", "28.4.0")),
    Choice("kind", 0.14, ("0.29.0", "0.30.0")),
    Choice("lima", 0.03, ("1.2.1",)),
)
ACTIONS = (
    Action("startContainer", 1.2, 0.015, 420),
    Action("pullImage", 0.6, 0.03, 9000),
    Action("createContainer", 0.5, 0.02, 800),
    Action("deleteContainer", 0.5, 0.008, 350),
    Action("buildImage", 0.3, 0.05, 42000),
    Action("playKube", 0.1, 0.04, 2500),
    Action("podman.machine.start", 0.25, 0.02, 18000),
)
PAGES = (
    "/containers",
    "/images",
    "/pods",
    "/volumes",
    "/extensions",
    "/preferences/resources",
    "/kubernetes",
)
REASONS = (
    ("no such container", 404, None),
    ("connection refused", None, None),
    ("the port is already in use", 500, None),
    ("permission denied", None, 126),
    ("no space left on device", None, 1),
)
