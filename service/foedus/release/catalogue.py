"""Check the saved queries against the ontology, and the propositions against the saved queries.

A misspelt term makes a query answer nothing without a word; a proposition tested by a query
that is not there would never get its verdict. Both are faults of a file and a line.

Errors: none raised; each function returns the faults, `UnknownTermError` and `ValidationError`.
Used by ``building``.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rdflib import URIRef
from rdflib.term import Identifier

from foedus import iris, locations, saved, tokens, turtle
from foedus.errors import UnknownTermError, ValidationError
from foedus.release.reading import Source, shown

_OURS = (str(iris.NS), str(iris.VOCABULARY))


def unknown_terms(folder: Path, declared: set[str]) -> list[UnknownTermError]:
    """Return a fault for each term of ours in a saved query that the ontology does not declare."""
    return [
        UnknownTermError(f"the ontology declares no term <{term}>", path=shown(path), line=line)
        for path in sorted(folder.rglob("*.rq"))
        for term, line in _terms(path.read_text(encoding="utf-8"))
        if term.startswith(_OURS) and term not in declared
    ]


def _terms(text: str) -> Iterator[tuple[str, int]]:
    """Yield each IRI of a query, prefixed names written out, with its line."""
    split = tokens.split(text)
    prefixes = dict(turtle.PREFIXES)
    declaring = 0
    for place, token in enumerate(split):
        line = text.count("\n", 0, token.start) + 1
        if token.is_word("PREFIX") and place + 2 < len(split):
            prefixes[split[place + 1].text[:-1]] = split[place + 2].text[1:-1]
            declaring = place + 2
        elif place <= declaring:
            continue
        elif token.kind == "iri":
            yield token.text[1:-1], line
        elif token.kind == "name":
            prefix, _, local = token.text.partition(":")
            yield prefixes.get(prefix, "") + local.replace("\\", ""), line


def untestable(
    sources: Sequence[Source], queries: Mapping[str, saved.SavedQuery]
) -> list[ValidationError]:
    """Return a fault for each proposition that names a testing query there is not."""
    known = {query.iri for query in queries.values()}
    faults = []
    for source in sources:
        for subject, query in sorted(source.triples.subject_objects(iris.NS.isTestedBy)):
            assert isinstance(subject, URIRef)
            assert isinstance(query, Identifier)
            if str(query) not in known:
                line = locations.read(source.text).find(subject, iris.NS.isTestedBy, query)
                message = f"<{subject}> is tested by <{query}>, which is no saved query"
                faults.append(ValidationError(message, path=source.path, line=line))
    return faults
