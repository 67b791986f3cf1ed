"""Queries that call other endpoints: which are refused, what is asked, and what comes of it.

Endpoints are real: Oxigraph's own server, and a server here that says which queries it got. Both
listen on this machine, which only the test switch allows.
"""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foedus import BASE, tokens
from foedus.engine import Dataset, Limits, embedded, inlined, outbound
from foedus.engine.embedded import Source
from foedus.engine.federation import FederatedEngine, Federation, asked, read_calls, without_calls
from foedus.engine.guarded import GuardedEngine
from foedus.errors import EngineError, LimitError, NotAcceptableError, QueryError
from foedus.results import ROWS

OXIGRAPH = shutil.which("oxigraph", path=str(Path(sys.executable).parent))
RUR = "https://w3id.org/foedus/id/state/RUR"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
CAPITAL = "http://example.org/capital"
NEAR, OAKS = "http://example.org/near", "http://example.org/oaks"
CAPITALS = f"""<{RUR}> <{CAPITAL}> "Strelsau", _:town .
_:town <{LABEL}> "the town" ; <{NEAR}> _:wood .
_:wood <{LABEL}> "Zenda\\n\\"wood\\" \\\\ }} <x> {{ \U0001f332"@en ; <{OAKS}> 7 ."""
LISTED = "http://example.org/sparql"
OTHER = "https://example.org/other"
ALLOWED = outbound.allow([LISTED, OTHER])


class Endpoint(ThreadingHTTPServer):
    """An endpoint on this machine that answers as the test wants, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.url = f"http://127.0.0.1:{self.server_port}/sparql"
        self.asked: list[str] = []
        self.body: Any = {"head": {"vars": []}, "results": {"bindings": []}}
        self.status = 200


class _Answering(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(parse_qs(body).get("query", [body])[0])
        told = self.server.body
        told = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/sparql-results+json;charset=utf-8")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@contextlib.contextmanager
def running() -> Iterator[Endpoint]:
    """Run an endpoint that answers as told."""
    with Endpoint() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Run an endpoint for one test."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def forbidden() -> Iterator[Endpoint]:
    """Run an endpoint that nobody may ask."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def oxigraph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Oxigraph's own server with capitals; yield its endpoint."""
    assert OXIGRAPH is not None, "the development dependency oxigraph has a command of this name"
    folder = tmp_path_factory.mktemp("oxigraph")
    file, place = folder / "capitals.ttl", str(folder / "store")
    file.write_text(CAPITALS, encoding="utf-8")
    load = [OXIGRAPH, "load", "--location", place, "--file", str(file)]
    subprocess.run(load, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [OXIGRAPH, "serve-read-only", "--location", place, "--bind", address]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as run:
        try:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(urllib.error.URLError, ConnectionError):
                    urllib.request.urlopen(f"http://{address}/query?query=ASK%7B%7D").close()
                    break
                assert time.monotonic() < end, "oxigraph does not answer"
                time.sleep(0.05)
            yield f"http://{address}/query"
        finally:
            run.terminate()
            run.wait(10)


def federated(engine: embedded.EmbeddedEngine, *endpoints: str, **limits: Any) -> FederatedEngine:
    allowed = outbound.allow(endpoints, local=True)
    return FederatedEngine(engine, Federation(allowed, Limits(**limits)))


def rows_of(engine: FederatedEngine, query: str, dataset: Dataset | None = None) -> list[str]:
    """Return the rows as tab-separated text, in order, without the names."""
    written = engine.answer(query, rows=ROWS[3], triples=None, dataset=dataset)
    with written.body:
        return sorted(written.body.read().decode().splitlines()[1:])


def bindings(**cells: dict[str, str]) -> dict[str, Any]:
    return {"head": {"vars": list(cells)}, "results": {"bindings": [cells]}}


# What is a call, and which are refused


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ASK { ?s ?p ?o }", []),
        (f"ASK {{ SERVICE <{LISTED}> {{ ?s ?p ?o }} }}", [LISTED]),
        (f"ASK {{ service\n# SERVICE <x:y> {{\nsilent<{LISTED}>#\n{{ }} }}", [LISTED]),
        (f"ASK {{ ?s ?p 1SERVICE<{LISTED}>{{ {{ ?s ?p ?o }} }} }}", [LISTED]),
        (f"ASK {{ SERVICE <{LISTED}> {{ SERVICE <{OTHER}> {{ }} }} }}", [LISTED, OTHER]),
        (
            f"ASK {{ SERVICE <{OTHER}> {{}} OPTIONAL {{ SERVICE <{LISTED}> {{}} }} }}",
            [OTHER, LISTED],
        ),
        (f'ASK {{ SERVICE <{LISTED}> {{ ?s ?p "}}", """}}""" # }}\n }} }}', [LISTED]),
        ("SELECT ?service { ?service ?p 'SERVICE <x:y> {}' } # SERVICE <x:y> {}", []),
        ("ASK { ?s a <http://example.org/SERVICE> , a:SERVICE }", []),
    ],
)
def test_calls_are_found_where_they_are(query: str, found: list[str]) -> None:
    assert [call.endpoint for call in read_calls(query, ALLOWED)] == found


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        f"ASK {{ SERVICE <{LISTED}/> {{ ?s ?p ?o }} }}",
        f"ASK {{ SERVICE <{LISTED.upper()}> {{ ?s ?p ?o }} }}",
        f"ASK {{ SERVICE SILENT <{LISTED}?x> {{ ?s ?p ?o }} }}",
        "ASK { SERVICE <http://ex\\u0061mple.org/sparql> { ?s ?p ?o } }",
        "BASE <http://example.org/> ASK { SERVICE <sparql> { ?s ?p ?o } }",
        f"ASK {{ SERVICE <{LISTED}> {{ SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }} }}",
        f"ASK {{ SERVICE <{LISTED}> {{ }} SERVICE <x:y> {{ }} }}",
        "PREFIX e: <http://example.org/> ASK { SERVICE e:sparql { ?s ?p ?o } }",
        "PREFIX e: <http://example.org/> ASK { SERVICEe:sparql { ?s ?p ?o } }",
        "PREFIX e: <http://example.org/> ASK { SERVICESILENTe:sparql { ?s ?p ?o } }",
        "PREFIX e: <http://example.org/> ASK { SERVICE SILENTe:sparql { ?s ?p ?o } }",
        f"ASK {{ VALUES ?e {{ <{LISTED}> }} SERVICE ?e {{ ?s ?p ?o }} }}",
        f"ASK {{ SERVICESILENT<{LISTED}> {{ ?s ?p ?o }} }}",
        f"ASK {{ ?s ?p xSERVICE <{LISTED}> {{ ?s ?p ?o }} }}",
        "PREFIX service: <x:> ASK { ?s a service:y }",
        f"ASK {{ SERVICE <{LISTED}> ",
        f"ASK {{ SERVICE <{LISTED}> {{ ?s ?p ?o ",
        "ASK { SERVICE",
        "ASK { SERVICE SILENT",
        "ASK { " + f"SERVICE <{LISTED}> {{ }} " * 9 + "}",
    ],
)
def test_call_of_any_other_endpoint_is_refused(query: str) -> None:
    with pytest.raises(QueryError, match=r"SERVICE|calls of other endpoints"):
        read_calls(query, ALLOWED)


def test_refusal_names_what_is_allowed() -> None:
    with pytest.raises(QueryError, match=f"<x:y> is refused; .*: <{LISTED}>, <{OTHER}>"):
        read_calls("ASK { SERVICE <x:y> { } }", ALLOWED)
    with pytest.raises(QueryError, match="may be called: none"):
        read_calls(f"ASK {{ SERVICE <{LISTED}> {{ }} }}", outbound.allow([]))


def test_escaped_keyword_is_no_keyword(engine: embedded.EmbeddedEngine) -> None:
    """The evaluator takes escapes in IRIs and strings only; else it would call unseen."""
    for word in ("\\u0053ERVICE", "\\U00000053ERVICE", "SERV\\u0049CE"):
        with pytest.raises(QueryError):
            federated(engine).run(f"ASK {{ {word} <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}")


def test_query_without_calls_reads_as_one_of_the_same_length() -> None:
    query = f"ASK {{\n SERVICE SILENT # here\n <{LISTED}> {{ SERVICE<{OTHER}>{{ }} }} }}"
    changed = without_calls(query, read_calls(query, ALLOWED))
    assert len(changed) == len(query)
    assert changed.index(LISTED) == query.index(LISTED)
    assert not tokens.calls_service(changed)
    assert ox.Store().query(changed) is not None


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("PREFIX a: <x:>\nASK { SERVICE <E> { a:b a:c ?o } }", "PREFIX a: <x:> * { a:b a:c ?o }"),
        ("ASK { SERVICE <E> { <a> ?p ?o } }", f"BASE <{BASE}> * {{ <a> ?p ?o }}"),
        (
            "BASE <http://e.org/> ASK { SERVICE <E> { <a> ?p ?o } }",
            f"BASE <{BASE}> BASE <http://e.org/> * {{ <a> ?p ?o }}",
        ),
        (
            "ASK { SERVICE SILENT <E> { { SELECT ?o { ?s ?p ?o } LIMIT 3 } } }",
            "* { { SELECT ?o { ?s ?p ?o } LIMIT 3 } }",
        ),
    ],
)
def test_endpoint_is_sent_the_group_with_its_prologue(query: str, sent: str) -> None:
    query = query.replace("<E>", f"<{LISTED}>")
    [call] = read_calls(query, ALLOWED)
    assert " ".join(asked(query, call).split()) == sent.replace("*", "SELECT * WHERE")


PIECES = st.sampled_from(
    r'''SERVICE <F> { ?s ?p ?o }
SERVICE SILENT<F>{}
SERVICE <A> { ?s ?p ?o }
SERVICE <A> { SERVICE <F> { ?s ?p ?o } }
{ SERVICE <F> {} }
SERVICEf:
?s a 1SERVICE<F>{}
?s ?p 'SERVICE <F> {}' .
?s ?p """ " ' SERVICE <F> {} """ .
?s ?p '\'' .
FILTER(?a<?b)
FILTER(?a>?b)
FILTER(?s<?p&&?p>?o)
FILTER(?a<?b)SERVICE f:x {}
?s ?p f:a\# .
?s ?p f:x\.SERVICE<F>{}
?s ?p f:.
?s a <x:#> .
?s ?p 'a'@service .
_:service ?service f:SERVICE .
?s ?p ?o .
OPTIONAL { ?s ?p ?o }
#'''.splitlines()
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "\n", "\r", "#\r", "\\"]))))
def test_no_text_makes_the_evaluator_call(
    engine: embedded.EmbeddedEngine,
    endpoint: Endpoint,
    forbidden: Endpoint,
    pieces: list[tuple[str, str]],
) -> None:
    """Here nothing but the reading of calls keeps the evaluator from the network."""
    address = forbidden.url.removesuffix("sparql")
    text = f"PREFIX f: <{address}> ASK {{ {''.join(a + b for a, b in pieces)} }}"
    text = text.replace("<F>", f"<{address}>").replace("<A>", f"<{endpoint.url}>")
    with contextlib.suppress(QueryError):
        federated(engine, endpoint.url).run(text)
    assert forbidden.asked == []


# What comes of it


def test_rows_of_another_engine_are_joined(engine: embedded.EmbeddedEngine, oxigraph: str) -> None:
    query = f"""SELECT ?label ?capital {{
      ?state <{LABEL}> ?label SERVICE <{oxigraph}> {{ ?state <{CAPITAL}> ?capital }}
      FILTER(isLiteral(?capital)) }}"""
    assert rows_of(federated(engine, oxigraph), query) == ['"Ruritania"@en\t"Strelsau"']


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <E> {{ ?s <{label}> ?o }}",
        "SERVICE SILENT <E> {{ ?s ?p ?o }}",
        "SERVICE <E> {{ ?s ?p ?o }} OPTIONAL {{ SERVICE <E> {{ ?s <{capital}> ?name }} }}",
        "?s <{label}> ?name OPTIONAL {{ SERVICE <E> {{ ?s <{capital}> ?o FILTER isBlank(?o) }} }}",
        "SERVICE <E> {{ ?a <{capital}> ?b }} SERVICE <E> {{ ?a ?c ?d }}",
        "SERVICE <E> {{ ?a <{near}> ?b . ?b <{label}> ?text }} FILTER(isBlank(?a))",
        "VALUES ?n {{ 7 8 }} FILTER EXISTS {{ SERVICE <E> {{ ?s <{oaks}> ?n }} }}",
        "VALUES ?n {{ 7 8 }} MINUS {{ SERVICE <E> {{ ?s <{oaks}> ?n }} }}",
        "{{ SERVICE <E> {{ ?s <{capital}> ?o }} }} UNION {{ ?s a ?o }}",
        "SERVICE <E> {{ SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} }}",
        "SERVICE <E> {{ ?s ?p ?o OPTIONAL {{ ?o <{label}> ?name }} }}",
        "SERVICE <E> {{ <{state}> <{capital}> 'Strelsau' }} ?s a ?o",
        "SERVICE <E> {{ <{state}> <{capital}> 'Hentzau' }} ?s a ?o",
        "SERVICE <E> {{ <{state}> <{capital}> ?s . FILTER(?s = 'none') }} ?s a ?o",
        "SERVICE <E> {{ BIND('x' AS ?s) }} BIND(CONCAT(?s, 'y') AS ?t)",
    ],
)
def test_calls_mean_what_the_evaluator_means(
    engine: embedded.EmbeddedEngine, oxigraph: str, pattern: str
) -> None:
    """The evaluator, which may reach the network here, gives the same rows."""
    body = pattern.format(label=LABEL, capital=CAPITAL, state=RUR, near=NEAR, oaks=OAKS)
    query = f"SELECT * {{ {body} }}".replace("<E>", f"<{oxigraph}>")
    direct, ours = engine._store.query(query), federated(engine, oxigraph).run(query)
    assert isinstance(direct, ox.QuerySolutions)
    assert isinstance(ours, ox.QuerySolutions)
    names = sorted(str(variable) for variable in direct.variables)
    assert sorted(str(variable) for variable in ours.variables) == names
    assert _texts(ours, names) == _texts(direct, names)


def _texts(rows: ox.QuerySolutions, names: list[str]) -> list[list[str]]:
    """Return rows in order as text, with labels of blank nodes left out."""
    return sorted([re.sub(r"^_:.*", "_:", str(row[name[1:]])) for name in names] for row in rows)


def test_blank_nodes_stay_what_they_are_within_an_answer(
    engine: embedded.EmbeddedEngine, oxigraph: str
) -> None:
    query = f"""SELECT ?same ?blank {{ SERVICE <{oxigraph}> {{
        ?town <{NEAR}> ?wood . ?other <{OAKS}> 7 }}
      BIND(sameTerm(?wood, ?other) AS ?same) BIND(isBlank(?town) AS ?blank) }}"""
    assert rows_of(federated(engine, oxigraph), query) == ["true\ttrue"]


def test_blank_nodes_of_two_answers_are_different(
    engine: embedded.EmbeddedEngine, oxigraph: str
) -> None:
    """As SPARQL has it; the evaluator would take equal labels for the same node."""
    calls = f"SERVICE <{oxigraph}> {{ ?a <{NEAR}> ?b }} SERVICE <{oxigraph}> {{ ?b ?c ?d }}"
    assert rows_of(federated(engine, oxigraph), f"SELECT * {{ {calls} }}") == []


def test_graph_around_a_call_is_not_the_endpoints(
    engine: embedded.EmbeddedEngine, oxigraph: str
) -> None:
    """As SPARQL has it; the evaluator gives no row."""
    group = f"{{ ?s <{LABEL}> ?name SERVICE <{oxigraph}> {{ ?s <{CAPITAL}> 'Strelsau' }} }}"
    found = rows_of(federated(engine, oxigraph), f"SELECT ?name {{ GRAPH ?g {group} }}")
    assert found == ['"Ruritania"@en']


def test_construct_ask_and_describe_call_too(
    engine: embedded.EmbeddedEngine, oxigraph: str
) -> None:
    group = f"{{ SERVICE <{oxigraph}> {{ ?s <{CAPITAL}> ?o FILTER isLiteral(?o) }} }}"
    asking = federated(engine, oxigraph)
    assert bool(asking.run(f"ASK {group}"))
    [triple] = asking.run(f"CONSTRUCT {{ ?s ?s ?o }} {group}")
    assert triple.object.value == "Strelsau"
    assert len(list(asking.run(f"DESCRIBE ?s {group}"))) > 1


def test_dataset_of_the_request_holds_here_only(
    engine: embedded.EmbeddedEngine, oxigraph: str
) -> None:
    query = f"SELECT ?o {{ SERVICE <{oxigraph}> {{ ?s <{CAPITAL}> ?o }} OPTIONAL {{ ?s a ?t }} }}"
    found = rows_of(federated(engine, oxigraph), query, Dataset(default=("x:none",)))
    assert len(found) == 2


def test_endpoint_gets_the_query_and_its_inner_call_as_they_are(
    engine: embedded.EmbeddedEngine, endpoint: Endpoint
) -> None:
    inner = f"{{ ?s ?p ?o SERVICE <{OTHER}> {{ ?o ?q 'SERVICE' }} }}"
    asking = federated(engine, endpoint.url, OTHER)
    assert rows_of(asking, f"SELECT * {{ SERVICE <{endpoint.url}> {inner} }}") == []
    assert [" ".join(text.split()) for text in endpoint.asked] == [f"SELECT * WHERE {inner}"]


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        ("SELECT * {\n SERVICE <E> { ?s ?p ?o }\n  ?s ?p }", QueryError, "line 3, column 9"),
        ("SELECT * { SERVICE <E> { ?s a:b ?o } }", QueryError, "undeclared prefix a:"),
        ("SELECT * { OPTIONAL SERVICE <E> { ?s ?p ?o } }", QueryError, "syntax error"),
        ("SELECT * { SERVICE <E> { ?s ?p ?o } UNION { } }", QueryError, "syntax error"),
        ("SELECT * { SERVICE <E> { ?s ?p ?o } BIND(1 AS ?o) }", QueryError, "o"),
        ("INSERT { ?s ?p ?o } WHERE { SERVICE <E> { ?s ?p ?o } }", QueryError, "updates are"),
        ("CONSTRUCT { ?s ?p ?o } { SERVICE <E> { ?s ?p ?o } }", NotAcceptableError, "triples"),
    ],
)
def test_nobody_is_asked_for_a_query_that_is_at_fault(
    engine: embedded.EmbeddedEngine,
    endpoint: Endpoint,
    query: str,
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        rows_of(federated(engine, endpoint.url), query.replace("<E>", f"<{endpoint.url}>"))
    assert endpoint.asked == []


LITERAL = {"type": "literal", "value": "x"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1, 2]",
        b"{",
        b'{"head": {}, "boolean": true}',
        b'{"head": {"vars": ["s"]}, "results": {"bindings": [{"s": 1}]}}',
        b'{"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri"}}]}}',
        b'{"head": {"vars": ["s", "s"]}, "results": {"bindings": []}}',
        b"[" * 500_000,
        bindings(s={"type": "uri", "value": "http://x/> } ?a ?b ?c { <http://y/"}),
        bindings(s={"type": "uri", "value": "relative"}),
        bindings(s={"type": "bnode", "value": ["x"]}),  # type: ignore[dict-item]
        bindings(s=LITERAL | {"xml:lang": 'en" }'}),
        bindings(s=LITERAL | {"datatype": "http://x/> }"}),
        bindings(s=LITERAL | {"value": "\ud800"}),
        bindings(s=LITERAL | {"xml:lang": "en", "its:dir": "ltr"}),
        bindings(s=LITERAL | {"type": "triple"}),
    ],
    ids=lambda body: str(body)[:40],
)
def test_broken_answer_is_an_error_that_names_the_endpoint(
    engine: embedded.EmbeddedEngine, endpoint: Endpoint, body: Any
) -> None:
    endpoint.body = body
    asking = federated(engine, endpoint.url)
    with pytest.raises(EngineError, match=f"{endpoint.url}.*not SPARQL results in JSON"):
        rows_of(asking, f"SELECT ?s {{ SERVICE <{endpoint.url}> {{ ?s ?p ?o }} }}")
    silent = f"SELECT (1 AS ?one) ?s {{ SERVICE SILENT <{endpoint.url}> {{ ?s ?p ?o }} }}"
    assert rows_of(asking, silent) == ["1\t"]


@pytest.mark.parametrize(
    "value",
    ["", "'", '"', "\\", "\\u0022", "\n\r\t\b\f", "\x00\x01\x7f\x85\ufeff", "} # {", "\U0001f332"],
)
def test_any_text_comes_through(
    engine: embedded.EmbeddedEngine, endpoint: Endpoint, value: str
) -> None:
    endpoint.body = bindings(
        s=LITERAL | {"value": value, "xml:lang": "en"},
        o=LITERAL | {"value": value, "datatype": "http://example.org/text"},
        p={"type": "uri", "value": "http://example.org/é'()$&"},
    )
    answer = federated(engine, endpoint.url).run(
        f"SELECT ?s ?o ?p {{ SERVICE <{endpoint.url}> {{ ?s ?p ?o }} }}"
    )
    assert isinstance(answer, ox.QuerySolutions)
    [row] = answer
    assert row["s"] == ox.Literal(value, language="en")
    assert row["o"] == ox.Literal(value, datatype=ox.NamedNode("http://example.org/text"))
    assert row["p"] == ox.NamedNode("http://example.org/é'()$&")


def test_variables_that_were_not_asked_for_are_left_out(
    engine: embedded.EmbeddedEngine, endpoint: Endpoint
) -> None:
    endpoint.body = bindings(s=LITERAL, label=LITERAL | {"value": "forged"})
    query = (
        f"SELECT ?label ?s {{ <{RUR}> <{LABEL}> ?label SERVICE <{endpoint.url}> {{ ?s a ?t }} }}"
    )
    assert rows_of(federated(engine, endpoint.url), query) == ['"Ruritania"@en\t"x"']


def test_endpoint_that_refuses_is_named_with_what_it_says(
    engine: embedded.EmbeddedEngine, endpoint: Endpoint
) -> None:
    endpoint.status, endpoint.body = 503, b"come back later"
    query = f"ASK {{ SERVICE <{endpoint.url}> {{ ?s ?p ?o }} }}"
    with pytest.raises(EngineError, match=f"{endpoint.url} answered 503 .*come back later"):
        federated(engine, endpoint.url).run(query)


def test_endpoints_together_have_one_limit_of_bytes(
    engine: embedded.EmbeddedEngine, endpoint: Endpoint
) -> None:
    endpoint.body = bindings(s=LITERAL | {"value": "x" * 3000})
    call = f"SERVICE <{endpoint.url}> {{ ?s ?p ?o }}"
    asking = federated(engine, endpoint.url, response=5000)
    assert len(rows_of(asking, f"SELECT * {{ {call} }}")) == 1
    with pytest.raises(LimitError, match=f"{endpoint.url} .*more than"):
        rows_of(asking, f"SELECT * {{ {call} {call} }}")


def test_rows_without_values_are_counted() -> None:
    names = {f"v{number}" for number in range(1001)}
    body = {"head": {"vars": sorted(names)}, "results": {"bindings": [{}] * 1000}}
    with pytest.raises(LimitError, match="1000000 values"):
        inlined.values_of(json.dumps(body).encode(), call=0, names=names)


def test_worker_without_network_evaluates_what_endpoints_said(
    small_release: Path, endpoint: Endpoint
) -> None:
    """Many rows, some of them blank nodes, go to a worker in the query's text."""
    many = 20_000
    rows = [
        {"s": {"type": "bnode", "value": f"b{n}"}, "o": LITERAL | {"value": f"service {n}"}}
        for n in range(many)
    ]
    endpoint.body = {"head": {"vars": ["s", "o"]}, "results": {"bindings": rows}}
    guarded = GuardedEngine([Source(str(small_release / "data.nq"))])
    federation = Federation(outbound.allow([endpoint.url], local=True), Limits())
    query = f"""SELECT (COUNT(DISTINCT ?s) AS ?nodes) (COUNT(?o) AS ?texts)
      {{ SERVICE <{endpoint.url}> {{ ?s ?p ?o }} FILTER(isBlank(?s)) }}"""
    with contextlib.closing(guarded):
        assert rows_of(FederatedEngine(guarded, federation), query) == [f"{many}\t{many}"]
        with pytest.raises(QueryError, match="SERVICE is refused"):
            guarded.answer(query, rows=ROWS[3], triples=None)


def test_own_functions_open_nothing_else(engine: embedded.EmbeddedEngine) -> None:
    found = engine.run(f"SELECT ({inlined.BLANK}(?a) AS ?b) {{ VALUES ?a {{ 1 <x:y> }} }}")
    assert isinstance(found, ox.QuerySolutions)
    assert [str(row["b"]) for row in found] == [
        '"1"^^<http://www.w3.org/2001/XMLSchema#integer>',
        "<x:y>",
    ]
