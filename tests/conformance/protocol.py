"""Run the protocol suite: send each request as the manifest has it, and judge the answer.

Source: SPARQL 1.1 Protocol. Queries must be answered as the manifest says: status, kind of media
type, and the truth of an ASK. Updates are refused by design: each must get a 4xx, and the query
that follows must find the data unchanged.
"""

import json
from xml.etree import ElementTree

from rdflib import Graph
from rdflib.plugin import PluginException

from conformance.live import Reply, send
from conformance.manifests import Case, Request
from conformance.outcome import Outcome, failed, passed

_JSON, _XML = "application/sparql-results+json", "application/sparql-results+xml"
_MEDIA = {
    "boolean": {_JSON, _XML},
    "tabular": {_JSON, _XML, "text/csv", "text/tab-separated-values"},
    "RDF": {"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"},
}


def run(server: str, case: Case) -> Outcome:
    """Return the outcome of a protocol test."""
    if "update" in case.key:
        return _refused(server, case)
    for request in case.requests:
        fault = _fault(request, _send(server, request))
        if fault:
            return failed(case, fault)
    return passed(case)


def _send(server: str, request: Request) -> Reply:
    return send(server, request.method, request.path, headers=request.headers, body=request.body)


def _refused(server: str, case: Case) -> Outcome:
    """Judge a test of updates: the update is refused, and nothing has changed after it."""
    reply = _send(server, case.requests[0])
    if reply.status // 100 != 4:
        return failed(case, f"an update is answered with {reply.status}")
    for request in case.requests[1:]:
        after = _send(server, request)
        if after.status != 200 or _boolean(after) is not False:
            return failed(case, "the update left something behind")
    return Outcome(case, "inapplicable", f"refused by design, with {reply.status}")


def _fault(request: Request, reply: Reply) -> str | None:
    status = f"{reply.status // 100}xx"
    if status not in request.statuses:
        return f"status {reply.status}, expected {' or '.join(sorted(request.statuses))}"
    if request.form is not None and reply.media not in _MEDIA[request.form]:
        return f"media type {reply.media}, expected one for {request.form}"
    if request.boolean is not None and _boolean(reply) is not request.boolean:
        return f"the answer is not {request.boolean}"
    if request.form == "RDF":
        try:
            Graph().parse(data=reply.body, format=reply.media)
        except (PluginException, ValueError, SyntaxError) as error:
            return f"the body is not {reply.media}: {error}"
    return None


def _boolean(reply: Reply) -> bool | None:
    if reply.media == _JSON:
        found = json.loads(reply.body).get("boolean")
        return found if isinstance(found, bool) else None
    text = ElementTree.fromstring(reply.body).findtext("{*}boolean")
    return {"true": True, "false": False}.get((text or "").strip())
