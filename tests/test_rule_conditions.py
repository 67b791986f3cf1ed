"""Every condition of every rule matters: without it, some case of the rule comes out otherwise.

Each rule's text is loosened in one place at a time: a FILTER is dropped, whole where it spans
lines, or a stance, certainty or claim type that must be given may be any, or a list of them
loses a member. The rule so changed runs over all cases of ``tests/rules/``, behind the
unchanged rules before it; at least one case must conclude something else than it should.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pyoxigraph as ox
import pytest
from test_rules import DECLARED, RULES, cases, parse, prepared

from foedus import rules

_GIVEN = re.compile(r"foedus:has(?:Stance|Factuality|ClaimType) ([a-z-]+:[a-z-]+)")
_LIST = re.compile(
    r"(?:VALUES \?\w*(?:[fF]actuality|Type) \{|\?\w*[fF]actuality IN \()([^})]*)[})]"
)
Mutant = tuple[str, str]
"""What was loosened, as the line it stands on, and the text without it."""


def mutants(text: str) -> Iterator[Mutant]:
    """Yield every loosened text of a rule."""
    lines = text.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith("WHERE"))
    for number, line in enumerate(lines[start:], start):
        end = number + 1
        if line.lstrip().startswith("FILTER"):
            while sum(map(depth, lines[number:end])):
                end += 1
            yield line.strip(), "".join(lines[:number] + lines[end:])
        for given in _GIVEN.finditer(line):
            loose = line[: given.start(1)] + f"?any{number}" + line[given.end(1) :]
            yield line.strip(), "".join([*lines[:number], loose, *lines[number + 1 :]])
        for listed in _LIST.finditer(line):
            for member in re.finditer(r"[a-z-]+:[a-z-]+,? ?", listed[1]):
                first, last = (listed.start(1) + at for at in member.span())
                less = re.sub(r", ?([)}])", r"\1", line[:first] + line[last:])
                what = f"{member[0].strip(' ,')} in {line.strip()}"
                yield what, "".join([*lines[:number], less, *lines[number + 1 :]])


def depth(line: str) -> int:
    return sum(line.count(one) for one in "({") - sum(line.count(one) for one in ")}")


@cache
def ready(number: int) -> list[tuple[ox.Store, set[ox.Triple]]]:
    """Return each case of a rule, behind the rules before it, and what must follow from it."""
    found = []
    for case in [*cases("silent"), *cases("fires")]:
        if case.parent.name == RULES[number].path.stem:
            store = prepared(case)
            rules.run(RULES[:number], store, DECLARED)
            expected = case.with_suffix(".expected.ttl")
            found.append((store, parse(expected) if expected.is_file() else set()))
    return found


def is_noticed(number: int, text: str) -> bool:
    """Tell whether a case of the rule comes out otherwise under another text."""
    changed = replace(RULES[number], text=text)
    return any(
        set(rules.conclude(changed, store, DECLARED)) != expected
        for store, expected in ready(number)
    )


@pytest.mark.parametrize("number", range(len(RULES)), ids=[rule.name for rule in RULES])
def test_a_case_notices_every_loosened_condition(number: int) -> None:
    rule = RULES[number]
    assert [what for what, text in mutants(rule.text) if not is_noticed(number, text)] == []


def test_conditions_are_found_to_loosen() -> None:
    text = "WHERE {\n FILTER NOT EXISTS {\n  FILTER(?a != 1)\n }\n ?b foedus:hasStance s:e .\n}\n"
    assert list(mutants(text)) == [
        ("FILTER NOT EXISTS {", "WHERE {\n ?b foedus:hasStance s:e .\n}\n"),
        ("FILTER(?a != 1)", text.replace("  FILTER(?a != 1)\n", "")),
        ("?b foedus:hasStance s:e .", text.replace("s:e", "?any4")),
    ]


def test_the_cases_pass_without_a_change() -> None:
    assert not any(is_noticed(number, rule.text) for number, rule in enumerate(RULES))
