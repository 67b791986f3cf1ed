"""Run queries in this process, over quads held by pyoxigraph in memory or on disk, without limits.

Every quad is kept twice: in its own graph and in the default graph. That makes the default graph
the union of all named ones while a query's ``FROM`` still counts, which the engine's own union
switch would override, and a scan over the union takes less than half the time. A relative IRI
is resolved against the project's base, whatever address the service has, so that answers do not
depend on it.

Errors: `ReleaseError` and `DataError`, with the line, for quads that do not load; `QueryError` as
`foedus.engine` says.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from foedus import BASE, results, syntax, tokens
from foedus.engine import (
    Answer,
    Dataset,
    QuerySyntaxError,
    Written,
    constants,
    inlined,
    pick,
)
from foedus.engine.fragments import Fragments
from foedus.errors import DataError, LimitError, QueryError, ReleaseError
from foedus.results import Format

_FUNCTIONS = {inlined.BLANK: inlined.open_blank}
_BLOCK = 1 << 22
_GUARD = "CREATE GRAPH <urn:x-foedus:a> ; CREATE GRAPH <urn:x-foedus:a> ; "


class EmbeddedEngine:
    """A store that answers queries and cannot be written to."""

    is_shared = True
    """Whether processes forked from this one have its data without a copy."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.fragments = Fragments(store)
        """What answers the smallest queries in less time."""

    def open(self) -> None:
        """Open what is else opened when it is first asked; `ReleaseError` where that fails."""

    def __len__(self) -> int:
        """Return the number of quads, those of the default graph counted too."""
        return len(self._store)

    def answer(
        self,
        query: str,
        *,
        rows: Format | None,
        triples: Format | None,
        dataset: Dataset | None = None,
    ) -> Written:
        """Return the answer, written; see `foedus.engine.Engine`."""
        found = self.run(query, dataset=dataset)
        is_rows = results.offers_for(found) is results.ROWS
        form = pick(is_rows=is_rows, rows=rows, triples=triples)
        body = io.BytesIO()
        results.write_into(body, found, form)
        body.seek(0)
        return Written(form, body, len(body.getbuffer()))

    def run(self, query: str, *, dataset: Dataset | None = None) -> Answer:
        """Return the answer to a query; see `foedus.engine.Engine`."""
        if tokens.calls_service(query):
            raise QueryError(
                "SERVICE is refused: this endpoint sends no request to another. If no part of "
                "the query calls one, write names that hold this word as full IRIs"
            )
        text = constants.inline(query)
        store = self._store_for(query, dataset)
        try:
            if dataset is None:
                return store.query(text, base_iri=BASE, custom_functions=_FUNCTIONS)
            return store.query(
                text,
                base_iri=BASE,
                custom_functions=_FUNCTIONS,
                default_graph=[_graph(iri) for iri in dataset.default],
                named_graphs=[_graph(iri) for iri in dataset.named],
            )
        except SyntaxError as error:
            raise _explain(query) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise QueryError(f"the query cannot be evaluated: {error}") from error

    def _store_for(self, query: str, dataset: Dataset | None) -> ox.Store:
        """Return the store that has what is asked for."""
        return self._store


class _StoredEngine(EmbeddedEngine):
    """A store on disk."""

    is_shared = False


class UnitedEngine(EmbeddedEngine):
    """The union of all graphs in memory, and the graphs themselves on disk.

    Two stores, because one in memory would hold every triple twice. Who names no graph asks the
    one in memory; the other is opened when it is first asked.
    """

    def __init__(self, united: ox.Store, folder: Path) -> None:
        super().__init__(united)
        self.fragments = _UnitedFragments(united)
        self._folder = folder
        self._graphs: ox.Store | None = None

    def open(self) -> None:
        """Open the store on disk."""
        if self._graphs is None:
            self._graphs = _open(self._folder)

    def _store_for(self, query: str, dataset: Dataset | None) -> ox.Store:
        if dataset is None and not tokens.names_graphs(query):
            return self._store
        self.open()
        return cast(ox.Store, self._graphs)


class _UnitedFragments(Fragments):
    """Leaves to the evaluator what it asks the other store, which has another order of rows."""

    def answer(self, query: str) -> bytes | None:
        return None if tokens.names_graphs(query) else super().answer(query)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of RDF to load."""

    path: str
    graph: str | None = None
    """The graph its triples go to; None for a format that names the graphs itself."""
    is_checked: bool = False
    """Whether its IRIs are known to be well-formed, as those of a release are."""


@dataclass(frozen=True, slots=True)
class United:
    """A release to hold as `UnitedEngine` does."""

    folder: Path
    """The store on disk."""
    quads: Path
    """The same as N-Quads."""


Held = Path | United | Sequence[Source]
"""What an engine is made over: the folder of a store on disk, a release, or files."""


def load(quads: Path) -> EmbeddedEngine:
    """Return an engine over the N-Quads of a release; `ReleaseError` where they do not load."""
    try:
        return load_files([Source(str(quads), is_checked=True)])
    except DataError as error:
        raise ReleaseError(error.message, path=quads, line=error.line) from error


def open_store(folder: Path) -> EmbeddedEngine:
    """Return an engine over a store on disk that `foedus.release.storing` made."""
    return _StoredEngine(_open(folder))


def _open(folder: Path) -> ox.Store:
    try:
        return ox.Store.read_only(str(folder))
    except (OSError, RuntimeError, ValueError) as error:
        raise ReleaseError(f"cannot be searched: {error}; delete it", path=folder) from error


def write_triples(quads: Path, file: IO[bytes]) -> None:
    """Write the N-Quads of a release, each of which names its graph, as N-Triples."""
    with quads.open("rb", buffering=_BLOCK) as source:
        for line in source:
            file.write(line.rsplit(b" ", 2)[0] + b" .\n")


def unite(triples: IO[bytes], quads: Path) -> ox.Store:
    """Return a store of what `write_triples` wrote; `ReleaseError` where that does not load."""
    store = ox.Store()
    try:
        store.bulk_load(triples, ox.RdfFormat.N_TRIPLES, lenient=True)
    except SyntaxError as error:
        reason = f"not valid N-Quads: {error.msg}"
        raise ReleaseError(reason, path=quads, line=error.lineno) from error
    return store


def load_files(sources: Iterable[Source]) -> EmbeddedEngine:
    """Return an engine over files, each in the format its ending says; else `DataError`."""
    store = ox.Store()
    for source in sources:
        form = format_of(source.path)
        graph = None if source.graph is None else ox.NamedNode(source.graph)
        try:
            if form == ox.RdfFormat.RDF_XML:
                _refuse_entities(source.path)
            store.load(
                path=source.path,
                format=form,
                base_iri=source.graph,
                to_graph=graph,
                lenient=source.is_checked,
            )
        except SyntaxError as error:
            raise DataError(
                f"not valid {form.name}: {error.msg}", path=source.path, line=error.lineno
            ) from error
        except (OSError, ValueError) as error:
            raise DataError(f"cannot be read: {error}", path=source.path) from error
    _unite(store)
    return EmbeddedEngine(store)


def _unite(store: ox.Store) -> None:
    """Copy every triple into the default graph.

    Graph by graph, because the engine keeps twice what one step adds until the step ends.
    """
    names = sorted(store.named_graphs(), key=str)
    for name in names:
        if isinstance(name, ox.NamedNode):
            store.update(f"ADD {name} TO DEFAULT")
    if any(isinstance(name, ox.BlankNode) for name in names):  # of which ADD takes none
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(isBlank(?g)) }")


def _refuse_entities(path: str) -> None:
    """Raise `DataError` where a file of RDF/XML declares an entity.

    The engine's parser reads no entity from elsewhere, but puts in those a file declares, entities
    within entities too, until the memory is full.
    """
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if b"<!ENTITY" in line:
                reason = "declares an XML entity; write out its text (xmllint --noent does)"
                raise DataError(reason, path=path, line=number)


def format_of(path: str) -> ox.RdfFormat:
    """Return the format that a file's ending names, or raise `DataError`."""
    form = ox.RdfFormat.from_extension(path.rpartition(".")[2].lower())
    if form is None:
        raise DataError("unknown ending; known are nt, ttl, nq, trig, rdf, jsonld", path=path)
    return form


def counted(answer: Answer, most: int, again: Callable[[], Answer]) -> Answer:
    """Return an answer that has at most so many rows or triples, or raise `LimitError`.

    Rows are written by the evaluator, which does not count them, so they are evaluated twice.
    """
    if isinstance(answer, ox.QueryBoolean):
        return answer
    found = list(islice(answer, most + 1))
    if len(found) > most:
        raise LimitError(f"the answer has more than {most} rows, which one answer may have")
    return again() if isinstance(answer, ox.QuerySolutions) else iter(found)


def is_update(text: str) -> bool:
    """Whether a text parses as a SPARQL update. Nothing of it is carried out.

    The parser comes with the evaluator, so two steps go before the text's own first one, of
    which the second always fails: a text that parses stops there.
    """
    body = tokens.prologue_end(text)
    if not tokens.split(text[body:]):
        return False
    try:
        ox.Store().update(f"{text[:body]} {_GUARD} {text[body:]}", base_iri=BASE)
    except SyntaxError:
        return False
    except (RuntimeError, OSError):
        return True
    return False


def _graph(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise QueryError(f"a graph needs an absolute IRI, not {iri!r}") from error


def _explain(query: str) -> QueryError:
    """Return the error for a text that does not parse as a query."""
    if is_update(query):
        return QueryError("updates are refused: this endpoint answers queries only")
    fault = syntax.find_fault(query)
    if fault is None:
        return QueryError("the query cannot be parsed")
    place = f"line {fault.line}, column {fault.column}"
    return QuerySyntaxError(
        f"syntax error at {place}: {fault.reason}", line=fault.line, column=fault.column
    )
