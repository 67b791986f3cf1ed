"""Choose the format of an answer, and write it.

Formats stand in three tables: for rows (SELECT, ASK), for triples (CONSTRUCT, DESCRIBE), and the
page for people. `negotiate` takes the one with the highest quality in ``Accept``, and the first
offered among equals; ``format=`` counts only where ``Accept`` is absent or takes anything.

Source: RFC 9110, 12.5.1 (Accept) and 8.8.3 (ETag); SPARQL 1.1 Query Results JSON, XML, CSV and
TSV; RDF 1.1 syntaxes. The bytes are pyoxigraph's.
Shape: an `Answer` is what an engine gives; triples are written in order, each once, so that equal
answers are equal bytes.
Errors: `NotAcceptableError` names what is offered.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn

import pyoxigraph as ox

from foedus.errors import NotAcceptableError

Answer = ox.QuerySolutions | ox.QueryBoolean | Iterator[ox.Triple]
"""Rows, yes or no, or triples."""

PREFIXES = {
    "cito": "http://purl.org/spar/cito/",
    "dcterms": "http://purl.org/dc/terms/",
    "foedus": "https://w3id.org/foedus/ns#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes of written Turtle, TriG and RDF/XML."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write an answer."""

    name: str
    """What ``format=`` and a path's suffix call it."""
    media: str
    """The media type it is sent as."""
    also: tuple[str, ...] = ()
    """Further media types and names that ask for it."""
    rows: ox.QueryResultsFormat | None = None
    triples: ox.RdfFormat | None = None

    @property
    def content_type(self) -> str:
        """The ``Content-Type``; text formats say their charset."""
        return f"{self.media}; charset=utf-8" if self.media.startswith("text/") else self.media


HTML = Format("html", "text/html", ("application/xhtml+xml",))
ROWS = (
    Format(
        "json",
        "application/sparql-results+json",
        ("application/json", "text/json"),
        rows=ox.QueryResultsFormat.JSON,
    ),
    Format(
        "xml",
        "application/sparql-results+xml",
        ("application/xml", "text/xml"),
        rows=ox.QueryResultsFormat.XML,
    ),
    Format("csv", "text/csv", rows=ox.QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", rows=ox.QueryResultsFormat.TSV),
)
TRIPLES = (
    Format(
        "ttl",
        "text/turtle",
        ("turtle", "application/x-turtle", "application/turtle"),
        triples=ox.RdfFormat.TURTLE,
    ),
    Format(
        "nt",
        "application/n-triples",
        ("ntriples", "n-triples", "text/plain"),
        triples=ox.RdfFormat.N_TRIPLES,
    ),
    Format(
        "jsonld",
        "application/ld+json",
        ("json-ld", "json", "application/json"),
        triples=ox.RdfFormat.JSON_LD,
    ),
    Format(
        "rdf",
        "application/rdf+xml",
        ("xml", "rdfxml", "rdf+xml", "application/xml", "text/xml"),
        triples=ox.RdfFormat.RDF_XML,
    ),
    Format("trig", "application/trig", triples=ox.RdfFormat.TRIG),
    Format("nq", "application/n-quads", ("nquads", "n-quads"), triples=ox.RdfFormat.N_QUADS),
)


BY_NAME = {form.name: form for form in (*ROWS, *TRIPLES)}
"""The formats of data."""


def offers_for(answer: Answer) -> tuple[Format, ...]:
    """Return the formats an answer can be written in."""
    return ROWS if isinstance(answer, ox.QuerySolutions | ox.QueryBoolean) else TRIPLES


def named(name: str, offered: Iterable[Format]) -> Format | None:
    """Return the format called ``name`` (a name or a media type), or None."""
    wanted = name.strip().lower()
    return next((f for f in offered if wanted in (f.name, f.media, *f.also)), None)


def takes_anything(accept: str | None) -> bool:
    """Whether a request leaves the format to us: no ``Accept``, or the wildcard alone."""
    return accept is None or accept.strip() in ("", "*/*", "*")


def negotiate(
    accept: str | None, offered: Sequence[Format], *, wanted: str | None = None
) -> Format:
    """Return the format of an answer.

    ``wanted`` is ``format=``. Raises `NotAcceptableError` when neither names one on offer.

    >>> negotiate("text/csv;q=0.9, application/json;q=0.8", ROWS).name
    'csv'
    >>> negotiate("*/*", ROWS, wanted="tsv").name
    'tsv'
    """
    if takes_anything(accept):
        chosen = named(wanted, offered) if wanted else offered[0]
        return chosen or _refuse(f"format={wanted!r}", offered)
    ranges = _ranges(accept or "")
    rated = [(_quality(form, ranges), form) for form in offered]
    best = max(quality for quality, _ in rated)
    if best <= 0:
        _refuse(f"Accept: {accept!r}", offered)
    return next(form for quality, form in rated if quality == best)


def _refuse(asked: str, offered: Sequence[Format]) -> NoReturn:
    listed = ", ".join(form.media for form in offered)
    raise NotAcceptableError(f"nothing on offer suits {asked}; offered are {listed}")


def _ranges(accept: str) -> dict[str, float]:
    """Return each media range with its quality, parameters such as charset left out."""
    # Imported here: the processes that evaluate queries write answers and need none of it.
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header

    ranges: dict[str, float] = {}
    for value, quality in parse_accept_header(accept, MIMEAccept):
        media = value.split(";")[0].strip().lower()
        media = "*/*" if media == "*" else media
        ranges[media] = max(quality, ranges.get(media, 0))
    return ranges


def _quality(form: Format, ranges: dict[str, float]) -> float:
    """Return what the most specific range says of a format; 0 where none matches."""
    types = [form.media, *(media for media in form.also if "/" in media)]
    exact = [ranges[media] for media in types if media in ranges]
    if exact:
        return ranges.get(form.media, max(exact))
    return ranges.get(form.media.split("/")[0] + "/*", ranges.get("*/*", 0))


def write(answer: Answer, form: Format) -> bytes:
    """Return an answer's bytes in a format that `offers_for` lists for it."""
    if not isinstance(answer, ox.QuerySolutions | ox.QueryBoolean):
        return write_triples(answer, form)
    if form.rows is None:
        raise ValueError(f"{form.name} cannot hold rows")
    return answer.serialize(format=form.rows) or b""


def write_into(file: IO[bytes], answer: Answer, form: Format) -> None:
    """Write an answer into a file; rows go there as they are found."""
    if isinstance(answer, ox.QuerySolutions | ox.QueryBoolean) and form.rows is not None:
        answer.serialize(file, form.rows)
    else:
        file.write(write(answer, form))


def write_triples(triples: Iterable[ox.Triple] | Iterable[ox.Quad], form: Format) -> bytes:
    """Return triples or quads in a format; one without graphs takes the triples of quads."""
    if form.triples is None:
        raise ValueError(f"{form.name} cannot hold triples")
    if not form.triples.supports_datasets:
        triples = (t.triple if isinstance(t, ox.Quad) else t for t in triples)
    ordered: list[Any] = sorted(set(triples), key=str)
    written = "\n".join(map(str, ordered))
    prefixes = {name: start for name, start in PREFIXES.items() if f"<{start}" in written}
    return ox.serialize(ordered, format=form.triples, prefixes=prefixes) or b""


def etag(*parts: str) -> str:
    """Return a strong entity tag for what these parts decide: release, query, format."""
    told = "".join([f"{len(part)} {part}" for part in parts])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
