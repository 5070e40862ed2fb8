"""What can go wrong, and what to do next.

AboveboardError
├── CatalogError        a telemetry.toml cannot be used
├── SettingsError       the server's TOML file, an environment variable or a flag is wrong
├── StoreError          the database refuses, is locked, or is newer than this program
├── EngineError         a Podman or a Docker refuses, or is not there (integrations/podman.py)
├── NotInATest          the capturing telemetry of tests is made elsewhere (integrations/pytest.py)
└── RequestRefused      a request cannot be accepted: carries the HTTP status and the reason
"""

__all__ = ["AboveboardError", "CatalogError", "RequestRefused", "SettingsError", "StoreError"]


class AboveboardError(Exception):
    """Every error that this package raises on purpose; its text says what, where and what to do."""


class CatalogError(AboveboardError):
    """A catalog cannot be used; the text lists every finding with its file and line."""


class SettingsError(AboveboardError):
    """A setting of the server is missing or wrong."""


class StoreError(AboveboardError):
    """The database cannot be opened, read or written."""


class RequestRefused(AboveboardError):
    """A request is refused with an HTTP `status`, a short `reason` for machines and a sentence."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
