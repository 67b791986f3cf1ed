"""Answer with a format, an entity tag and the headers that caches and other sites need.

The format comes from a path's suffix, else from ``Accept``, else from ``format=``; see
``results``. Data carry a tag made of release, question and format, so that an unchanged answer
costs no evaluation; pages carry a tag made of their bytes, because their templates change
without the release.
"""

from collections.abc import Callable, Sequence

from flask import Response, render_template, request
from werkzeug.wsgi import wrap_file

from foedus import results
from foedus.engine import Written
from foedus.errors import NotAcceptableError
from foedus.results import HTML, ROWS, TRIPLES, Format
from foedus.web.state import service

_SMALL = 1 << 20


def chosen(offered: Sequence[Format], *, suffix: str | None = None) -> Format:
    """Return the format of the current request; a suffix, where given, decides alone."""
    if suffix is not None:
        return results.negotiate(None, offered, wanted=suffix)
    accept, wanted = request.headers.get("Accept"), request.args.get("format")
    return results.negotiate(accept, offered, wanted=wanted)


def chosen_for_either(*, suffix: str | None = None) -> tuple[Format | None, Format | None]:
    """Return the formats for rows and for triples; the query's kind is known to the engine only.

    None stands where nothing suits; `NotAcceptableError` where that is so for both.
    """
    forms: list[Format | None] = []
    for offered in (ROWS, TRIPLES):
        try:
            forms.append(chosen((*offered, HTML), suffix=suffix))
        except NotAcceptableError:
            forms.append(None)
    if forms == [None, None]:
        every = {form.media: form for form in (*ROWS, *TRIPLES, HTML)}
        chosen(tuple(every.values()), suffix=suffix)
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
    response = Response(content_type=form.content_type)
    tag = results.etag(service().digest, question, form.name)
    response.set_etag(tag)
    _say_cacheable(response)
    if request.if_none_match.contains(tag):
        response.status_code = 304
        return response
    response.set_data(write())
    return response


def answer(question: str, names: Sequence[str], ask: Callable[[], Written]) -> Response:
    """Return what an engine wrote, or 304; ``names`` are the formats it may be in.

    A large answer is sent from its file, so that a client which reads slowly holds no thread.
    """
    response = Response()
    tag = results.etag(service().digest, question, *names)
    response.set_etag(tag)
    _say_cacheable(response)
    if request.if_none_match.contains(tag):
        response.status_code = 304
        return response
    written = ask()
    response.content_type = written.form.content_type
    if written.size <= _SMALL:
        with written.body:
            response.set_data(written.body.read())
        return response
    response.response = wrap_file(request.environ, written.body)
    response.direct_passthrough = True
    response.content_length = written.size
    return response


def page(template: str, *, status: int = 200, **content: object) -> Response:
    """Return an HTML page from a template."""
    body = render_template(template, **content)
    response = Response(body, status=status, content_type=HTML.content_type)
    if status == 200:
        response.add_etag()
        _say_cacheable(response)
        response.make_conditional(request)
    return response


def _say_cacheable(response: Response) -> None:
    response.vary.add("Accept")
    response.cache_control.public = True
    response.cache_control.no_cache = True  # keep it, but ask whether the release is still this
