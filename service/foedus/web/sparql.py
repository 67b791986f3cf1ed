"""The SPARQL endpoint.

A query comes by GET, by POST of a form, or by POST of the query itself; dataset parameters in
the address or the form replace the query's own ``FROM``. What kind of query it is, the engine
decides by parsing. Without a query the endpoint describes itself, to people as a page to write
one in. A suffix (``/sparql.csv``) sets the format for readers who cannot set ``Accept``.

Source: SPARQL 1.1 Protocol, 2.1 (query operation); SPARQL 1.1 Service Description, 2.
Errors: 400 for a query that is missing, repeated, malformed or an update; 403 for the update
operation; 405; 406; 415 for another media type or charset.
"""

from typing import NoReturn
from urllib.parse import unquote_to_bytes

import pyoxigraph as ox
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, UnsupportedMediaType

from foedus import results
from foedus.engine import Answer, Dataset
from foedus.errors import BusyError, LimitError, NotAcceptableError, QueryError
from foedus.results import HTML, TRIPLES, Format
from foedus.web import description, problems, replies
from foedus.web.links import iris_in, row_cells
from foedus.web.lookup import Term, plain, rows_of
from foedus.web.state import public_url, service

ENDPOINT = "/sparql"
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_UPDATE = "application/sparql-update"
_GRAPHS = ("default-graph-uri", "named-graph-uri")
_SHOWN_ROWS = 1000
EXAMPLE = """PREFIX foedus: <https://w3id.org/foedus/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?statement ?holder ?factuality
WHERE {
  ?claim foedus:statement ?statement ;
    foedus:isHeldBy/rdfs:label ?holder ;
    foedus:hasFactuality/rdfs:label ?factuality .
}
ORDER BY ?holder ?statement
LIMIT 20"""

blueprint = Blueprint("sparql", __name__)


@blueprint.route(ENDPOINT, methods=["GET", "POST"])
@blueprint.route(ENDPOINT + "/", methods=["GET", "POST"])
@blueprint.route(ENDPOINT + ".<suffix>", methods=["GET", "POST"])
def endpoint(suffix: str | None = None) -> Response:
    """Answer a query, or describe the endpoint where there is none."""
    _require_utf8(request.query_string, "the address")
    query = _query()
    if query is not None:
        return _answer(query, _dataset(), suffix)
    if request.method == "POST":
        raise QueryError("no query: send one as the field query, or as application/sparql-query")
    form = replies.chosen((*TRIPLES, HTML), suffix=suffix)
    if form is HTML:
        return _show(EXAMPLE, None)
    url = public_url(ENDPOINT)
    return replies.data(
        form,
        f"description of {url}",
        lambda: results.write_triples(description.describe(service().lookup, url), form),
    )


def _query() -> str | None:
    """Return the request's query, or None where it has none."""
    if "update" in request.args:
        _refuse_update()
    found = request.args.getlist("query")
    if request.method == "POST":
        charset = request.mimetype_params.get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(f"the body must be in UTF-8, not in {charset}")
        body = _require_utf8(request.get_data(), "the body")
        if request.mimetype == _UPDATE or "update" in request.form:
            _refuse_update()
        if request.mimetype == _DIRECT:
            found.append(body)
        elif request.mimetype == _FORM:
            found += request.form.getlist("query")
        else:
            raise UnsupportedMediaType(
                f"a query is posted as {_FORM} or {_DIRECT}, not as {request.mimetype or 'nothing'}"
            )
    if len(found) > 1:
        raise QueryError(f"one query at a time, not {len(found)}")
    return found[0] if found else None


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
        tuple(iri for source in (request.args, request.form) for iri in source.getlist(name))
        for name in _GRAPHS
    )
    return Dataset(default, named) if default or named else None


def _answer(query: str, dataset: Dataset | None, suffix: str | None) -> Response:
    rows, triples = replies.chosen_for_either(suffix=suffix)
    question = "\n".join((query, *(f"{dataset}" if dataset else ())))
    engine = service().engine
    data = [None if form is HTML else form for form in (rows, triples)]
    try:
        if any(data):
            return replies.answer(
                question,
                [form.name if form else "" for form in (rows, triples)],
                lambda: engine.answer(query, rows=data[0], triples=data[1], dataset=dataset),
            )
        return _page(query, dataset, engine.run(query, dataset=dataset))
    except NotAcceptableError:
        if HTML not in (rows, triples):
            raise
        return _page(query, dataset, engine.run(query, dataset=dataset))
    except (QueryError, LimitError, BusyError) as error:
        if suffix is None and replies.prefers_page():
            return _show(query, dataset, status=problems.status_of(error), fault=error.message)
        raise


def _page(query: str, dataset: Dataset | None, answer: Answer) -> Response:
    """Return the query's page with its answer, and the number of rows where not all are shown."""
    rows: list[list[Term | None]]
    if isinstance(answer, ox.QuerySolutions):
        columns, rows = rows_of(answer)
    elif isinstance(answer, ox.QueryBoolean):
        columns, rows = ["answer"], [[ox.Literal("yes" if answer else "no")]]
    else:
        columns = ["subject", "property", "value"]
        rows = [list(plain(triple)) for triple in sorted(set(answer), key=str)]
    shown = rows[:_SHOWN_ROWS]
    labels = service().lookup.labels(iris_in(term for row in shown for term in row if term))
    offered: tuple[Format, ...] = results.offers_for(answer)
    return _show(
        query,
        dataset,
        table={
            "columns": columns,
            "rows": [row_cells(row, labels) for row in shown],
            "count": len(rows),
        },
        formats=[form.name for form in offered],
    )


def _show(query: str, dataset: Dataset | None, *, status: int = 200, **content: object) -> Response:
    """Return the page to write a query in, with what came of this one."""
    graphs = dict(zip(_GRAPHS, (dataset.default, dataset.named), strict=True)) if dataset else {}
    return replies.page("sparql.html", status=status, query=query, graphs=graphs, **content)
