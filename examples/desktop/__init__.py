"""What runs on this machine's Podman? A small container desktop, with extensions and telemetry that shows itself."""

__version__ = "0.1.0"
