"""The service as a table: path, Accept, status, media type, words in the body."""

# ruff: noqa: E501 - a row of the table is one line

import pytest
from flask.testing import FlaskClient

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ANY = "*/*"
RUR = "state/RUR"
PROPOSITION = "proposition/ruritania-and-graustark-are-allied"
PASSAGE = "passage/gazette-1894/p0000000001"
ASK = "query=ASK+%7B%7D"
ROWS = "query=SELECT+%3Fs+%7B+%3Fs+a+%3Chttps%3A%2F%2Fw3id.org%2Ffoedus%2Fns%23State%3E+%7D+ORDER+BY+%3Fs"
JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
TURTLE, PROBLEM = "text/turtle", "application/problem+json"

TABLE = [
    # The start page, search, catalogue, terms
    ("/", HTML, 200, "text/html", ["The Gazette on the two kingdoms", "What is claimed of a thing?", "curl", "<strong>2</strong> claims</span> · <span><strong>1</strong> roll call</span> · <span><strong>1</strong> treaty</span> · <span><strong>1</strong> document</span> · <span><strong>2</strong> states"]),
    ("/search?q=alliance+hearsay", HTML, 200, "text/html", ["1 found", "/id/claim/gazette-1894/not-allied"]),
    ("/search?q=RURITANIA", HTML, 200, "text/html", ["/id/state/RUR"]),
    ("/search?q=no+such+words", HTML, 200, "text/html", ["0 found"]),
    ("/search", HTML, 200, "text/html", ["Type one or more words"]),
    ("/queries", HTML, 200, "text/html", ["Which states are there?", "Takes thing."]),
    ("/queries/", HTML, 200, "text/html", ["Which states are there?"]),
    ("/healthz", ANY, 200, "application/json", ['"ok"']),
    ("/static/foedus.css", ANY, 200, "text/css", ["prefers-color-scheme"]),
    ("/ns", HTML, 200, "text/html", ['id="isAlliedWith"', "One assertion in one document."]),
    ("/ns", TURTLE, 200, TURTLE, ["foedus:Claim a owl:Class"]),
    ("/ns.jsonld", HTML, 200, "application/ld+json", ["isAlliedWith"]),
    ("/nowhere", HTML, 404, "text/html", ["Not here", "This service has nothing at <code>/nowhere</code>", '>questions</a>', 'value="nowhere"']),
    ("/id/state/XXX", HTML, 404, "text/html", ["Nothing is known of"]),
    ("/id/state/XXX", TURTLE, 404, "text/plain", ["nothing is known of"]),
    (f"/id/{RUR}.docx", HTML, 404, "text/html", ["state/RUR has no .docx; it has .ttl, .nt, .jsonld"]),
    (f"/data/{RUR}.docx", ANY, 404, "text/plain", ["state/RUR has no .docx; it has .ttl"]),
    ("/nowhere", "application/json", 404, PROBLEM, ['"status": 404']),
    ("/nowhere", ANY, 404, "text/plain", ["404 Not Found"]),
    # Things: 303, pages, data
    (f"/id/{RUR}", HTML, 303, None, ["Location: /page/state/RUR"]),
    (f"/id/{RUR}", TURTLE, 303, None, ["Location: /data/state/RUR"]),
    (f"/id/{RUR}", ANY, 303, None, ["Location: /data/state/RUR"]),
    (f"/id/{RUR}.html", TURTLE, 303, None, ["Location: /page/state/RUR"]),
    (f"/id/{RUR}.jsonld", HTML, 303, None, ["Location: /data/state/RUR.jsonld"]),
    (f"/id/{RUR}?format=nt", ANY, 303, None, ["Location: /data/state/RUR.nt"]),
    (f"/id/{RUR}", "image/png", 406, "text/plain", ["text/turtle", "text/html"]),
    ("/id/query/states/states", HTML, 303, None, ["Location: /queries/states/states"]),
    (f"/page/{RUR}", HTML, 200, "text/html", ["<h1>Ruritania</h1>", "Vote on R/1", "The two kingdoms are allies.", "The Editor"]),
    (f"/page/{RUR}.html", HTML, 200, "text/html", ["<h1>Ruritania</h1>"]),
    (f"/page/{RUR}", HTML, 200, "text/html", ["Its government is called", "Same as", "<summary>Codes</summary>", "Party to", "Peace of Zenda: signed on Ruritania 1894-05-01, according to The Gazette"]),
    ("/page/treaty/peace", HTML, 200, "text/html", ["What sources state", ">Signed on Ruritania 1894-05-01, according to The Gazette</a>"]),
    ("/page/resolution/R-1", HTML, 200, "text/html", ["Votes</span> on it", 'For <span class="count">1</span>', "1894-04-01", ">Ruritania</a>"]),
    ("/page/person/editor", HTML, 200, "text/html", ['it makes or is said to hold <span class="count">2</span>']),
    ("/page/place/edelweiss", HTML, 200, "text/html", ["No record, claim or rule here speaks of it"]),
    ("/page/state/XXX", HTML, 404, "text/html", ["Nothing is known of"]),
    ("/page/claim/gazette-1894/not-allied", HTML, 200, "text/html", ["some travellers", "rejected", ">probable</span>", "denies:", "<q class=\"hedge\">it is said</q>", "10 to 42", "https://example.org/gazette", "The record bears this out", "Polarity"]),
    (f"/page/{PASSAGE}", HTML, 200, "text/html", ["The two kingdoms are allies.", "10 to 42", "abc123", "Of alliances", "<summary>Check it</summary>", "</a>, in section <a"]),
    ("/page/document/gazette-1894", HTML, 200, "text/html", ["1894-05", "publisher-page", "unknown", "Of alliances", "The two kingdoms are allies."]),
    (f"/page/{PROPOSITION}", HTML, 200, "text/html", ["that assert it", "that deny it", "independentSources", "is allied with", "The record contradicts this", "1 of 2 rows speaks against"]),
    ("/page/proposition/guards-of-ruritania", HTML, 200, "text/html", ["more than 300", "several hundred"]),
    ("/page/claim/gazette-1894/allied", HTML, 200, "text/html", ["The record contradicts this", "1 of 2 rows speaks against", "asserts:", "R/1", 'data-label="Bears"', "How did they vote on R/1?"]),
    ("/page/verdict/allied", HTML, 200, "text/html", ["The record contradicts this", 'data-label="Bears"']),
    ("/page/conflict/allied", HTML, 200, "text/html", ["Derived"]),
    (f"/data/{RUR}", TURTLE, 200, TURTLE, ['rdfs:label "Ruritania"@en']),
    (f"/data/{RUR}", "application/rdf+xml", 200, "application/rdf+xml", ["Ruritania"]),
    (f"/data/{RUR}.nt", HTML, 200, "application/n-triples", ['"Ruritania"@en .']),
    (f"/data/{RUR}.trig", ANY, 200, "application/trig", ["<https://w3id.org/foedus/graph/things/states> {"]),
    (f"/data/{RUR}", "text/html", 406, "text/html", ["text/turtle"]),
    ("/data/state/XXX", TURTLE, 404, "text/plain", ["nothing is known of"]),
    ("/vocabulary/stance/rejected", HTML, 200, "text/html", ["<h1>rejected</h1>"]),
    ("/vocabulary/stance/rejected.ttl", HTML, 200, TURTLE, ['"rejected"@en']),
    ("/rule/conflicts-polarity", HTML, 200, "text/html", ["/id/conflict/allied"]),
    ("/graph/claims/gazette-1894", HTML, 200, "text/html", ["Claims of the Gazette", "The two kingdoms are allies."]),
    ("/graph/claims/gazette-1894", TURTLE, 200, TURTLE, ["The two kingdoms are allies."]),
    ("/graph/none", TURTLE, 404, "text/plain", ["no graph"]),
    # Saved queries
    ("/queries/claims/claims-by-thing", HTML, 200, "text/html", ["What is claimed of a thing?", "1 row", 'data-label="Claim"', "<dt>Claim</dt><dd>Claim: what it says</dd>", "VALUES ?thing {"]),
    ("/queries/claims/claims-by-thing", ANY, 200, JSON, ["The two kingdoms are allies."]),
    ("/queries/claims/claims-by-thing?format=csv", ANY, 200, "text/csv", ["claim,statement\r\n"]),
    ("/queries/claims/claims-by-thing.csv?thing=state/GRA", HTML, 200, "text/csv", ["claim,statement\r\n"]),
    ("/queries/claims/claims-by-thing.xml", HTML, 200, XML, ["<sparql"]),
    ("/queries/claims/claims-by-thing.tsv", HTML, 200, "text/tab-separated-values", ["?claim\t?statement"]),
    ("/queries/claims/claims-by-thing?thing=https://w3id.org/foedus/id/state/GRA", HTML, 200, "text/html", ["Nothing is stated"]),
    ("/queries/states/states?most=3&side=against", HTML, 200, "text/html", ["<option value=\"against\" selected>not in favour", "Most (rows)", "min=\"1\" max=\"9\"", "type=\"date\"", "<option value=\"RUR\" selected>Ruritania", "https://example.org/states"]),
    ("/queries/claims/claims-by-thing?thing=Ruritnia", HTML, 404, "text/html", ["nothing is known of &#39;Ruritnia&#39;", 'value="Ruritnia"', "Did you mean", ">Ruritania</a>"]),
    ("/queries/claims/claims-by-thing?thing=ruritania", HTML, 200, "text/html", ["The two kingdoms are allies.", 'value="state/RUR" selected']),
    ("/queries/claims/claims-by-thing?thing=Strelsau", HTML, 200, "text/html", ["The two kingdoms are allies."]),
    ("/queries/claims/claims-by-thing.csv?thing=Strelsau", HTML, 200, "text/csv", ["The two kingdoms are allies."]),
    ("/queries/claims/claims-by-thing?thing=the+capital", HTML, 400, "text/html", ["names 2 things", "thing=state/RUR", "Did you mean", "The Capital (place)"]),
    ("/queries/claims/claims-by-thing.csv?thing=the+capital", HTML, 400, "text/html", ["names 2 things"]),
    ("/queries/claims/claims-by-thing?thing=state/XXX", HTML, 404, "text/html", ["nothing is known of"]),
    ("/queries/claims/claims-by-thing.csv?thing=state/XXX", HTML, 200, "text/csv", ["claim,statement\r\n"]),
    ("/queries/claims/claims-by-thing?thing=no+such+thing", HTML, 400, "text/html", ["an IRI under", 'value="no such thing"']),
    ("/queries/states/states?state=GRA&since=yesterday", HTML, 400, "text/html", ["since:", 'value="yesterday"', '<option value="GRA" selected>']),
    ("/queries/claims/claims-by-thing.excel.csv", HTML, 200, "text/csv", ["\ufeffclaim,statement\r\n", "The two kingdoms are allies."]),
    ("/queries/states/states?most=10", HTML, 400, "text/html", ["most:", "&#39;10&#39;", "a whole number from 1 to 9"]),
    ("/queries/states/states?most=10", "application/json", 400, PROBLEM, ['"code": "parameter"', "'10'"]),
    ("/queries/states/states?most=1&most=2", ANY, 400, "text/plain", ["most is given 2 times"]),
    ("/queries/states/states?nobody=1", ANY, 400, "text/plain", ["no parameter 'nobody'"]),
    ("/queries/states/states", "image/png", 406, "text/plain", ["text/csv"]),
    ("/queries/states/none", HTML, 404, "text/html", ["No saved query states/none"]),
    ("/.well-known/sparql-examples", ANY, 200, TURTLE, ["sh:SPARQLSelectExecutable", "Which states are there?", "schema:target <http://localhost/sparql>"]),
    ("/.well-known/sparql-examples.nt", HTML, 200, "application/n-triples", ["SPARQLExecutable"]),
    # The endpoint by GET
    (f"/sparql?{ASK}", ANY, 200, JSON, ['"boolean":true']),
    (f"/sparql/?{ASK}", ANY, 200, JSON, ['"boolean":true']),
    (f"/sparql?{ASK}", "text/csv", 200, "text/csv", ["true"]),
    (f"/sparql?{ROWS}", XML, 200, XML, ["state/RUR"]),
    (f"/sparql?{ROWS}", HTML, 200, "text/html", ["2 rows", ">Ruritania</a>"]),
    (f"/sparql.tsv?{ROWS}", HTML, 200, "text/tab-separated-values", ["<https://w3id.org/foedus/id/state/GRA>"]),
    (f"/sparql?{ROWS}&format=csv&output=xml&timeout=1", ANY, 200, "text/csv", ["state/RUR"]),
    (f"/sparql?{ROWS}&format=csv", XML, 200, XML, ["state/RUR"]),
    (f"/sparql?{ROWS}", TURTLE, 406, "text/plain", [JSON]),
    ("/sparql?query=DESCRIBE+%3Chttps%3A%2F%2Fw3id.org%2Ffoedus%2Fid%2Fstate%2FRUR%3E", ANY, 200, TURTLE, ["Ruritania"]),
    ("/sparql?query=DESCRIBE+%3Chttps%3A%2F%2Fw3id.org%2Ffoedus%2Fid%2Fstate%2FRUR%3E", HTML, 200, "text/html", ["Ruritania"]),
    ("/sparql", TURTLE, 200, TURTLE, ["sd:endpoint <http://localhost/sparql>", "sd:UnionDefaultGraph", "sd:SPARQL11Query", "sd:name <https://w3id.org/foedus/graph/things/states>"]),
    ("/sparql", ANY, 200, TURTLE, ["sd:endpoint"]),
    ("/sparql", HTML, 200, "text/html", ["<textarea"]),
    ("/sparql", "image/png", 406, "text/plain", ["text/turtle"]),
    ("/sparql?query=SELECT+*+%7B", ANY, 400, "text/plain", ["line 1, column 11"]),
    ("/sparql?query=SELECT+*+%7B", JSON, 400, PROBLEM, ['"line": 1', '"column": 11', '"code": "query"']),
    ("/sparql?query=SELECT+*+%7B", HTML, 400, "text/html", ["line 1, column 11", "SELECT * {</textarea>"]),
    ("/sparql?query=CLEAR+ALL", ANY, 400, "text/plain", ["updates are refused"]),
    ("/sparql?update=CLEAR+ALL", ANY, 403, "text/plain", ["updates are refused"]),
    ("/sparql?query=", ANY, 400, "text/plain", ["the query is empty"]),
    (f"/sparql?{ASK}&{ASK}", ANY, 400, "text/plain", ["one query at a time"]),
    ("/sparql?query=ASK+%7B%7D%FF", ANY, 400, "text/plain", ["not in UTF-8"]),
    (f"/sparql?{ASK}&default-graph-uri=relative", ANY, 400, "text/plain", ["absolute IRI"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "accept", "status", "media", "words"),
    TABLE,
    ids=[f"{r[0]} {r[1][:20]}" for r in TABLE],
)
def test_row(
    client: FlaskClient, path: str, accept: str, status: int, media: str | None, words: list[str]
) -> None:
    with client.get(path, headers={"Accept": accept}) as response:
        body = response.get_data(as_text=True)
    assert response.status_code == status, body
    if media is not None:
        assert response.mimetype == media
    else:
        body += f"Location: {response.headers['Location']}"
    for word in words:
        assert word in body


@pytest.mark.parametrize(
    "path", sorted({row[0] for row in TABLE if row[2] in (200, 303)}), ids=lambda p: p[:60]
)
def test_head_answers_as_get_without_a_body(client: FlaskClient, path: str) -> None:
    with client.get(path) as got, client.head(path) as head:
        assert (head.status_code, head.mimetype) == (got.status_code, got.mimetype)
        assert head.get_data() == b""
        assert head.headers.get("ETag") == got.headers.get("ETag")
