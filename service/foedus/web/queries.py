"""Saved queries over HTTP: the catalogue, a page with a form for each, and its rows as data.

``/queries/<topic>/<name>`` takes the query's parameters from the address; a suffix (``.csv``,
``.json``, ``.xml``, ``.tsv``) or ``Accept`` sets the format. The catalogue is RDF too, at the
place where other tools look for examples.

Source: https://github.com/sib-swiss/sparql-examples (the well-known path and the terms).
Errors: 404 for an unknown query; 400 naming parameter, value and expected form.
"""

from collections.abc import Iterator, Mapping

import pyoxigraph as ox
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from foedus import results
from foedus.errors import ParameterError
from foedus.parameters import Parameter
from foedus.results import HTML, PREFIXES, ROWS, TRIPLES
from foedus.saved import SavedQuery
from foedus.web import replies
from foedus.web.links import iris_in, row_cells
from foedus.web.lookup import rows_of
from foedus.web.sparql import ENDPOINT
from foedus.web.state import public_url, service

_MOST_OPTIONS = 300
_MOST_HINTS = 1000
_FORMAT = "format"

blueprint = Blueprint("queries", __name__)


@blueprint.get("/queries")
@blueprint.get("/queries/")
def catalogue() -> Response:
    """List the saved queries by topic."""
    return replies.page("queries.html", topics=by_topic(service().queries))


def by_topic(queries: Mapping[str, SavedQuery]) -> dict[str, list[SavedQuery]]:
    """Return the queries of each topic, in alphabetical order of both."""
    topics: dict[str, list[SavedQuery]] = {}
    for path in sorted(queries):
        topics.setdefault(queries[path].topic, []).append(queries[path])
    return topics


@blueprint.get("/queries/<topic>/<name>")
def saved_query(topic: str, name: str) -> Response:
    """Answer a saved query with the parameters of the address."""
    stem, suffix = replies.split_suffix(name, (*ROWS, HTML))
    query = service().queries.get(f"{topic}/{stem}")
    if query is None:
        raise NotFound(f"no saved query {topic}/{stem}; /queries lists them")
    values = _values(query)
    text = query.bind(values)
    form = replies.chosen((*ROWS, HTML), suffix=suffix)
    if form is HTML:
        return _page(query, values, text)
    response = replies.answer(
        text, [form], lambda: service().engine.answer(text, rows=form, triples=None)
    )
    response.headers["Content-Disposition"] = f'inline; filename="{stem}.{form.name}"'
    return response


def _values(query: SavedQuery) -> dict[str, str]:
    """Return the parameters given in the address; the format is none of them."""
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if name == _FORMAT and name not in query.params:
            continue
        if len(given) > 1:
            raise ParameterError(f"{name} is given {len(given)} times; give it once")
        values[name] = given[0]
    return values


def _page(query: SavedQuery, values: Mapping[str, str], text: str) -> Response:
    lookup = service().lookup
    answer = service().engine.run(text)
    rows = rows_of(answer)[1] if isinstance(answer, ox.QuerySolutions) else []
    labels = lookup.labels(iris_in(term for row in rows for term in row if term))
    return replies.page(
        "query.html",
        query=query,
        fields=[_field(parameter, values) for parameter in query.params.values()],
        text=text,
        columns=list(query.columns.items()),
        rows=[row_cells(row, labels) for row in rows],
        given=values,
        formats=[form.name for form in ROWS],
    )


def _field(parameter: Parameter, values: Mapping[str, str]) -> dict[str, object]:
    """Return a form's field: its value, and the values to choose from where they are few."""
    value = values.get(parameter.name, parameter.example_value)
    options = [*parameter.values] or (_things(parameter) if parameter.kind == "iri" else [])
    term = parameter.term(value)
    return {
        "parameter": parameter,
        "value": parameter.value_of(term),
        "options": options if len(options) <= _MOST_OPTIONS or parameter.values else [],
        "hints": options[:_MOST_HINTS] if len(options) > _MOST_OPTIONS else [],
    }


def _things(parameter: Parameter) -> list[tuple[str, str]]:
    """Return each labelled thing that is a value of a parameter, with its label."""
    rows = service().lookup.ask("values-within", prefix=[ox.Literal(p) for p in parameter.within])
    return [
        (parameter.value_of(thing), row["text"].value)
        for row in rows
        if isinstance(thing := row.get("thing"), ox.NamedNode) and "text" in row
    ]


@blueprint.get("/.well-known/sparql-examples")
@blueprint.get("/.well-known/sparql-examples.<suffix>")
def examples(suffix: str | None = None) -> Response:
    """Give the catalogue as RDF."""
    form = replies.chosen(TRIPLES, suffix=suffix)
    target = public_url(ENDPOINT)
    return replies.data(
        form,
        f"examples of {target}",
        lambda: results.write_triples(describe(service().queries, target), form),
    )


def describe(queries: Mapping[str, SavedQuery], target: str) -> Iterator[ox.Triple]:
    """Yield the description of saved queries as SHACL executables aimed at an endpoint."""
    rdf, rdfs, sh = PREFIXES["rdf"], PREFIXES["rdfs"], PREFIXES["sh"]
    for query in queries.values():
        subject = ox.NamedNode(query.iri)
        for kind in ("SPARQLExecutable", "SPARQLSelectExecutable"):
            yield ox.Triple(subject, ox.NamedNode(rdf + "type"), ox.NamedNode(sh + kind))
        saved = ox.NamedNode(PREFIXES["foedus"] + "SavedQuery")
        yield ox.Triple(subject, ox.NamedNode(rdf + "type"), saved)
        label = ox.Literal(query.summary, language="en")
        yield ox.Triple(subject, ox.NamedNode(rdfs + "label"), label)
        if query.description:
            comment = ox.Literal(query.description, language="en")
            yield ox.Triple(subject, ox.NamedNode(rdfs + "comment"), comment)
        yield ox.Triple(subject, ox.NamedNode(sh + "select"), ox.Literal(query.text))
        schema = PREFIXES["schema"]
        yield ox.Triple(subject, ox.NamedNode(schema + "target"), ox.NamedNode(target))
        for tag in query.tags:
            yield ox.Triple(subject, ox.NamedNode(schema + "keywords"), ox.Literal(tag))
