"""Read a request of the SPARQL protocol: its query, and the dataset it names.

A query comes by GET, by POST of a form, or by POST or QUERY of the query itself. Dataset
parameters in the address or the form replace the query's own ``FROM``; an empty one, as an
unused field of a form gives, names nothing. Text is percent-decoded once and must be UTF-8.
Parameters that the protocol does not know are ignored.

Source: SPARQL 1.1 Protocol, 2.1 (query operation), 2.2 (update operation, refused); the HTTP
QUERY method (draft-ietf-httpbis-safe-method-w-body).
Errors: 400 for a query that is missing or repeated and for text that is not UTF-8; 403 for the
update operation; 415 for another media type, charset or coding.
"""

from typing import NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import BadRequest, Forbidden, UnsupportedMediaType
from werkzeug.http import parse_options_header

from foedus.engine import Dataset
from foedus.errors import QueryError

ENDPOINT = "/sparql"
METHODS = ("GET", "POST", "QUERY")
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
GRAPHS = ("default-graph-uri", "named-graph-uri")
_FORMAT = "format"
Fields = dict[str, list[str]]
"""The values of each field of a form, in its order."""


class Sent(NamedTuple):
    """What a request sends, whichever way it came."""

    method: str
    query_string: bytes
    content_type: str
    coding: str
    """``Content-Encoding``, or empty."""
    body: bytes


class Question(NamedTuple):
    """A query with its dataset; None leaves the dataset to the query."""

    query: str
    dataset: Dataset | None
    wanted: str | None
    """``format=``, if it is given."""

    @property
    def key(self) -> str:
        """What distinguishes this question from all others."""
        if self.dataset is None:
            return repr(self.query)
        return repr((self.query, self.dataset.default, self.dataset.named))


def read(sent: Sent) -> Question | None:
    """Return what a request asks, or None where it is a GET without a query."""
    fields = _fields(sent.query_string, "the address")
    if "update" in fields:
        _refuse_update()
    queries = fields.get("query", [])
    if sent.method in ("POST", "QUERY"):
        posted, more = _posted(sent)
        queries = queries + posted
        for name, values in more.items():
            fields[name] = fields.get(name, []) + values
    if len(queries) > 1:
        raise QueryError(f"one query at a time, not {len(queries)}")
    if queries:
        wanted = next((value for value in fields.get(_FORMAT, ()) if value), None)
        return Question(queries[0], _dataset(fields), wanted)
    if sent.method in ("GET", "HEAD"):
        return None
    raise QueryError(f"no query: send one as the field query, or as {DIRECT}")


def _posted(sent: Sent) -> tuple[list[str], Fields]:
    """Return the queries in the body, and all fields of a form."""
    coding = sent.coding.strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMediaType(f"the body must be sent as it is, not in {coding}")
    media, options = parse_options_header(sent.content_type)
    charset = options.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(f"the body must be in UTF-8, not in {charset}")
    media = media.lower()
    if media == UPDATE:
        _refuse_update()
    if media == DIRECT:
        return [_utf8(sent.body, "the body")], {}
    fields = _fields(sent.body, "the body") if media == FORM else {}
    if "update" in fields:
        _refuse_update()
    if media == FORM and sent.method == "POST":
        return fields.get("query", []), fields
    taken = f"{FORM} or {DIRECT}" if sent.method == "POST" else DIRECT
    what = media or "a body without a Content-Type"
    raise UnsupportedMediaType(f"{sent.method} takes {taken}, not {what}")


def _refuse_update() -> NoReturn:
    raise Forbidden("updates are refused: this endpoint answers queries only")


def _fields(raw: bytes, what: str) -> Fields:
    """Return the fields of a form, decoded once."""
    fields: Fields = {}
    for pair in raw.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            fields.setdefault(_unquote(name, what), []).append(_unquote(value, what))
    return fields


def _unquote(raw: bytes, what: str) -> str:
    """Return the text of a part of a form.

    The decoder of Python's own escapes is ten times as fast as ``urllib.parse.unquote``; what it
    does not take, such as a percent sign that begins no escape, goes there.

    >>> _unquote(b"a+%3Cb%3E%", "the address")
    'a <b>%'
    """
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        escaped = raw.replace(b"\\", b"\\\\").replace(b"%", b"\\x")
        try:
            raw = escaped.decode("unicode_escape").encode("latin-1")
        except UnicodeDecodeError:
            raw = unquote_to_bytes(raw)
    return _utf8(raw, what)


def _utf8(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{what} is not in UTF-8") from error


def _dataset(fields: Fields) -> Dataset | None:
    """Return the dataset that the fields name, or None where they name none."""
    if GRAPHS[0] not in fields and GRAPHS[1] not in fields:
        return None
    default, named = (tuple(iri for iri in fields.get(field, ()) if iri) for field in GRAPHS)
    return Dataset(default, named) if default or named else None
