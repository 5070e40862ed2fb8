"""Which pages of the site are made of the code? The HTTP reference: tables of the server's own OpenAPI document.

A Sphinx extension. The line `<!-- made of /openapi.json -->` in a page becomes one section for each group of addresses.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

MARK = "<!-- made of /openapi.json -->"

Operation = dict[str, Any]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", replace_mark)
    return {"parallel_read_safe": True}


def replace_mark(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put the tables where a page has the mark; `source` holds the page's text as its only element."""
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, "\n".join(reference()))


def reference() -> Iterator[str]:
    """Yield the lines of all sections, in the order of the document."""
    from aboveboard.dashboard.openapi import document

    groups: dict[str, list[tuple[str, str, Operation]]] = defaultdict(list)
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if "operationId" in operation or "summary" in operation:
                groups[operation.get("tags", ["The server"])[0]].append((method.upper(), path, operation))
    for tag, operations in groups.items():
        yield f"\n## {tag}\n"
        for method, path, operation in operations:
            yield from section(method, path, operation)


def section(method: str, path: str, operation: Operation) -> Iterator[str]:
    """Yield the lines about one address."""
    yield f"\n### `{method} {path}`\n"
    yield operation.get("summary", "")
    if operation.get("description"):
        yield f"\n{escape(operation['description'])}\n"
    fields = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if fields.get("properties"):
        yield "\n| field of the body | type | |\n|---|---|---|"
        for name, schema in fields["properties"].items():
            needed = "needed" if name in fields.get("required", ()) else ""
            yield f"| `{name}` | {kind(schema)} | {cell(schema.get('description', ''), needed)} |"
    answers = operation.get("responses", {})
    if answers:
        yield "\n| answer | when |\n|---|---|"
        for status, answer in answers.items():
            yield f"| {status} | {escape(answer.get('description', '')).replace(chr(10), ' ')} |"
    yield ""


def kind(schema: dict[str, Any]) -> str:
    """Return the type of a field in words."""
    found = schema.get("type", "object")
    return " or ".join(found) if isinstance(found, list) else str(found)


def cell(*parts: str) -> str:
    """Join what stands in one cell."""
    return "; ".join(escape(part).rstrip(".") for part in parts if part)


def escape(text: str) -> str:
    """Keep signs that a table or HTML would take for its own."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
