"""Run the rules: SPARQL CONSTRUCT queries that say what follows from claims and records.

A rule is a file ``NN-name.rq`` in ``ontology/rules/``: a ``#+`` YAML header, then plain
SPARQL 1.1. Rules run in the order of their numbers over the union of all graphs, so that a
rule sees what earlier ones concluded; what a rule concludes is one named graph,
``derived/<name>``, described in ``derived/graphs``.

Source: the ``#+`` header follows grlc (https://github.com/CLARIAH/grlc).
Errors: `RuleError` with the rule's file where it is no CONSTRUCT query, its header is
incomplete, or it concludes a blank node or a term the ontology does not declare.
Used by `release` and, for the description of graphs, by `verdicts`.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import yaml
from rdflib import DCTERMS, RDF, VOID

from foedus import iris
from foedus.errors import FolderError, RuleError

RULE = iris.BASE + "rule/"
"""Rules are named below this, as the value of ``foedus:isConcludedBy``."""
DERIVED_GRAPHS = ox.NamedNode(iris.GRAPH["derived/graphs"])
"""The graph that describes the graphs of the derived layer, itself among them."""
LICENCE = ox.NamedNode("https://creativecommons.org/licenses/by/4.0/")

_NAME = re.compile(r"\d\d-([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_HEADER = re.compile(r"^#\+ ?(.*)$", re.MULTILINE)
_KEYS = {"summary": str, "description": str, "concludes": list}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it is called, what it says of itself, and its text."""

    name: str
    """File name without number and ending; also the name of its graph."""
    path: Path
    summary: str
    description: str
    concludes: Sequence[str]
    """The terms its conclusions are made of, as ``foedus:…``; `foedus:Relation` for any."""
    text: str

    @property
    def iri(self) -> ox.NamedNode:
        """The rule itself."""
        return ox.NamedNode(RULE + self.name)

    @property
    def graph(self) -> ox.NamedNode:
        """The graph of its conclusions."""
        return ox.NamedNode(iris.GRAPH[f"derived/{self.name}"])


def read(path: Path) -> Rule:
    """Read one rule; raise `RuleError` where its name or header breaks the convention."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise RuleError("a rule's file is called NN-name.rq, as 10-date-bounds.rq", path=path)
    try:
        text = path.read_text(encoding="utf-8")
        header = yaml.safe_load("\n".join(_HEADER.findall(text)))
    except UnicodeDecodeError as error:
        raise RuleError("not UTF-8", path=path) from error
    except yaml.YAMLError as error:
        raise RuleError("the #+ header is not valid YAML", path=path) from error
    if not isinstance(header, dict) or set(header) != set(_KEYS):
        raise RuleError(f"the #+ header must have exactly {', '.join(_KEYS)}", path=path)
    for key, kind in _KEYS.items():
        if not isinstance(header[key], kind) or not header[key]:
            raise RuleError(f"{key} in the #+ header is no {kind.__name__}", path=path)
    return Rule(
        name=match[1],
        path=path,
        summary=header["summary"],
        description=header["description"].strip(),
        concludes=tuple(header["concludes"]),
        text=text,
    )


def read_all(folder: Path) -> list[Rule]:
    """Read every rule of a folder, in the order they run; two of one name are refused."""
    if not folder.is_dir():
        raise FolderError("no folder of rules", path=folder)
    rules = [read(path) for path in sorted(folder.glob("*.rq"))]
    seen: dict[str, Path] = {}
    for rule in rules:
        if rule.name in seen:
            raise RuleError(f"another rule is called so: {seen[rule.name].name}", path=rule.path)
        seen[rule.name] = rule.path
    return rules


def conclude(rule: Rule, store: ox.Store, declared: Set[str]) -> list[ox.Triple]:
    """Return what a rule concludes from a store, sorted, each triple once.

    ``declared`` holds the IRIs of the ontology's terms; a property or class of ours
    outside it raises `RuleError`, as do a blank node and a query of another form.
    """
    _refuse_other_terms(rule, rule.concludes, declared)
    try:
        results = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        # The engine gives the place in its message only: "error at LINE:COLUMN: …".
        line = re.match(r"error at (\d+):\d+: ", str(error))
        message = str(error)[line.end() if line else 0 :]
        number = int(line[1]) if line else None
        raise RuleError(f"not a SPARQL query: {message}", path=rule.path, line=number) from error
    # A DESCRIBE gives triples too, but not ones its text says.
    if not isinstance(results, ox.QueryTriples) or not _is_construct(rule.text):
        raise RuleError("a rule is a CONSTRUCT query", path=rule.path)
    conclusions = sorted(set(results), key=str)
    used: set[str] = set()
    for triple in conclusions:
        if isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
            raise RuleError(
                "concludes a blank node; give what it concludes an IRI with IRI(CONCAT(…))",
                path=rule.path,
            )
        used.add(triple.predicate.value)
        if triple.predicate.value == str(RDF.type) and isinstance(triple.object, ox.NamedNode):
            used.add(triple.object.value)
    ours = [f"foedus:{term[len(iris.NS) :]}" for term in used if term.startswith(iris.NS)]
    _refuse_other_terms(rule, ours, declared)
    return conclusions


def _is_construct(text: str) -> bool:
    body = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    prologue = r"(?:\s*(?:PREFIX\s+\S*:\s*<[^>]*>|BASE\s*<[^>]*>))*"
    return re.match(prologue + r"\s*CONSTRUCT\b", body, re.IGNORECASE) is not None


def _refuse_other_terms(rule: Rule, terms: Sequence[str], declared: Set[str]) -> None:
    for term in sorted(terms):
        if str(iris.NS) + term.removeprefix("foedus:") not in declared:
            raise RuleError(
                f"concludes {term}, which the ontology does not declare", path=rule.path
            )


def run(rules: Sequence[Rule], store: ox.Store, declared: Set[str]) -> dict[str, int]:
    """Run rules in order, adding each one's graph and its description to the store.

    Returns the number of triples each concluded, by the rule's name. Errors as `conclude`.
    """
    counts = {}
    for rule in rules:
        conclusions = conclude(rule, store, declared)
        store.extend(
            ox.Quad(triple.subject, triple.predicate, triple.object, rule.graph)
            for triple in conclusions
        )
        describe(store, rule.graph, rule.iri, title=rule.summary, description=rule.description)
        counts[rule.name] = len(conclusions)
    return counts


def describe(
    store: ox.Store, graph: ox.NamedNode, rule: ox.NamedNode | None, *, title: str, description: str
) -> None:
    """Say in ``derived/graphs`` what a derived graph is; of a rule's, also which and how large."""
    statements: dict[str, ox.NamedNode | ox.Literal] = {
        str(RDF.type): ox.NamedNode(VOID.Dataset),
        f"{DCTERMS}title": ox.Literal(title, language="en"),
        f"{DCTERMS}description": ox.Literal(" ".join(description.split()), language="en"),
        f"{DCTERMS}license": LICENCE,
        f"{iris.NS}onLayer": ox.NamedNode(iris.VOCABULARY["layer/derived"]),
    }
    if rule is not None:
        size = sum(1 for _ in store.quads_for_pattern(None, None, None, graph))
        statements[f"{iris.NS}isConcludedBy"] = rule
        statements[str(VOID.triples)] = ox.Literal(size)
    for term, value in statements.items():
        store.add(ox.Quad(graph, ox.NamedNode(term), value, DERIVED_GRAPHS))
