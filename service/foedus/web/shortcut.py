"""Answer the commonest request without the framework: a query, with its answer as small data.

Whatever else a request may be (a page, a description, an answer that is known, large or faulty) is
the application's, which gets what the engine has said already as an `Outcome`, so that nothing is
evaluated twice. What goes out is what the application would send; a test holds the two together.

Source: SPARQL 1.1 Protocol, 2.1.
Used by ``front``; ``sparql`` takes the `Outcome`.
"""

import gzip
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from werkzeug.exceptions import HTTPException

from foedus import results, tokens
from foedus.engine import Written
from foedus.errors import FoedusError
from foedus.results import HTML, Format
from foedus.web import compression, journal, protocol
from foedus.web.bounds import names_host
from foedus.web.cache import UNCHANGED, Ready, status_line
from foedus.web.gateway import Request
from foedus.web.protocol import ENDPOINT, Question, Sent
from foedus.web.replies import either

OUTCOME = "foedus.outcome"
"""Where a request's environment has its `Outcome`."""
SMALL = 1 << 14
"""Bytes of an answer up to which it is compressed here: time is everybody's in the event loop."""
PLAIN = 1 << 20
"""The same where it goes out as it is."""
_OK = status_line(HTTPStatus.OK)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine said to a request's query."""

    query: str
    seconds: float
    said: Written | FoedusError


class Asked(NamedTuple):
    """A query that the shortcut may answer."""

    question: Question
    rows: Format | None
    triples: Format | None


def paths_of(prefix: str) -> frozenset[bytes]:
    """Return the paths of the endpoint, for a service under a prefix."""
    paths = {f"{start}{ENDPOINT}{end}" for start in ("", prefix) for end in ("", "/")}
    return frozenset(path.encode() for path in paths)


def read(request: Request) -> Asked | None:
    """Return the query of a request to the endpoint, or None where it is the application's."""
    if request.method not in protocol.METHODS or b"if-none-match" in request.fields:
        return None
    if not names_host(request.text(b"host") or ""):
        return None
    sent = Sent(
        request.method,
        request.query_string,
        request.text(b"content-type") or "",
        request.text(b"content-encoding") or "",
        request.body,
    )
    try:
        question = protocol.read(sent)
        if question is None or tokens.calls_service(question.query):
            return None
        rows, triples = either(request.text(b"accept"), question.wanted)
    except (FoedusError, HTTPException):
        return None
    if HTML in (rows, triples):
        return None
    return Asked(question, rows, triples)


def takes(request: Request, size: int) -> bool:
    """Whether an answer of so many bytes is packed here."""
    is_packed = compression.takes(request.text(b"accept-encoding") or "")
    return size <= (SMALL if is_packed else PLAIN)


def pack(
    asked: Asked, form: Format, body: bytes, *, digest: str, common: bytes, accepted: str
) -> Ready:
    """Return an answer to a query, ready to be sent.

    ``digest`` is that of the data, ``common`` the headers of every answer as they are sent, and
    ``accepted`` the request's ``Accept-Encoding``.
    """
    tag = results.etag(digest, asked.question.key, form.name)
    coding = suffix = ""
    if len(body) >= compression.SMALLEST and compression.takes(accepted):
        body = gzip.compress(body, compression.THOROUGH, mtime=0)
        coding, suffix = f"content-encoding: {compression.CODING}\r\n", compression.SUFFIX
    of_the_body = f"content-type: {form.content_type}\r\ncontent-length: {len(body)}\r\n{coding}"
    tagged = f'etag: "{tag}{suffix}"\r\n'.encode()
    return Ready(
        ENDPOINT,
        ENDPOINT,
        HTTPStatus.OK.value,
        f'"{tag}'.encode(),
        (_OK, of_the_body.encode(), tagged, common),
        body,
        (UNCHANGED, tagged, common),
        journal.hash_of(asked.question.query),
    )
