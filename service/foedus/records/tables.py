"""CSV files by line: plain or gzip, with a fault for each line that cannot be read.

A file is decompressed and decoded in blocks, split into lines and parsed by `csv`. Everything
before a fault is kept: a gzip file that ends early gives all its whole lines, a row that does not
fit the header is left out and the next one read. gzip is known by its first bytes, not by its
name.

Source: RFC 4180 (CSV), RFC 1952 (gzip).
Units: lines count from 1, the header included; a row's line is the one it ends on.
Errors: `RecordError` for a file that cannot be opened or has no header.
Used by `forms` and the readers.
"""

import codecs
import csv
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

from foedus.errors import RecordError
from foedus.records.faults import FaultLog

Progress = Callable[[int], None]
"""Called with the number of bytes of the file read since the last call."""

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"


class Table:
    """An open CSV file: its header, and its rows once.

    ``line`` is the line of the row given last.
    """

    def __init__(self, path: Path, faults: FaultLog, progress: Progress | None = None) -> None:
        """Open a file and read its header; raise `RecordError` where there is none."""
        self.path = path
        self._faults = faults
        self._progress = progress
        self._lines = 0
        self._reader = csv.reader(chain.from_iterable(self._split()), strict=True)
        try:
            header = next(self._reader)
        except (StopIteration, csv.Error) as error:
            raise RecordError("no header; expected CSV, plain or gzip", path=path) from error
        self.header = [name.strip().lower() for name in header]

    @property
    def line(self) -> int:
        """The line on which the row given last ends."""
        return self._reader.line_num

    def fault(self, kind: str, message: str) -> None:
        """Report a fault at the line of the row given last."""
        self._faults.add(kind, self.path, self.line, message)

    def column(self, *names: str) -> int | None:
        """Return the place of the first of ``names`` that the header has, or None."""
        return next((self.header.index(name) for name in names if name in self.header), None)

    def cell(self, *names: str) -> Callable[[Sequence[str]], str]:
        """Return a function that gives a row's field in the first of ``names``, or ``""``."""
        place = self.column(*names)
        if place is None:
            return lambda row: ""
        found = place
        return lambda row: row[found].strip()

    def rows(self) -> Iterator[list[str]]:
        """Give the rows that fit the header; report the others."""
        width = len(self.header)
        while True:
            try:
                for row in self._reader:
                    if len(row) == width:
                        yield row
                    elif row:
                        self.fault("row", f"{len(row)} fields, expected {width}")
                return
            except csv.Error as error:
                self.fault("row", f"{error}")

    def _split(self) -> Iterator[Iterable[str]]:
        """Give the lines in groups, one for each block."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        rest = ""
        whole = False
        for block, sound in self._blocks():
            whole = sound
            text = rest + decoder.decode(block)
            end = text.rfind("\n") + 1
            rest = text[end:]
            yield self._lines_of(text[:end])
        rest += decoder.decode(b"", final=True)
        # A last line without its end is half a row where the file was cut off.
        if rest and whole:
            yield self._lines_of(rest)

    def _lines_of(self, text: str) -> Iterable[str]:
        # StringIO ends lines at line feeds only; str.splitlines would at other marks too.
        lines = StringIO(text, newline="\n")
        if "\ufffd" in text:
            for number, line in enumerate(StringIO(text, newline="\n"), start=self._lines + 1):
                if "\ufffd" in line:
                    self._faults.add("encoding", self.path, number, "not UTF-8")
        self._lines += text.count("\n")
        return lines

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """Give blocks of the decompressed file, and whether the file is whole up to there."""
        try:
            with self.path.open("rb") as file:
                zipped = file.read(len(_GZIP)) == _GZIP
                file.seek(0)
                blocks = iter(lambda: self._read(file.read(_BLOCK)), b"")
                if zipped:
                    yield from self._unzip(blocks)
                else:
                    yield from ((block, True) for block in blocks)
        except OSError as error:
            raise RecordError(f"cannot be read: {error.strerror}", path=self.path) from error

    def _read(self, block: bytes) -> bytes:
        if self._progress and block:
            self._progress(len(block))
        return block

    def _unzip(self, blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
        member = zlib.decompressobj(wbits=31)
        for packed in blocks:
            while packed:
                if member.eof:
                    # A gzip file may be several members one after the other.
                    member = zlib.decompressobj(wbits=31)
                before = member.copy()
                try:
                    text = member.decompress(packed, _BLOCK * 4)
                except zlib.error as error:
                    self._faults.add("truncated", self.path, None, f"damaged gzip: {error}")
                    yield _salvage(before, packed), False
                    return
                yield text, member.eof
                packed = member.unused_data if member.eof else member.unconsumed_tail
        if not member.eof:
            self._faults.add("truncated", self.path, None, "the gzip file ends early")


def _salvage(member: Any, packed: bytes) -> bytes:
    """Return what a block holds before its damage, found byte by byte."""
    text = b""
    for position in range(len(packed)):
        try:
            text += member.decompress(packed[position : position + 1])
        except zlib.error:
            break
    return text
