"""Say what a release holds: its manifest.

Everything in it comes from the data or from the version of the software: no clock, so that the
same input gives the same manifest. Dates are those of the graphs' own descriptions.

Units: triples for graphs and layers, passages for coverage.
Shape: JSON with ``digest`` (of ``data.nq``), ``files`` (name to SHA-256), ``version``,
``ontology``, ``layers``, ``graphs``, ``texts``, ``coverage`` and ``findings``.
Used by `foedus.release`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from foedus import __version__, iris
from foedus.documents.covered import Coverage
from foedus.findings import Finding

_PREFIXES = f"""
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX foedus: <{iris.NS}>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
"""
_GRAPHS = """
SELECT ?graph ?layer ?licence ?issued ?triples
WHERE {
  { SELECT ?graph (COUNT(*) AS ?triples) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph }
  OPTIONAL { ?graph foedus:onLayer ?layer }
  OPTIONAL { ?graph dcterms:license ?licence }
  OPTIONAL { ?graph dcterms:issued ?issued }
}
ORDER BY ?graph
"""
_SOURCES = """
SELECT ?graph ?source
WHERE { ?graph foedus:onLayer ?layer ; dcterms:source ?source }
ORDER BY ?graph ?source
"""
_ONTOLOGY = """
SELECT DISTINCT ?version
WHERE { ?ontology a owl:Ontology ; owl:versionInfo ?version }
ORDER BY ?version
"""
_TEXTS = """
SELECT ?document ?sha256
WHERE { ?file foedus:isTextOf ?document ; foedus:sha256 ?sha256 }
ORDER BY ?document ?sha256
"""
_SEVERITIES = ("violation", "warning", "info")


def describe(
    quads: Iterable[ox.Quad],
    findings: Sequence[Finding],
    coverage: Sequence[Coverage],
    digests: Mapping[str, str],
) -> dict[str, Any]:
    """Return the manifest of a release as plain values.

    ``digests`` holds the SHA-256 of each file beside the manifest.
    """
    store = ox.Store()
    store.bulk_extend(quads)
    graphs = _rows(store, _GRAPHS)
    layers: Counter[str] = Counter()
    named = _rows(store, _SOURCES)
    for graph in graphs:
        graph["layer"] = str(graph["layer"]).rpartition("/")[2]
        graph["sources"] = [row["source"] for row in named if row["graph"] == graph["graph"]]
        layers[graph["layer"]] += int(graph["triples"])
    severities: Counter[str] = Counter(finding.severity for finding in findings)
    return {
        "digest": digests["data.nq"],
        "files": dict(digests),
        "version": __version__,
        "ontology": [row["version"] for row in _rows(store, _ONTOLOGY)],
        "layers": dict(layers),
        "graphs": graphs,
        "texts": _rows(store, _TEXTS),
        "coverage": [
            {
                "document": one.document,
                "carrying": len(one.carrying),
                "without": len(one.without),
                "open": len(one.open),
            }
            for one in coverage
        ],
        "findings": {severity: severities[severity] for severity in _SEVERITIES},
    }


def _rows(store: ox.Store, query: str) -> list[dict[str, Any]]:
    results = store.query(_PREFIXES + query, use_default_graph_as_union=True)
    assert isinstance(results, ox.QuerySolutions)
    names = [variable.value for variable in results.variables]
    return [{name: _plain(row[name]) for name in names} for row in results]


def _plain(term: object) -> str | int | None:
    """Return an IRI or a literal as JSON has it; None for an empty cell."""
    if term is None:
        return None
    assert isinstance(term, ox.NamedNode | ox.Literal)
    if isinstance(term, ox.Literal) and term.datatype.value.endswith("#integer"):
        return int(term.value)
    return term.value
