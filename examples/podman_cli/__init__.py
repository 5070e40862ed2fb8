"""Which containers and images does this machine's Podman hold? A small command-line app with telemetry."""

__version__ = "0.1.0"
