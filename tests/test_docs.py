"""The documentation says what is true: its commands run and print what it shows.

In the README and ``docs/``, a block marked ``console`` holds commands after ``$`` and what they
print. ``pytest --approve`` writes what they print anew.
"""

import importlib.util
import re
import shlex
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from foedus import files, turtle
from foedus.cli import main

ROOT = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert _SPEC is not None and _SPEC.loader is not None
generate = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generate)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"^```console\n\$ (foedus [^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TURTLE = re.compile(r"^```turtle\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def commands() -> list[tuple[Path, str]]:
    """Return each command with its page."""
    return [(page, match[1]) for page in PAGES for match in CONSOLE.finditer(page.read_text())]


def run(command: str, release: Path) -> str:
    """Return what a command prints on standard output, with the full release."""
    words = shlex.split(command)[1:]
    if words[0] in {"query", "sparql"}:
        words += ["--release", str(release)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(("page", "command"), commands())
def test_command_prints_what_the_page_shows(
    page: Path,
    command: str,
    full_release: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(ROOT)
    printed = run(command, full_release)
    text = page.read_text(encoding="utf-8")
    shown = next(match for match in CONSOLE.finditer(text) if match[1] == command)
    if request.config.getoption("--approve"):
        page.write_text(text[: shown.start(2)] + printed + text[shown.end(2) :], encoding="utf-8")
    else:
        assert printed == shown[2]


def test_worked_claim_stands_in_the_release(release_store: ox.Store) -> None:
    prefixes = dict(turtle.PREFIXES)
    for path in sorted(files.find("triples").rglob("*.ttl")):
        prefixes |= {str(name): str(iri) for name, iri in turtle.read(path).namespaces()}
    prefixes |= {
        kind: f"https://w3id.org/foedus/id/{kind}/osw-2024/" for kind in ("claim", "passage")
    }
    head = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes.items())
    blocks = TURTLE.findall((ROOT / "docs" / "model.md").read_text(encoding="utf-8"))
    shown = list(ox.parse(input=head + "\n".join(blocks), format=ox.RdfFormat.TURTLE))
    assert len(shown) > 20
    assert not [
        str(quad.triple)
        for quad in shown
        if not list(release_store.quads_for_pattern(*quad.triple, None))
    ]


@pytest.mark.parametrize("path", sorted(generate.pages()), ids=lambda path: path.name)
def test_generated_page_is_what_its_source_gives(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generate.pages()[path]


def test_readme_has_a_tour() -> None:
    assert sum(page.name == "README.md" for page, _ in commands()) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    dead = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not dead


def test_every_command_of_ours_is_in_the_guide() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert not [name for name in main.commands if f"foedus {name}" not in pages]
