"""Cut words into sentences, by a rule of our own on spaCy's tokens.

spaCy's blank English pipeline cuts words, punctuation and abbreviations apart and needs no
model. A sentence ends at a full stop, question or exclamation mark (with the quotes and
brackets that close after it) where the next word may begin one. Not so after an initial or an
abbreviation; one that may itself end a sentence (``U.S.``) ends it only before a word of the
table `starters`.

Errors: `DocumentError` where spaCy is not installed.
Used by ``passages`` and ``mentions``.
"""

import re
from functools import cache
from typing import Any

from foedus.documents.forms import forms
from foedus.documents.text import Span
from foedus.errors import DocumentError

_CLOSING = frozenset("'’\"”)]»")
_OPENING = frozenset("'‘\"“([«")
_ENDS = re.compile(r"[.?!…]+")
_INITIAL = re.compile(r"(?:[^\W\d_]\.)+", re.UNICODE)


@cache
def tokenizer() -> Any:
    """Return spaCy's blank English pipeline, with one more cut: ``U.S.`` | ``-`` | ``led``.

    Raises `DocumentError` where spaCy is not installed.
    """
    try:
        import spacy
        from spacy.util import compile_infix_regex
    except ImportError as error:
        raise DocumentError(
            "reading a text needs spaCy, which is not installed: pip install foedus[documents]"
        ) from error
    pipeline: Any = spacy.blank("en")
    infixes = [*pipeline.Defaults.infixes, r"(?<=\.)[-–](?=[A-Za-z])"]
    pipeline.tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    return pipeline


def split(words: str) -> tuple[Span, ...]:
    """Return where each sentence of ``words`` begins and ends.

    >>> words = "The U.S. envoy, J. K. Ito, left. “Why?” he was asked."
    >>> [words[start:end] for start, end in split(words)]
    ['The U.S. envoy, J. K. Ito, left.', '“Why?” he was asked.']
    """
    tokens = list(tokenizer()(words))
    spans: list[Span] = []
    start = 0
    position = 0
    while position < len(tokens):
        if not _may_end(tokens, position):
            position += 1
            continue
        last = position
        while last + 1 < len(tokens) and _closes(tokens, last + 1):
            last += 1
        if last + 1 == len(tokens) or _begins(tokens, position, last + 1):
            end = tokens[last].idx + len(tokens[last].text)
            spans.append((start, end))
            start = tokens[last + 1].idx if last + 1 < len(tokens) else end
        position = last + 1
    if words[start:].strip():
        spans.append((start, len(words)))
    return tuple(spans)


def _may_end(tokens: list[Any], position: int) -> bool:
    text = tokens[position].text
    if _ENDS.fullmatch(text):
        return True
    return text.endswith((".", "?", "!", "…")) and text.lower() not in forms().abbreviations


def _closes(tokens: list[Any], position: int) -> bool:
    """Tell whether a token closes what the one before it ended: no space between them."""
    text = tokens[position].text
    if tokens[position - 1].whitespace_:
        return False
    return text in _CLOSING or bool(_ENDS.fullmatch(text)) or set(text) <= _CLOSING


def _begins(tokens: list[Any], end: int, following: int) -> bool:
    """Tell whether a sentence may begin at ``following``, given the token that may end one."""
    if not tokens[following - 1].whitespace_:
        return False
    word = following
    while word < len(tokens) - 1 and tokens[word].text in _OPENING:
        word += 1
    first = tokens[word].text
    if not (first[0].isupper() or first[0].isdigit() or not first[0].isascii()):
        return False
    ended = tokens[end].text
    before = ended if ended != "." or end == 0 else tokens[end - 1].text + "."
    if end and ended == "." and tokens[end - 1].whitespace_:
        before = ended
    if before.lower() in forms().may_end or _ABBREVIATED.fullmatch(before):
        return first.lower() in forms().starters and first[0].isupper()
    return before.lower() not in forms().abbreviations and not _INITIAL.fullmatch(before)


_ABBREVIATED = re.compile(r"(?:[A-Z]\.){2,}")
