"""Write what came of the tests: an EARL report, and the table in ``docs/conformance.md``.

Source: EARL 1.0 Schema.
Shape: one assertion a test, named after the suite and the test; no blank nodes, no date, so that
the same outcomes are the same bytes.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rdflib import RDF, Graph, Literal, Namespace, URIRef

from conformance.manifests import ROOT
from conformance.outcome import Outcome

PAGE = ROOT / "docs" / "conformance.md"
_START, _END = "<!-- counts -->", "<!-- end of counts -->"
_EARL = Namespace("http://www.w3.org/ns/earl#")
_DOAP = Namespace("http://usefulinc.com/ns/doap#")
_DCTERMS = Namespace("http://purl.org/dc/terms/")
_SUBJECT = URIRef("https://w3id.org/foedus/service")
_ASSERTOR = URIRef("https://w3id.org/foedus/tests/conformance")


def earl(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as an EARL report in Turtle."""
    graph = Graph()
    graph.bind("earl", _EARL)
    graph.bind("doap", _DOAP)
    for kind in (_EARL.TestSubject, _EARL.Software, _DOAP.Project):
        graph.add((_SUBJECT, RDF.type, kind))
    graph.add((_SUBJECT, _DOAP.name, Literal("Foedus")))
    graph.add((_SUBJECT, _DOAP["programming-language"], Literal("Python")))
    graph.add((_ASSERTOR, RDF.type, _EARL.Assertor))
    graph.add((_ASSERTOR, _DCTERMS.title, Literal("Foedus, tests/conformance")))
    for outcome in outcomes:
        assertion = URIRef(f"{_ASSERTOR}/{outcome.case.key}")
        result = URIRef(f"{_ASSERTOR}/{outcome.case.key}/result")
        graph.add((assertion, RDF.type, _EARL.Assertion))
        graph.add((assertion, _EARL.assertedBy, _ASSERTOR))
        graph.add((assertion, _EARL.subject, _SUBJECT))
        graph.add((assertion, _EARL.test, URIRef(outcome.case.iri)))
        graph.add((assertion, _EARL.mode, _EARL.automatic))
        graph.add((assertion, _EARL.result, result))
        graph.add((result, RDF.type, _EARL.TestResult))
        graph.add((result, _EARL.outcome, _EARL[outcome.result]))
        if outcome.reason:
            graph.add((result, _EARL.info, Literal(outcome.reason)))
    return str(graph.serialize(format="turtle"))


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the counts of each suite as a table in Markdown."""
    lines = ["| suite | tests | passed | refused by design | failed |", "|---|--:|--:|--:|--:|"]
    suites = list(dict.fromkeys(outcome.case.suite for outcome in outcomes))
    counted = [(s, [o for o in outcomes if o.case.suite == s]) for s in suites]
    for name, those in [*counted, ("**all**", list(outcomes))]:
        counts = Counter(outcome.result for outcome in those)
        cells = [len(those), counts["passed"], counts["inapplicable"], counts["failed"]]
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def stated(page: Path = PAGE) -> str:
    """Return the table that the page states."""
    text = page.read_text(encoding="utf-8")
    return text.partition(_START)[2].partition(_END)[0].strip()


def state(outcomes: Sequence[Outcome], page: Path = PAGE) -> None:
    """Write the table into the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_START)
    after = rest.partition(_END)[2]
    page.write_text(f"{before}{_START}\n\n{table(outcomes)}\n\n{_END}{after}", encoding="utf-8")


def unexplained(outcomes: Sequence[Outcome], page: Path = PAGE) -> list[Outcome]:
    """Return the failures that the page does not name."""
    text = page.read_text(encoding="utf-8")
    return [o for o in outcomes if o.result == "failed" and f"`{o.case.key}`" not in text]
