"""Turn errors into responses: one table of statuses, and no trace of the code in any of them.

The body is HTML, problem details or plain text, as ``Accept`` asks; plain text where it asks for
nothing. Problem details carry the error's code, and line and column of a syntax error. The
reason of a failure that is ours goes to the log alone.

Source: RFC 9457 (problem details for HTTP APIs).
"""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from foedus.engine import QuerySyntaxError
from foedus.errors import (
    BusyError,
    EngineError,
    FoedusError,
    LimitError,
    NotAcceptableError,
    ParameterError,
    QueryError,
    RateError,
)
from foedus.results import HTML, Format, negotiate
from foedus.web import replies
from foedus.web.bounds import LONGEST_BODY

STATUSES: dict[type[FoedusError], HTTPStatus] = {
    ParameterError: HTTPStatus.BAD_REQUEST,
    QueryError: HTTPStatus.BAD_REQUEST,
    NotAcceptableError: HTTPStatus.NOT_ACCEPTABLE,
    RateError: HTTPStatus.TOO_MANY_REQUESTS,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    LimitError: HTTPStatus.GATEWAY_TIMEOUT,
    EngineError: HTTPStatus.BAD_GATEWAY,
}
"""The status of each error; one that is not listed is ours, and its message is for the log."""

_LOG = logging.getLogger("foedus.failures")
_TEXT = Format("txt", "text/plain")
_PROBLEM = Format(
    "json",
    "application/problem+json",
    ("application/json", "application/sparql-results+json", "application/ld+json"),
)


def register(app: Flask) -> None:
    """Let an app answer errors this way."""
    app.register_error_handler(FoedusError, _answer_ours)
    app.register_error_handler(HTTPException, _answer_http)


def status_of(error: FoedusError) -> HTTPStatus:
    """Return the status that an error is answered with."""
    kinds = [kind for kind in STATUSES if isinstance(error, kind)]
    return STATUSES[kinds[0]] if kinds else HTTPStatus.INTERNAL_SERVER_ERROR


def _answer_ours(error: FoedusError) -> Response:
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("%s", error)
        return _respond(status, "the service failed; the fault is not yours")
    place = {}
    if isinstance(error, QuerySyntaxError) and error.line is not None:
        place = {"line": error.line, "column": error.column}
    response = _respond(status, error.message, code=error.code, place=place)
    if isinstance(error, BusyError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _answer_http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        plain = error.get_response()
        return Response(plain.get_data(), status=plain.status, headers=plain.headers)
    allowed = getattr(error, "valid_methods", None)
    message = error.description or ""
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = f"a body may have {LONGEST_BODY} bytes at most"
    if allowed:
        message = f"{request.method} is not possible here; possible are {', '.join(allowed)}"
    response = _respond(HTTPStatus(error.code), message)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _respond(
    status: HTTPStatus,
    message: str,
    *,
    code: str | None = None,
    place: dict[str, int | None] | None = None,
) -> Response:
    try:
        form = negotiate(request.headers.get("Accept"), (_TEXT, _PROBLEM, HTML))
    except NotAcceptableError:
        form = _TEXT
    if form is HTML:
        return replies.page(
            "error.html", status=status, title=status.phrase, message=message, code=code
        )
    if form is _PROBLEM:
        problem = {"title": status.phrase, "status": status.value, "detail": message}
        problem |= {"code": code} if code else {}
        body = json.dumps(problem | (place or {}), ensure_ascii=False) + "\n"
    else:
        body = f"{status.value} {status.phrase}: {message}\n"
    response = Response(body, status=status, content_type=form.content_type)
    response.vary.add("Accept")
    return response
