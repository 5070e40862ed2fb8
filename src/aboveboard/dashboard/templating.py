"""How do rows become HTML?"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from aboveboard.dashboard.charts import lines, pairs, spark
from aboveboard.dashboard.format import formats_for
from aboveboard.dashboard.issue import new_issue
from aboveboard.dashboard.questions import FILTERS, query_of
from aboveboard.insights.causes import described

__all__ = ["STATIC", "address", "prepare", "render"]

STATIC = Path(__file__).parent / "static"
"""The folder of the files that go out as they are."""

_SEAM = re.compile(r"(?<=\.)|(?<=[a-z0-9])(?=[A-Z])")


async def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page made from a template, in the language and formats of whoever asks."""
    given = query_of(request)
    query = {name: given[name] for name in FILTERS if given.get(name)}

    sort = request.query_params.get("sort", "")

    def here(path: str = request.url.path, **changes: str | None) -> str:
        # The order of a table means nothing on another page.
        kept = {**query, "sort": sort} if path == request.url.path else query
        return address(path, {**kept, **{name.rstrip("_"): value for name, value in changes.items()}})

    shared = {
        "request": request,
        "path": request.url.path,
        "query": query,
        "here": here,
        "sort": sort,
        "formats": formats_for(request.headers.get("accept-language", "")),
        "role": getattr(request.state, "role", None),
    }
    # Rows of a long answer take milliseconds to write, in which the loop would take no events.
    text = await run_in_threadpool(_environment().get_template(template).render, **{**shared, **values})
    return HTMLResponse(text, status)


def address(path: str, query: Mapping[str, str | None]) -> str:
    """Return a path with the parts of a query that say something."""
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def prepare() -> None:
    """Compile every template; else the first page of each kind takes 20 to 50 ms longer."""
    for name in _environment().list_templates():
        _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aboveboard.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = _static
    environment.filters["breakable"] = _breakable
    environment.filters["as_day"] = _as_day
    environment.filters["as_moment"] = datetime.fromisoformat
    environment.filters["day_of"] = lambda moment, formats: formats.day(moment)
    environment.filters["by_two"] = _by_two
    environment.filters["lines"] = lines
    environment.filters["pairs"] = pairs
    environment.filters["spark"] = spark
    environment.filters["new_issue"] = new_issue
    environment.filters["in_words"] = described
    return environment


@lru_cache(maxsize=64)
def _static(name: str) -> str:
    """The address of a static file carries its hash, so that browsers keep it until it changes."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


def _breakable(name: str) -> Markup:
    """Let a long name break behind its dots and before its humps, and nowhere else if it can be helped."""
    return Markup("<wbr>").join(escape(part) for part in _SEAM.split(name))


def _as_day(text: str) -> str:
    """The value of a date field: browsers complain in their console about anything but a day."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d}"
    except ValueError:
        return ""


def _by_two(rows: list[dict[str, Any]], *names: str) -> list[tuple[tuple[Any, ...], list[dict[str, Any]]]]:
    """Rows in groups of like values, in the order in which those come first."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.items())
