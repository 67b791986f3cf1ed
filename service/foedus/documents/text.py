"""Load a text, and clean stretches of it into words.

A passage is stretches of a text file that hold its words and nothing else; what stands between
them (a page header, a footnote, a note mark) is in none. `clean` turns stretches into words:
white space becomes single spaces, and a word broken over a line end is mended. Whether the
hyphen goes is decided from the text itself: a compound that the text also has inside a line
keeps it, and so does a number or prefix of `_COMPOUNDING`.

Units: code points of the decoded file, counted from 0; an end is the position after the last.
Errors: `DocumentError` for a text that is missing, not UTF-8, empty or another than expected.
Used by the readers of this package and by ``verification``.
"""

import hashlib
import re
from dataclasses import dataclass

from foedus.documents.manifest import MANIFEST, Source
from foedus.errors import DocumentError

Span = tuple[int, int]

_COMPOUNDING = frozenset(
    ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "self", "quasi")
)
"""First parts after which a hyphen at a line end belongs to the word."""
_INVISIBLE = "\ufeff\u00ad\u200b\u2060"
_CLOSING = ",.;:!?)]}’”…"
_WORD = re.compile(r"[^\W_]+(?:[-–][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Text:
    """A loaded text: its characters, and the words by which broken ones are mended."""

    content: str
    words: frozenset[str]
    """Every word and compound that stands inside a line, in lower case."""


def load(source: Source, *, any_version: bool = False) -> Text:
    """Return the text of ``source``.

    Raises `DocumentError` where the file is missing, not UTF-8 (with the line), empty, or
    has another SHA-256 than the manifest says; ``any_version`` lets that last one pass.
    """
    try:
        data = source.path.read_bytes()
    except OSError as error:
        reason = error.strerror or "no such file"
        raise DocumentError(f"cannot be read: {reason}", path=source.path) from error
    if not data.strip():
        raise DocumentError("the text is empty", path=source.path)
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            f"not UTF-8: byte {data[error.start]:#04x} at offset {error.start}",
            path=source.path,
            line=line,
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != source.sha256 and not any_version:
        raise DocumentError(
            f"not the text of the manifest: its SHA-256 is {found}, expected {source.sha256}"
            + (f", as {MANIFEST}:{source.sha256_line} says" if source.sha256_line else ""),
            path=source.path,
        )
    return prepare(content)


def prepare(content: str) -> Text:
    r"""Return ``content`` as a `Text`.

    >>> sorted(prepare("A wind-swept coast.\nIts wind-\nmills.").words)[:4]
    ['a', 'coast', 'its', 'mills']
    """
    return Text(content, frozenset(match[0].lower() for match in _WORD.finditer(content)))


def sha256(characters: str) -> str:
    """Return the SHA-256 of the UTF-8 of ``characters``, in hexadecimal."""
    return hashlib.sha256(characters.encode()).hexdigest()


def clean(text: Text, spans: tuple[Span, ...]) -> tuple[str, tuple[int, ...]]:
    r"""Return the words of ``spans`` and, for each of their characters, where it stands.

    >>> text = prepare("The coun-\ntry  signed.")
    >>> clean(text, ((0, 22),))[0]
    'The country signed.'
    """
    characters: list[str] = []
    positions: list[int] = []
    for position in _positions(text.content, spans):
        character = text.content[position]
        if not character.isspace():
            if characters and characters[-1] == "\n":
                _close_line(text, characters, positions, position)
            characters.append(character)
            positions.append(position)
        elif character in "\n\r\f\v" and characters:
            if characters[-1] in (" ", "\n"):
                characters[-1] = "\n"
            else:
                characters.append("\n")
                positions.append(position)
        elif characters and characters[-1] not in (" ", "\n"):
            characters.append(" ")
            positions.append(position)
    while characters and characters[-1] in (" ", "\n"):
        characters.pop()
        positions.pop()
    return "".join(characters), tuple(positions)


def _positions(content: str, spans: tuple[Span, ...]) -> list[int]:
    """Return the positions of ``spans``, with one of the white space between two of them.

    A gap with white space parts two words, unless closing punctuation follows it: the mark
    of a note may stand before a comma.
    """
    positions: list[int] = []
    last = 0
    for start, end in spans:
        gap = range(last, start) if positions else range(0)
        if positions and content[start] not in _CLOSING:
            breaks = [p for p in gap if content[p] in "\n\r\f\v"]
            spaces = [p for p in gap if content[p].isspace()]
            positions += (breaks or spaces)[:1]
        positions += [p for p in range(start, end) if content[p] not in _INVISIBLE]
        last = end
    return positions


def _close_line(text: Text, characters: list[str], positions: list[int], position: int) -> None:
    """Replace the line end that ends ``characters`` by what belongs there: a space or nothing."""
    line = "".join(characters[-60:-1])
    broken = re.search(r"([^\W_]+)-$", line)
    if broken is None:
        if re.search(r"\w[–—]$", line):
            characters.pop()
            positions.pop()
        else:
            characters[-1] = " "
        return
    characters.pop()
    positions.pop()
    if not _keeps_hyphen(text, broken[1], text.content[position : position + 60]):
        characters.pop()
        positions.pop()


def _keeps_hyphen(text: Text, head: str, rest: str) -> bool:
    following = re.match(r"[^\W_]+", rest)
    if following is None or not following[0][0].islower() or (head.isupper() and len(head) > 1):
        return True
    joined, compound = head + following[0], f"{head}-{following[0]}"
    if compound.lower() in text.words:
        return True
    return joined.lower() not in text.words and head.lower() in _COMPOUNDING
