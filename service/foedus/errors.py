"""Every deliberate failure of Foedus, each with a heading in ``docs/errors.md``.

A `FoedusError` is the user's to mend: its message names the place, the value found
and what was expected. Only ``cli`` and ``web`` catch it; everything else lets it pass.
"""

from pathlib import Path


class FoedusError(Exception):
    """A failure the user can mend.

    ``code`` is the heading in ``docs/errors.md`` that explains it; ``place`` is
    ``FILE:LINE`` or ``FILE`` where the fault lies in a file, and None otherwise.
    """

    code = "foedus-error"

    def __init__(
        self, message: str, *, path: Path | str | None = None, line: int | None = None
    ) -> None:
        self.path = None if path is None else str(path)
        self.line = line
        self.message = message
        super().__init__(f"{self.place}: {message}" if self.place else message)

    @property
    def place(self) -> str | None:
        """``FILE:LINE``, or ``FILE`` where the line is unknown, or None."""
        if self.path is None:
            return None
        return self.path if self.line is None else f"{self.path}:{self.line}"


class FolderError(FoedusError):
    """A folder or file that is missing, unreadable or unwritable."""

    code = "folder"


class DocumentError(FoedusError):
    """A source text that is not UTF-8, is empty, or is not the one its manifest names."""

    code = "document"


class ManifestError(FoedusError):
    """A documents manifest or a release manifest that cannot be read."""

    code = "manifest"


class TurtleError(FoedusError):
    """Turtle with a syntax error, an undefined prefix or a blank node."""

    code = "turtle"


class UnknownTermError(FoedusError):
    """A term of our namespace that the ontology does not declare."""

    code = "unknown-term"


class ValidationError(FoedusError):
    """Data that breaks a shape; the findings say which and where."""

    code = "validation"


class RuleError(FoedusError):
    """A rule that is no CONSTRUCT query or concludes something it may not."""

    code = "rule"


class VerificationError(FoedusError):
    """A passage that no longer matches its text."""

    code = "verification"


class QueryHeaderError(FoedusError):
    """A saved query whose header is missing, malformed or at odds with its body."""

    code = "query-header"


class ParameterError(FoedusError):
    """A value given for a saved query's parameter that is not of its type."""

    code = "parameter"


class QueryError(FoedusError):
    """A SPARQL query that cannot be parsed or evaluated."""

    code = "query"


class ReleaseError(FoedusError):
    """A release that is missing, incomplete or damaged."""

    code = "release"


class DataError(FoedusError):
    """A file of RDF that is of no known format, unreadable or malformed."""

    code = "data"


class RecordError(FoedusError):
    """A file of votes that is of no known form, yields nothing, or is at fault under strict."""

    code = "record"


class NotAcceptableError(FoedusError):
    """A request for a format that is not offered."""

    code = "not-acceptable"


class LimitError(FoedusError):
    """A query that reached a limit and was stopped; nothing of its answer is given."""

    code = "limit"


class BusyError(FoedusError):
    """More work than the service takes on at once; the same request may succeed later."""

    code = "busy"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds."""


class RateError(BusyError):
    """More requests from one client than are allowed."""

    code = "rate"


class EngineError(FoedusError):
    """An engine that failed: a worker that died, or an endpoint that does not answer."""

    code = "engine"


class ListenError(FoedusError):
    """An address the server cannot listen on."""

    code = "listen"
