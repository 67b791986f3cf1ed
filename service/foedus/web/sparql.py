"""The SPARQL endpoint.

What a request asks, ``protocol`` reads; what kind of query it is, the engine decides by parsing.
Without a query the endpoint describes itself, to people as a page to write one in. A suffix
(``/sparql.csv``) sets the format for readers who cannot set ``Accept``.

Source: SPARQL 1.1 Protocol, 2.1; SPARQL 1.1 Service Description, 2.
Errors: those of `foedus.web.protocol`; 400 for a query that is malformed or an update; 405; 406.
"""

import pyoxigraph as ox
from flask import Blueprint, Response, request

from foedus import results, tokens
from foedus.engine import Answer, Dataset, Written
from foedus.errors import (
    BusyError,
    FoedusError,
    LimitError,
    NotAcceptableError,
    QueryError,
)
from foedus.results import HTML, TRIPLES, Format
from foedus.web import description, journal, problems, protocol, replies
from foedus.web.links import iris_in, row_cells
from foedus.web.lookup import Term, plain, rows_of
from foedus.web.protocol import ENDPOINT, GRAPHS, METHODS, Question
from foedus.web.shortcut import OUTCOME, Outcome
from foedus.web.state import public_url, service

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


@blueprint.route(ENDPOINT, methods=METHODS)
@blueprint.route(ENDPOINT + "/", methods=METHODS)
@blueprint.route(ENDPOINT + ".<suffix>", methods=METHODS)
def endpoint(suffix: str | None = None) -> Response:
    """Answer a query, or describe the endpoint where there is none."""
    question = protocol.read(_sent())
    if question is None:
        return _describe(suffix)
    response = _answer(question, suffix)
    if tokens.calls_service(question.query):
        # Part of it is others', who may answer differently the next time.
        response.headers.pop("ETag", None)
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.after_request
def _say_what_is_taken(response: Response) -> Response:
    """Name the media types of a query, for a client that has to find them out."""
    is_asked = request.method == "OPTIONS" and request.endpoint == "sparql.endpoint"
    if is_asked or response.status_code == 415:
        response.headers["Accept-Post"] = f"{protocol.DIRECT}, {protocol.FORM}"
        response.headers["Accept-Query"] = protocol.DIRECT
        response.headers["Accept-Encoding"] = "identity"
    return response


@blueprint.get(description.VOID_PATH)
@blueprint.get(description.VOID_PATH + ".<suffix>")
def void(suffix: str | None = None) -> Response:
    """Describe what the endpoint holds."""
    form = replies.chosen(TRIPLES, suffix=suffix)
    url, page = public_url(ENDPOINT), public_url(description.VOID_PATH)
    return replies.data(
        form,
        f"content of {url}",
        lambda: results.write_triples(description.describe_data(service().lookup, url, page), form),
    )


def _sent() -> protocol.Sent:
    """Return what the current request sends."""
    return protocol.Sent(
        method=request.method,
        query_string=request.query_string,
        content_type=request.headers.get("Content-Type", ""),
        coding=request.headers.get("Content-Encoding", ""),
        body=request.get_data() if request.method in ("POST", "QUERY") else b"",
    )


def _describe(suffix: str | None) -> Response:
    form = replies.chosen((*TRIPLES, HTML), suffix=suffix)
    if form is HTML:
        return _show(EXAMPLE, None)
    held, url = service(), public_url(ENDPOINT)
    return replies.data(
        form,
        f"description of {url}",
        lambda: results.write_triples(
            description.describe(
                held.lookup,
                url,
                public_url(description.VOID_PATH),
                is_union=held.unites_graphs,
                federates=held.federates,
            ),
            form,
        ),
    )


def _answer(question: Question, suffix: str | None) -> Response:
    """Answer in the format for the kind of query, of which the request may suit one only."""
    forms = replies.chosen_for_either(wanted=question.wanted, suffix=suffix)
    rows, triples = (None if form is HTML else form for form in forms)
    engine, query, dataset = service().engine, question.query, question.dataset
    try:
        if rows or triples:
            return replies.answer(
                question.key,
                (rows, triples),
                lambda: (
                    _said() or engine.answer(query, rows=rows, triples=triples, dataset=dataset)
                ),
            )
        return _answered(question, engine.run(query, dataset=dataset))
    except NotAcceptableError:
        if HTML not in forms:
            raise
        return _answered(question, engine.run(query, dataset=dataset))
    except (QueryError, LimitError, BusyError) as error:
        if suffix is None and replies.prefers_page():
            return _show(query, dataset, status=problems.status_of(error), fault=error.message)
        raise


def _said() -> Written | None:
    """Return what the engine has said already, or raise its error; None where it was not asked."""
    outcome: Outcome | None = request.environ.pop(OUTCOME, None)
    if outcome is None:
        return None
    journal.note(outcome.query, outcome.seconds)
    if isinstance(outcome.said, FoedusError):
        raise outcome.said
    return outcome.said


def _answered(question: Question, answer: Answer) -> Response:
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
        question.query,
        question.dataset,
        table={
            "columns": columns,
            "rows": [row_cells(row, labels) for row in shown],
            "count": len(rows),
        },
        formats=[form.name for form in offered],
    )


def _show(query: str, dataset: Dataset | None, *, status: int = 200, **content: object) -> Response:
    """Return the page to write a query in, with what came of this one."""
    graphs = dict(zip(GRAPHS, (dataset.default, dataset.named), strict=True)) if dataset else {}
    content |= {"query": query, "graphs": graphs, "is_union": service().unites_graphs}
    return replies.page("sparql.html", status=status, **content)
