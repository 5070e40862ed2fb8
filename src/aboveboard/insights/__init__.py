"""What do the events say? One question a file: parameters in, rows out, its SQL beside it."""

from collections.abc import Callable
from typing import Any

from aboveboard.insights import (
    action,
    actions,
    environment,
    error,
    errors,
    explain,
    extensions,
    funnel,
    overview,
    pages,
    providers,
    quality,
    releases,
    retention,
    unused,
    volume,
)
from aboveboard.insights.filters import Filters
from aboveboard.insights.steady import steady

__all__ = ["QUESTIONS", "Filters"]

QUESTIONS: dict[str, Callable[[Any, Filters], list[dict[str, Any]]]] = {
    name: steady(ask)
    for name, ask in {
        "overview": overview.ask,
        "actions": actions.ask,
        "action": action.ask,
        "explain": explain.ask,
        "releases": releases.ask,
        "errors": errors.ask,
        "error": error.ask,
        "extensions": extensions.ask,
        "providers": providers.ask,
        "pages": pages.ask,
        "environment": environment.ask,
        "retention": retention.ask,
        "funnel": funnel.ask,
        "volume": volume.ask,
        "quality": quality.ask,
        "unused": unused.ask,
    }.items()
}
"""The name of each question, as in `/api/v1/<name>`, and what answers it."""
