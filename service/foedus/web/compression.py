"""Compress answers as ``Accept-Encoding`` asks.

gzip only: it is what Python has and every client reads. Bodies too small to gain are left alone;
a body that comes from a file is compressed into another, so that its length is known before it
is sent: whatever breaks off on the way is shorter than it says. A compressed answer is another
representation, so its strong tag gets a suffix, which `known_tag` reads back.

Source: RFC 9110, 8.4 (content coding), 8.8.3.3 (tags of encoded answers), 12.5.3.
"""

import gzip
import shutil
import tempfile
from functools import lru_cache
from typing import IO

from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header
from werkzeug.wsgi import wrap_file

CODING = "gzip"
SUFFIX = "-" + CODING
SMALLEST = 1024
LONGEST_KNOWN = 200
"""Characters of a header whose meaning is remembered; longer ones are read each time."""
THOROUGH, QUICK = 6, 1
"""zlib's levels for a body in memory and for one in a file."""
_WORTHWHILE = ("text/", "application/")


def register(app: Flask) -> None:
    """Compress what an app answers."""
    app.after_request(_compress)


def known_tag(tag: str) -> str | None:
    """Return the tag in ``If-None-Match`` that stands for this answer, in whichever coding."""
    known = request.if_none_match  # compared as RFC 9110, 13.1.2 has it: a weak one is as good
    return next((t for t in (tag, tag + SUFFIX) if known.contains_weak(t)), None)


def send_file(response: Response, body: IO[bytes], size: int) -> None:
    """Let a response send a file of known size, compressed where the client takes that."""
    if size >= SMALLEST and _is_wanted():
        packed = tempfile.TemporaryFile()  # noqa: SIM115 - the server closes it when it is sent
        with body, gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=QUICK, mtime=0) as file:
            shutil.copyfileobj(body, file)
        body, size = packed, packed.tell()
        body.seek(0)
        response.headers["Content-Encoding"] = CODING
    if request.method == "HEAD":
        body.close()
    else:
        response.response = wrap_file(request.environ, body)
        response.direct_passthrough = True
    response.content_length = size


def _compress(response: Response) -> Response:
    if not (response.mimetype or "").startswith(_WORTHWHILE):
        return response
    response.vary.add("Accept-Encoding")
    size = response.content_length or 0
    is_sent_as_it_is = response.direct_passthrough or "Content-Encoding" in response.headers
    if not is_sent_as_it_is and response.status_code == 200 and size >= SMALLEST and _is_wanted():
        response.set_data(gzip.compress(response.get_data(), THOROUGH, mtime=0))
        response.headers["Content-Encoding"] = CODING
    if "Content-Encoding" in response.headers:
        tag, _ = response.get_etag()
        if tag is not None:
            response.set_etag(tag + SUFFIX)
    return response


def _is_wanted() -> bool:
    return takes(request.headers.get("Accept-Encoding", ""))


def takes(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` wants answers compressed.

    >>> takes("gzip, br"), takes("gzip;q=0"), takes("")
    (True, False, False)
    """
    return _takes(accepted) if len(accepted) <= LONGEST_KNOWN else _takes.__wrapped__(accepted)


@lru_cache(maxsize=1024)
def _takes(accepted: str) -> bool:
    codings = parse_accept_header(accepted, Accept)
    return codings.quality(CODING) > 0 and codings.quality(CODING) >= codings.quality("identity")
