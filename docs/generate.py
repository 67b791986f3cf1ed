"""Write the pages that are made from their sources: the ontology, the context, the queries.

Run by ``make docs``. A test compares the committed pages with what this gives, so that none
can say anything its source does not.
"""

from collections.abc import Mapping
from pathlib import Path

from foedus import files, glossary, saved, turtle

ROOT = Path(__file__).resolve().parents[1]


def write_queries(catalogue: Mapping[str, saved.SavedQuery]) -> str:
    """Return the page of all saved queries, in Markdown: a heading a topic, an entry a query."""
    lines = [
        "# Saved queries",
        "",
        "Generated from `queries/` by `make docs`. Each is a page and a REST path of the service",
        "(`/queries/<path>`, with `.csv`, `.json` and other suffixes), a command",
        "(`foedus query <path>`), and plain SPARQL 1.1 that runs as it stands elsewhere.",
    ]
    for topic in sorted({query.topic for query in catalogue.values()}):
        lines += ["", f"## {topic.capitalize()}"]
        for path, query in sorted(catalogue.items()):
            if query.topic == topic:
                lines += ["", f"### {query.summary}", "", f"`{path}`"]
                lines += ["", query.description.strip()] if query.description else []
                lines += [""]
                lines += [
                    f"- parameter `{name}`: {parameter.label}, {parameter.expected}"
                    for name, parameter in query.params.items()
                ]
                lines += [f"- column `{name}`: {means}" for name, means in query.columns.items()]
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Return each generated file with its text."""
    ontology = files.find("ontology")
    graphs = {path: turtle.read(path) for path in sorted(ontology.glob("*.ttl"))}
    return {
        ROOT / "docs" / "ontology.md": glossary.write_page(graphs),
        ROOT / "docs" / "queries.md": write_queries(saved.read_all(files.find("queries"))),
        ontology / "context.jsonld": glossary.write_context(graphs),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
