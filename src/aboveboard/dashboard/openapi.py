"""What does every address for programs take and answer, in OpenAPI 3.1?

`/openapi.json` is made of the tables that the server itself goes by: the collector's, QUESTIONS, FILTERS, and the
routes of the admin API. Pages for people are not in it.
"""

import inspect
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from aboveboard.collector.openapi import JSON, RECEIPT, SCHEMES, answers, body, paths, refusal
from aboveboard.dashboard import admin_api
from aboveboard.dashboard.questions import FILTERS
from aboveboard.insights import QUESTIONS

__all__ = ["PATH", "document", "openapi"]

PATH = "/openapi.json"
"""Where the document is served."""

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_OBJECT: Schema = {"type": "object"}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"reason": _TEXT, "message": _TEXT},
            "required": ["reason", "message"],
        }
    },
    "required": ["error"],
}
_FILTERS: Mapping[str, str] = {
    "format": "`csv` for the rows as a file, as `Accept: text/csv` asks for them too.",
    "source": "Without it: all production sources, or the development sources where there is no other.",
    "from": "A day (2026-11-23) or a moment (ISO 8601, with a time); without it, 30 days ago.",
    "new_since": "A version: of errors only those that were seen first in it or in a newer one; "
    "for a viewer by the first version that rows show.",
    "steps": "Of a funnel: names of events with commas between, eight at the most.",
    "to": "A day, included, or a moment; without it, now.",
}
_LOCKED = {"429": "Too many wrong tokens came from there; `Retry-After` says for how long none is looked at."}
_NO_TOKEN = {"401": "No token of this server came with it."} | _LOCKED
_NOT_ADMIN = {"403": "The token may read answers only."} | _NO_TOKEN
_BEARER = [{"token": list[str]()}]

_ADMIN: Mapping[str, tuple[str, Schema | None, Mapping[str, str]]] = {
    "erase": (
        "Delete everything about an install.",
        {
            "type": "object",
            "properties": {"source": _TEXT, "anonymousId": _TEXT, "deletionId": _TEXT | {"format": "uuid"}},
            "required": ["source", "anonymousId"],
        },
        {"400": "The body is none that can be used.", "404": "There is no such source."},
    ),
    "backup": ("Return a copy of the store as a tar file.", None, {}),
    "check": ("Check that the store can be read as a whole.", None, {}),
    "alert": (
        "Send what an alert would say now.",
        {"type": "object", "properties": {"name": _TEXT}, "required": ["name"]},
        {"400": "The body is none that can be used.", "404": "There is no such alert."},
    ),
    "audit": ("Follow the chain of the audit log.", None, {}),
    "receipt": ("Tell whether a receipt is one of this server.", RECEIPT, {"400": "This is no receipt."}),
}
"""What stands behind each address of the admin API: summary, body, and refusals of its own."""


async def openapi(_: Request) -> Response:
    """Answer PATH."""
    return Response(_encoded(), media_type=JSON)


def document() -> Schema:
    """Return the description of every address for programs."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aboveboard",
            "version": version("aboveboard"),
            "description": "Takes usage events and answers questions about them.",
        },
        "paths": paths() | _questions() | _admin() | {PATH: {"get": _itself()}},
        "components": {"securitySchemes": {**SCHEMES, "token": {"type": "http", "scheme": "bearer"}}},
    }


@lru_cache(maxsize=1)
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def _questions() -> dict[str, Schema]:
    return {f"/api/v1/{name}": {"get": _question(name)} for name in QUESTIONS}


def _question(name: str) -> Schema:
    rows: Schema = {"type": "array", "items": _OBJECT}
    told = {
        "question": {"const": name},
        "rows": rows,
        "sources": {"type": "array"},
        "from": _TEXT,
        "to": _TEXT,
    }
    answered = answers({"200": ("The rows.", {"type": "object", "properties": told, "required": list(told)})})
    answered["200"]["content"]["text/csv"] = {"schema": _TEXT}
    refused = {"400": "A filter cannot be read."} | _NO_TOKEN
    summary, _, description = (inspect.getdoc(QUESTIONS[name]) or name).partition("\n")
    return {
        "tags": ["Questions"],
        "summary": summary,
        "description": description.strip(),
        "operationId": f"ask-{name}",
        "security": _BEARER,
        "parameters": [
            {
                "name": each,
                "in": "query",
                "schema": _TEXT,
                "description": _FILTERS.get(each, "Exactly this value."),
            }
            for each in (*FILTERS, "format")
        ],
        "responses": answered | refusal(refused, _ERROR),
    }


def _admin() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for route in admin_api.routes():
        name = route.path.removeprefix(f"{admin_api.PREFIX}/")
        if "{" not in name:
            methods = {method.lower() for method in route.methods or ()} - {"head"}
            found[route.path] = {method: _administered(name) for method in methods}
    return found


def _administered(name: str) -> Schema:
    summary, asked, refused = _ADMIN[name]
    answered = answers({"200": ("Done.", _OBJECT)}) | refusal(
        {"408": "The body did not arrive in time.", "503": "The store cannot do it now."}
        | _NOT_ADMIN
        | dict(refused)
    )
    if name == "backup":
        answered["200"]["content"] = {"application/x-tar": {"schema": _TEXT | {"format": "binary"}}}
    described: Schema = {
        "tags": ["Administration"],
        "summary": summary,
        "security": _BEARER,
        "responses": answered,
    }
    return described | ({"requestBody": body(asked)} if asked else {})


def _itself() -> Schema:
    return {
        "tags": ["Health"],
        "summary": "Return this document.",
        "responses": answers({"200": ("The document.", _OBJECT)}),
    }
