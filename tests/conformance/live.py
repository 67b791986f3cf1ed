"""Start a server with the tests' data, and ask it over HTTP.

One server holds the data of all suites, each file as a graph under its published address. Each
test names its own dataset in the request, as the protocol has it, so no test sees the data of
another and the server is asked as any client would ask it.
"""

import http.client
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from conformance.manifests import Case, local

_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".nt": ox.RdfFormat.N_TRIPLES,
}
_SERVE = "from foedus.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def media(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip()


def quads_of(cases: Iterable[Case]) -> Iterator[ox.Quad]:
    """Yield the data of tests, each file in its graph."""
    files = {address: address for case in cases for address in case.data}
    files |= {name: address for case in cases for name, address in case.graphs}
    for name, address in sorted(files.items()):
        path = local(address)
        graph = ox.NamedNode(name)
        for quad in ox.parse(
            path=str(path),
            format=_FORMATS[path.suffix],
            base_iri=address,
            rename_blank_nodes=True,
        ):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


@contextmanager
def serving(quads: Iterable[ox.Quad]) -> Iterator[str]:
    """Run ``foedus serve`` over quads; yield its address."""
    with tempfile.TemporaryDirectory() as scratch:
        data, queries = Path(scratch) / "data.nq", Path(scratch) / "queries"
        ox.serialize(quads, str(data), ox.RdfFormat.N_QUADS)
        queries.mkdir()
        command = [sys.executable, "-c", _SERVE, "serve", "--port", "0", "--data", str(data)]
        with subprocess.Popen(
            [*command, "--queries", str(queries)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            line = process.stderr.readline()
            try:
                yield line.split()[-1]
            finally:
                process.terminate()
                process.wait(20)


def send(
    server: str,
    method: str,
    path: str,
    *,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes | None = None,
) -> Reply:
    """Send one request with these headers, a length and nothing else; return the answer."""
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, answer.read())
    finally:
        connection.close()


def ask(
    server: str,
    query: str,
    *,
    accept: str,
    default: Iterable[str] = (),
    named: Iterable[str] = (),
) -> Reply:
    """Ask a query over a dataset; an empty one where no graph is named."""
    fields = [("default-graph-uri", iri) for iri in default]
    fields += [("named-graph-uri", iri) for iri in named]
    path = "/sparql" + ("?" + urlencode(fields) if fields else "")
    headers = [("Content-Type", "application/sparql-query"), ("Accept", accept)]
    return send(server, "POST", path, headers=headers, body=query.encode())
