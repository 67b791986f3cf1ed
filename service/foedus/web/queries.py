"""Saved queries over HTTP: the catalogue, a page with a form for each, and its rows as data.

``/queries/<topic>/<name>`` takes the query's parameters from the address; a suffix (``.csv``,
``.json``, ``.xml``, ``.tsv``) or ``Accept`` sets the format. The catalogue is RDF too, at the
place where other tools look for examples. What no record covers of a question is said above the
rows, and in data by a header: one line a warning, each a string, together a list of strings. Nobody
keeps the answers of a query that calls another endpoint, as at ``/sparql``.

Source: https://github.com/sib-swiss/sparql-examples (the well-known path and the terms); RFC 9651,
3.1 (lists), 3.3.3 (strings) and 3.3.8 (display strings, for what is not ASCII).
Errors: 404 for an unknown query; 400 naming parameter, value and expected form.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import NotFound

from foedus import results, tokens
from foedus.analysis import coverage
from foedus.analysis.coverage import Coverage
from foedus.errors import ParameterError
from foedus.results import HTML, PREFIXES, ROWS, TRIPLES
from foedus.saved import SavedQuery
from foedus.web import forms, replies, spreadsheet, tables
from foedus.web.forms import Fault
from foedus.web.lookup import rows_of
from foedus.web.protocol import ENDPOINT
from foedus.web.state import public_url, service

EXCEL = ".excel"
"""What a query's path ends with, before ``.csv``, for the file that Excel opens rightly."""
WARNING = "Foedus-Warning"
"""The header that says, in data, what no record covers of a question."""
_FORMAT = "format"
_COVERED = "foedus.covered"

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
    excel = suffix == "csv" and stem.endswith(EXCEL)
    stem = stem.removesuffix(EXCEL) if excel else stem
    query = service().queries.get(f"{topic}/{stem}")
    if query is None:
        raise NotFound(f"no saved query {topic}/{stem}; /queries lists them")
    response = _answer(query, stem, suffix, excel=excel)
    if tokens.calls_service(query.text):
        # Part of it is others', who may answer differently the next time.
        response.headers.pop("ETag", None)
        response.headers["Cache-Control"] = "no-store"
    return response


def _answer(query: SavedQuery, stem: str, suffix: str | None, *, excel: bool) -> Response:
    given = _given(query)
    form = replies.chosen((*ROWS, HTML), suffix=suffix)
    values, faults = forms.settle(service().lookup, query, given, strict=form is HTML)
    if form is HTML:
        return _page(query, given, values, faults)
    for fault in faults.values():
        raise ParameterError(fault.message)
    text = query.bind(values)
    if excel:
        response = replies.answer(f"{text} for Excel", [form], lambda: spreadsheet.csv(text))
    else:
        response = replies.answer(
            text, [form], lambda: service().engine.answer(text, rows=form, triples=None)
        )
    place = "attachment" if excel else "inline"
    response.headers["Content-Disposition"] = f'{place}; filename="{stem}.{form.name}"'
    for message in _warnings(query, values):
        response.headers.add(WARNING, _as_string(message))
    return response


def _warnings(query: SavedQuery, values: Mapping[str, str]) -> list[str]:
    """Return what no record covers of a question, each in one line."""
    if not coverage.asks_votes(query):
        return []
    return [warning.message for warning in coverage.warnings_for(_covered(), query, values)]


def _covered() -> Sequence[Coverage]:
    """Return what the records cover: read once, since it never changes, from data that do not."""
    held = service()
    if held.digest is None:
        return coverage.read(held.engine)
    known = current_app.extensions
    if _COVERED not in known:
        known[_COVERED] = coverage.read(held.engine)
    return cast("Sequence[Coverage]", known[_COVERED])


def _as_string(message: str) -> str:
    r"""Return a line as a structured field's string, in ASCII.

    >>> _as_string('The "A" list')
    '"The \\"A\\" list"'
    >>> _as_string("Salát")
    '%"Sal%c3%a1t"'
    """
    if message.isascii():
        escaped = message.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    octets = (
        chr(o) if 0x20 <= o < 0x7F and o not in b'%"' else f"%{o:02x}" for o in message.encode()
    )
    return f'%"{"".join(octets)}"'


def _given(query: SavedQuery) -> dict[str, str]:
    """Return the parameters given in the address; the format is none of them."""
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if name == _FORMAT and name not in query.params:
            continue
        if len(given) > 1:
            raise ParameterError(f"{name} is given {len(given)} times; give it once")
        values[name] = given[0]
    return values


def _page(
    query: SavedQuery,
    given: Mapping[str, str],
    values: Mapping[str, str],
    faults: Mapping[str, Fault],
) -> Response:
    """Show a query's form with its answer, or with what is wrong in it."""
    lookup = service().lookup
    fields = forms.fields(lookup, query, {**given, **values}, faults)
    if faults:
        status = max(fault.status for fault in faults.values())
        return replies.page(
            "query.html",
            status=status,
            query=query,
            fields=fields,
            faults=list(faults.values()),
            given=given,
            text=query.text,
        )
    text = query.bind(values)
    answer = service().engine.run(text)
    rows = rows_of(answer)[1] if isinstance(answer, ox.QuerySolutions) else []
    return replies.page(
        "query.html",
        query=query,
        fields=fields,
        text=text,
        table=tables.make(query.columns, rows, tables.names(lookup, rows)),
        count=len(rows),
        empty="" if rows else forms.why_empty(lookup, query, values),
        warnings=_warnings(query, values),
        given=values,
        formats=[form.name for form in ROWS],
    )


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
