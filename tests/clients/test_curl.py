"""curl, with no header of its own and with those that matter."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
BARE = ("-H", "Accept:", "-H", "User-Agent:")
ASK = "query=ASK%20%7B%7D"
DIRECT = ("--data-binary", "ASK {}", "-H", "Content-Type: application/sparql-query")


def curl(*arguments: str) -> tuple[int, str, str]:
    """Return the status, the media type and the body."""
    form = "\n%{http_code}\n%{content_type}"
    command = ["curl", "--silent", "--max-time", "20", "--write-out", form, *arguments]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    body, status, media = out.rsplit("\n", 2)
    return int(status), media, body


@pytest.mark.parametrize(
    "arguments",
    [
        ("{server}/sparql?" + ASK,),
        ("{server}/sparql/?" + ASK,),
        ("--data", ASK, "{server}/sparql"),
        (*DIRECT, "{server}/sparql"),
        ("--request", "QUERY", *DIRECT, "{server}/sparql"),
        ("--http1.0", "{server}/sparql?" + ASK),
        ("--compressed", "{server}/sparql?" + ASK),
    ],
    ids=["get", "slash", "form", "direct", "query", "http1.0", "compressed"],
)
def test_bare_curl_gets_json(server: str, arguments: tuple[str, ...]) -> None:
    status, media, body = curl(*BARE, *(part.replace("{server}", server) for part in arguments))
    assert (status, media) == (200, "application/sparql-results+json")
    assert body == '{"head":{},"boolean":true}'


def test_bare_curl_gets_the_description(server: str) -> None:
    status, media, body = curl(*BARE, server + "/sparql")
    assert (status, media) == (200, "text/turtle; charset=utf-8")
    assert f"sd:endpoint <{server}/sparql>" in body


def test_compressed_rows_arrive_whole(server: str) -> None:
    query = "query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
    plain = curl(f"{server}/sparql?{query}")
    assert curl("--compressed", f"{server}/sparql?{query}") == plain
    assert len(plain[2]) > 10_000


def test_head_and_options(server: str) -> None:
    status, media, body = curl("--head", f"{server}/sparql?{ASK}")
    assert (status, media) == (200, "application/sparql-results+json")
    assert "content-length: 26" in body.lower()
    status, _, body = curl("--request", "OPTIONS", "--include", server + "/sparql")
    assert status == 200
    assert "QUERY" in body


def test_tag_saves_the_body(server: str, tmp_path: Path) -> None:
    tag = tmp_path / "tag"
    first = curl("--etag-save", str(tag), f"{server}/sparql?{ASK}")
    again = curl("--etag-compare", str(tag), f"{server}/sparql?{ASK}")
    assert (first[0], again[0], again[2]) == (200, 304, "")
