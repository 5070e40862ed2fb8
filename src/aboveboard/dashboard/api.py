"""How does a program get the rows that a page shows?

Every answer is JSON: `{"question": …, "rows": [...], …}`, or `{"error": {"reason": …, "message": …}}`. Whoever sends
`Accept: text/csv` gets the rows as CSV, and errors as JSON all the same.
"""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aboveboard.dashboard.questions import FILTERS, ask, filters_of, wants_export
from aboveboard.dashboard.spreadsheet import CONTENT_TYPE, to_csv
from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import FilterError

__all__ = ["PREFIX", "answer", "csv", "error", "unknown"]

PREFIX = "/api/"
"""Where addresses begin whose every answer is JSON, errors too."""


async def answer(request: Request) -> Response:
    """Answer `GET /api/v1/<question>` for whoever carries a token."""
    role = _role(request)
    if role is None:
        return _no_token()
    question = request.path_params["question"]
    if question not in QUESTIONS:
        known = ", ".join(QUESTIONS)
        return error(
            404, "unknown question", f"There is no question {question!r}. The questions are: {known}."
        )
    unread = [name for name in request.query_params if name not in (*FILTERS, "format")]
    if unread:
        message = f"There is no parameter {unread[0]!r}. The parameters are: {', '.join(FILTERS)}, format."
        return error(400, "unknown parameter", message)
    try:
        export = wants_export(request)
        answer = await ask(request, question, filters_of(request), role, export=export)
    except FilterError as wrong:
        return error(400, "wrong filter", str(wrong))
    if export:
        return await csv(question, answer.rows)
    answered = {
        "question": question,
        "rows": answer.rows,
        "sources": list(answer.filters.sources),
        "from": answer.filters.since,
        "to": answer.filters.until,
    }
    if answer.small:
        answered["small_groups"] = {"below": answer.small, "note": answer.note}
    return _varied(_json(answered))


async def unknown(request: Request) -> Response:
    """Answer every other address under PREFIX."""
    if _role(request) is None:
        return _no_token()
    known = ", ".join(f"/api/v1/{question}" for question in QUESTIONS)
    return error(404, "unknown address", f"There is no {request.url.path!r}. The addresses are: {known}.")


def error(status: int, reason: str, message: str) -> Response:
    """Return an error in the one shape that all of them have."""
    response = _json({"error": {"reason": reason, "message": message}}, status)
    if status == 401:
        response.headers["www-authenticate"] = 'Bearer realm="aboveboard"'
    return response


def _role(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    role: str | None = request.app.state.settings.tokens.role(token.strip())
    return role if scheme.lower() == "bearer" else None


def _no_token() -> Response:
    return error(401, "no token", "Send a token of this server as `Authorization: Bearer <token>`.")


async def csv(question: str, rows: list[dict[str, Any]]) -> Response:
    """Return rows as a file for a spreadsheet."""
    # Rows of a long answer take milliseconds to write, in which the loop would take no events.
    content = await run_in_threadpool(to_csv, rows)
    name = {"content-disposition": f'attachment; filename="{question}.csv"'}
    return _varied(Response(content, headers=name, media_type=CONTENT_TYPE))


def _varied(response: Response) -> Response:
    response.headers["vary"] = "accept"
    return response


def _json(content: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
