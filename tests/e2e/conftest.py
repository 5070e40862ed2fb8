"""Which fixtures may every end-to-end test ask for?"""

from tests.e2e.podman import podman

__all__ = ["podman"]
