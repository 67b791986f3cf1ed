"""The folder a release is: how it comes to be whole at once, and how damage to it shows.

A release is a folder ``release-<first 12 digits of its digest>`` with ``data.nq``,
``report.json`` and ``manifest.json``, and ``release`` beside it is a link to the current one.
A build writes into a folder of its own and then sets the link in one step of the file system,
so that a build which fails or is cut off leaves the last good release as it was. What a killed
build left behind is cleared by the next one: a build locks its folder, as a server does the store
it searches, and the system lifts the lock of a process that is gone.

Units: sizes in bytes; digests are SHA-256 in hexadecimal.
Errors: `FolderError` where the target cannot be written; `ReleaseError`, with the damaged
file, where a release is not what its manifest says.
Used by `foedus.release`.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foedus.errors import FolderError, ReleaseError

DATA, MANIFEST, REPORT = "data.nq", "manifest.json", "report.json"
LINK = "release"
_WORK = ".build-"
STORE = "store-"
_FOLDER = re.compile(r"release-[0-9a-f]{12}(-\d+)?")
_KEYS = ("digest", "files", "graphs", "layers")


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was found whole."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def data(self) -> Path:
        """Its N-Quads."""
        return self.folder / DATA

    @property
    def digest(self) -> str:
        """SHA-256 of its N-Quads, in hexadecimal."""
        return str(self.manifest["digest"])


def open_release(path: Path) -> Release:
    """Return the release at a folder or a link to one, every file checked against the manifest."""
    folder = path.resolve()
    if not folder.is_dir():
        raise ReleaseError("no release here; foedus build makes one", path=path)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"cannot be read: {error}", path=path / MANIFEST) from error
    if not isinstance(manifest, dict) or any(key not in manifest for key in _KEYS):
        raise ReleaseError(f"no manifest: needs {', '.join(_KEYS)}", path=path / MANIFEST)
    expected = dict(manifest["files"])
    if DATA not in expected or expected[DATA] != manifest["digest"]:
        raise ReleaseError(f"disagrees with itself on {DATA}", path=path / MANIFEST)
    for name, digest in sorted(expected.items()):
        try:
            found = sha256(folder / name)
        except OSError as error:
            raise ReleaseError(f"is missing or unreadable: {error}", path=path / name) from error
        if found != digest:
            raise ReleaseError(
                f"is damaged: its SHA-256 is {found}, the manifest has {digest}; build anew",
                path=path / name,
            )
    return Release(folder, manifest)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, without holding the file in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """Yield an empty folder inside ``out`` to build a release in, and remove it again."""
    with room(out) as folder:
        link = out / LINK
        if link.exists() and not link.is_symlink():
            raise FolderError("is no link to a release; give another --out", path=link)
        yield folder


@contextmanager
def room(out: Path) -> Iterator[Path]:
    """Yield an empty folder inside ``out`` for anything else, and remove it however that ends."""
    with contextlib.ExitStack() as held:
        try:
            out.mkdir(parents=True, exist_ok=True)
            with _locked(out):
                _clear(out)
                folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=out))
                held.enter_context(_locked(folder))
        except OSError as error:
            raise FolderError(f"cannot be written to: {error.strerror}", path=out) from error
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; where the file system has no locks, go on without."""
    number = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _clear(out: Path) -> None:
    """Remove what builds that are gone left in ``out``, which the caller has locked."""
    for left in sorted(out.glob(f"{_WORK}*")):
        if left.is_symlink():
            left.unlink(missing_ok=True)
        elif left.is_dir():
            _remove_free(left)


def _remove_free(folder: Path) -> None:
    """Remove a folder unless a process holds its lock, which nobody else can take meanwhile."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(number)


def write(built: Path, name: str, data: bytes) -> str:
    """Write one file of a release and return its SHA-256."""
    try:
        (built / name).write_bytes(data)
    except OSError as error:
        raise FolderError(f"cannot be written: {error.strerror}", path=built / name) from error
    return sha256(built / name)


def publish(built: Path, out: Path, digest: str) -> Release:
    """Make a built folder the current release of ``out``; the one before it stays beside it."""
    link = out / LINK
    with _locked(out):
        before = link.resolve().name if link.exists() else None
        folder = _place(built, out, digest)
        fresh = built.with_name(built.name + "-link")
        fresh.symlink_to(folder.name)
        # The one step at which the release changes: renaming a link over another is atomic.
        fresh.replace(link)
        for other in sorted(out.iterdir()):
            if _FOLDER.fullmatch(other.name) and other.name not in (folder.name, before):
                shutil.rmtree(other, ignore_errors=True)
        _clear_stores(out)
    return open_release(link)


def _clear_stores(out: Path) -> None:
    """Remove the stores of releases that are gone; `foedus.release.storing` made them.

    One that a server searches stays until a later release: its workers open its files later on.
    """
    for store in sorted(out.glob(f"{STORE}*")):
        is_left = not any(out.glob(f"release-{store.name.removeprefix(STORE)}*"))
        if is_left and store.is_dir() and not store.is_symlink():
            _remove_free(store)


def _place(built: Path, out: Path, digest: str) -> Path:
    """Move a built folder to its name, unless the same release stands there already.

    A folder of that name which differs (damaged, or with other findings on the same data) may
    be in use and is left; the new one gets a number behind its name.
    """
    folder, number = out / f"release-{digest[:12]}", 1
    while folder.exists():
        if _contents(folder) == _contents(built):
            return folder
        number += 1
        folder = out / f"release-{digest[:12]}-{number}"
    # mkdtemp lets only its owner in; a release is for every reader.
    built.chmod(0o777 & ~_umask())
    built.rename(folder)
    return folder


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in folder.iterdir() if path.is_file()}


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
