"""Answer with a format, an entity tag and the headers that caches and other sites need.

The format comes from a path's suffix, else from ``Accept``, else from ``format=``; see
``results``. Data carry a tag made of release, question and format, so that an unchanged answer
costs no evaluation; pages carry a tag made of their bytes, because their templates change
without the release. Only a safe request can be answered with 304: what a POST addresses is the
endpoint, whose own representation is no answer to the posted query.

Source: RFC 9110, 8.8.3 (ETag) and 13.1.2 (If-None-Match).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus

from flask import Response, render_template, request

from foedus import results
from foedus.engine import Written
from foedus.errors import NotAcceptableError
from foedus.results import HTML, ROWS, TRIPLES, Format
from foedus.web.compression import LONGEST_KNOWN, known_tag, send_file
from foedus.web.state import service

_SAFE = frozenset({"GET", "HEAD", "QUERY"})
_SMALL = 1 << 20
CACHING = ((b"vary", b"Accept, Accept-Encoding"), (b"cache-control", b"public, no-cache"))
"""Keep it, but ask whether the release is still this; as `_say_cacheable` says it."""


def chosen(offered: Sequence[Format], *, suffix: str | None = None) -> Format:
    """Return the format of the current request; a suffix, where given, decides alone."""
    if suffix is not None:
        return results.negotiate(None, offered, wanted=suffix)
    wanted = request.args.get("format") or request.form.get("format")
    return results.negotiate(request.headers.get("Accept"), offered, wanted=wanted)


def chosen_for_either(
    *, wanted: str | None, suffix: str | None = None
) -> tuple[Format | None, Format | None]:
    """Return the formats for rows and for triples; the query's kind is known to the engine only.

    None stands where nothing suits; `NotAcceptableError` where that is so for both. ``wanted`` is
    ``format=``.
    """
    accept = None if suffix is not None else request.headers.get("Accept")
    return either(accept, suffix if suffix is not None else wanted)


def either(accept: str | None, wanted: str | None) -> tuple[Format | None, Format | None]:
    """Return the same for an ``Accept`` and a ``format=``."""
    is_short = len(accept or "") + len(wanted or "") <= LONGEST_KNOWN
    return _either(accept, wanted) if is_short else _either.__wrapped__(accept, wanted)


@lru_cache(maxsize=1024)
def _either(accept: str | None, wanted: str | None) -> tuple[Format | None, Format | None]:
    forms: list[Format | None] = []
    for offered in (ROWS, TRIPLES):
        try:
            forms.append(results.negotiate(accept, (*offered, HTML), wanted=wanted))
        except NotAcceptableError:
            forms.append(None)
    if forms == [None, None]:
        every = {form.media: form for form in (*ROWS, *TRIPLES, HTML)}
        results.negotiate(accept, tuple(every.values()), wanted=wanted)
    return forms[0], forms[1]


def prefers_page() -> bool:
    """Whether the current request comes from a browser, which names HTML first."""
    return request.accept_mimetypes.best in (HTML.media, *HTML.also)


def split_suffix(path: str, offered: Sequence[Format]) -> tuple[str, str | None]:
    """Return a path without the format's suffix, and the suffix if it has one.

    Keys may hold dots, so only a suffix that is offered counts.
    """
    stem, dot, ending = path.rpartition(".")
    if dot and stem and any(ending == form.name for form in offered):
        return stem, ending
    return path, None


def data(form: Format, question: str, write: Callable[[], bytes]) -> Response:
    """Return an answer that its release, question and format decide; 304 where it is known.

    ``write`` is called only if the bytes are needed.
    """
    known = _unchanged(_tag(question, form))
    if known is not None:
        return known
    return _tagged(Response(write(), content_type=form.content_type), _tag(question, form))


def answer(question: str, forms: Iterable[Format | None], ask: Callable[[], Written]) -> Response:
    """Return what an engine wrote in one of the formats, or 304 where it is known.

    The kind of query decides which of the formats it is, always the same, so a tag that the
    client holds for one of them is of this answer. A large answer is sent from its file, so that
    a client which reads slowly holds no thread.
    """
    for form in forms:
        known = _unchanged(_tag(question, form)) if form else None
        if known is not None:
            return known
    written = ask()
    response = Response(content_type=written.form.content_type)
    if written.size <= _SMALL:
        with written.body:
            response.set_data(written.body.read())
    else:
        send_file(response, written.body, written.size)
    return _tagged(response, _tag(question, written.form))


def page(template: str, *, status: int = 200, **content: object) -> Response:
    """Return an HTML page from a template."""
    body = render_template(template, **content)
    response = Response(body, status=status, content_type=HTML.content_type)
    if status != HTTPStatus.OK:
        return response
    tag = hashlib.sha256(body.encode()).hexdigest()[:32]
    return _unchanged(tag) or _tagged(response, tag)


def _tag(question: str, form: Format) -> str | None:
    """Return the tag of an answer, None where the data may change behind it."""
    digest = service().digest
    return None if digest is None else results.etag(digest, question, form.name)


def _unchanged(tag: str | None) -> Response | None:
    """Return 304 where the client holds the answer with this tag."""
    known = known_tag(tag) if tag and request.method in _SAFE else None
    return _tagged(Response(status=HTTPStatus.NOT_MODIFIED), known) if known else None


def _tagged(response: Response, tag: str | None) -> Response:
    if tag is not None:
        response.set_etag(tag)
    _say_cacheable(response)
    return response


def _say_cacheable(response: Response) -> None:
    response.vary.update(("Accept", "Accept-Encoding"))
    response.cache_control.public = True
    response.cache_control.no_cache = True  # keep it, but ask whether the release is still this
