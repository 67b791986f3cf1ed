"""Read a request of the SPARQL protocol: its query, and the dataset it names.

A query comes by GET, by POST of a form, or by POST or QUERY of the query itself. Dataset
parameters in the address or the form replace the query's own ``FROM``; an empty one, as an
unused field of a form gives, names nothing. Text is percent-decoded once and must be UTF-8.
Parameters that the protocol does not know are ignored.

Source: SPARQL 1.1 Protocol, 2.1 (query operation), 2.2 (update operation, refused); the HTTP
QUERY method (draft-ietf-httpbis-safe-method-w-body).
Errors: 400 for a query that is missing or repeated and for text that is not UTF-8; 403 for the
update operation; 415 for another media type, charset or coding.
"""

from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from flask import request
from werkzeug.exceptions import BadRequest, Forbidden, UnsupportedMediaType

from foedus.engine import Dataset
from foedus.errors import QueryError

METHODS = ("GET", "POST", "QUERY")
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
GRAPHS = ("default-graph-uri", "named-graph-uri")


@dataclass(frozen=True, slots=True)
class Question:
    """A query with its dataset; None leaves the dataset to the query."""

    query: str
    dataset: Dataset | None

    @property
    def key(self) -> str:
        """What distinguishes this question from all others."""
        graphs = (self.dataset.default, self.dataset.named) if self.dataset else ()
        return repr((self.query, *graphs))


def read() -> Question | None:
    """Return what the current request asks, or None where it is a GET without a query."""
    _require_utf8(request.query_string, "the address")
    if "update" in request.args:
        _refuse_update()
    found = request.args.getlist("query")
    if request.method in ("POST", "QUERY"):
        found += _posted()
    if len(found) > 1:
        raise QueryError(f"one query at a time, not {len(found)}")
    if found:
        return Question(found[0], _dataset())
    if request.method in ("GET", "HEAD"):
        return None
    raise QueryError(f"no query: send one as the field query, or as {DIRECT}")


def _posted() -> list[str]:
    """Return the queries in the body."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMediaType(f"the body must be sent as it is, not in {coding}")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(f"the body must be in UTF-8, not in {charset}")
    body = _require_utf8(request.get_data(), "the body")
    if request.mimetype == UPDATE or "update" in request.form:
        _refuse_update()
    if request.mimetype == DIRECT:
        return [body]
    if request.mimetype == FORM and request.method == "POST":
        return request.form.getlist("query")
    taken = f"{FORM} or {DIRECT}" if request.method == "POST" else DIRECT
    sent = request.mimetype or "a body without a Content-Type"
    raise UnsupportedMediaType(f"{request.method} takes {taken}, not {sent}")


def _refuse_update() -> NoReturn:
    raise Forbidden("updates are refused: this endpoint answers queries only")


def _require_utf8(raw: bytes, what: str) -> str:
    try:
        unquote_to_bytes(raw).decode("utf-8")
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{what} is not in UTF-8") from error


def _dataset() -> Dataset | None:
    """Return the dataset that the address or the form names, or None where neither does."""
    default, named = (
        tuple(iri for source in (request.args, request.form) for iri in source.getlist(name) if iri)
        for name in GRAPHS
    )
    return Dataset(default, named) if default or named else None
