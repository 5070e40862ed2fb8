"""What do the tests of the integrations share? A machine, a recording collector, a real Podman."""

from tests.client.conftest import bench, collector
from tests.e2e.podman import podman

__all__ = ["bench", "collector", "podman"]
