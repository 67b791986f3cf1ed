"""A manifest or text that is not as it should be gives one error, with file and line."""

import hashlib
import sys
from pathlib import Path

import pytest
from rdflib import Graph

from foedus.documents import Source, read_document, read_folder, read_gazetteer, read_manifest
from foedus.documents.forms import form_of
from foedus.documents.sentences import tokenizer
from foedus.documents.text import prepare
from foedus.errors import DocumentError, FolderError, ManifestError

RECORD = {
    "id": "acme-2031",
    "file": "acme.txt",
    "sha256": "0" * 64,
    "title": "Salt",
    "creators": "[]",
    "publisher": "",
    "published": "2031-05",
    "language": "en",
}


def manifest(folder: Path, **changes: str | None) -> Path:
    values = {**RECORD, **changes}
    lines = [f"  {key}: {value}".rstrip() for key, value in values.items() if value is not None]
    path = folder / "documents.yaml"
    path.write_text("-" + "\n".join(lines)[1:] + "\n", encoding="utf-8")
    return folder


def source_of(folder: Path, data: bytes, sha256: str | None = None) -> Source:
    path = folder / "acme.txt"
    path.write_bytes(data)
    digest = sha256 or hashlib.sha256(data).hexdigest()
    return Source(id="acme-2031", path=path, sha256=digest, title="Salt")


def test_a_manifest_keeps_what_is_written(tmp_path: Path) -> None:
    (source,) = read_manifest(manifest(tmp_path, creators="[Kira Ostrow]", series="Maren Papers"))
    assert (source.id, source.path) == ("acme-2031", tmp_path / "acme.txt")
    assert source.creators == ("Kira Ostrow",)
    assert (source.published, source.publisher, source.url) == ("2031-05", None, None)


@pytest.mark.parametrize(
    ("changes", "line", "message"),
    [
        ({"title": None}, 1, "lacks the key 'title'"),
        ({"title": ""}, 4, "title is empty"),
        ({"colour": "red"}, 9, "unknown key 'colour'"),
        ({"id": "9 lives"}, 1, "id must be a letter"),
        ({"sha256": "abc"}, 3, "64 hexadecimal digits"),
        ({"creators": "Kira Ostrow"}, 5, "creators must be a list"),
        ({"title": "[Salt]"}, 4, "title must be one value"),
        ({"published": "soon"}, 7, "ISO 8601 or EDTF"),
        ({"title": "Salt: and: tar"}, 4, "not valid YAML"),
    ],
)
def test_a_faulty_manifest(
    tmp_path: Path, changes: dict[str, str | None], line: int, message: str
) -> None:
    with pytest.raises(ManifestError, match=message) as caught:
        read_manifest(manifest(tmp_path, **changes))
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "documents.yaml"), line)


@pytest.mark.parametrize("text", ["", "a: b", "- one\n- two\n"])
def test_a_manifest_that_is_no_list_of_records(tmp_path: Path, text: str) -> None:
    (tmp_path / "documents.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match="expected a "):
        read_manifest(tmp_path)


def test_a_manifest_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "documents.yaml").write_bytes(b"- id: a\n  title: \xe9\n")
    with pytest.raises(ManifestError, match="not UTF-8") as caught:
        read_manifest(tmp_path)
    assert caught.value.line == 2


def test_a_document_named_twice(tmp_path: Path) -> None:
    folder = manifest(tmp_path)
    path = folder / "documents.yaml"
    path.write_text(path.read_text("utf-8") * 2, encoding="utf-8")
    with pytest.raises(ManifestError, match="a second document 'acme-2031'") as caught:
        read_manifest(folder)
    assert caught.value.line == 9


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"needs a documents\.yaml"):
        read_folder(tmp_path, Graph())


@pytest.mark.parametrize(
    ("data", "sha256", "line", "message"),
    [
        (b"", None, None, "the text is empty"),
        (b" \n\n", None, None, "the text is empty"),
        (b"Salt\nand\nt\xe4r\n", None, 3, "not UTF-8: byte 0xe4 at offset 10"),
        (b"Salt\n", "0" * 64, None, "not the text of the manifest: its SHA-256 is"),
    ],
)
def test_a_faulty_text(
    tmp_path: Path, data: bytes, sha256: str | None, line: int | None, message: str
) -> None:
    source = source_of(tmp_path, data, sha256)
    with pytest.raises(DocumentError, match=message) as caught:
        read_document(source, read_gazetteer(Graph()))
    assert (caught.value.path, caught.value.line) == (str(source.path), line)


def test_a_missing_text(tmp_path: Path) -> None:
    source = Source(id="acme-2031", path=tmp_path / "no.txt", sha256="0" * 64, title="Salt")
    with pytest.raises(DocumentError, match=r"no\.txt: cannot be read"):
        read_document(source, read_gazetteer(Graph()))


def test_a_form_nobody_knows(tmp_path: Path) -> None:
    source = Source(
        id="acme-2031", path=tmp_path / "a.txt", sha256="", title="Salt", form="a stone tablet"
    )
    with pytest.raises(DocumentError, match="names none of: pdf, author-year, web page"):
        form_of(source, prepare("Salt\n"))


def test_without_spacy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    tokenizer.cache_clear()
    with pytest.raises(DocumentError, match=r"pip install foedus\[documents\]"):
        tokenizer()
    monkeypatch.undo()
    tokenizer.cache_clear()
