"""Answer the smallest queries in the process that was asked, in the format most clients want.

`Fragments` reads them from the index; here stands when that may be done, for whichever process
holds the data: the server's own, or one that ``zygote`` forked.

Units: bytes.
Used by ``guarded`` and ``web``.
"""

from pathlib import Path

from foedus import tokens
from foedus.engine import Dataset, Limits, embedded, fragments
from foedus.engine.embedded import Held, United
from foedus.engine.fragments import Fragments
from foedus.results import ROWS, Format

JSON = ROWS[0]
"""The only format that is answered here."""
_SMALL = 16 << 20
"""Bytes of data in memory up to which the server's process loads them too."""


class LookUps:
    """Answers small queries."""

    def __init__(self, held: Fragments | None, limits: Limits) -> None:
        """``held`` None answers none, and leaves them to processes that have the data."""
        self._fragments = None if limits.rows is not None else held
        self._most = limits.response
        self.are_elsewhere = held is None and limits.rows is None

    def answer(
        self, query: str, *, rows: Format | None, dataset: Dataset | None = None
    ) -> bytes | None:
        """Return the rows of a query in JSON; None for one that is to be asked elsewhere."""
        if self._fragments is None or rows is not JSON or dataset:
            return None
        try:
            found = self._fragments.answer(query)
        except (OSError, RuntimeError, ValueError):
            return None  # a worker will meet it too, and tell
        return found if found is not None and len(found) <= self._most else None

    def are_for(self, query: str, *, rows: Format | None, dataset: Dataset | None = None) -> bool:
        """Whether another process may answer what this one lacks the data for."""
        is_known = self.are_elsewhere and rows is JSON and not dataset
        return is_known and fragments.read(query) is not None and not tokens.names_graphs(query)


def load(held: Held) -> Fragments | None:
    """Open a store, or load files a second time; None where that would take too much memory."""
    if isinstance(held, Path):
        return embedded.open_store(held).fragments
    if isinstance(held, United):
        return None  # the store on disk would give rows in another order
    if sum(Path(source.path).stat().st_size for source in held) > _SMALL:
        return None
    return embedded.load_files(held).fragments
