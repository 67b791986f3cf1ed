"""A module imports only from those before it in the reading order."""

import ast
from pathlib import Path

import pytest

import foedus

ORDER = (
    "errors",
    "files",
    "iris",
    "values",
    "turtle",
    "glossary",
    "documents",
    "locations",
    "findings",
    "validate",
    "rules",
    "tokens",
    "syntax",
    "parameters",
    "saved",
    "patterns",
    "verdicts",
    "analysis",
    "release",
    "records",
    "results",
    "engine",
    "web",
    "cli",
)
PACKAGE = Path(foedus.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def stage(path: Path) -> str:
    """Return the module or package directly below ``foedus`` that holds ``path``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_stages(path: Path) -> set[str]:
    """Return the stages of ``foedus`` that a module imports, at its top or inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "foedus":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module.removeprefix("foedus.")} if "foedus." in node.module else set()
        elif isinstance(node, ast.Import):
            names |= {a.name.removeprefix("foedus.") for a in node.names if "foedus." in a.name}
    return {name.split(".")[0] for name in names} - {"__version__", "BASE"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_upward_only(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return
    place = ORDER.index(stage(path))
    below = {name for name in imported_stages(path) if ORDER.index(name) > place}
    assert not below, f"{stage(path)} comes before {sorted(below)}"


def test_every_module_has_its_place() -> None:
    stages = {stage(path) for path in MODULES} - {"__init__"}
    assert stages == set(ORDER)
