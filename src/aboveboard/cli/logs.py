"""What does the server write to its log? One JSON object a line, on standard error, and never an address."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

__all__ = ["LOGGING", "JsonLines"]


class JsonLines(logging.Formatter):
    """Writes a record as `{"time", "level", "logger", "message", "error"}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonLines}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        # Its lines at "info" hold addresses of clients.
        "uvicorn": {"level": "WARNING"},
        "uvicorn.access": {"level": "CRITICAL"},
        # What it warns of, it also raises, and `store.failover` says which server that was.
        "clickhouse_connect": {"level": "ERROR"},
        "urllib3": {"level": "ERROR"},
    },
}
"""The configuration for `logging.config.dictConfig`."""
